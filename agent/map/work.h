/*
 * What every step of mapping one row shares: memory that lasts until the next row, and the place where a step that fails
 * says why. Owned by the map, so by one thread.
 */
#ifndef WORK_H
#define WORK_H

#include "cdc/arena.h"
#include "cdc/err.h"

enum work_reason {
    WORK_OK,
    WORK_BAD_VALUE,          /* the canonical type cannot hold it */
    WORK_ENUM,               /* not one of the model's values */
    WORK_UTF8,               /* text that is not UTF-8 */
    WORK_TIME,               /* no such date or time */
    WORK_NULL_KEY,           /* a key part is NULL or empty */
    WORK_UNAVAILABLE_KEY,    /* the source did not send a key part */
    WORK_UNAVAILABLE_FILTER, /* the source did not send what `where` asks for */
    WORK_MISSING_COLUMN,     /* the relation lacks a mapped column */
    WORK_TOO_LARGE,          /* does not fit into the memory of a row */
    WORK_MEMORY,             /* not the row's fault: the caller stops with CDC_ERR_RETRY */
};

/* The short fixed word for metrics: "bad_value", "null_key", … */
const char *work_reason_name(enum work_reason reason);

struct work {
    struct cdc_arena arena;
    enum work_reason reason;
    struct cdc_slice
        why; /* what is wrong with the value, to stand behind its column's name; never the value */
};

/* Says why a step failed; `why` must outlive the row. Returns -1. */
int work_fail(struct work *work, enum work_reason reason, const char *why);
int work_fail_slice(struct work *work, enum work_reason reason, struct cdc_slice why);
/* Says that memory ran out: this process's, or a row's share of it. Returns NULL. */
void *work_full(struct work *work, size_t n);

/* `n` bytes until the next row, or NULL with the reason set. */
static inline void *work_alloc(struct work *work, size_t n)
{
    void *p = cdc_arena_alloc(&work->arena, n);

    return p ? p : work_full(work, n);
}

#endif
