/*
 * What a source connector is to the agent: a table of operations over an opaque object.
 *
 * One thread (the source thread, or a command) uses an object at a time; only interrupt() may be called from another
 * thread or a signal handler's thread. next() pulls one item at a time, so that the caller decides about flow control:
 * whoever does not call next() gets nothing and nothing grows; it then calls confirm() now and then to keep the
 * connection alive.
 */
#ifndef CDC_SOURCE_H
#define CDC_SOURCE_H

#include "cdc/checkpoint.h"
#include "cdc/chunk.h"
#include "cdc/config.h"
#include "cdc/event.h"
#include "cdc/found.h"
#include "cdc/report.h"
#include "cdc/row.h"

enum cdc_item_type {
    CDC_ITEM_NONE,  /* nothing has arrived: flush what there is, then wait() */
    CDC_ITEM_BEGIN, /* tx */
    CDC_ITEM_RELATION, /* relation, before its first row and after each change; inside or outside a transaction */
    CDC_ITEM_ROW,      /* row */
    CDC_ITEM_TRUNCATE, /* relation; one item per table. Counts as one row change */
    CDC_ITEM_COMMIT,   /* position: where to resume once the transaction is applied */
    CDC_ITEM_POSITION, /* position: nothing of interest lies before it; only outside a transaction */
};

/* All that is pointed to lives until the next call of next() or close(); tx until COMMIT has been handled. */
struct cdc_item {
    enum cdc_item_type type;
    struct cdc_tx tx;
    struct cdc_relation *relation;
    struct cdc_row row;
    struct cdc_slice position;
};

/* A mapped table: what check, setup and the publication must cover. */
struct cdc_table_ref {
    const char *schema, *name;
    size_t ncolumns;
    const char *const *columns; /* every column that the mapping names, once */
    size_t nkeys;
    const char *const *key_columns; /* those that the entity keys are made of */
};

/* Must outlive the source. */
struct cdc_source_params {
    const char *connector;
    const char *owner; /* who runs, as the sink is told; NULL: a command */
    const struct cdc_source_config *config;
    size_t ntables;
    const struct cdc_table_ref *tables;
    uint64_t memory_bytes; /* limits.memory, of which the source gets its part */
};

struct cdc_source_stats {
    uint64_t bytes_read;
    int64_t caught_up_ms;    /* cdc_now_ms() when the source last had nothing more to send; 0: not yet */
    int64_t sampled_ms;      /* cdc_now_ms() when the server was asked what follows; 0: it is not known */
    uint64_t retained_bytes; /* log kept for this connector, if known */
    uint64_t
        owed_bytes; /* the part of it that was written since what has been confirmed; 0 also while another
                                session reads it */
    int64_t
        keep_ms; /* how long the server keeps what was written to its log, whoever reads; 0: not limited, or not known */
    uint64_t behind_bytes; /* between the server's end and what has been read, if known */
    int64_t
        safe_bytes; /* of log that may be written before the server drops what we need; -1: no limit, or not known */
};

struct cdc_source;

struct cdc_source_ops {
    const char *name; /* "postgresql" */

    /* Makes the object; no network. -1: CDC_ERR_RETRY (memory) or CDC_ERR_CONFIG. */
    int (*open)(struct cdc_source **source, const struct cdc_source_params *params, struct cdc_err *err);
    /* NULL is fine. */
    void (*close)(struct cdc_source *source);

