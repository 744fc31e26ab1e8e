/*
 * How many rows the functions in Redis say that they have checked, and what they found (cdc/sink.h). One thread writes, any reads,
 * without locks.
 */
#ifndef REDIS_FINDINGS_H
#define REDIS_FINDINGS_H

#include <stdatomic.h>

#include "cdc/sink.h"
#include "redis/resp.h"

struct redis_findings {
    atomic_uint_fast64_t checked, missing, different, extra;
};

/* Adds what the reply to a batch tells, {answer, name, number, …}; names of findings begin with a colon. */
void redis_findings_take(struct redis_findings *findings, const struct redis_reply *reply);
void redis_findings_read(const struct redis_findings *findings, struct cdc_findings *out);

#endif
