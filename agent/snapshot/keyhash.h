/*
 * Keys of states as 64-bit numbers: SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF") with a key of its own in
 * each process, so that nobody can make two keys meet on purpose. By chance, among 100 million keys and 10,000 at a time beside them, two meet
 * once in about 20 million loads.
 */
#ifndef KEYHASH_H
#define KEYHASH_H

#include <stdint.h>

#include "cdc/slice.h"

struct keyhash {
    uint64_t k0, k1;
};

/* A key that nobody knows. */
struct keyhash keyhash_random(void);
/* Of `key` in the name space of an entity. Never 0. */
uint64_t keyhash_of(struct keyhash seed, struct cdc_slice entity, struct cdc_slice key);

#endif
