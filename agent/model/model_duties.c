/*
 * What the store does besides when an event of an entity is applied, from YAML: `links`, `erases`, `agree` and `due` of
 * an entity. Part of reading the model (model_read.h), on the loading thread. `agree`: model_agree.c.
 */
#include "model/model_read.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_scalar.h"
#include "config/config_value.h"
#include "model/model_agree.h"

static const char *const due_keys[] = {"verb", "field", "values", "since", "after", NULL};

/* ---- roles ---- */

struct role {
    const char *name; /* of the setting */
    enum cdc_role role;
    const char *status, *word; /* the field that ends the role, and the word that does */
};

static const struct role roles[] = {
    {"links", CDC_ROLE_LINK, "link_status", "unlinked"},
    {"erases", CDC_ROLE_ERASURE, "status", "rejected"},
};

static bool is_part(const struct model_entity *entity, long field)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (entity->keys[i] == (size_t)field)
            return true;
    return false;
}

static void check_customer(const struct model_entity *entity, struct config_diag *diag,
                           const struct yaml_node *node)
{
    long index = model_field_index(entity, "customer_id");

    if (index < 0 || entity->fields[index].type != MODEL_REF || is_part(entity, index))
        config_diag_node(diag, node, "needs a field \"customer_id\" of type ref that is no part of the key");
}

static void check_status(const struct model_entity *entity, const struct role *role, struct config_diag *diag,
                         const struct yaml_node *node)
{
    long index = model_field_index(entity, role->status);
    const struct model_field *field = index < 0 ? NULL : &entity->fields[index];

    if (!field || field->type != MODEL_ENUM || !model_allows(field, role->word, strlen(role->word)))
        config_diag_node(diag, node, "needs a field \"%s\" of type enum with the value %s", role->status,
                         role->word);
}

/* The key is the reference that is linked: a system and an id. */
static void check_link_key(const struct model_entity *entity, struct config_diag *diag,
                           const struct yaml_node *node)
{
    bool ok = entity->nkeys == 2;

    for (size_t i = 0; i < entity->nkeys; i++)
        ok = ok && entity->fields[entity->keys[i]].type == MODEL_STRING &&
             !entity->fields[entity->keys[i]].optional;
    if (!ok)
        config_diag_node(diag, node, "needs a key of two strings that are always there: a system and an id");
}

static void read_role(struct model_entity *entity, const struct role *role, struct config_diag *diag,
                      const struct yaml_node *map)
{
    const struct yaml_node *node = yaml_child(map, role->name);

    if (!node || !config_node_bool(diag, node))
        return;
    if (entity->role != CDC_ROLE_NONE)
        config_diag_node(diag, node, "an entity links or erases, not both");
    entity->role = role->role;
    check_customer(entity, diag, node);
    check_status(entity, role, diag, node);
    if (role->role == CDC_ROLE_LINK)
        check_link_key(entity, diag, node);
}

/* ---- what time brings about ---- */

static const struct model_field *read_field(struct model_entity *entity, struct config_diag *diag,
                                            const struct yaml_node *map)
{
    const struct yaml_node *node = config_node_required(diag, map, "field");
    long index = node ? model_read_index(entity, diag, node) : -1;

    entity->due.field = index < 0 ? 0 : (size_t)index;
    return index < 0 ? NULL : &entity->fields[index];
}

static bool stands_before(const struct yaml_node *list, const struct yaml_node *item)
{
    for (const struct yaml_node *other = list->first; other != item; other = other->next)
        if (other->text && strcmp(other->text, item->text) == 0)
            return true;
    return false;
}

static void read_values(struct model_due *due, const struct model_field *field, struct cdc_arena *arena,
                        struct config_diag *diag, const struct yaml_node *list)
{
    const struct yaml_node *item;
    const char **values;

    if (!config_node_is_list(diag, list) || !config_node_has_children(diag, list))
        return;
    due->values = values = model_array(arena, diag, list->n, sizeof *values);
    for (item = list->first; values && item; item = item->next) {
        if (!config_value_is(diag, item, field))
            continue;
        if (stands_before(list, item)) {
            config_diag_node(diag, item, "\"%.100s\" stands here twice", item->text);
            continue;
        }
        values[due->nvalues] = cdc_arena_str(arena, cdc_slice_str(item->text));
        diag->failed |= !values[due->nvalues++];
    }
}

static void read_since(struct model_entity *entity, struct config_diag *diag, const struct yaml_node *node)
{
    long index = model_read_index(entity, diag, node);

    if (index < 0)
        return;
    if (entity->fields[index].type != MODEL_TIME)
        config_diag_node(diag, node, "\"%s\" is of type %s: a time is needed", node->text,
                         model_type_name(entity->fields[index].type));
    entity->due.since = entity->fields[index].name;
}

static void read_after(struct model_due *due, struct config_diag *diag, const struct yaml_node *node)
{
    const char *why;

    if (!config_node_is_string(diag, node))
        return;
    why = config_scalar_duration(node->text, &due->after_ms);
    if (!why && (due->after_ms < MODEL_DUE_MIN_MS || due->after_ms > MODEL_DUE_MAX_MS))
        why = "is out of range: from 1s to 3650d";
    if (why)
        config_diag_node(diag, node, "\"%.100s\" %s", node->text, why);
}

static void read_due(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                     const struct yaml_node *map)
{
    const struct yaml_node *verb, *values, *since, *after;
    const struct model_field *field;

    if (!config_node_is_map(diag, map))
        return;
    config_node_known(diag, map, due_keys);
    verb = config_node_required(diag, map, "verb");
    field = read_field(entity, diag, map);
    values = config_node_required(diag, map, "values");
    since = yaml_child(map, "since");
    after = config_node_required(diag, map, "after");
    if (verb)
        entity->due.verb = model_read_verb(arena, diag, verb);
    if (values && field)
        read_values(&entity->due, field, arena, diag, values);
    if (since)
        read_since(entity, diag, since);
    if (after)
        read_after(&entity->due, diag, after);
}

void model_read_duties(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                       const struct yaml_node *map)
{
    const struct yaml_node *agree = yaml_child(map, "agree"), *due = yaml_child(map, "due");

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        read_role(entity, &roles[i], diag, map);
    if (agree)
        model_agree_read(&entity->agree, entity, arena, diag, agree);
    if (due)
        read_due(entity, arena, diag, due);
}
