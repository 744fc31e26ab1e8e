/*
 * What the rows of one table become (config_mapping.h): entity, key, fields, filter, deletes. Names are checked against
 * the model, with the nearest one offered. Loading thread. Fields themselves: config_field.c.
 */
#include "config/config_mapping.h"

#include <string.h>

#include "config/config_field.h"
#include "config/config_node.h"
#include "config/config_template.h"

#include "cdc/suggest.h"

static const char *const mapping_keys[] = {"entity", "key", "fields", "where", "on_delete", NULL};

static const struct model_entity *find_entity(struct config_build *build, const struct yaml_node *node)
{
    const struct model *model = build->config->model;
    const struct model_entity *entity;
    struct cdc_suggest suggest;
    char suggestion[CONFIG_SUGGEST_BYTES];

    if (!config_node_is_string(build->diag, node))
        return NULL;
    entity = model_find(model, node->text);
    if (entity)
        return entity;
    suggest = cdc_suggest_start(node->text);
    for (size_t i = 0; i < model_count(model); i++)
        cdc_suggest_offer(&suggest, model_at(model, i)->name);
    config_diag_node(build->diag, node, "unknown entity \"%.100s\"%s", node->text,
                     cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
    return NULL;
}

static const struct model_field *key_field(const struct model_entity *entity, size_t part)
{
    return &entity->fields[entity->keys[part]];
}

static long key_part(const struct model_entity *entity, const char *name)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (strcmp(key_field(entity, i)->name, name) == 0)
            return (long)i;
    return -1;
}

