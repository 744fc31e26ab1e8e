/* Why a row cannot be mapped, and a row's memory (work.h). No state of its own. */
#include "map/work.h"

#define BLOCK_SLACK                                                                                          \
    (128 * 1024) /* an arena takes memory in blocks, so it refuses a little before its limit */

const char *work_reason_name(enum work_reason reason)
{
    switch (reason) {
    case WORK_OK:
        return "ok";
    case WORK_BAD_VALUE:
        return "bad_value";
    case WORK_ENUM:
        return "enum";
    case WORK_UTF8:
        return "invalid_utf8";
    case WORK_TIME:
        return "time";
    case WORK_NULL_KEY:
        return "null_key";
    case WORK_UNAVAILABLE_KEY:
        return "unavailable_key";
    case WORK_UNAVAILABLE_FILTER:
        return "unavailable_filter";
    case WORK_MISSING_COLUMN:
        return "missing_column";
    case WORK_TOO_LARGE:
        return "too_large";
    case WORK_MEMORY:
        return "memory";
    }
    return "?";
}

int work_fail_slice(struct work *work, enum work_reason reason, struct cdc_slice why)
{
    work->reason = reason;
    work->why = why;
    return -1;
}

int work_fail(struct work *work, enum work_reason reason, const char *why)
{
    return work_fail_slice(work, reason, cdc_slice_str(why));
}

/* The arena says only "no": whether the limit or the machine refused decides if the row or the moment is to blame. */
void *work_full(struct work *work, size_t n)
{
    const struct cdc_arena *arena = &work->arena;
    size_t used = arena->held + BLOCK_SLACK;
    bool limited = arena->limit && (n > arena->limit || used > arena->limit - n);

    if (limited)
        work_fail(work, WORK_TOO_LARGE,
                  "needs more memory than one row may have (a quarter of limits.memory)");
    else
        work_fail(work, WORK_MEMORY, "out of memory");
    return NULL;
}
