/*
 * Memory that dies together: allocate, never free one by one, reset the whole. The first block is kept over a reset,
 * so a steady state allocates nothing. Owned by one thread at a time.
 */
#ifndef CDC_ARENA_H
#define CDC_ARENA_H

#include <stdbool.h>

#include "cdc/slice.h"

struct cdc_arena_block;

struct cdc_arena {
    struct cdc_arena_block *block; /* newest first */
    char *at, *end;
    size_t held;  /* bytes of all blocks */
    size_t limit; /* bytes; 0: none */
    bool starved; /* since the last reset the machine refused memory, not the limit */
};

void cdc_arena_init(struct cdc_arena *arena, size_t limit);
void cdc_arena_fini(struct cdc_arena *arena);
/* Forgets everything that was allocated; keeps at most one block of ordinary size. */
void cdc_arena_reset(struct cdc_arena *arena);
void *cdc_arena_grow(struct cdc_arena *arena, size_t n);
/* A copy with a NUL behind it, or NULL. */
char *cdc_arena_str(struct cdc_arena *arena, struct cdc_slice s);

/* `n` bytes aligned for any type, not cleared; NULL when memory or the limit is exhausted. */
static inline void *cdc_arena_alloc(struct cdc_arena *arena, size_t n)
{
    size_t want = (n + 15 + !n) & ~(size_t)15;

    if (want >= n && (size_t)(arena->end - arena->at) >= want) {
        void *p = arena->at;
        arena->at += want;
        return p;
    }
    return cdc_arena_grow(arena, n);
}

#endif
