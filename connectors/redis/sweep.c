/*
 * Sweeping: removes the states that one table of this connector made, in bounded steps, on the sink thread. Keys are found by
 * SCAN (scan.c); each step's keys are judged and removed in one call, so a state that somebody else took over stays. Idempotent.
 */
#include "redis/sink.h"

static void put_sweep(struct cdc_sink *sink, const struct cdc_shape *shape, const struct redis_reply *keys)
{
    size_t n = redis_reply_count(keys);
    struct cdc_buf *out = &sink->command, definition = {.limit = 0};

    redis_shape_define(shape->prepared, &definition);
    cdc_buf_reset(out);
    redis_sink_fcall(out, "tributary_sweep", 1 + n, 1 + n + 4);
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    for (size_t i = 0; i < n; i++)
        redis_resp_arg(out, redis_reply_text(redis_reply_at(keys, i)));
    redis_resp_number(out, sink->epoch);
    redis_resp_str(out, sink->connector);
    redis_resp_arg(out, shape->shared ? shape->table : cdc_slice("", 0));
    redis_resp_arg(out, cdc_buf_slice(&definition));
    out->failed = out->failed || definition.failed;
    cdc_buf_fini(&definition);
}

int redis_sweep_step(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t *cursor,
                     struct cdc_err *err)
{
    const struct redis_reply *reply, *keys;
    uint64_t next;

    if (redis_scan_keys(sink, shape, *cursor, &reply, err))
        return -1;
    next = redis_reply_unsigned(redis_reply_at(reply, 0));
    keys = redis_reply_at(reply, 1);
    if (redis_reply_count(keys)) {
        put_sweep(sink, shape, keys);
        if (redis_sink_command(sink, &reply, err))
            return cdc_err_wrap(err, "removing states of %.*s", CDC_ARG(shape->entity));
    }
    *cursor = next;
    return next == 0;
}
