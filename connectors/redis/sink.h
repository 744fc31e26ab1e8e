/* Inside of the Redis sink: what its files share. */
#ifndef REDIS_SINK_H
#define REDIS_SINK_H

#include "cdc/clock.h"
#include "cdc/sink.h"
#include "redis/client.h"
#include "redis/counts.h"
#include "redis/encode.h"
#include "redis/entities.h"
#include "redis/findings.h"
#include "redis/pipe.h"

struct cdc_sink {
    /* made by open(), never changed */
    const char *connector, *owner;
    const struct cdc_redis_config *config;
    int64_t lease_ms;
    struct redis_encoder encoder;
    struct redis_entities *entities;
    atomic_uint_fast64_t bodies;
    struct redis_wake wake;
    struct redis_counts counts;     /* written by the sink thread, read by any */
    struct redis_findings findings; /* likewise */
    struct cdc_buf checkpoint_key, lease_key, dlq_key, fleet_key, beat_key, requests_key;
    /* the sink thread's */
    struct redis_client *client; /* NULL: not connected */
    struct redis_pipe pipe;
    struct cdc_buf command;  /* the one that is being made */
    struct cdc_buf requests; /* taken by the beat: each a size_t, and so many bytes of text */
    uint64_t epoch;
    uint64_t applied;
    uint64_t beaten;            /* beats that were answered */
    bool tending;               /* the last call of tend() left more to do */
    uint32_t scan_keys;         /* to be looked at in the next step of a scan; 0: there was none */
    uint64_t untrimmed;         /* records since streams were last trimmed */
    char commit[CDC_TIME_TEXT]; /* of the newest transaction; "" before the first */
};

/* operations that have a file of their own */
int redis_lease_acquire(struct cdc_sink *sink, enum cdc_lease *lease, struct cdc_checkpoint *checkpoint,
                        struct cdc_buf *holder, struct cdc_err *err) CDC_MUST_CHECK;
/* Those of a checkpoint's names and values that are progress of snapshots, as in cdc/sink.h. */
int redis_lease_progress(struct cdc_buf *progress, const struct redis_reply *flat,
                         struct cdc_err *err) CDC_MUST_CHECK;
int redis_lease_begin(struct cdc_sink *sink, struct cdc_slice identity, struct cdc_slice position,
                      struct cdc_err *err) CDC_MUST_CHECK;
int redis_lease_beat(struct cdc_sink *sink, const struct cdc_beat *beat, struct cdc_err *err) CDC_MUST_CHECK;
int redis_tend(struct cdc_sink *sink, int64_t as_of_ms, struct cdc_err *err) CDC_MUST_CHECK;
bool redis_tending(const struct cdc_sink *sink);
int redis_lease_release(struct cdc_sink *sink, struct cdc_slice gap, struct cdc_err *err) CDC_MUST_CHECK;
int redis_lease_reset(struct cdc_sink *sink, const struct cdc_buf *progress, bool *was,
                      struct cdc_err *err) CDC_MUST_CHECK;
int redis_apply_submit(struct cdc_sink *sink, const struct cdc_batch *batch,
                       struct cdc_err *err) CDC_MUST_CHECK;
int redis_apply_collect(struct cdc_sink *sink, int timeout_ms, uint64_t *applied,
                        struct cdc_err *err) CDC_MUST_CHECK;
int redis_sweep_step(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t *cursor,
                     struct cdc_err *err) CDC_MUST_CHECK;
int redis_scan_step(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t *cursor,
                    int (*each)(void *ctx, struct cdc_slice key, struct cdc_err *err), void *ctx,
                    struct cdc_err *err) CDC_MUST_CHECK;
/* The next part of the keys of an entity's states, as SCAN answers: {cursor, {key, …}}. */
int redis_scan_keys(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t cursor,
                    const struct redis_reply **reply, struct cdc_err *err) CDC_MUST_CHECK;
int redis_requests_leave(struct cdc_sink *sink, struct cdc_slice text, struct cdc_err *err) CDC_MUST_CHECK;
bool redis_requests_next(struct cdc_sink *sink, struct cdc_buf *text);
/* Keeps what a beat answered. */
int redis_requests_take(struct cdc_sink *sink, const struct redis_reply *reply,
                        struct cdc_err *err) CDC_MUST_CHECK;
int redis_check_sink(struct cdc_sink *sink, const struct cdc_report *report,
                     struct cdc_err *err) CDC_MUST_CHECK;
int redis_check_peek(struct cdc_sink *sink, struct cdc_checkpoint *checkpoint,
                     struct cdc_err *err) CDC_MUST_CHECK;
int redis_setup_script(struct cdc_sink *sink, struct cdc_buf *script, struct cdc_err *err) CDC_MUST_CHECK;
int redis_describe_body(const struct cdc_sink *sink, const struct cdc_buf *body, struct cdc_buf *out,
                        struct cdc_err *err) CDC_MUST_CHECK;

/* Ends the connection; what was in flight is lost to us. Returns -1. */
int redis_sink_lose(struct cdc_sink *sink);
/* An error when there is no connection. */
int redis_sink_connected(const struct cdc_sink *sink, struct cdc_err *err) CDC_MUST_CHECK;
/* Sends sink->command when nothing is in flight any more, and waits for its reply. An error of class RETRY ends the connection. */
int redis_sink_command(struct cdc_sink *sink, const struct redis_reply **reply,
                       struct cdc_err *err) CDC_MUST_CHECK;
/* Begins a call in `out`: FCALL, the function, and how many keys follow among `nargs` arguments. */
void redis_sink_fcall(struct cdc_buf *out, const char *function, size_t nkeys, size_t nargs);

#endif
