/*
 * Start, stop and the shared part of a pipeline (pipeline.h, shared.h). Runs on the caller's thread; the shared_* functions on
 * either worker. Every failure that ends the pipeline is kept for pipeline_finish(); nobody exits here.
 */
#include "pipeline/pipeline.h"

#include <stdlib.h>

#include "core/cond.h"
#include "pipeline/shared.h"

#include "cdc/clock.h"
#include "cdc/log.h"

/* The rest of limits.memory is for the client libraries, the batch being filled and the program itself. */
#define QUEUE_SHARE(bytes) ((bytes) / 8 * 3)

static int prepare_shapes(struct pipeline *pl, struct cdc_err *err)
{
    const struct pipeline_params *p = &pl->params;
    size_t n;
    struct cdc_shape *shapes = map_shapes(p->map, &n);

    for (size_t i = 0; i < n; i++)
        if (p->sink_ops->prepare(p->sink, &shapes[i], err))
            return -1;
    return 0;
}

static void unprepare_shapes(struct pipeline *pl)
{
    size_t n;
    struct cdc_shape *shapes = map_shapes(pl->params.map, &n);

    for (size_t i = 0; i < n; i++)
        pl->params.sink_ops->unprepare(&shapes[i]);
}

static int init_locks(struct pipeline *pl)
{
    return pthread_mutex_init(&pl->lock, NULL) || cond_init(&pl->changed) ? -1 : 0;
}

static int make_snapshot(struct pipeline *pl, struct cdc_err *err)
{
    const struct pipeline_params *p = &pl->params;
    struct snapshot_params params = {
        .reader = {p->config, p->source_ops, p->source_params, p->sink_ops, p->sink_params},
        .map = p->map,
        .sink = p->sink,
    };

    return p->source_params && p->sink_params ? snapshot_new(&pl->snapshot, &params, err) : 0;
}

static void pipeline_free(struct pipeline *pl)
{
    snapshot_free(pl->snapshot);
    unprepare_shapes(pl);
    queue_fini(&pl->queue);
    window_fini(&pl->window);
    cdc_checkpoint_fini(&pl->session.checkpoint);
    cdc_buf_fini(&pl->origin_identity);
    cdc_buf_fini(&pl->origin_position);
    cdc_buf_fini(&pl->applied_position);
    troubles_fini(&pl->troubles);
    stats_fini(&pl->stats);
    pthread_cond_destroy(&pl->changed);
    pthread_mutex_destroy(&pl->lock);
    free(pl);
}

static int start_threads(struct pipeline *pl, struct cdc_err *err)
{
    pl->running = 2;
    shared_turn(&pl->stats.apply_turn_ms);
    shared_turn(&pl->stats.capture_turn_ms);
    if (pthread_create(&pl->apply_thread, NULL, apply_main, pl))
        return cdc_err_set(err, CDC_ERR_RETRY, "cannot start a thread");
    if (pthread_create(&pl->capture_thread, NULL, capture_main, pl)) {
        pthread_mutex_lock(&pl->lock);
        pl->running = 1;
        pthread_mutex_unlock(&pl->lock);
        queue_close(&pl->queue);
        pipeline_stop(pl);
        pthread_join(pl->apply_thread, NULL);
        return cdc_err_set(err, CDC_ERR_RETRY, "cannot start a thread");
    }
    return 0;
}

int pipeline_start(struct pipeline **pipeline, const struct pipeline_params *params, struct cdc_err *err)
{
    struct pipeline *pl = calloc(1, sizeof *pl);
    const struct cdc_shape *shapes;
    size_t n;

    if (!pl)
        return cdc_err_memory(err);
    pl->params = *params;
    shapes = map_shapes(params->map, &n);
    if (stats_init(&pl->stats, shapes, n) || init_locks(pl) || troubles_init(&pl->troubles) ||
        window_init(&pl->window, params->config->redis.replay_window_ms) ||
        queue_init(&pl->queue, QUEUE_SHARE(params->config->limit_memory_bytes))) {
        stats_fini(&pl->stats);
        free(pl);
        return cdc_err_memory(err);
    }
    if (prepare_shapes(pl, err) || make_snapshot(pl, err) || start_threads(pl, err)) {
        pipeline_free(pl);
        return -1;
    }
    *pipeline = pl;
    return 0;
}

