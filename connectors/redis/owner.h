/* The agent that holds a lease: "host/pid/start". */
#ifndef REDIS_OWNER_H
#define REDIS_OWNER_H

#include <stdbool.h>

#include "cdc/slice.h"

struct redis_owner {
    struct cdc_slice host;
    long pid;
    unsigned long long start; /* field 22 of /proc/<pid>/stat */
};

/* Whether `text` has that form; what is in it then. */
bool redis_owner_parse(struct redis_owner *owner, struct cdc_slice text);
/*
 * Whether `holder` surely does not run any more: it was on the host of `mine`, and its process is gone or its number belongs to
 * another process now. In doubt false.
 */
bool redis_owner_is_dead(struct cdc_slice holder, struct cdc_slice mine);

#endif