static void unknown_field(struct config_build *build, const struct model_entity *entity,
                          const struct yaml_node *child)
{
    struct cdc_suggest suggest = cdc_suggest_start(child->key->text);
    char suggestion[CONFIG_SUGGEST_BYTES];

    for (size_t i = 0; i < entity->nfields; i++)
        if (key_part(entity, entity->fields[i].name) < 0)
            cdc_suggest_offer(&suggest, entity->fields[i].name);
    config_diag_key(build->diag, child, "unknown field \"%.100s\"%s", child->key->text,
                    cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
}

static bool is_source_name(const struct model_entity *entity, const char *name)
{
    long index = strncmp(name, "source_", 7) == 0 ? model_field_index(entity, name + 7) : -1;

    return index >= 0 && entity->fields[index].keep_source;
}

/* Index of a field that is no part of the key, or -1 after reporting why not. */
static long field_index(struct config_build *build, const struct model_entity *entity,
                        const struct yaml_node *child)
{
    const char *name = child->key->text;
    long index = model_field_index(entity, name);

    if (index < 0 && is_source_name(entity, name))
        config_diag_key(build->diag, child, "\"%.100s\" is kept by itself, together with \"%.100s\"", name,
                        name + 7);
    else if (index < 0)
        unknown_field(build, entity, child);
    else if (key_part(entity, name) >= 0)
        config_diag_key(build->diag, child, "\"%s\" is a part of the key: it belongs under \"key\"", name);
    else
        return index;
    return -1;
}

static const struct config_field *read_part(struct config_build *build, const struct model_entity *entity,
                                            size_t part, const struct yaml_node *node)
{
    struct config_field *field = config_array(build, 1, sizeof *field);

    if (field)
        config_field_read(build, entity, entity->keys[part], true, node, field);
    return field;
}

static void unknown_part(struct config_build *build, const struct model_entity *entity,
                         const struct yaml_node *child)
{
    struct cdc_suggest suggest = cdc_suggest_start(child->key->text);
    char suggestion[CONFIG_SUGGEST_BYTES];

    for (size_t i = 0; i < entity->nkeys; i++)
        cdc_suggest_offer(&suggest, key_field(entity, i)->name);
    config_diag_key(build->diag, child, "\"%.100s\" is not a part of the key of %s%s", child->key->text,
                    entity->name, cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
}

static void read_key_map(struct config_build *build, const struct model_entity *entity,
                         const struct yaml_node *map, const struct config_field **parts)
{
    const struct yaml_node *child;

    for (child = map->first; child; child = child->next) {
        long part = key_part(entity, child->key->text);

        if (child->repeated)
            continue;
        if (part < 0)
            unknown_part(build, entity, child);
        else
            parts[part] = read_part(build, entity, (size_t)part, child);
    }
    for (size_t i = 0; i < entity->nkeys; i++)
        if (!parts[i] && !key_field(entity, i)->optional)
            config_diag_node(build->diag, map, "missing key part \"%s\"", key_field(entity, i)->name);
}

static void read_key(struct config_build *build, const struct yaml_node *node, struct config_mapping *mapping)
{
    const struct model_entity *entity = mapping->entity;
    const struct config_field **parts = config_array(build, entity->nkeys, sizeof *parts);

    mapping->keys = parts;
    if (!parts)
        return;
    if (node->kind == YAML_MAP)
        read_key_map(build, entity, node, parts);
    else if (node->kind == YAML_SCALAR && entity->nkeys == 1)
        parts[0] = read_part(build, entity, 0, node);
    else
        (void)config_node_is_map(build->diag, node);
}

static void read_fields(struct config_build *build, const struct yaml_node *map,
                        struct config_mapping *mapping)
{
    const struct yaml_node *child;
    struct config_field *fields;

    if (!config_node_is_map(build->diag, map) || !config_node_has_children(build->diag, map))
        return;
    fields = config_array(build, map->n, sizeof *fields);
    if (!fields)
        return;
    for (child = map->first; child; child = child->next) {
        long index = child->repeated ? -1 : field_index(build, mapping->entity, child);

        if (index >= 0)
            config_field_read(build, mapping->entity, (size_t)index, false, child,
                              &fields[mapping->nfields++]);
    }
    mapping->fields = fields;
}

static const char *read_match(struct config_build *build, const struct yaml_node *node)
{
    if (yaml_is_null(node))
        return NULL;
    if (!config_node_is_string(build->diag, node))
        return NULL;
    if (config_template_has_variable(node->text))
        config_diag_node(build->diag, node, "files, variables and credentials are not read in tables");
    return config_copy(build, node->text);
}

/* value | [values] | {not: value or values} */
static void read_condition(struct config_build *build, const struct yaml_node *node,
                           struct config_condition *condition)
{
    static const char *const not_keys[] = {"not", NULL};
    const struct yaml_node *item;
    const char **values;

    condition->pos = config_pos_of(node);
    condition->column = config_copy(build, node->key->text);
    if (node->kind == YAML_MAP) {
        config_node_known(build->diag, node, not_keys);
        condition->negate = true;
        node = config_node_required(build->diag, node, "not");
        if (!node)
            return;
    }
    if (node->kind == YAML_MAP) {
        config_diag_node(build->diag, node, "expected a value or a list of values, found a map");
        return;
    }
    if (node->kind == YAML_LIST && !config_node_has_children(build->diag, node))
        return;
    values = config_array(build, node->n + 1, sizeof *values);
    if (!values)
        return;
    condition->values = values;
    if (node->kind == YAML_SCALAR)
        values[condition->nvalues++] = read_match(build, node);
    for (item = node->first; item; item = item->next)
        values[condition->nvalues++] = read_match(build, item);
}

static void read_where(struct config_build *build, const struct yaml_node *map,
                       struct config_mapping *mapping)
{
    struct config_condition *conditions;
    const struct yaml_node *child;

    if (!config_node_is_map(build->diag, map) || !config_node_has_children(build->diag, map))
        return;
    conditions = config_array(build, map->n, sizeof *conditions);
    if (!conditions)
        return;
    for (child = map->first; child; child = child->next) {
        if (child->repeated)
            continue;
        if (!*child->key->text)
            config_diag_key(build->diag, child, "a column without a name");
        read_condition(build, child, &conditions[mapping->nconditions++]);
    }
    mapping->conditions = conditions;
}

static void read_set(struct config_build *build, const struct yaml_node *map, struct config_mapping *mapping)
{
    const struct model_entity *entity = mapping->entity;
    const struct yaml_node *child;
    struct config_set *set;

    mapping->on_delete = CONFIG_DELETE_SET;
    if (!config_node_is_map(build->diag, map) || !config_node_has_children(build->diag, map))
        return;
    set = config_array(build, map->n, sizeof *set);
    if (!set)
        return;
    for (child = map->first; child; child = child->next) {
        long index = child->repeated ? -1 : field_index(build, entity, child);

        if (index < 0)
            continue;
        set[mapping->nset].field = (size_t)index;
        if (!yaml_is_null(child))
            set[mapping->nset].value = config_field_value(build, &entity->fields[index], child);
        mapping->nset++;
    }
    mapping->set = set;
}

/* delete | ignore | {set: {field: value}} */
static void read_on_delete(struct config_build *build, const struct yaml_node *node,
                           struct config_mapping *mapping)
{
    static const char *const words[] = {"delete", "ignore", NULL};
    static const char *const keys[] = {"set", NULL};
    const struct yaml_node *set;

    if (node->kind != YAML_MAP) {
        if (config_node_choice(build->diag, node,
                               "way to treat deletes (delete, ignore, {set: {FIELD: VALUE}})", words) == 1)
            mapping->on_delete = CONFIG_DELETE_IGNORE;
        return;
    }
    config_node_known(build->diag, node, keys);
    set = config_node_required(build->diag, node, "set");
    if (set)
        read_set(build, set, mapping);
}

void config_mapping_read(struct config_build *build, const struct yaml_node *node,
                         struct config_mapping *mapping)
{
    const struct yaml_node *entity, *key, *fields, *where, *on_delete;

    mapping->pos = config_pos_of(node);
    if (!config_node_is_map(build->diag, node))
        return;
    config_node_known(build->diag, node, mapping_keys);
    entity = config_node_required(build->diag, node, "entity");
    key = config_node_required(build->diag, node, "key");
    fields = config_node_required(build->diag, node, "fields");
    where = yaml_child(node, "where");
    on_delete = yaml_child(node, "on_delete");
    if (where)
        read_where(build, where, mapping);
    mapping->entity = entity ? find_entity(build, entity) : NULL;
    if (!mapping->entity)
        return; /* nothing to check the rest against */
    if (key)
        read_key(build, key, mapping);
    if (fields)
        read_fields(build, fields, mapping);
    if (on_delete)
        read_on_delete(build, on_delete, mapping);
}
