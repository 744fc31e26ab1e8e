/*
 * The agent without a store: the pipeline of `tributary run` with a real source, the mapping and the encoding for Redis, over a sink
 * that drops every batch. What it reaches is what the agent itself can do.
 *
 *     null CONFIG CHANGES [POSITION]
 *
 * Begins where the slot of the configuration is, or at POSITION, as a checkpoint says it (mariadb:0-1-17). Ends when so many row
 * changes went through. Prints: changes/s from the start of the pipeline to the last batch, CPU seconds of this process for a million,
 * peak of resident memory in MB, bytes of the batches for a change.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "cdc/clock.h"
#include "cdc/log.h"
#include "command/wiring.h"
#include "pipeline/pipeline.h"

enum { LOOK_MS = 20, WAIT_MS = 60000 };

/* Of the sink thread, but for `rows`. */
static struct {
    const char *position;
    uint64_t submitted, bytes;
    int64_t last_us;
    _Atomic uint64_t rows;
} store;

static int no_connect(struct cdc_sink *sink, struct cdc_err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static int no_acquire(struct cdc_sink *sink, enum cdc_lease *lease, struct cdc_checkpoint *checkpoint,
                      struct cdc_buf *holder, struct cdc_err *err)
{
    (void)sink;
    (void)holder;
    *lease = CDC_LEASE_OURS;
    checkpoint->epoch = 1;
    cdc_buf_puts(&checkpoint->position, store.position);
    return checkpoint->position.failed ? cdc_err_memory(err) : 0;
}

static int no_begin(struct cdc_sink *sink, struct cdc_slice identity, struct cdc_slice position,
                    struct cdc_err *err)
{
    (void)identity;
    (void)position;
    return no_connect(sink, err);
}

static int drop(struct cdc_sink *sink, const struct cdc_batch *batch, struct cdc_err *err)
{
    store.submitted = batch->number;
    store.bytes += batch->body.len;
    store.last_us = cdc_now_us();
    atomic_fetch_add(&store.rows, batch->rows);
    return no_connect(sink, err);
}

static int collect(struct cdc_sink *sink, int timeout_ms, uint64_t *applied, struct cdc_err *err)
{
    (void)timeout_ms;
    *applied = store.submitted;
    return no_connect(sink, err);
}

static int no_beat(struct cdc_sink *sink, const struct cdc_beat *beat, struct cdc_err *err)
{
    (void)beat;
    return no_connect(sink, err);
}

static int no_tend(struct cdc_sink *sink, int64_t as_of_ms, struct cdc_err *err)
{
    (void)as_of_ms;
    return no_connect(sink, err);
}

static bool no_tending(const struct cdc_sink *sink)
{
    (void)sink;
    return false;
}

static int no_release(struct cdc_sink *sink, struct cdc_slice gap, struct cdc_err *err)
{
    (void)gap;
    return no_connect(sink, err);
}

/* Encoding is Redis's; whatever would need a server is not. */
static struct cdc_sink_ops null_ops(void)
{
    struct cdc_sink_ops ops = redis_sink_ops;

    ops.name = "null";
    ops.connect = no_connect;
    ops.acquire = no_acquire;
    ops.settled = NULL;
    ops.begin = no_begin;
    ops.submit = drop;
    ops.collect = collect;
    ops.beat = no_beat;
    ops.tend = no_tend;
    ops.tending = no_tending;
    ops.beaten = NULL;
    ops.release = no_release;
    ops.requested = NULL;
    return ops;
}

static void require(int rc, const struct cdc_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "null: %s %s\n", err->message, err->hint);
    exit(1);
}

static void report(uint64_t rows, int64_t began_us)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    printf("%.0f %.2f %.0f %.0f\n", (double)rows * 1e6 / (double)(store.last_us - began_us),
           ((double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
            (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec)) /
               (double)rows,
           (double)u.ru_maxrss / 1024, (double)store.bytes / (double)rows);
}

/* Until all have gone through, or none for long. */
static bool wait_for(struct pipeline *pipeline, uint64_t changes)
{
    uint64_t rows = 0, seen;
    int64_t since = cdc_now_ms();

    while ((seen = atomic_load(&store.rows)) < changes && !pipeline_wait(pipeline, LOOK_MS)) {
        if (seen != rows)
            since = cdc_now_ms();
        rows = seen;
        if (cdc_now_ms() - since > WAIT_MS)
            return false;
    }
    return seen >= changes;
}

int main(int argc, char **argv)
{
    uint64_t changes = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    struct cdc_sink_ops ops = null_ops();
    struct wiring wiring = {0};
    struct pipeline *pipeline;
    struct cdc_err err = {0};
    int64_t began_us;
    bool whole;

    if (!changes) {
        fprintf(stderr, "usage: null CONFIG CHANGES [POSITION]\n");
        return 64;
    }
    store.position = argc > 3 ? argv[3] : "";
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "null");
    require(wiring_open(&wiring, argv[1], &err), &err);
    began_us = cdc_now_us();
    require(pipeline_start(&pipeline,
                           &(struct pipeline_params){.config = wiring.config,
                                                     .map = wiring.map,
                                                     .source_ops = wiring.source_ops,
                                                     .source = wiring.source,
                                                     .sink_ops = &ops,
                                                     .sink = wiring.sink},
                           &err),
            &err);
    whole = wait_for(pipeline, changes);
    pipeline_stop(pipeline);
    require(pipeline_finish(pipeline, &err), &err);
    if (whole)
        report(atomic_load(&store.rows), began_us);
    else
        fprintf(stderr, "null: %llu changes of %llu came\n", (unsigned long long)atomic_load(&store.rows),
                (unsigned long long)changes);
    wiring_close(&wiring);
    return !whole;
}
