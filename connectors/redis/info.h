/* What INFO says of a Redis, as far as it matters here. Pure; any thread. */
#ifndef REDIS_INFO_H
#define REDIS_INFO_H

#include <stdint.h>

#include "cdc/err.h"
#include "cdc/slice.h"

struct redis_info {
    char server[16];                  /* "redis" or "valkey" */
    char version[32];                 /* the server's own */
    unsigned major, minor;            /* of the Redis that it is compatible with */
    char role[16];                    /* "master", "slave" */
    char policy[32];                  /* maxmemory-policy */
    uint64_t max_memory, used_memory; /* bytes; max_memory 0: no limit */
    unsigned replicas;
    bool min_replicas; /* without enough replicas it refuses writes */
    bool loading, cluster, aof;
    bool saves; /* a snapshot was saved lately, or changes wait for one */
};

void redis_info_parse(struct redis_info *info, struct cdc_slice text);
/* Whether a Redis with this eviction policy keeps keys that have no time to live. */
bool redis_info_keeps(const struct redis_info *info);

#endif
