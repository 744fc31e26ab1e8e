/*
 * Lease, checkpoint and beat of the sink, on the sink thread. Who takes the lease raises the epoch in the checkpoint, and
 * everything that writes is refused when it carries another one: a connector has one writer. Fails FENCED when it is over.
 */
#include "redis/keys.h"
#include "redis/owner.h"
#include "redis/sink.h"

#include <stdio.h>
#include <string.h>

/* The fleet's hash outlives its agent by this, so that a restart does not make it vanish. */
enum { BEAT_LIFE_MS = 15000, BEAT_LEASES = 3 };
#define LAST_BEAT_LIFE_MS ((uint64_t)30 * 86400 * 1000)

static int copy_text(struct cdc_buf *to, const struct redis_reply *reply, struct cdc_err *err)
{
    cdc_buf_reset(to);
    cdc_buf_put_slice(to, redis_reply_text(reply));
    return to->failed ? cdc_err_memory(err) : 0;
}

int redis_lease_progress(struct cdc_buf *progress, const struct redis_reply *flat, struct cdc_err *err)
{
    static const char mark[] = "snapshot:";

    cdc_buf_reset(progress);
    for (size_t i = 0; i + 1 < redis_reply_count(flat); i += 2) {
        struct cdc_slice name = redis_reply_text(redis_reply_at(flat, i));
        if (name.len < sizeof mark - 1 || memcmp(name.ptr, mark, sizeof mark - 1) != 0)
            continue;
        cdc_buf_put_slice(progress, name);
        cdc_buf_putc(progress, '\0');
        cdc_buf_put_slice(progress, redis_reply_text(redis_reply_at(flat, i + 1)));
        cdc_buf_putc(progress, '\0');
    }
    return progress->failed ? cdc_err_memory(err) : 0;
}

/* One try; `dead` is a holder that may be replaced. */
static int try_acquire(struct cdc_sink *sink, struct cdc_slice dead, const struct redis_reply **reply,
                       struct cdc_err *err)
{
    struct cdc_buf *out = &sink->command;

    cdc_buf_reset(out);
    redis_sink_fcall(out, "tributary_acquire", 2, 5);
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->lease_key));
    redis_resp_str(out, sink->owner);
    redis_resp_number(out, (uint64_t)sink->lease_ms);
    redis_resp_arg(out, dead);
    if (redis_sink_command(sink, reply, err))
        return cdc_err_wrap(err, "acquiring the lease");
    return 0;
}

static int read_checkpoint(struct cdc_sink *sink, const struct redis_reply *reply,
                           struct cdc_checkpoint *checkpoint, struct cdc_err *err)
{
    struct cdc_slice time = redis_reply_text(redis_reply_at(reply, 7));

    checkpoint->epoch = redis_reply_unsigned(redis_reply_at(reply, 1));
    checkpoint->epoch_before = redis_reply_unsigned(redis_reply_at(reply, 8));
    checkpoint->ordinal = redis_reply_unsigned(redis_reply_at(reply, 4));
    checkpoint->batch = redis_reply_unsigned(redis_reply_at(reply, 5));
    sink->epoch = checkpoint->epoch;
    sink->applied = checkpoint->batch;
    snprintf(sink->commit, sizeof sink->commit, "%.*s", CDC_ARG(time));
    if (copy_text(&checkpoint->position, redis_reply_at(reply, 2), err) ||
        copy_text(&checkpoint->open_tx, redis_reply_at(reply, 3), err) ||
        copy_text(&checkpoint->identity, redis_reply_at(reply, 6), err) ||
        redis_lease_progress(&checkpoint->progress, redis_reply_at(reply, 9), err))
        return -1;
    return 0;
}

int redis_lease_acquire(struct cdc_sink *sink, enum cdc_lease *lease, struct cdc_checkpoint *checkpoint,
                        struct cdc_buf *holder, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (try_acquire(sink, cdc_slice(NULL, 0), &reply, err) ||
        copy_text(holder, redis_reply_at(reply, 0), err))
        return -1;
    if (holder->len && redis_owner_is_dead(cdc_buf_slice(holder), cdc_slice_str(sink->owner))) {
        if (try_acquire(sink, cdc_buf_slice(holder), &reply, err) ||
            copy_text(holder, redis_reply_at(reply, 0), err))
            return -1;
    }
    *lease = holder->len ? CDC_LEASE_OTHER : CDC_LEASE_OURS;
    return holder->len ? 0 : read_checkpoint(sink, reply, checkpoint, err);
}

int redis_lease_begin(struct cdc_sink *sink, struct cdc_slice identity, struct cdc_slice position,
                      struct cdc_err *err)
{
    struct cdc_buf *out = &sink->command;
    const struct redis_reply *reply;
    char now[CDC_TIME_TEXT];

    cdc_buf_reset(out);
    redis_sink_fcall(out, "tributary_begin", 1, 5);
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_number(out, sink->epoch);
    redis_resp_arg(out, identity);
    redis_resp_arg(out, position);
    redis_resp_str(out, cdc_time_print(cdc_wall_us(), now));
    if (redis_sink_command(sink, &reply, err))
        return cdc_err_wrap(err, "beginning the checkpoint");
    return 0;
}

