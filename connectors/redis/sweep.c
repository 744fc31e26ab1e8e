/*
 * Sweeping: removes the states that one table of this connector made, in bounded steps, on the sink thread. Keys are found by
 * SCAN; each step's keys are judged and removed in one call, so a state that somebody else took over stays. Idempotent.
 */
#include "redis/keys.h"
#include "redis/sink.h"

#include <stdio.h>
#include <stdlib.h>

/* About this many keys a step: up to ten commands each, so Redis is held for well below 2 ms. */
#define STEP "200"

/* The states' keys of the entity as a pattern, with the prefix taken literally. */
static int put_scan(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t cursor,
                    struct cdc_err *err)
{
    struct cdc_buf literal = {.limit = 0}, pattern = {.limit = 0}, *out = &sink->command;
    bool failed;

    redis_key_state(&literal, sink->config->prefix, shape->entity);
    redis_key_glob(&pattern, cdc_buf_slice(&literal));
    cdc_buf_putc(&pattern, '*');
    cdc_buf_reset(out);
    redis_resp_command(out, 8);
    redis_resp_str(out, "SCAN");
    redis_resp_number(out, cursor);
    redis_resp_str(out, "MATCH");
    redis_resp_arg(out, cdc_buf_slice(&pattern));
    redis_resp_str(out, "COUNT");
    redis_resp_str(out, STEP);
    redis_resp_str(out, "TYPE");
    redis_resp_str(out, "hash");
    failed = literal.failed || pattern.failed;
    cdc_buf_fini(&literal);
    cdc_buf_fini(&pattern);
    return failed ? cdc_err_memory(err) : 0;
}

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

    if (put_scan(sink, shape, *cursor, err) || redis_sink_command(sink, &reply, err))
        return cdc_err_wrap(err, "looking for the states of %.*s", CDC_ARG(shape->entity));
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
