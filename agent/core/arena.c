/* Memory that dies together (cdc/arena.h). */
#include "cdc/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK_BYTES (64 * 1024)

struct cdc_arena_block {
    struct cdc_arena_block *next;
    size_t size;
    _Alignas(16) char data[];
};

void cdc_arena_init(struct cdc_arena *arena, size_t limit)
{
    *arena = (struct cdc_arena){.limit = limit};
}

static void free_but(struct cdc_arena *arena, struct cdc_arena_block *keep)
{
    struct cdc_arena_block *b = arena->block;

    while (b) {
        struct cdc_arena_block *next = b->next;
        if (b != keep)
            free(b);
        b = next;
    }
    arena->block = keep;
}

void cdc_arena_fini(struct cdc_arena *arena)
{
    free_but(arena, NULL);
    cdc_arena_init(arena, arena->limit);
}

void cdc_arena_reset(struct cdc_arena *arena)
{
    struct cdc_arena_block *keep = arena->block;

    while (keep && keep->size > BLOCK_BYTES)
        keep = keep->next;
    free_but(arena, keep);
    arena->held = 0;
    arena->starved = false;
    arena->at = arena->end = NULL;
    if (!keep)
        return;
    keep->next = NULL;
    arena->held = keep->size;
    arena->at = keep->data;
    arena->end = keep->data + keep->size;
}

void *cdc_arena_grow(struct cdc_arena *arena, size_t n)
{
    size_t want = (n + 15 + !n) & ~(size_t)15;
    size_t size = want > BLOCK_BYTES ? want : BLOCK_BYTES;
    struct cdc_arena_block *b;

    if (want < n || size > SIZE_MAX - sizeof *b || (arena->limit && arena->held + size > arena->limit))
        return NULL;
    b = malloc(sizeof *b + size);
    if (!b) {
        arena->starved = true;
        return NULL;
    }
    b->size = size;
    b->next = arena->block;
    arena->block = b;
    arena->held += size;
    arena->at = b->data + want;
    arena->end = b->data + size;
    return b->data;
}

char *cdc_arena_str(struct cdc_arena *arena, struct cdc_slice s)
{
    char *copy = cdc_arena_alloc(arena, s.len + 1);

    if (!copy)
        return NULL;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}