struct streams {
    struct cdc_buf *out;
    const char *prefix;
    struct cdc_buf key;
    size_t n;
};

static void count_stream(void *ctx, const struct redis_entity *entity)
{
    (void)entity;
    ((struct streams *)ctx)->n++;
}

static void put_stream(void *ctx, const struct redis_entity *entity)
{
    struct streams *streams = ctx;

    if (!streams->n)
        return; /* an entity that was added since they were counted waits for the next beat */
    streams->n--;
    cdc_buf_reset(&streams->key);
    redis_key_events(&streams->key, streams->prefix, cdc_slice_str(entity->name));
    redis_resp_arg(streams->out, cdc_buf_slice(&streams->key));
}

static void put_beat(struct cdc_sink *sink, const struct cdc_beat *beat, struct cdc_buf *out)
{
    struct streams streams = {.out = out, .prefix = sink->config->prefix};
    int64_t life_ms = sink->lease_ms * BEAT_LEASES;
    bool takes = sink->requests.len == 0;
    size_t nkeys;
    char now[CDC_TIME_TEXT];

    redis_entities_each(sink->entities, count_stream, &streams);
    nkeys = 4 + (size_t)takes + streams.n;
    redis_sink_fcall(out, "tributary_beat", nkeys, nkeys + 7 + 2 * (beat->n + 1));
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->lease_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->fleet_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->beat_key));
    if (takes)
        redis_resp_arg(out, cdc_buf_slice(&sink->requests_key));
    redis_entities_each(sink->entities, put_stream, &streams);
    redis_resp_number(out, sink->epoch);
    redis_resp_str(out, sink->owner);
    redis_resp_number(out, (uint64_t)sink->lease_ms);
    redis_resp_str(out, sink->connector);
    redis_resp_number(out, beat->last ? LAST_BEAT_LIFE_MS
                                      : (uint64_t)(life_ms > BEAT_LIFE_MS ? life_ms : BEAT_LIFE_MS));
    redis_resp_number(out, sink->config->stream_max_len);
    redis_resp_number(out, (uint64_t)sink->config->stream_max_age_ms);
    redis_resp_str(out, "updated");
    redis_resp_str(out, cdc_time_print(cdc_wall_us(), now));
    for (size_t i = 0; i < beat->n; i++) {
        redis_resp_str(out, beat->names[i]);
        redis_resp_str(out, beat->values[i]);
    }
    cdc_buf_fini(&streams.key);
}

int redis_lease_beat(struct cdc_sink *sink, const struct cdc_beat *beat, struct cdc_err *err)
{
    struct redis_flight *flight;

    if (redis_sink_connected(sink, err))
        return -1;
    if (redis_pipe_full(&sink->pipe))
        return 0; /* so much is under way that the next beat will do */
    flight = redis_pipe_add(&sink->pipe, REDIS_FLIGHT_BEAT, 0);
    put_beat(sink, beat, &flight->head);
    if (flight->head.failed) {
        cdc_err_memory(err);
        return redis_sink_lose(sink);
    }
    if (redis_pipe_send(&sink->pipe, sink->client, err)) {
        cdc_err_wrap(err, "renewing the lease");
        return redis_sink_lose(sink);
    }
    return 0;
}

int redis_lease_release(struct cdc_sink *sink, struct cdc_slice gap, struct cdc_err *err)
{
    struct cdc_buf *out = &sink->command;
    const struct redis_reply *reply;

    cdc_buf_reset(out);
    redis_sink_fcall(out, "tributary_release", 2, 5);
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->lease_key));
    redis_resp_number(out, sink->epoch);
    redis_resp_str(out, sink->owner);
    redis_resp_arg(out, gap);
    if (redis_sink_command(sink, &reply, err))
        return cdc_err_wrap(err, "giving the lease back");
    return 0;
}

static size_t count_texts(const struct cdc_buf *texts)
{
    size_t n = 0;

    for (size_t i = 0; i < texts->len; i++)
        n += texts->data[i] == '\0';
    return n;
}

static void put_reset(struct cdc_sink *sink, const struct cdc_buf *progress, struct cdc_buf *out)
{
    cdc_buf_reset(out);
    redis_sink_fcall(out, "tributary_reset", 2, 3 + count_texts(progress));
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->lease_key));
    redis_resp_str(out, sink->owner);
    for (size_t at = 0; at < progress->len; at += strlen(progress->data + at) + 1)
        redis_resp_str(out, progress->data + at);
}

int redis_lease_reset(struct cdc_sink *sink, const struct cdc_buf *progress, bool *was, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct cdc_slice holder;

    put_reset(sink, progress, &sink->command);
    if (redis_sink_command(sink, &reply, err))
        return cdc_err_wrap(err, "forgetting the checkpoint");
    holder = redis_reply_text(redis_reply_at(reply, 0));
    if (holder.len) {
        cdc_err_set(err, CDC_ERR_FENCED, "connector %s is run by an agent (%.*s)", sink->connector,
                    CDC_ARG(holder));
        return cdc_err_hint(err, "stop it first");
    }
    *was = redis_reply_integer(redis_reply_at(reply, 1)) != 0;
    return 0;
}
