/* Inside of the source thread: what its files share. The thread is in capture.c, items become records in capture_items.c. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "pipeline/filling.h"
#include "pipeline/shared.h"
#include "snapshot/snapshot.h"

struct capture {
    struct pipeline *pl;
    const struct config *config;
    struct map *map;
    const struct cdc_source_ops *source_ops;
    struct cdc_source *source;
    const struct cdc_sink_ops *sink_ops;
    struct cdc_sink *sink;
    struct snapshot *snapshot; /* NULL: none */
    int64_t snapshot_ms;       /* when its turn last was */
    struct filling filling;
    struct cdc_buf confirmed; /* the position that the source may forget up to */
    struct cdc_tx tx;
    uint64_t ordinal;      /* of the newest row change of tx */
    uint64_t skip_ordinal; /* row changes of tx up to this one are applied already */
    struct cdc_buf origin; /* where a first run began */
    bool has_run;          /* this process has started the source before */
    bool resuming;         /* the open transaction of the checkpoint has not come yet */
    int64_t pushed_ms;     /* when the last batch was handed over */
    int64_t confirmed_ms;  /* when confirm() was last called */
};

/* capture.c */
/* Tells the source what is safe, and keeps its connection alive. */
int capture_keep_alive(struct capture *c, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Gives a batch to the queue, however long that takes. The batch is the queue's, or dropped when its generation is over: then
 * nothing of it is lost, since the next generation starts from the store's checkpoint.
 */
int capture_hand_over(struct capture *c, struct cdc_batch *batch, struct cdc_err *err) CDC_MUST_CHECK;
/* Hands over what may go, see filling_cut(). */
int capture_cut(struct capture *c, bool force, struct cdc_err *err) CDC_MUST_CHECK;
bool capture_is_full(const struct capture *c);
/* Hands over what is complete; a position alone once a heartbeat at most. */
int capture_flush(struct capture *c, struct cdc_err *err) CDC_MUST_CHECK;

/* Whether the pipeline stops, or the generation is over. */
bool capture_outdated(const struct capture *c);
/* Whether the stream stands between two transactions. */
bool capture_between_transactions(const struct capture *c);

/* capture_drain.c */
/* Whether this is the place to end: somebody wants it, and no transaction is open. */
bool capture_drains(const struct capture *c);
/* Takes nothing more from the source; once the store has all, the pipeline stops. */
int capture_drain(struct capture *c, struct cdc_err *err) CDC_MUST_CHECK;

/* capture_items.c */
int capture_item(struct capture *c, const struct cdc_item *item, struct cdc_err *err) CDC_MUST_CHECK;

/* capture_snapshot.c */
/* Some rows of a snapshot, if it is their turn. */
int capture_snapshot(struct capture *c, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether a snapshot has something to hand over now, and there is room. */
bool capture_snapshot_waits(const struct capture *c);
/* How long to wait for the source at most, in milliseconds. */
int capture_wait_ms(const struct capture *c);

#endif
