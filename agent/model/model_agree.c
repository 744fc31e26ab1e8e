/*
 * What must agree between entities (model_agree.h), from YAML. On the loading thread, for the model and for a
 * configuration; what the store could not do by the key alone is an error here.
 */
#include "model/model_agree.h"

#include <string.h>

#include "config/config_node.h"
#include "model/model_read.h"

#include "cdc/suggest.h"

static const char *const agree_keys[] = {"fields", "across", NULL};

static long key_part(const struct model_entity *entity, const char *name)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (strcmp(entity->fields[entity->keys[i]].name, name) == 0)
            return (long)i;
    return -1;
}

/* Divergences are kept and published by key: nothing that an erasure would have to find. */
static const char *refuse_field(const struct model_entity *entity, const struct model_field *field)
{
    if (key_part(entity, field->name) >= 0)
        return "is a part of the key: it belongs under \"across\"";
    return field->personal ? "is personal data, which a divergence would make public" : NULL;
}

static void read_field(struct model_agree *agree, size_t *fields, const struct model_entity *entity,
                       struct config_diag *diag, const struct yaml_node *item)
{
    long index = model_read_index(entity, diag, item);
    const char *why;

    if (index < 0)
        return;
    why = refuse_field(entity, &entity->fields[index]);
    if (why) {
        config_diag_node(diag, item, "\"%s\" %s", item->text, why);
        return;
    }
    for (size_t i = 0; i < agree->nfields; i++)
        if (fields[i] == (size_t)index) {
            config_diag_node(diag, item, "\"%s\" stands here twice", item->text);
            return;
        }
    fields[agree->nfields++] = (size_t)index;
}

static void read_fields(struct model_agree *agree, const struct model_entity *entity, struct cdc_arena *arena,
                        struct config_diag *diag, const struct yaml_node *list)
{
    const struct yaml_node *item;
    size_t *fields;

    if (!config_node_is_list(diag, list) || !config_node_has_children(diag, list))
        return;
    agree->fields = fields = model_array(arena, diag, list->n, sizeof *fields);
    for (item = list->first; fields && item; item = item->next)
        read_field(agree, fields, entity, diag, item);
}

static void unknown_part(const struct model_entity *entity, struct config_diag *diag,
                         const struct yaml_node *item)
{
    struct cdc_suggest suggest = cdc_suggest_start(item->text);
    char suggestion[CONFIG_SUGGEST_BYTES];

    for (size_t i = 0; i < entity->nkeys; i++)
        cdc_suggest_offer(&suggest, entity->fields[entity->keys[i]].name);
    config_diag_node(diag, item, "\"%.100s\" is not a part of the key of %s%s", item->text,
                     entity->name ? entity->name : "it",
                     cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
}

static void read_across(struct model_agree *agree, const struct model_entity *entity, struct cdc_arena *arena,
                        struct config_diag *diag, const struct yaml_node *list)
{
    const struct yaml_node *item;
    size_t n = 0;
    bool *across;

    if (!config_node_is_list(diag, list) || !config_node_has_children(diag, list))
        return;
    agree->across = across = model_array(arena, diag, entity->nkeys, sizeof *across);
    for (item = list->first; across && item; item = item->next) {
        long part = config_node_is_string(diag, item) ? key_part(entity, item->text) : -1;

        if (part < 0) {
            if (item->text)
                unknown_part(entity, diag, item);
        } else if (across[part]) {
            config_diag_node(diag, item, "\"%s\" stands here twice", item->text);
        } else {
            across[part] = true;
            n++;
        }
    }
    if (n && n == entity->nkeys)
        config_diag_node(diag, list, "is the whole key: a part must be left to say what is to agree");
}

/* The store takes keys apart at their colons, and a reference has one of its own. */
static void refuse_reference(const struct model_entity *entity, struct config_diag *diag,
                             const struct yaml_node *map)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (entity->fields[entity->keys[i]].type == MODEL_REF) {
            config_diag_node(diag, map, "cannot be asked of %s: \"%s\" in its key is a reference",
                             entity->name ? entity->name : "it", entity->fields[entity->keys[i]].name);
            return;
        }
}

void model_agree_read(struct model_agree *agree, const struct model_entity *entity, struct cdc_arena *arena,
                      struct config_diag *diag, const struct yaml_node *map)
{
    const struct yaml_node *fields, *across;
    size_t errors = diag->errors;

    *agree = (struct model_agree){0};
    if (!config_node_is_map(diag, map))
        return;
    config_node_known(diag, map, agree_keys);
    fields = config_node_required(diag, map, "fields");
    across = config_node_required(diag, map, "across");
    if (fields)
        read_fields(agree, entity, arena, diag, fields);
    if (across)
        read_across(agree, entity, arena, diag, across);
    refuse_reference(entity, diag, map);
    if (diag->errors != errors || diag->failed)
        *agree = (struct model_agree){0};
}
