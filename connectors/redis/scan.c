/*
 * Keys of states, in bounded steps: SCAN finds them, one more call says which of them a table made. For the comparison of a table with
 * what it made, on a sink of its own; sweep.c uses the first half. Takes no lease and changes nothing.
 */
#include "redis/keys.h"
#include "redis/sink.h"

/*
 * About this many keys a step: a sweep makes up to ten commands of each, so Redis is held for well below 2 ms. Where few of the keys that
 * Redis holds are of the entity more of them are looked at; they lie as evenly as hashes do.
 */
#define STEP      200
#define STEP_MOST 800

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
    redis_resp_number(out, sink->scan_keys);
    redis_resp_str(out, "TYPE");
    redis_resp_str(out, "hash");
    failed = literal.failed || pattern.failed;
    cdc_buf_fini(&literal);
    cdc_buf_fini(&pattern);
    return failed ? cdc_err_memory(err) : 0;
}

/* How many keys to look at next, after so many were of the entity. */
static uint32_t next_step(uint32_t step, size_t found)
{
    if (found > STEP && step > STEP)
        return step / 2;
    return found < STEP / 4 && step < STEP_MOST ? step * 2 : step;
}

int redis_scan_keys(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t cursor,
                    const struct redis_reply **reply, struct cdc_err *err)
{
    if (!cursor || !sink->scan_keys)
        sink->scan_keys = STEP;
    if (put_scan(sink, shape, cursor, err) || redis_sink_command(sink, reply, err))
        return cdc_err_wrap(err, "looking for the states of %.*s", CDC_ARG(shape->entity));
    sink->scan_keys = next_step(sink->scan_keys, redis_reply_count(redis_reply_at(*reply, 1)));
    return 0;
}

static void put_owned(struct cdc_sink *sink, const struct cdc_shape *shape, const struct redis_reply *keys)
{
    size_t n = redis_reply_count(keys);
    struct cdc_buf *out = &sink->command;

    cdc_buf_reset(out);
    redis_resp_command(out, 3 + n + 2);
    redis_resp_str(out, "FCALL_RO");
    redis_resp_str(out, "tributary_owned");
    redis_resp_number(out, n);
    for (size_t i = 0; i < n; i++)
        redis_resp_arg(out, redis_reply_text(redis_reply_at(keys, i)));
    redis_resp_str(out, sink->connector);
    redis_resp_arg(out, shape->shared ? shape->table : cdc_slice("", 0));
}

/* The state's key without what all of the entity's begin with. */
static struct cdc_slice subject_of(struct cdc_slice key, size_t head)
{
    return key.len > head ? cdc_slice(key.ptr + head, key.len - head) : cdc_slice(NULL, 0);
}

int redis_scan_step(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t *cursor,
                    int (*each)(void *ctx, struct cdc_slice key, struct cdc_err *err), void *ctx,
                    struct cdc_err *err)
{
    size_t head = strlen(sink->config->prefix) + strlen(":state:{}:") + shape->entity.len;
    const struct redis_reply *reply, *keys;
    uint64_t next;

    if (redis_scan_keys(sink, shape, *cursor, &reply, err))
        return -1;
    next = redis_reply_unsigned(redis_reply_at(reply, 0));
    keys = redis_reply_at(reply, 1);
    if (redis_reply_count(keys)) {
        put_owned(sink, shape, keys);
        if (redis_sink_command(sink, &reply, err))
            return cdc_err_wrap(err, "asking who made states of %.*s", CDC_ARG(shape->entity));
        for (size_t i = 0; i < redis_reply_count(reply); i++) {
            if (each(ctx, subject_of(redis_reply_text(redis_reply_at(reply, i)), head), err))
                return -1;
        }
    }
    *cursor = next;
    return next == 0;
}
