/*
 * What the keys of rows and the keys of states have in common, where there are too many to remember them. Each has a place by its hash,
 * and a place has a sum: keys of rows are added there, those of states taken away. Where nothing is left the two are the same: by
 * chance that happens once in 2^44 places whose keys differ (2^36 where the ceiling is so high that there are the most places). Elsewhere, in the odd places, the keys have to be looked at one by one.
 *
 * A key that is met twice, or comes or goes meanwhile, makes its place odd, and so costs a second look; it hides nothing. Capture thread.
 */
#ifndef KEYSUMS_H
#define KEYSUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cdc/err.h"

struct keysums {
    uint64_t *sums; /* while they are made; NULL: they are not */
    uint64_t *odd;  /* a bit for each place; counts when `made` */
    unsigned bits;  /* of a place's number */
    bool made;      /* the odd places are known */
    uint64_t rows;  /* keys that were added */
};

void keysums_init(struct keysums *sums, size_t most_bytes);
void keysums_fini(struct keysums *sums);
/* Begins to make them, from 0. -1: no memory. */
int keysums_begin(struct keysums *sums) CDC_MUST_CHECK;
void keysums_add(struct keysums *sums, uint64_t hash);
void keysums_take(struct keysums *sums, uint64_t hash);
/* Ends that: about how many rows' keys the odd places have; 0: there are none. */
uint64_t keysums_end(struct keysums *sums);
/* Whether the hash has to be looked at: all, as long as nothing is known. */
bool keysums_concern(const struct keysums *sums, uint64_t hash);

#endif