void pipeline_stop(struct pipeline *pl)
{
    pthread_mutex_lock(&pl->lock);
    pl->stopping = true;
    pthread_cond_broadcast(&pl->changed);
    pthread_mutex_unlock(&pl->lock);
    pl->params.source_ops->interrupt(pl->params.source);
    queue_wake(&pl->queue);
}

/* Who has not begun has nothing to end. */
void pipeline_drain(struct pipeline *pl)
{
    bool idle;

    pthread_mutex_lock(&pl->lock);
    idle = pl->session.generation == 0;
    atomic_store(&pl->draining, true);
    pthread_mutex_unlock(&pl->lock);
    if (idle)
        pipeline_stop(pl);
    else
        pl->params.source_ops->interrupt(pl->params.source);
}

bool pipeline_wait(struct pipeline *pl, int timeout_ms)
{
    int64_t until = cdc_now_ms() + timeout_ms, left;
    bool ended;

    pthread_mutex_lock(&pl->lock);
    while (pl->running && (left = until - cdc_now_ms()) > 0)
        cond_wait(&pl->changed, &pl->lock, left);
    ended = pl->running == 0;
    pthread_mutex_unlock(&pl->lock);
    return ended;
}

int pipeline_finish(struct pipeline *pl, struct cdc_err *err)
{
    int rc;

    pthread_join(pl->capture_thread, NULL);
    pthread_join(pl->apply_thread, NULL);
    rc = pl->failure.class == CDC_ERR_NONE ? 0 : -1;
    if (rc)
        *err = pl->failure;
    pipeline_free(pl);
    return rc;
}

struct stats *pipeline_stats(struct pipeline *pl)
{
    return &pl->stats;
}

void pipeline_note(struct pipeline *pl, const char *what, const struct cdc_err *err)
{
    troubles_note(&pl->troubles, what, err);
}

unsigned pipeline_troubles(struct pipeline *pl, struct trouble out[TROUBLES_KEPT])
{
    return troubles_copy(&pl->troubles, out);
}

void pipeline_counts(struct pipeline *pl, void (*each)(void *ctx, struct cdc_slice type, uint64_t n),
                     void *ctx)
{
    if (pl->params.sink_ops->counts)
        pl->params.sink_ops->counts(pl->params.sink, each, ctx);
}

struct snapshot *pipeline_snapshot(struct pipeline *pl)
{
    return pl->snapshot;
}

static const char *state_name(struct pipeline *pl)
{
    if (pl->stopping)
        return pl->running < 2 ? "stopped" : "stopping";
    if (atomic_load(&pl->stats.slot_dropped))
        return "slot dropped";
    if (!atomic_load(&pl->stats.leader))
        return atomic_load(&pl->stats.sink_up) ? "standby" : "connecting";
    if (!atomic_load(&pl->stats.sink_up))
        return "redis down";
    return atomic_load(&pl->stats.source_up) ? "streaming" : "database down";
}

/* Snapshots keep their own account; under the lock, so that a counter never seems to go back. */
static void note_snapshot(struct pipeline *pl)
{
    struct snapshot_status job;

    for (size_t i = 0; pl->snapshot && snapshot_status(pl->snapshot, i, &job); i++) {
        struct stats_table *table = stats_find(&pl->stats, cdc_slice_str(job.table));
        if (!table)
            continue;
        atomic_store(&table->snapshot_rows, job.rows_total);
        atomic_store(&table->snapshot_done, job.known ? job.rows : 0);
        atomic_store(&table->snapshot_estimated, job.known ? job.estimate : 0);
    }
    atomic_store(&pl->stats.snapshot_running, pl->snapshot && snapshot_loading(pl->snapshot));
}

void pipeline_status(struct pipeline *pl, struct pipeline_status *status)
{
    struct cdc_slice position;
    size_t n;

    pthread_mutex_lock(&pl->lock);
    note_snapshot(pl);
    position = cdc_buf_slice(&pl->applied_position);
    n = position.len < sizeof status->position - 1 ? position.len : sizeof status->position - 1;
    if (n)
        memcpy(status->position, position.ptr, n);
    status->position[n] = '\0';
    memcpy(status->text, pl->trouble, sizeof status->text);
    status->state = state_name(pl);
    status->failure = pl->failure;
    pthread_mutex_unlock(&pl->lock);
    status->waits = status->text;
    status->lag_ms = shared_lag_ms(pl);
    status->queue_bytes = atomic_load(&pl->queue.bytes);
    status->queue_limit_bytes = pl->queue.limit_bytes;
}

