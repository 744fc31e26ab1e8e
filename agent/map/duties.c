/*
 * Rules of entities for the store (duties.h): what the configuration says about an entity takes the place of what the model
 * says. Runs once, when the map is made; the sink reads the result for each shape, and rows cost nothing here.
 */
#include "map/duties.h"

#include <stdio.h>
#include <string.h>

#include "model/model_verbs.h"

const struct model_agree *duties_agree(const struct config *config, const struct model_entity *entity)
{
    for (size_t i = 0; i < config->nagrees; i++)
        if (config->agrees[i].entity == entity)
            return &config->agrees[i].agree;
    return &entity->agree;
}

int64_t duties_after_ms(const struct config *config, const struct model_entity *entity)
{
    if (!entity->due.verb)
        return 0;
    for (size_t i = 0; i < config->ndues; i++)
        if (config->dues[i].entity == entity)
            return config->dues[i].after_ms;
    return entity->due.after_ms;
}

/* "price.diverged" */
static int make_type(struct cdc_arena *arena, const struct model_entity *entity, const char *verb,
                     struct cdc_slice *out)
{
    size_t len = strlen(entity->name) + 1 + strlen(verb);
    char *text = cdc_arena_alloc(arena, len + 1);

    if (!text)
        return -1;
    snprintf(text, len + 1, "%s.%s", entity->name, verb);
    *out = cdc_slice(text, len);
    return 0;
}

static int make_agreement(struct cdc_arena *arena, const struct model_entity *entity,
                          const struct model_agree *from, struct cdc_agreement *to)
{
    struct cdc_slice *fields = cdc_arena_alloc(arena, from->nfields * sizeof *fields);
    bool *decimal = cdc_arena_alloc(arena, from->nfields * sizeof *decimal);

    if (!fields || !decimal || make_type(arena, entity, MODEL_DIVERGED, &to->diverged) ||
        make_type(arena, entity, MODEL_CONVERGED, &to->converged))
        return -1;
    for (size_t i = 0; i < from->nfields; i++) {
        const struct model_field *field = &entity->fields[from->fields[i]];
        fields[i] = cdc_slice_str(field->name);
        decimal[i] = field->type == MODEL_DECIMAL;
    }
    to->nfields = (uint32_t)from->nfields;
    to->fields = fields;
    to->decimal = decimal;
    to->nparts = (uint32_t)entity->nkeys;
    to->across = from->across;
    return 0;
}

static int make_due(struct cdc_arena *arena, const struct model_entity *entity, int64_t after_ms,
                    struct cdc_due *to)
{
    const struct model_due *from = &entity->due;
    struct cdc_slice *values = cdc_arena_alloc(arena, from->nvalues * sizeof *values);

    if (!values || make_type(arena, entity, from->verb, &to->type))
        return -1;
    for (size_t i = 0; i < from->nvalues; i++)
        values[i] = cdc_slice_str(from->values[i]);
    to->field = cdc_slice_str(entity->fields[from->field].name);
    to->nvalues = (uint32_t)from->nvalues;
    to->values = values;
    to->since = cdc_slice_str(from->since);
    to->after_ms = after_ms;
    return 0;
}

int duties_make(const struct config *config, const struct model_entity *entity, struct cdc_arena *arena,
                const struct cdc_rules **rules, struct cdc_err *err)
{
    const struct model_agree *agree = duties_agree(config, entity);
    int64_t after_ms = duties_after_ms(config, entity);
    struct cdc_rules *made;

    *rules = NULL;
    if (entity->role == CDC_ROLE_NONE && !agree->nfields && !after_ms)
        return 0;
    made = cdc_arena_alloc(arena, sizeof *made);
    if (!made)
        return cdc_err_memory(err);
    *made = (struct cdc_rules){.role = entity->role};
    if ((agree->nfields && make_agreement(arena, entity, agree, &made->agreement)) ||
        (after_ms && make_due(arena, entity, after_ms, &made->due)))
        return cdc_err_memory(err);
    *rules = made;
    return 0;
}
