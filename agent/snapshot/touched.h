/*
 * What the stream has lately done to which keys: a row that was read from a table may be older than what the stream has brought. For each
 * key the newest transaction that touched it, and which fields it and those before it sent. Capture thread.
 *
 * The newest is enough: whoever sees a change of a row sees those that the row had before it, since each waits for the lock of the last.
 *
 * Bounded: when more comes than fits, `overflow` is set, and what was read so far must be read again.
 */
#ifndef TOUCHED_H
#define TOUCHED_H

#include "cdc/buf.h"
#include "cdc/event.h"

/* Field i of a shape has bit i; those that have no bit of their own share the last, and are then told apart by nobody. */
#define TOUCHED_FIELDS 63
#define TOUCHED_ALL    UINT64_MAX

struct touched_tx {
    size_t id, id_len, xid, xid_len; /* in `text` */
    int64_t commit_us;
    bool seen;
};

struct touched_key {
    uint64_t hash; /* 0: free */
    uint64_t fields;
    uint32_t tx;
};

struct touched {
    struct touched_key *keys; /* open addressing */
    size_t size, nkeys, most;
    struct touched_tx *txs;
    size_t ntxs, txs_cap;
    struct cdc_buf text;
    bool overflow;
    bool open; /* the transaction at hand has touched something, and is the last of `txs` */
};

void touched_init(struct touched *touched, size_t most_keys);
void touched_fini(struct touched *touched);
/* Forgets everything. */
void touched_clear(struct touched *touched);
/* A transaction begins. */
void touched_begin(struct touched *touched);
/* It does something to these fields of this key; 0: to none, but the row has another place now. What does not fit sets `overflow`. */
void touched_add(struct touched *touched, const struct cdc_tx *tx, uint64_t hash, uint64_t fields);
/* Forgets the transactions that a read with this visibility has seen: every later one sees them, too. -1: no memory. */
int touched_judge(struct touched *touched, struct cdc_slice visibility,
                  bool (*sees)(struct cdc_slice visibility, const struct cdc_tx *tx)) CDC_MUST_CHECK;
/* The fields of this key that were touched, 0: none. */
uint64_t touched_fields(const struct touched *touched, uint64_t hash);
/* All keys that are held. Ends when `each` returns other than 0, and returns that. */
int touched_each(const struct touched *touched, int (*each)(void *ctx, uint64_t hash), void *ctx);
/* Whether the event leaves out fields of its shape. */
bool touched_is_partial(const struct cdc_event *event);
/* The bits of the fields that an event sends; all, when it says nothing of a state that may not be there yet. */
uint64_t touched_of(const struct cdc_event *event);

#endif
