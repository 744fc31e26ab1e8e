/*
 * The batch that the source thread is filling, and the rules by which it may be cut: a transaction of up to the batch size is
 * applied whole, a larger one in several pieces; a row change is never split; the newest row of an unfinished transaction is
 * held back, because only its end tells whether it is the last.
 */
#ifndef FILLING_H
#define FILLING_H

#include "cdc/sink.h"
#include "pipeline/queue.h"

/* A place in the batch's body, between two records. */
struct filling_mark {
    size_t bytes;
    uint32_t records;
};

/* How a sink's records are cut in two, see cdc/sink.h. */
typedef int filling_split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin);

struct filling {
    struct queue *queue;
    filling_split *split;
    struct cdc_batch *batch; /* NULL: none yet */
    struct cdc_buf done;     /* position after the newest complete transaction; "" until there is one */
    struct cdc_buf open_tx;  /* id of the transaction that has begun; "" : none */
    uint64_t ordinal;        /* of its newest row change */
    struct filling_mark tx;  /* where its first record is in this batch */
    struct filling_mark row; /* where the records of its newest row that made any are */
    uint64_t row_ordinal;
    struct filling_mark row_start; /* where the records of the row change at hand begin … */
    bool row_fresh;                /* … as long as it has not made any */
    bool has_last;                 /* the transaction has made a record that is still in this batch … */
    size_t last;                   /* … and this is where its txlast mark is */
    bool advanced;                 /* `done` has moved since the last batch */
    uint64_t generation;
};

void filling_init(struct filling *filling, struct queue *queue, filling_split *split);
void filling_fini(struct filling *filling);
/* Drops what was filled and starts at `from`. 0, or -1 when memory runs out. */
int filling_restart(struct filling *filling, const struct cdc_checkpoint *from, uint64_t generation);
/* What the source would have to resume from, were it to reconnect now. */
int filling_checkpoint(const struct filling *filling, struct cdc_checkpoint *out) CDC_MUST_CHECK;

/* Makes sure that there is a batch to append to. -1: no memory. */
int filling_ready(struct filling *filling) CDC_MUST_CHECK;
int filling_begin_tx(struct filling *filling, struct cdc_slice id) CDC_MUST_CHECK;
/* A row change with this ordinal is about to append records. */
void filling_begin_row(struct filling *filling, uint64_t ordinal);
/* It appended one, whose txlast mark is at `last`. */
void filling_added(struct filling *filling, size_t last);
/* The transaction is complete; `mark` sets a txlast mark. */
int filling_commit(struct filling *filling, struct cdc_slice position,
                   void (*mark)(struct cdc_buf *, size_t)) CDC_MUST_CHECK;
/* Outside a transaction: nothing of interest lies before `position`. */
int filling_advance(struct filling *filling, struct cdc_slice position) CDC_MUST_CHECK;

/* Whether there are records that may go now, being of complete transactions. */
bool filling_has_complete(const struct filling *filling);
/*
 * Cuts off what may go: the complete transactions; or, if there are none, all rows of the open one but the newest. The rest
 * stays. NULL with 0 if nothing may go. `force`: all rows of the open transaction may go.
 */
int filling_cut(struct filling *filling, bool force, struct cdc_batch **cut) CDC_MUST_CHECK;

#endif
