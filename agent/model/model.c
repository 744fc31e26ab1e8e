/*
 * The canonical model as objects (model.h): what was read is looked up by name here. Immutable, so any thread. How it is
 * read from YAML: model_read.c.
 */
#include "model/model_read.h"

#include <stdlib.h>
#include <string.h>

/* conf/model.yaml with a NUL behind it; the Makefile makes an object of it. */
extern const unsigned char embedded_model_yaml[];

const char *model_type_name(enum model_type type)
{
    switch (type) {
    case MODEL_STRING:
        return "string";
    case MODEL_DECIMAL:
        return "decimal";
    case MODEL_INTEGER:
        return "integer";
    case MODEL_BOOLEAN:
        return "boolean";
    case MODEL_TIME:
        return "time";
    case MODEL_DATE:
        return "date";
    case MODEL_ENUM:
        return "enum";
    case MODEL_JSON:
        return "json";
    case MODEL_REF:
        return "ref";
    }
    return "?";
}

static struct model *new_model(void)
{
    struct model *model = calloc(1, sizeof *model);

    if (model)
        cdc_arena_init(&model->arena, MODEL_MAX_BYTES);
    return model;
}

int model_parse(struct model **model, const char *name, const char *text, size_t len, FILE *diagnostics,
                struct cdc_err *err)
{
    struct config_diag diag;
    int rc;

    config_diag_init(&diag, name);
    *model = new_model();
    if (*model)
        model_read(*model, text, len, &diag);
    else
        diag.failed = true;
    config_diag_print(&diag, diagnostics);
    rc = config_diag_result(&diag, err);
    config_diag_fini(&diag);
    if (rc) {
        model_free(*model);
        *model = NULL;
    }
    return rc;
}

int model_builtin(struct model **model, struct cdc_err *err)
{
    const char *text = (const char *)embedded_model_yaml;

    return model_parse(model, "built-in model", text, strlen(text), NULL, err);
}

void model_free(struct model *model)
{
    if (!model)
        return;
    cdc_arena_fini(&model->arena);
    free(model);
}

size_t model_count(const struct model *model)
{
    return model->n;
}

const struct model_entity *model_at(const struct model *model, size_t i)
{
    return &model->entities[i];
}

const struct model_entity *model_find(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->n; i++)
        if (strcmp(model->entities[i].name, name) == 0)
            return &model->entities[i];
    return NULL;
}

long model_field_index(const struct model_entity *entity, const char *name)
{
    for (size_t i = 0; i < entity->nfields; i++)
        if (strcmp(entity->fields[i].name, name) == 0)
            return (long)i;
    return -1;
}

bool model_allows(const struct model_field *field, const char *value, size_t len)
{
    if (field->type != MODEL_ENUM)
        return true;
    for (size_t i = 0; i < field->nvalues; i++)
        if (cdc_slice_is(cdc_slice(value, len), field->values[i]))
            return true;
    return false;
}
