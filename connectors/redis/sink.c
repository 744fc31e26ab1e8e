/*
 * The Redis sink: the operation table, opening, connecting. What each operation does stands in a file of its own: encode.c on
 * the source thread; apply.c, lease.c, requests.c, sweep.c, tend.c on the sink thread; scan.c
 * for a sink of its own; check.c, setup.c, describe.c for commands. Errors of class
 * RETRY end the connection: connect() makes a new one.
 */
#include "redis/sink.h"

#include <stdio.h>
#include <stdlib.h>

#include "redis/durable.h"
#include "redis/keys.h"
#include "redis/master.h"
#include "redis/server.h"
#include "redis/split.h"

static void close_sink(struct cdc_sink *sink)
{
    if (!sink)
        return;
    redis_client_close(sink->client);
    redis_pipe_fini(&sink->pipe);
    cdc_buf_fini(&sink->command);
    cdc_buf_fini(&sink->checkpoint_key);
    cdc_buf_fini(&sink->lease_key);
    cdc_buf_fini(&sink->dlq_key);
    cdc_buf_fini(&sink->fleet_key);
    cdc_buf_fini(&sink->beat_key);
    cdc_buf_fini(&sink->requests_key);
    cdc_buf_fini(&sink->requests);
    if (sink->entities)
        redis_entities_fini(sink->entities);
    free(sink->entities);
    redis_wake_fini(&sink->wake);
    free(sink);
}

static int make_keys(struct cdc_sink *sink, struct cdc_err *err)
{
    const char *prefix = sink->config->prefix, *connector = sink->connector;

    redis_key_named(&sink->checkpoint_key, prefix, "checkpoint", connector);
    redis_key_named(&sink->lease_key, prefix, "lease", connector);
    redis_key_named(&sink->dlq_key, prefix, "dlq", connector);
    redis_key_named(&sink->fleet_key, prefix, "connectors", NULL);
    redis_key_named(&sink->beat_key, prefix, "connector", connector);
    redis_key_named(&sink->requests_key, prefix, "requests", connector);
    if (sink->checkpoint_key.failed || sink->lease_key.failed || sink->dlq_key.failed ||
        sink->fleet_key.failed || sink->beat_key.failed || sink->requests_key.failed)
        return cdc_err_memory(err);
    return 0;
}

static int open_sink(struct cdc_sink **result, const struct cdc_sink_params *params, struct cdc_err *err)
{
    struct cdc_sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        return cdc_err_memory(err);
    sink->connector = params->connector;
    sink->owner = params->owner;
    sink->config = params->config;
    sink->lease_ms = params->lease_ms;
    sink->encoder = (struct redis_encoder){params->connector, params->config->prefix, &sink->bodies};
    sink->wake.fd = -1;
    sink->entities = malloc(sizeof *sink->entities);
    if (!sink->entities) {
        cdc_err_memory(err);
        goto fail;
    }
    redis_entities_init(sink->entities);
    if (make_keys(sink, err) || redis_wake_init(&sink->wake, err))
        goto fail;
    *result = sink;
    return 0;
fail:
    close_sink(sink);
    return -1;
}

static int prepare(const struct cdc_sink *sink, struct cdc_shape *shape, struct cdc_err *err)
{
    struct cdc_buf definition = {.limit = 0};
    struct redis_shape *prepared;
    int rc;

    if (redis_shape_new(&prepared, sink->config, shape, err))
        return -1;
    redis_shape_define(prepared, &definition);
    rc = definition.failed ? -1
                           : redis_entities_add(sink->entities, shape->entity, cdc_buf_slice(&definition));
    cdc_buf_fini(&definition);
    if (rc) {
        redis_shape_free(prepared);
        return cdc_err_memory(err);
    }
    shape->prepared = prepared;
    return 0;
}

static void unprepare(struct cdc_shape *shape)
{
    redis_shape_free(shape->prepared);
    shape->prepared = NULL;
}

static int encode(const struct cdc_sink *sink, const struct cdc_event *event, struct cdc_buf *body,
                  size_t *last, struct cdc_err *err)
{
    return redis_encode_event(&sink->encoder, event, body, last, err);
}

static int encode_reject(const struct cdc_sink *sink, const struct cdc_reject *reject, struct cdc_buf *body,
                         struct cdc_err *err)
{
    return redis_encode_reject(&sink->encoder, reject, body, err);
}

