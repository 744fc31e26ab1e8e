/*
 * Applying batches: submit() and collect() of the sink, on the sink thread. A batch is one call of tributary_apply(); the
 * header is formatted here, the body goes out as encode.c made it. Replies are taken in order; the first error ends the
 * connection, because everything behind it has refused itself. The caller then connects, acquires, and submits what is missing.
 */
#include "redis/durable.h"
#include "redis/reply_class.h"
#include "redis/sink.h"

enum { TRIM_EVERY = 4096 };

/* How long streams may get, every TRIM_EVERY records; else 0: not now. */
static uint64_t trim_now(struct cdc_sink *sink, const struct cdc_batch *batch)
{
    sink->untrimmed += batch->records;
    if (!sink->config->stream_max_len || sink->untrimmed < TRIM_EVERY)
        return 0;
    sink->untrimmed = 0;
    return sink->config->stream_max_len;
}

/* The texts of a batch's progress, names and values in turn: appends them, or only counts them (NULL). An odd one is left out. */
static size_t put_progress(const struct cdc_buf *progress, struct cdc_buf *out)
{
    const char *at = progress->data, *end = at + progress->len;
    size_t n = 0;

    for (const char *p = at; p < end; p++)
        n += *p == '\0';
    n -= n % 2;
    for (size_t i = 0; out && i < n; i++) {
        struct cdc_slice text = cdc_slice_str(at);
        redis_resp_arg(out, text);
        at += text.len + 1;
    }
    return n;
}

/* Behind the body: its last record, what ends the argument, the wish to be told what was emitted, and the progress. */
static void put_tail(const struct cdc_batch *batch, struct cdc_buf *out)
{
    cdc_buf_put(out, REDIS_BODY_END, sizeof REDIS_BODY_END - 1);
    cdc_buf_puts(out, "\r\n");
    redis_resp_str(out, "1");
    put_progress(&batch->progress, out);
}

static void put_apply(struct cdc_sink *sink, const struct cdc_batch *batch, struct redis_flight *flight)
{
    struct cdc_buf *out = &flight->head;

    if (batch->commit_us)
        cdc_time_print(batch->commit_us, sink->commit);
    redis_sink_fcall(out, "tributary_apply", 2, 13 + put_progress(&batch->progress, NULL));
    redis_resp_arg(out, cdc_buf_slice(&sink->checkpoint_key));
    redis_resp_arg(out, cdc_buf_slice(&sink->dlq_key));
    redis_resp_str(out, sink->connector);
    redis_resp_number(out, sink->epoch);
    redis_resp_number(out, batch->number);
    redis_resp_arg(out, cdc_buf_slice(&batch->position));
    redis_resp_arg(out, cdc_buf_slice(&batch->open_tx));
    redis_resp_number(out, batch->ordinal);
    redis_resp_str(out, sink->commit);
    redis_resp_number(out, trim_now(sink, batch));
    redis_resp_number(out, redis_body_prefix(&batch->body).silent);
    flight->body = redis_body_records(&batch->body);
    redis_resp_arg_head(out, flight->body.len + sizeof REDIS_BODY_END - 1);
    put_tail(batch, &flight->tail);
}

/* Room for a batch and its wait. */
static int make_room(struct cdc_sink *sink, struct cdc_err *err)
{
    uint64_t applied;

    while (sink->pipe.n + 2 > REDIS_PIPE_FLIGHTS) {
        if (redis_apply_collect(sink, REDIS_PIPE_SILENCE_MS, &applied, err))
            return -1;
    }
    return 0;
}

int redis_apply_submit(struct cdc_sink *sink, const struct cdc_batch *batch, struct cdc_err *err)
{
    struct redis_flight *flight, *durable = NULL;

    if (redis_sink_connected(sink, err) || make_room(sink, err))
        return -1;
    flight = redis_pipe_add(&sink->pipe, REDIS_FLIGHT_APPLY, batch->number);
    put_apply(sink, batch, flight);
    if (sink->config->durability != CDC_DURABILITY_APPLIED) {
        durable = redis_pipe_add(&sink->pipe, REDIS_FLIGHT_DURABLE, batch->number);
        redis_durable_put(sink, &durable->head);
    }
    if (flight->head.failed || flight->tail.failed || (durable && durable->head.failed)) {
        cdc_err_memory(err);
        return redis_sink_lose(sink);
    }
    if (redis_pipe_send(&sink->pipe, sink->client, err)) {
        cdc_err_wrap(err, "sending batch %llu", (unsigned long long)batch->number);
        return redis_sink_lose(sink);
    }
    return 0;
}

/* Reads one reply: 0, or what is wrong. */
static int take(struct cdc_sink *sink, const struct redis_flight *flight, const struct redis_reply *reply,
                struct cdc_err *err)
{
    const struct redis_reply *answer;

    if (redis_reply_type(reply) == REDIS_REPLY_IS_ERROR) {
        redis_reply_class(redis_reply_text(reply), err);
        if (flight->kind == REDIS_FLIGHT_BEAT)
            return cdc_err_wrap(err, "renewing the lease");
        if (flight->kind == REDIS_FLIGHT_TEND)
            return cdc_err_wrap(err, "doing what is due");
        return cdc_err_wrap(err, "applying batch %llu", (unsigned long long)flight->number);
    }
    switch (flight->kind) {
    case REDIS_FLIGHT_APPLY:
        redis_findings_take(&sink->findings, reply);
        answer = redis_counts_take(&sink->counts, reply);
        if (redis_reply_unsigned(answer) < flight->number)
            return cdc_err_set(err, CDC_ERR_FATAL, "Redis answered batch %llu with %llu",
                               (unsigned long long)flight->number,
                               (unsigned long long)redis_reply_unsigned(answer));
        if (sink->config->durability == CDC_DURABILITY_APPLIED)
            sink->applied = flight->number;
        break;
    case REDIS_FLIGHT_DURABLE:
        if (redis_durable_judge(sink, reply, err))
            return cdc_err_wrap(err, "batch %llu", (unsigned long long)flight->number);
        sink->applied = flight->number;
        break;
    case REDIS_FLIGHT_BEAT:
        sink->beaten++;
        return redis_requests_take(sink, reply, err);
    case REDIS_FLIGHT_TEND:
        sink->tending = redis_reply_integer(redis_counts_take(&sink->counts, reply)) > 0;
        break;
    }
    return 0;
}

/* Takes all replies that are there; their number, or -1. */
static int take_all(struct cdc_sink *sink, struct cdc_err *err)
{
    const struct redis_flight *flight;
    const struct redis_reply *reply;
    int rc, n = 0;

    while ((rc = redis_pipe_reply(&sink->pipe, sink->client, &flight, &reply, err)) == 1) {
        if (take(sink, flight, reply, err))
            return -1;
        n++;
    }
    return rc < 0 ? -1 : n;
}

int redis_apply_collect(struct cdc_sink *sink, int timeout_ms, uint64_t *applied, struct cdc_err *err)
{
    int64_t deadline_ms = cdc_now_ms() + timeout_ms, left;
    int rc = 0, moved = 1;

    if (redis_sink_connected(sink, err))
        return -1;
    while (sink->pipe.n && moved) {
        left = deadline_ms - cdc_now_ms();
        moved = redis_pipe_wait(&sink->pipe, sink->client, left > 0 ? (int)left : 0, err);
        rc = moved < 0 ? -1 : take_all(sink, err);
        if (rc)
            break;
    }
    *applied = sink->applied;
    return rc < 0 ? redis_sink_lose(sink) : 0;
}
