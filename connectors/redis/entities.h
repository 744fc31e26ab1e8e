/* The entities that a sink writes, for trimming their streams. Any thread. */
#ifndef REDIS_ENTITIES_H
#define REDIS_ENTITIES_H

#include <pthread.h>

#include "cdc/buf.h"

struct redis_entities {
    pthread_mutex_t lock;
    size_t n, cap;
    char **names;
};

void redis_entities_init(struct redis_entities *entities);
void redis_entities_fini(struct redis_entities *entities);
/* Adds a name if it is not there yet. -1: out of memory. */
int redis_entities_add(struct redis_entities *entities, struct cdc_slice name) CDC_MUST_CHECK;
/* Calls `each` for every name, under the lock. */
void redis_entities_each(struct redis_entities *entities, void (*each)(void *ctx, const char *name),
                         void *ctx);

#endif
