/* Watches how much log the source keeps for us, against limits.wal_retained. Owned by the source thread. */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "cdc/err.h"

/* Zeroed: nothing was seen yet. */
struct guard {
    bool over;
};

enum guard_word {
    GUARD_QUIET, /* as before */
    GUARD_OVER,  /* it is more than the limit now: *err says so, for people */
    GUARD_BACK,  /* it has fallen well below it again */
};

/* `limit` 0: none. `safe`: what the server may still write before it drops what we need; -1: no limit, or not known. */
enum guard_word guard_look(struct guard *guard, uint64_t retained, int64_t safe, uint64_t limit,
                           struct cdc_err *err);

#endif