    /* Connects (again), having dropped an earlier connection. Blocks, a few seconds at most. */
    int (*connect)(struct cdc_source *source, struct cdc_err *err) CDC_MUST_CHECK;
    /* Which server and stream this is, after connect(); valid until close(). "system=…;timeline=1;database=…;slot=…" */
    struct cdc_slice (*identity)(const struct cdc_source *source);
    /*
     * Starts the stream at the checkpoint, after proving that nothing is missing between it and what the source can still
     * send: CDC_ERR_GAP otherwise. An empty checkpoint->position: the first run; starts at what the slot holds, making the
     * slot if need be; `started` receives the position text.
     */
    int (*start)(struct cdc_source *source, const struct cdc_checkpoint *from, struct cdc_buf *started,
                 struct cdc_err *err) CDC_MUST_CHECK;
    /* The next item; CDC_ITEM_NONE when nothing has arrived. May block shortly while a message is incomplete. */
    int (*next)(struct cdc_source *source, struct cdc_item *item, struct cdc_err *err) CDC_MUST_CHECK;
    /* Waits until something may have arrived, for timeout_ms at most, or until interrupt(). */
    int (*wait)(struct cdc_source *source, int timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * Everything up to `position` is safe: the source may forget it. Call it often, also with the same position: it sends
     * only when that is due, and keeps the connection alive. An empty position confirms nothing new.
     */
    int (*confirm)(struct cdc_source *source, struct cdc_slice position, struct cdc_err *err) CDC_MUST_CHECK;
    /* <0, 0, >0: which of two positions of this source comes first. */
    int (*compare)(struct cdc_slice a, struct cdc_slice b);
    /*
     * Somebody waits until the stream has reached `high`, of a chunk: CDC_ITEM_POSITION tells so as soon as it is known, not once a
     * heartbeat. The latest counts; an empty one: nobody waits. NULL: positions are given at once anyway.
     */
    void (*await)(struct cdc_source *source, struct cdc_slice high);
    /* From any thread: makes wait() and next() return soon. */
    void (*interrupt)(struct cdc_source *source);
    void (*stats)(const struct cdc_source *source, struct cdc_source_stats *out);
    /*
     * Where there is no stream: keeps what stats() says of the log fresh, in steps that do not block. Call it often. NULL: a source
     * that keeps nothing for us.
     */
    void (*look)(struct cdc_source *source);
    /*
     * Has the server throw away what it keeps for this connector, if more than `limit_bytes` are owed still and nobody else reads it.
     * 1: done, and start() will say CDC_ERR_GAP; 0: not called for; -1: error. The stream may have ended in any case. Blocks, some
     * seconds at most. NULL as for look().
     */
    int (*give_up)(struct cdc_source *source, uint64_t limit_bytes, struct cdc_err *err) CDC_MUST_CHECK;

    /*
     * Commands. check() needs no connect() before it and leaves nothing behind; -1 only when it could not go on. `from` is what the
     * store holds, NULL when it cannot be asked: whether start() would go on from there is a finding too, where that can be known.
     */
    int (*check)(struct cdc_source *source, const struct cdc_checkpoint *from,
                 const struct cdc_report *report, struct cdc_err *err) CDC_MUST_CHECK;
    /* Appends to `script` the statements that set the server up, least privilege, each on its own line; runs them if `run`. */
    int (*setup)(struct cdc_source *source, bool run, struct cdc_buf *script,
                 struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * Reads up to `limit` rows of a mapped table and gives each to `each`, as an insert (op INSERT, all columns), with the
     * very conversions of the stream. Before the first row, `each` is called with row->after == NULL to bind the relation.
     * Stops when `each` returns other than 0, and returns that.
     */
    int (*sample)(struct cdc_source *source, const struct cdc_table_ref *table, uint64_t limit,
                  int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err), void *ctx,
                  struct cdc_err *err) CDC_MUST_CHECK;

    /* The tables that the account may see, with their columns; reads no row. For `tributary init`; connects by itself. */
    int (*find)(struct cdc_source *source, cdc_found_each *each, void *ctx,
                struct cdc_err *err) CDC_MUST_CHECK;

    /*
     * Chunks, see cdc/chunk.h. For an object of its own that does not stream; it connects when it has to, and again after
     * CDC_ERR_RETRY. CDC_ERR_CONFIG: this table, or this server, cannot be read so, with the remedy. CDC_ERR_DATA: `after` is not a
     * place in the table's key, or no longer: read the table from the beginning. `outcome` counts only with 0.
     */
    int (*chunk)(struct cdc_source *source, const struct cdc_chunk_request *request, cdc_chunk_each *each,
                 void *ctx, enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk,
                 struct cdc_err *err) CDC_MUST_CHECK;
    /* About how many rows the table has, by the catalogue, without counting them. */
    int (*estimate)(struct cdc_source *source, const struct cdc_table_ref *table, uint64_t *rows,
                    struct cdc_err *err) CDC_MUST_CHECK;
    /*
     * Pure, any thread. Whether a read with this visibility surely saw the streamed transaction with this `tx->xid`; false when in doubt.
     * What one chunk saw, every later one of the same object sees.
     */
    bool (*sees)(struct cdc_slice visibility, const struct cdc_tx *tx);
    /* Pure, any thread. Whether a stream that stands at `position` has brought everything up to the position `high`. */
    bool (*reached)(struct cdc_slice position, struct cdc_slice high);
};

extern const struct cdc_source_ops postgresql_source_ops;
extern const struct cdc_source_ops mysql_source_ops;

#endif
