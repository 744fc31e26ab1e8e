/*
 * The replay window: which applied position may be confirmed to the source. Confirmation trails by the window, so that the
 * source can still replay what a Redis that fails over or restarts has forgotten.
 *
 * The sink thread records, the source thread asks; it locks by itself.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <pthread.h>

#include "cdc/buf.h"

#define WINDOW_SLOTS 64

struct window_mark {
    struct cdc_buf position;
    int64_t at_ms;
};

struct window {
    pthread_mutex_t lock;
    int64_t window_ms;
    struct window_mark slots[WINDOW_SLOTS]; /* a ring, oldest at `first` */
    unsigned first, count;
    struct window_mark newest; /* not yet far enough from the newest slot to take one of its own */
    bool has_newest;
};

int window_init(struct window *window, int64_t window_ms);
void window_fini(struct window *window);
/* `position` is applied at now_ms. 0, or -1 when memory runs out. */
int window_record(struct window *window, struct cdc_slice position, int64_t now_ms);
/* Puts into `out` the newest position that is old enough, and forgets those before it. True if there was one. */
bool window_take(struct window *window, int64_t now_ms, struct cdc_buf *out);
/* Forgets everything: the store went back, what was applied no longer is. */
void window_clear(struct window *window);

#endif
