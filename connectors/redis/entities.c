/* The list of entities (entities.h): filled by prepare() on any thread, read by the sink thread. Only grows. */
#include "redis/entities.h"

#include <stdlib.h>

void redis_entities_init(struct redis_entities *entities)
{
    *entities = (struct redis_entities){.n = 0};
    pthread_mutex_init(&entities->lock, NULL);
}

void redis_entities_fini(struct redis_entities *entities)
{
    for (size_t i = 0; i < entities->n; i++)
        free(entities->names[i]);
    free(entities->names);
    pthread_mutex_destroy(&entities->lock);
}

static bool knows(const struct redis_entities *entities, struct cdc_slice name)
{
    for (size_t i = 0; i < entities->n; i++) {
        if (cdc_slice_is(name, entities->names[i]))
            return true;
    }
    return false;
}

static int append(struct redis_entities *entities, struct cdc_slice name)
{
    size_t cap = entities->cap ? entities->cap * 2 : 8;
    char **names = entities->names;

    if (entities->n == entities->cap) {
        names = realloc(names, cap * sizeof *names);
        if (!names)
            return -1;
        entities->names = names;
        entities->cap = cap;
    }
    names[entities->n] = strndup(name.ptr, name.len);
    if (!names[entities->n])
        return -1;
    entities->n++;
    return 0;
}

int redis_entities_add(struct redis_entities *entities, struct cdc_slice name)
{
    int rc = 0;

    pthread_mutex_lock(&entities->lock);
    if (!knows(entities, name))
        rc = append(entities, name);
    pthread_mutex_unlock(&entities->lock);
    return rc;
}

void redis_entities_each(struct redis_entities *entities, void (*each)(void *ctx, const char *name),
                         void *ctx)
{
    pthread_mutex_lock(&entities->lock);
    for (size_t i = 0; i < entities->n; i++)
        each(ctx, entities->names[i]);
    pthread_mutex_unlock(&entities->lock);
}
