/* Events for states whose row is no longer in its table, though no change said so: the state's key is all that is known of it. */
#ifndef VANISH_H
#define VANISH_H

#include "cdc/arena.h"
#include "cdc/event.h"
#include "map/plan.h"

enum vanish {
    VANISH_NOTHING, /* deletes are ignored: the state may stay */
    VANISH_EVENT,
    VANISH_MEMORY,
};

/*
 * As the mapping's `on_delete` says: ABSENT, or a MERGE of the fields that are set. `shape` is the plan's. The caller sets `note` and
 * `repair`, tx and ordinal. What the event points to lives in the arena.
 */
enum vanish vanish_make(const struct plan *plan, struct cdc_slice key, struct cdc_arena *arena,
                        struct cdc_event *event);

#endif
