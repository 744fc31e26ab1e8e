/* The entities that a sink writes, for trimming their streams and for what time brings about. Any thread. */
#ifndef REDIS_ENTITIES_H
#define REDIS_ENTITIES_H

#include <pthread.h>

#include "cdc/buf.h"

struct redis_entities {
    pthread_mutex_t lock;
    size_t n, cap;
    struct redis_entity {
        char *name;
        struct cdc_buf
            definition; /* a frame of it that gives no field: what the functions need to know of it */
    } * list;
};

void redis_entities_init(struct redis_entities *entities);
void redis_entities_fini(struct redis_entities *entities);
/* Adds an entity, or gives it another definition. -1: out of memory. */
int redis_entities_add(struct redis_entities *entities, struct cdc_slice name,
                       struct cdc_slice definition) CDC_MUST_CHECK;
/* Calls `each` for every entity, under the lock. */
void redis_entities_each(struct redis_entities *entities,
                         void (*each)(void *ctx, const struct redis_entity *entity), void *ctx);

#endif
