/* The guard over retained log (guard.h). Pure; a word when the limit is crossed, and another when all is well again. */
#include "pipeline/guard.h"

#include <inttypes.h>
#include <stdio.h>

#define MIB (1024 * 1024)

static enum guard_word say(uint64_t retained, int64_t safe, uint64_t limit, struct cdc_err *err)
{
    char left[64] = "";

    if (safe >= 0)
        snprintf(left, sizeof left, "; after %" PRId64 " MiB more it drops what we need", safe / MIB);
    cdc_err_set(err, CDC_ERR_RETRY,
                "the database keeps %" PRIu64 " MiB of log for us, limits.wal_retained is %" PRIu64 " MiB%s",
                retained / MIB, limit / MIB, left);
    cdc_err_hint(
        err,
        "see what holds the agent up (`tributary status`): Redis that is away or slow, or a long transaction in the "
        "database; the disk of the database fills meanwhile");
    return GUARD_OVER;
}

enum guard_word guard_look(struct guard *guard, uint64_t retained, int64_t safe, uint64_t limit,
                           struct cdc_err *err)
{
    bool was = guard->over;

    if (limit == 0)
        return GUARD_QUIET;
    if (retained > limit)
        guard->over = true;
    else if (retained <= limit / 10 * 9)
        guard->over = false;
    if (guard->over == was)
        return GUARD_QUIET;
    return guard->over ? say(retained, safe, limit, err) : GUARD_BACK;
}
