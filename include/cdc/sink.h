/*
 * What a sink connector is to the agent. Encoding is pure and happens on the source thread, straight into the batch;
 * everything else belongs to the sink thread (or to a command).
 *
 * Exactly-once: submit() gives a numbered batch to the store, which applies it together with its checkpoint if the stored
 * number is one less, and refuses it otherwise. Several batches may be in flight. After an error of class RETRY the caller
 * connects and acquires again, reads from the checkpoint which batches arrived, and submits the others again from memory.
 */
#ifndef CDC_SINK_H
#define CDC_SINK_H

#include "cdc/checkpoint.h"
#include "cdc/config.h"
#include "cdc/event.h"
#include "cdc/report.h"

/* Most mappings that one table may have; a TRUNCATE sweeps all of them at once. */
#define CDC_SWEEP_MAX 16

/* Events with the checkpoint that holds after them. Filled by one thread, then handed to another, never shared. */
struct cdc_batch {
    struct cdc_batch *next; /* for whoever queues it, as is generation */
    uint64_t generation;
    uint64_t number;         /* given by the sink thread before submit() */
    struct cdc_buf body;     /* what encode(), reject() and truncate() appended */
    uint32_t records;        /* how many of them */
    struct cdc_buf position; /* checkpoint after this batch, see checkpoint.h */
    struct cdc_buf open_tx;
    uint64_t ordinal;
    uint64_t rows, transactions;
    int64_t commit_us;       /* of the newest transaction in it; 0: none */
    int64_t first_commit_us; /* of the transaction of its first change; 0: none */
    int64_t made_us;         /* cdc_now_us() when it was handed over */
    int64_t sent_us;         /* cdc_now_us() when it was last submitted */
    uint32_t nsweep;         /* before it is applied, the states that these mappings made are removed */
    const struct cdc_shape *sweep[CDC_SWEEP_MAX];
    /*
     * Progress of snapshots, stored with the checkpoint: pairs of name and value, each with a NUL behind it. An empty value
     * removes the name. Names begin with "snapshot:".
     */
    struct cdc_buf progress;
};

/* What CHECK and ABSENT records found, since the sink was opened. */
struct cdc_findings {
    uint64_t checked;   /* records */
    uint64_t missing;   /* there was no state */
    uint64_t different; /* fields of it */
    uint64_t extra;     /* there was one that must not be */
};

/* Must outlive the sink. */
struct cdc_sink_params {
    const char *connector;
    const struct cdc_redis_config *config;
    int64_t lease_ms;
    const char *owner; /* who runs: "host/pid/start", see agent/pipeline */
};

/* What acquire() found. */
enum cdc_lease {
    CDC_LEASE_OURS,  /* epoch raised; the checkpoint is current */
    CDC_LEASE_OTHER, /* another agent holds it: wait as standby; `holder` says who */
};

/* The agent's own state, shown by `tributary status` and kept in the fleet's hash. Pairs of name and value. */
struct cdc_beat {
    size_t n;
    const char *const *names;
    const char *const *values;
    bool last; /* the agent stops, and somebody has to look why: the hash stays for a month */
};

struct cdc_sink;

struct cdc_sink_ops {
    const char *name; /* "redis" */

    int (*open)(struct cdc_sink **sink, const struct cdc_sink_params *params, struct cdc_err *err);
    void (*close)(struct cdc_sink *sink);

    /* Prepares a shape for encode() (constant parts encoded once), and the reverse. Any thread. */
    int (*prepare)(const struct cdc_sink *sink, struct cdc_shape *shape, struct cdc_err *err) CDC_MUST_CHECK;
    void (*unprepare)(struct cdc_shape *shape);
    /*
     * Append one record to a batch's body. Any thread; touches nothing but the arguments and what open() made.
     * encode() returns in *last the offset of the record's txlast mark inside the body, for mark_last().
     */
    int (*encode)(const struct cdc_sink *sink, const struct cdc_event *event, struct cdc_buf *body,
                  size_t *last, struct cdc_err *err) CDC_MUST_CHECK;
    /* Says of the record whose mark is at `last` that it is the last of its transaction. */
    void (*mark_last)(struct cdc_buf *body, size_t last);
    /*
     * Begins `rest`, which is empty, with what the records behind offset `at` of `body` refer to, and appends them; *begin is where
     * they begin in `rest`. Encoding goes on there; `body` is then cut at `at`. -1: no memory.
     */
    int (*split)(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin) CDC_MUST_CHECK;
    int (*reject)(const struct cdc_sink *sink, const struct cdc_reject *reject, struct cdc_buf *body,
                  struct cdc_err *err) CDC_MUST_CHECK;
    /* The event that says that all rows of a table are gone ("<entity>.truncated"). Its batch is swept first. */
    int (*truncate)(const struct cdc_sink *sink, const struct cdc_shape *shape, const struct cdc_tx *tx,
                    uint64_t ordinal, struct cdc_buf *body, size_t *last, struct cdc_err *err) CDC_MUST_CHECK;

