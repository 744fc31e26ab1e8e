/*
 * How many events of each type the functions in Redis say that they have emitted; only they know, since they compare with what is
 * stored. One thread writes, any reads, without locks.
 */
#ifndef REDIS_COUNTS_H
#define REDIS_COUNTS_H

#include <stdatomic.h>

#include "redis/resp.h"

enum { REDIS_COUNTS_TYPES = 256, REDIS_COUNTS_NAME = 104 };

struct redis_counts {
    atomic_uint n;
    struct redis_count {
        char type[REDIS_COUNTS_NAME]; /* written before `n` covers it, never changed */
        atomic_uint_fast64_t events;
    } types[REDIS_COUNTS_TYPES];
};

/*
 * Adds what a reply tells, {answer, type, number, type, number, …}, and returns the answer; a reply of any other kind is the answer
 * itself. What begins with a colon is no type but a finding (findings.h). What is more than there is room for is not counted: types are the model's, which are fewer.
 */
const struct redis_reply *redis_counts_take(struct redis_counts *counts, const struct redis_reply *reply);
void redis_counts_each(const struct redis_counts *counts,
                       void (*each)(void *ctx, struct cdc_slice type, uint64_t n), void *ctx);

#endif