static int encode_truncate(const struct cdc_sink *sink, const struct cdc_shape *shape,
                           const struct cdc_tx *tx, uint64_t ordinal, struct cdc_buf *body, size_t *last,
                           struct cdc_err *err)
{
    return redis_encode_truncate(&sink->encoder, shape, tx, ordinal, body, last, err);
}

int redis_sink_lose(struct cdc_sink *sink)
{
    redis_client_close(sink->client);
    sink->client = NULL;
    redis_pipe_drop(&sink->pipe);
    return -1;
}

int redis_sink_connected(const struct cdc_sink *sink, struct cdc_err *err)
{
    return sink->client ? 0 : cdc_err_set(err, CDC_ERR_RETRY, "not connected to Redis");
}

void redis_sink_fcall(struct cdc_buf *out, const char *function, size_t nkeys, size_t nargs)
{
    redis_resp_command(out, 3 + nargs);
    redis_resp_str(out, "FCALL");
    redis_resp_str(out, function);
    redis_resp_number(out, nkeys);
}

int redis_sink_command(struct cdc_sink *sink, const struct redis_reply **reply, struct cdc_err *err)
{
    uint64_t applied;

    if (redis_sink_connected(sink, err))
        return -1;
    while (sink->pipe.n) {
        if (redis_apply_collect(sink, REDIS_PIPE_SILENCE_MS, &applied, err))
            return -1;
    }
    if (redis_client_send(sink->client, &sink->command, 0, reply, err) == 0)
        return 0;
    return err && err->class != CDC_ERR_RETRY ? -1 : redis_sink_lose(sink);
}

static int verify(struct cdc_sink *sink, struct cdc_err *err)
{
    struct redis_info info;

    if (redis_server_info(sink->client, &info, err) || redis_server_suits(&info, sink->config, err) ||
        redis_server_load(sink->client, err) ||
        redis_server_probe(sink->client, sink->config->prefix, sink->connector, err))
        return cdc_err_wrap(err, "Redis at %s", redis_client_address(sink->client));
    return 0;
}

static int connect_sink(struct cdc_sink *sink, struct cdc_err *err)
{
    char name[160];

    redis_sink_lose(sink);
    snprintf(name, sizeof name, "tributary-%s", sink->connector);
    if (redis_master_open(&sink->client, sink->config, name, &sink->wake, err)) {
        sink->client = NULL;
        return -1;
    }
    return verify(sink, err) ? redis_sink_lose(sink) : 0;
}

static void interrupt(struct cdc_sink *sink)
{
    redis_wake_set(&sink->wake);
}

static uint64_t beaten(const struct cdc_sink *sink)
{
    return sink->beaten;
}

static void each_count(const struct cdc_sink *sink,
                       void (*each)(void *ctx, struct cdc_slice type, uint64_t n), void *ctx)
{
    redis_counts_each(&sink->counts, each, ctx);
}

static void read_findings(const struct cdc_sink *sink, struct cdc_findings *out)
{
    redis_findings_read(&sink->findings, out);
}

const struct cdc_sink_ops redis_sink_ops = {
    .name = "redis",
    .open = open_sink,
    .close = close_sink,
    .prepare = prepare,
    .unprepare = unprepare,
    .encode = encode,
    .mark_last = redis_encode_mark_last,
    .split = redis_split,
    .reject = encode_reject,
    .truncate = encode_truncate,
    .connect = connect_sink,
    .acquire = redis_lease_acquire,
    .settled = redis_durable_await,
    .begin = redis_lease_begin,
    .submit = redis_apply_submit,
    .collect = redis_apply_collect,
    .sweep = redis_sweep_step,
    .beat = redis_lease_beat,
    .tend = redis_tend,
    .tending = redis_tending,
    .beaten = beaten,
    .counts = each_count,
    .release = redis_lease_release,
    .reset = redis_lease_reset,
    .interrupt = interrupt,
    .findings = read_findings,
    .scan = redis_scan_step,
    .request = redis_requests_leave,
    .requested = redis_requests_next,
    .peek = redis_check_peek,
    .check = redis_check_sink,
    .setup = redis_setup_script,
    .describe = redis_describe_body,
};