/* Commit time of the oldest change on its way; 0: none is. */
static int64_t oldest_us(struct pipeline *pl)
{
    int64_t in_flight = atomic_load(&pl->stats.in_flight_us);

    return in_flight ? in_flight : queue_oldest_us(&pl->queue);
}

int64_t shared_lag_ms(struct pipeline *pl)
{
    return stats_lag_ms(&pl->stats, pl->params.config->source.heartbeat_ms, oldest_us(pl));
}

bool shared_stopping(struct pipeline *pl)
{
    return atomic_load_explicit(&pl->stopping, memory_order_relaxed);
}

bool shared_holds(struct pipeline *pl)
{
    int64_t sure_ms = pl->params.lease_ms / 4 * 3;

    return sure_ms == 0 || cdc_now_ms() - atomic_load(&pl->held_ms) < sure_ms;
}

void shared_sleep(struct pipeline *pl, int64_t ms)
{
    int64_t until = cdc_now_ms() + ms, left;

    pthread_mutex_lock(&pl->lock);
    while (!pl->stopping && (left = until - cdc_now_ms()) > 0)
        cond_wait(&pl->changed, &pl->lock, left);
    pthread_mutex_unlock(&pl->lock);
}

void shared_pause(struct pipeline *pl, int64_t ms)
{
    struct timespec least = {.tv_nsec = 50000000};

    if (shared_stopping(pl))
        nanosleep(&least, NULL);
    else
        shared_sleep(pl, ms);
}

void shared_trouble(struct pipeline *pl, const char *what, const struct cdc_err *err)
{
    char text[sizeof pl->trouble];
    bool same;

    troubles_note(&pl->troubles, what, err);
    snprintf(text, sizeof text, "%s: %.400s", what, err->message);
    pthread_mutex_lock(&pl->lock);
    same = strcmp(text, pl->trouble) == 0;
    memcpy(pl->trouble, text, sizeof text);
    pthread_mutex_unlock(&pl->lock);
    if (!same)
        cdc_log_err(CDC_LOG_WARNING, what, err);
}

void shared_trouble_over(struct pipeline *pl)
{
    pthread_mutex_lock(&pl->lock);
    pl->trouble[0] = '\0';
    pthread_mutex_unlock(&pl->lock);
}

void shared_fail(struct pipeline *pl, const struct cdc_err *err)
{
    pthread_mutex_lock(&pl->lock);
    if (pl->failure.class == CDC_ERR_NONE)
        pl->failure = *err;
    pthread_mutex_unlock(&pl->lock);
    troubles_note(&pl->troubles, "stopped", err);
    pipeline_stop(pl);
}

int shared_begin_session(struct pipeline *pl, const struct cdc_checkpoint *checkpoint)
{
    int rc;

    window_clear(&pl->window);
    pthread_mutex_lock(&pl->lock);
    rc = cdc_checkpoint_copy(&pl->session.checkpoint, checkpoint);
    if (rc == 0)
        pl->session.generation++;
    pthread_cond_broadcast(&pl->changed);
    pthread_mutex_unlock(&pl->lock);
    if (pl->session.generation > 1) /* the source thread is at work for the one before */
        pl->params.source_ops->interrupt(pl->params.source);
    return rc;
}

uint64_t shared_wait_session(struct pipeline *pl, uint64_t seen, struct cdc_checkpoint *checkpoint,
                             int64_t ms)
{
    int64_t until = cdc_now_ms() + ms, left;
    uint64_t generation = 0;

    pthread_mutex_lock(&pl->lock);
    while (!pl->stopping && pl->session.generation <= seen && (left = until - cdc_now_ms()) > 0)
        cond_wait(&pl->changed, &pl->lock, left);
    if (!pl->stopping && pl->session.generation > seen &&
        cdc_checkpoint_copy(checkpoint, &pl->session.checkpoint) == 0)
        generation = pl->session.generation;
    pthread_mutex_unlock(&pl->lock);
    return generation;
}
