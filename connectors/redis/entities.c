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
    for (size_t i = 0; i < entities->n; i++) {
        free(entities->list[i].name);
        cdc_buf_fini(&entities->list[i].definition);
    }
    free(entities->list);
    pthread_mutex_destroy(&entities->lock);
}

static struct redis_entity *find(const struct redis_entities *entities, struct cdc_slice name)
{
    for (size_t i = 0; i < entities->n; i++) {
        if (cdc_slice_is(name, entities->list[i].name))
            return &entities->list[i];
    }
    return NULL;
}

static struct redis_entity *append(struct redis_entities *entities, struct cdc_slice name)
{
    size_t cap = entities->cap ? entities->cap * 2 : 8;
    struct redis_entity *list = entities->list;

    if (entities->n == entities->cap) {
        list = realloc(list, cap * sizeof *list);
        if (!list)
            return NULL;
        entities->list = list;
        entities->cap = cap;
    }
    list[entities->n] = (struct redis_entity){.name = strndup(name.ptr, name.len)};
    if (!list[entities->n].name)
        return NULL;
    return &list[entities->n++];
}

int redis_entities_add(struct redis_entities *entities, struct cdc_slice name, struct cdc_slice definition)
{
    struct redis_entity *entity;
    int rc = -1;

    pthread_mutex_lock(&entities->lock);
    entity = find(entities, name);
    if (!entity)
        entity = append(entities, name);
    if (entity) {
        cdc_buf_reset(&entity->definition);
        cdc_buf_put_slice(&entity->definition, definition);
        rc = entity->definition.failed ? -1 : 0;
    }
    pthread_mutex_unlock(&entities->lock);
    return rc;
}

void redis_entities_each(struct redis_entities *entities,
                         void (*each)(void *ctx, const struct redis_entity *entity), void *ctx)
{
    pthread_mutex_lock(&entities->lock);
    for (size_t i = 0; i < entities->n; i++)
        each(ctx, &entities->list[i]);
    pthread_mutex_unlock(&entities->lock);
}
