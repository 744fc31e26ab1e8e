/*
 * What the source keeps for us: says so when it is more than limits.wal_retained, and with `wal_action: drop_slot` has the server throw
 * it away before it fills the database's disk. Source thread.
 */
#ifndef PIPELINE_RETENTION_H
#define PIPELINE_RETENTION_H

#include "cdc/source.h"
#include "pipeline/guard.h"
#include "pipeline/overdue.h"

struct pipeline;

/* Zeroed: nothing was seen yet. */
struct retention {
    struct guard guard;
    struct overdue overdue;
    bool waiting; /* for a first session: whether there is a checkpoint is not known */
};

/*
 * `now` is what the source has just said. After it was made to give up: with on_gap: stop the pipeline ends with a gap at once; with
 * resnapshot it is held until the store takes something again, and ends then, so that what follows can begin anew.
 */
void retention_look(struct pipeline *pl, const struct cdc_source_stats *now);
/*
 * Between looks at the session, before the first one. An agent that cannot ask the store who runs guards the database as well, as long
 * as nobody reads the slot; a standby does not.
 */
void retention_wait(struct pipeline *pl);

#endif
