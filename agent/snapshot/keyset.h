/*
 * The keys that a pass over a table has met, as hashes: what the store holds beside them is one state too many. Bounded: of a
 * table with more keys than fit only those of odd places (keysums.h) are remembered, in as many passes as it takes. Capture thread.
 */
#ifndef KEYSET_H
#define KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cdc/err.h"

struct keyset {
    uint64_t *slots; /* open addressing; 0: free */
    size_t size, n;
    size_t most; /* hashes that may be held */
    uint32_t part, parts;
    bool full; /* one did not fit: what is not found may be there all the same */
};

void keyset_init(struct keyset *set, size_t most_bytes);
void keyset_fini(struct keyset *set);
/* Empties it, for part `part` of `parts`. */
void keyset_begin(struct keyset *set, uint32_t part, uint32_t parts);
/* Into how many parts so many keys have to be divided. */
uint32_t keyset_parts(const struct keyset *set, uint64_t keys);
/* Whether the hash belongs to the part. */
bool keyset_concerns(const struct keyset *set, uint64_t hash);
/* -1: no memory. One that does not fit, or does not belong to the part, is left out. */
int keyset_add(struct keyset *set, uint64_t hash) CDC_MUST_CHECK;
bool keyset_has(const struct keyset *set, uint64_t hash);

#endif
