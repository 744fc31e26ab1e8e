/*
 * Pipelining (pipe.h), between the sink and the connection. Never blocks but in wait(), and never waits to write without
 * reading: two peers that both only write would wait for each other for ever. Fails when the connection does.
 */
#include "redis/pipe.h"

#include "cdc/clock.h"

enum { PARTS = 3, GATHER = 16 };

void redis_pipe_fini(struct redis_pipe *pipe)
{
    for (unsigned i = 0; i < REDIS_PIPE_FLIGHTS; i++) {
        cdc_buf_fini(&pipe->flights[i].head);
        cdc_buf_fini(&pipe->flights[i].tail);
    }
}

void redis_pipe_drop(struct redis_pipe *pipe)
{
    pipe->oldest = pipe->n = pipe->unsent = 0;
}

static struct redis_flight *at(struct redis_pipe *pipe, unsigned i)
{
    return &pipe->flights[(pipe->oldest + i) % REDIS_PIPE_FLIGHTS];
}

struct redis_flight *redis_pipe_add(struct redis_pipe *pipe, enum redis_flight_kind kind, uint64_t number)
{
    struct redis_flight *flight = at(pipe, pipe->n);

    if (pipe->n == 0)
        pipe->heard_ms = cdc_now_ms();
    pipe->n++;
    pipe->unsent++;
    flight->kind = kind;
    flight->number = number;
    flight->body = cdc_slice(NULL, 0);
    flight->sent = 0;
    cdc_buf_reset(&flight->head);
    cdc_buf_reset(&flight->tail);
    return flight;
}

/* The unsent rest of a flight as parts; returns how many, and adds their bytes to *bytes. */
static int unsent_parts(const struct redis_flight *flight, struct iovec *parts, size_t *bytes)
{
    struct cdc_slice all[PARTS] = {cdc_buf_slice(&flight->head), flight->body, cdc_buf_slice(&flight->tail)};
    size_t skip = flight->sent;
    int n = 0;

    for (int i = 0; i < PARTS; i++) {
        if (skip >= all[i].len) {
            skip -= all[i].len;
            continue;
        }
        parts[n].iov_base = (void *)(uintptr_t)(all[i].ptr + skip);
        parts[n].iov_len = all[i].len - skip;
        *bytes += parts[n].iov_len;
        skip = 0;
        n++;
    }
    return n;
}

static size_t unsent_bytes(const struct redis_flight *flight)
{
    return flight->head.len + flight->body.len + flight->tail.len - flight->sent;
}

static void note_sent(struct redis_pipe *pipe, size_t sent)
{
    struct redis_flight *flight;
    size_t left;

    while (pipe->unsent) {
        flight = at(pipe, pipe->n - pipe->unsent);
        left = unsent_bytes(flight);
        if (sent < left) {
            flight->sent += sent;
            return;
        }
        flight->sent += left;
        sent -= left;
        pipe->unsent--;
    }
}

int redis_pipe_send(struct redis_pipe *pipe, struct redis_client *client, struct cdc_err *err)
{
    struct iovec parts[GATHER];
    size_t sent, offered;
    int n;

    while (pipe->unsent) {
        n = 0;
        offered = 0;
        for (unsigned i = pipe->n - pipe->unsent; i < pipe->n && n + PARTS <= GATHER; i++)
            n += unsent_parts(at(pipe, i), parts + n, &offered);
        if (redis_transport_send(redis_client_transport(client), parts, n, &sent, err))
            return -1;
        note_sent(pipe, sent);
        if (sent < offered)
            return 0;
    }
    return 0;
}

int redis_pipe_reply(struct redis_pipe *pipe, struct redis_client *client, const struct redis_flight **flight,
                     const struct redis_reply **reply, struct cdc_err *err)
{
    int rc = redis_client_next(client, reply, err);

    if (rc != 1)
        return rc;
    if (pipe->n == pipe->unsent)
        return cdc_err_set(err, CDC_ERR_RETRY, "Redis sent a reply to nothing");
    *flight = at(pipe, 0);
    pipe->oldest = (pipe->oldest + 1) % REDIS_PIPE_FLIGHTS;
    pipe->n--;
    pipe->heard_ms = cdc_now_ms();
    return 1;
}

static int silent(const struct redis_pipe *pipe, const struct redis_client *client, struct cdc_err *err)
{
    if (cdc_now_ms() - pipe->heard_ms < REDIS_PIPE_SILENCE_MS)
        return 0;
    cdc_err_set(err, CDC_ERR_RETRY, "Redis at %s has not answered for %d s", redis_client_address(client),
                REDIS_PIPE_SILENCE_MS / 1000);
    return cdc_err_hint(err, "a script or a slow command may hold it: see SLOWLOG GET");
}

int redis_pipe_wait(struct redis_pipe *pipe, struct redis_client *client, int timeout_ms, struct cdc_err *err)
{
    unsigned ready;

    if (redis_transport_wait(redis_client_transport(client), pipe->unsent > 0, timeout_ms, &ready, err))
        return -1;
    if (ready & REDIS_TRANSPORT_READ && redis_client_receive(client, err))
        return -1;
    if (ready & REDIS_TRANSPORT_WRITE && redis_pipe_send(pipe, client, err))
        return -1;
    if (ready & (REDIS_TRANSPORT_READ | REDIS_TRANSPORT_WRITE) && !(ready & REDIS_TRANSPORT_WOKEN))
        return 1;
    return silent(pipe, client, err);
}
