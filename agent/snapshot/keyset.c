/* A set of 64-bit hashes by open addressing, grown by doubling up to its bound (keyset.h). */
#include "snapshot/keyset.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 4096

void keyset_init(struct keyset *set, size_t most_bytes)
{
    size_t size = FIRST_SIZE;

    while (size * 2 * sizeof *set->slots <= most_bytes)
        size *= 2;
    *set = (struct keyset){.parts = 1, .most = size / 4 * 3};
}

void keyset_fini(struct keyset *set)
{
    free(set->slots);
    set->slots = NULL;
    set->size = set->n = 0;
}

void keyset_begin(struct keyset *set, uint32_t part, uint32_t parts)
{
    keyset_fini(set);
    set->part = part;
    set->parts = parts ? parts : 1;
    set->full = false;
}

/* An estimate may be too low: a quarter is left free. */
uint32_t keyset_parts(const struct keyset *set, uint64_t keys)
{
    return (uint32_t)(keys / (set->most / 4 * 3)) + 1;
}

/* By the high bits: the low ones choose the slot. */
bool keyset_concerns(const struct keyset *set, uint64_t hash)
{
    return (hash >> 32) % set->parts == set->part;
}

static uint64_t *find(uint64_t *slots, size_t size, uint64_t hash)
{
    size_t at = hash & (size - 1);

    while (slots[at] && slots[at] != hash)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static int grow(struct keyset *set)
{
    size_t size = set->size ? set->size * 2 : FIRST_SIZE;
    uint64_t *slots = calloc(size, sizeof *slots);

    if (!slots)
        return -1;
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i])
            *find(slots, size, set->slots[i]) = set->slots[i];
    free(set->slots);
    set->slots = slots;
    set->size = size;
    return 0;
}

int keyset_add(struct keyset *set, uint64_t hash)
{
    uint64_t *slot;

    if (!keyset_concerns(set, hash))
        return 0;
    if (set->n >= set->size / 4 * 3 && set->n < set->most && grow(set))
        return -1;
    slot = find(set->slots, set->size, hash);
    if (*slot)
        return 0;
    if (set->n >= set->most) {
        set->full = true;
        return 0;
    }
    *slot = hash;
    set->n++;
    return 0;
}

bool keyset_has(const struct keyset *set, uint64_t hash)
{
    return set->size && *find(set->slots, set->size, hash) == hash;
}
