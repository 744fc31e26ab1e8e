/* One row change on its way through one mapping: what the steps of that (fields, emit, reject, row) share. */
#ifndef RUN_H
#define RUN_H

#include "cdc/event.h"
#include "map/program.h"

struct run {
    struct program *program;
    const struct cdc_row *row;
    struct work *work;
    const struct cdc_tx *tx;
    uint64_t ordinal;
    struct cdc_event *events; /* of all mappings of the row so far */
    size_t nevents;
    struct cdc_slice key; /* as far as it has been made, for a reject */
    /* Where a step failed: at a slot, or at a condition of `where`; the other is PLAN_NONE. */
    uint32_t failed_slot;
    uint32_t failed_where;
};

/* Whether the source sent the whole row as it was. */
static inline bool run_has_full(const struct run *run)
{
    return run->row->before && run->row->before_is == CDC_IDENTITY_FULL;
}

#endif
