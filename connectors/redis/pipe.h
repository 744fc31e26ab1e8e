/*
 * Commands in flight on one connection: sent in order without waiting, replies taken in the same order. A batch's body is sent
 * from where it is, never copied. Owned by the sink thread.
 */
#ifndef REDIS_PIPE_H
#define REDIS_PIPE_H

#include "redis/client.h"

enum redis_flight_kind {
    REDIS_FLIGHT_APPLY,   /* `number` is the batch's */
    REDIS_FLIGHT_DURABLE, /* waits until the batch is as durable as wanted */
    REDIS_FLIGHT_BEAT,
    REDIS_FLIGHT_TEND,
};

enum { REDIS_PIPE_FLIGHTS = 64, REDIS_PIPE_SILENCE_MS = 30000 };

struct redis_flight {
    enum redis_flight_kind kind;
    uint64_t number;
    struct cdc_buf head;   /* formatted command, up to where the body begins */
    struct cdc_slice body; /* borrowed until the reply; may be empty */
    struct cdc_buf tail;   /* behind the body */
    size_t sent;           /* bytes of all three */
};

struct redis_pipe {
    struct redis_flight flights[REDIS_PIPE_FLIGHTS]; /* a ring */
    unsigned oldest, n;
    unsigned unsent;  /* how many of the newest are not sent wholly */
    int64_t heard_ms; /* when something last came, or the first flight of a pause started */
};

void redis_pipe_fini(struct redis_pipe *pipe);
/* Forgets everything in flight. */
void redis_pipe_drop(struct redis_pipe *pipe);
static inline bool redis_pipe_full(const struct redis_pipe *pipe)
{
    return pipe->n == REDIS_PIPE_FLIGHTS;
}
/* A flight to fill in; its head is empty. The pipe must not be full. */
struct redis_flight *redis_pipe_add(struct redis_pipe *pipe, enum redis_flight_kind kind, uint64_t number);
/* Sends what the connection takes now. -1: CDC_ERR_RETRY. */
int redis_pipe_send(struct redis_pipe *pipe, struct redis_client *client, struct cdc_err *err) CDC_MUST_CHECK;
/* 1: `reply` answers `flight`, which is no longer in flight; both live until the next call. 0: nothing yet. */
int redis_pipe_reply(struct redis_pipe *pipe, struct redis_client *client, const struct redis_flight **flight,
                     const struct redis_reply **reply, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Waits up to timeout_ms until something could be received or sent, and does so. 1: something moved; 0: time is up or the
 * wake was set; -1: CDC_ERR_RETRY, also when Redis has been silent for REDIS_PIPE_SILENCE_MS.
 */
int redis_pipe_wait(struct redis_pipe *pipe, struct redis_client *client, int timeout_ms,
                    struct cdc_err *err) CDC_MUST_CHECK;

#endif
