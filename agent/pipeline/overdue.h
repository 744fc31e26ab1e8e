/*
 * Decides when what the source keeps for us has become too much to wait any longer, for limits.wal_action. Owned by the source thread.
 *
 * More than the limit alone is not too much: an agent that was away for a day comes back to a mountain and works it off. It is too much
 * when what is owed (written since what has been confirmed) is more than the limit, and moreover
 * - the store has taken nothing for `patience_ms`, though something waited for it: it is away, full or stuck; or
 * - it takes changes, but for as long what is left to read has not been less, and has grown by the limit once more: they come faster
 *   than they go. (Confirmations trail the store by the replay window, and say nothing about that.)
 * What a long transaction of the database makes the server keep is not owed: to begin anew would not help against it.
 */
#ifndef OVERDUE_H
#define OVERDUE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing was seen yet. */
struct overdue {
    int64_t looked_ms; /* 0: never */
    int64_t stuck_ms;  /* for how long the store has taken nothing */
    uint64_t taken;
    uint64_t least;    /* that was left since more than the limit is owed; 0: nothing was */
    int64_t behind_ms; /* for how long it has not been less */
};

/* How things are now. */
struct overdue_view {
    int64_t now_ms, patience_ms;
    uint64_t limit, owed;
    uint64_t left;  /* of it, that was not read yet */
    uint64_t taken; /* grows whenever the store takes something */
    bool waits;     /* something waits for the store, or it is away */
    bool keeps_up;  /* the store is behind by less than patience_ms, or waits for the source itself */
};

enum overdue_word {
    OVERDUE_NO,
    OVERDUE_STUCK, /* the store takes nothing */
    OVERDUE_SLOW,  /* it takes too little */
};

/* To be called every second or more often. Time in which nobody called does not count: the process slept, and the store did not. */
enum overdue_word overdue_look(struct overdue *overdue, const struct overdue_view *view);

#endif