    /* Connects (again), verifies server version, eviction policy and rights, loads the functions. Blocks a few seconds at most. */
    int (*connect)(struct cdc_sink *sink, struct cdc_err *err) CDC_MUST_CHECK;
    /* Takes or retakes the lease, raising the epoch, and reads the checkpoint. `holder` is set with CDC_LEASE_OTHER. */
    int (*acquire)(struct cdc_sink *sink, enum cdc_lease *lease, struct cdc_checkpoint *checkpoint,
                   struct cdc_buf *holder, struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * After acquire(): waits until what the checkpoint says is applied will outlive the store, as far as the configuration asks for
     * that. Until then nothing of it may be confirmed to the source. NULL: it always will.
     */
    int (*settled)(struct cdc_sink *sink, struct cdc_err *err) CDC_MUST_CHECK;
    /* Stores the source's identity and first position, once, when the checkpoint is still empty. */
    int (*begin)(struct cdc_sink *sink, struct cdc_slice identity, struct cdc_slice position,
                 struct cdc_err *err) CDC_MUST_CHECK;
    /* Sends a batch. Does not wait for the reply. The batch must stay as it is until it is known to be applied. */
    int (*submit)(struct cdc_sink *sink, const struct cdc_batch *batch, struct cdc_err *err) CDC_MUST_CHECK;
    /* Waits up to timeout_ms for replies (0: takes what is there). *applied: number of the last batch known to be applied. */
    int (*collect)(struct cdc_sink *sink, int timeout_ms, uint64_t *applied,
                   struct cdc_err *err) CDC_MUST_CHECK;
    /* One bounded step of removing the states that `shape`'s table made. Nothing may be in flight. 1: done, 0: call again. */
    int (*sweep)(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t *cursor,
                 struct cdc_err *err) CDC_MUST_CHECK;
    /* Renews the lease, writes the beat, trims by age. Every second or so. Its reply is read by collect(). */
    int (*beat)(struct cdc_sink *sink, const struct cdc_beat *beat, struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * What time brings about, and erasures that are under way, in small steps; as due as beat(). `as_of_ms` (since 1970): up to
     * when the store is known to hold what the source committed. Its reply is read by collect(), which says in tending()
     * whether there is more to do now.
     */
    int (*tend)(struct cdc_sink *sink, int64_t as_of_ms, struct cdc_err *err) CDC_MUST_CHECK;
    bool (*tending)(const struct cdc_sink *sink);
    /* How many beats have been answered since the sink was opened. */
    uint64_t (*beaten)(const struct cdc_sink *sink);
    /*
     * Any thread. Calls `each` for every type of event ("booking.cancelled") with the number that was emitted since the sink was
     * opened, as the store told it. What an answer would have told that was lost is missing.
     */
    void (*counts)(const struct cdc_sink *sink, void (*each)(void *ctx, struct cdc_slice type, uint64_t n),
                   void *ctx);
    /*
     * Gives the lease back, so that a standby or the next start need not wait for it. Nothing may be in flight. `gap`, if not
     * empty, says what is missing from the store: acquire() refuses with CDC_ERR_GAP until the checkpoint is reset.
     */
    int (*release)(struct cdc_sink *sink, struct cdc_slice gap, struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * After connect(), without a lease. Forgets the checkpoint, and stores with the empty one this progress (as in struct cdc_batch):
     * the next start is a first run. States and events stay. *was: whether there was a position. CDC_ERR_FENCED when another agent
     * runs the connector.
     */
    int (*reset)(struct cdc_sink *sink, const struct cdc_buf *progress, bool *was,
                 struct cdc_err *err) CDC_MUST_CHECK;
    /* From any thread: makes collect() and connect() return soon. */
    void (*interrupt)(struct cdc_sink *sink);

    /* What collect() has learned so far; for metrics: a lost reply is not counted. The store's own list of findings is complete. */
    void (*findings)(const struct cdc_sink *sink, struct cdc_findings *out);
    /*
     * One bounded step through the keys of the states that `shape`'s table made, each once or more; states that come or go meanwhile may
     * be left out. For an object of its own, connected, without lease. 1: done, 0: call again with the cursor, which begins as 0.
     */
    int (*scan)(struct cdc_sink *sink, const struct cdc_shape *shape, uint64_t *cursor,
                int (*each)(void *ctx, struct cdc_slice key, struct cdc_err *err), void *ctx,
                struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * Leaves a request for the agent that runs this connector; CDC_ERR_RETRY when none does. The agent's beat() takes it,
     * and after collect() requested() moves the oldest that was taken into `text`: false when there is none.
     */
    int (*request)(struct cdc_sink *sink, struct cdc_slice text, struct cdc_err *err) CDC_MUST_CHECK;
    bool (*requested)(struct cdc_sink *sink, struct cdc_buf *text);

    /* Commands. As in source.h. peek() reads position, identity and progress of the checkpoint, which may be empty, and takes nothing. */
    int (*peek)(struct cdc_sink *sink, struct cdc_checkpoint *checkpoint, struct cdc_err *err) CDC_MUST_CHECK;
    int (*check)(struct cdc_sink *sink, const struct cdc_report *report, struct cdc_err *err) CDC_MUST_CHECK;
    int (*setup)(struct cdc_sink *sink, struct cdc_buf *script, struct cdc_err *err) CDC_MUST_CHECK;
    /* Appends to `out`, one per line, the commands that a record of `body` amounts to, for people (`tributary preview`). */
    int (*describe)(const struct cdc_sink *sink, const struct cdc_buf *body, struct cdc_buf *out,
                    struct cdc_err *err) CDC_MUST_CHECK;
};

extern const struct cdc_sink_ops redis_sink_ops;

#endif
