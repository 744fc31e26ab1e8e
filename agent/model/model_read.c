/*
 * The canonical model from YAML: the file, its entities and their fields. Runs on the thread that loads; every error
 * gets its place, and nothing stops at the first one. Transition rules: model_rules.c; what the store does besides:
 * model_duties.c.
 */
#include "model/model_read.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_node.h"

#include "cdc/suggest.h"

#define NAME_MAX_BYTES 63

static const char *const model_keys[] = {"version", "entities", NULL};
static const char *const entity_keys[] = {"term",   "meaning", "key",    "verbs", "transitions", "derived",
                                          "fields", "links",   "erases", "agree", "due",         NULL};
static const char *const verb_keys[] = {"insert", "update", "delete", NULL};
static const char *const field_keys[] = {"type",     "meaning",     "values", "personal",
                                         "optional", "keep_source", NULL};
static const char *const type_names[] = {"string", "decimal", "integer", "boolean", "time",
                                         "date",   "enum",    "json",    "ref",     NULL};

void *model_array(struct cdc_arena *arena, struct config_diag *diag, size_t n, size_t size)
{
    void *array = cdc_arena_alloc(arena, n * size + 1);

    if (array)
        memset(array, 0, n * size + 1);
    else
        diag->failed = true;
    return array;
}

static const char *copy(struct cdc_arena *arena, struct config_diag *diag, const char *text)
{
    const char *str = cdc_arena_str(arena, cdc_slice_str(text));

    if (!str)
        diag->failed = true;
    return str;
}

static bool is_name(const char *text)
{
    size_t len = strlen(text);

    return text[0] >= 'a' && text[0] <= 'z' && len <= NAME_MAX_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

const char *model_read_name(struct cdc_arena *arena, struct config_diag *diag, const struct yaml_node *node)
{
    if (!config_node_is_string(diag, node))
        return NULL;
    if (is_name(node->text))
        return copy(arena, diag, node->text);
    config_diag_node(diag, node, "\"%.100s\" is not a name (a-z, 0-9 and _, starting with a letter)",
                     node->text);
    return NULL;
}

const char *model_read_verb(struct cdc_arena *arena, struct config_diag *diag, const struct yaml_node *node)
{
    const char *verb = model_read_name(arena, diag, node);

    if (!verb || (strcmp(verb, "snapshot") != 0 && strcmp(verb, "truncated") != 0))
        return verb;
    config_diag_node(diag, node, "\"%s\" is an event of the program itself", verb);
    return NULL;
}

static const char *key_name(struct cdc_arena *arena, struct config_diag *diag, const struct yaml_node *child)
{
    if (is_name(child->key->text))
        return copy(arena, diag, child->key->text);
    config_diag_key(diag, child, "\"%.100s\" is not a name (a-z, 0-9 and _, starting with a letter)",
                    child->key->text);
    return NULL;
}

static const char *read_text(struct cdc_arena *arena, struct config_diag *diag, const struct yaml_node *map,
                             const char *name, bool required)
{
    const struct yaml_node *node = required ? config_node_required(diag, map, name) : yaml_child(map, name);

    if (!node || !config_node_is_string(diag, node))
        return NULL;
    return copy(arena, diag, node->text);
}

/* A list of names, each once. */
static const char *const *read_names(struct cdc_arena *arena, struct config_diag *diag,
                                     const struct yaml_node *list, size_t *n)
{
    const char **names;
    const struct yaml_node *item;

    *n = 0;
    if (!config_node_is_list(diag, list) || !config_node_has_children(diag, list))
        return NULL;
    names = model_array(arena, diag, list->n, sizeof *names);
    for (item = list->first; names && item; item = item->next) {
        const char *name = model_read_name(arena, diag, item);
        for (size_t i = 0; name && i < *n; i++)
            if (strcmp(names[i], name) == 0) {
                config_diag_node(diag, item, "\"%s\" stands here twice", name);
                name = NULL;
            }
        if (name)
            names[(*n)++] = name;
        if (*n > MODEL_MAX_FIELDS) {
            config_diag_node(diag, list, "more than %d names", MODEL_MAX_FIELDS);
            break;
        }
    }
    return names;
}

static bool read_flag(struct config_diag *diag, const struct yaml_node *map, const char *name)
{
    const struct yaml_node *node = yaml_child(map, name);

    return node && config_node_bool(diag, node);
}

static void read_field(struct model_field *field, struct cdc_arena *arena, struct config_diag *diag,
                       const struct yaml_node *node)
{
    const struct yaml_node *type, *values;
    int choice;

    if (!config_node_is_map(diag, node))
        return;
    config_node_known(diag, node, field_keys);
    type = config_node_required(diag, node, "type");
    choice = type ? config_node_choice(diag, type, "type", type_names) : -1;
    field->type = choice < 0 ? MODEL_STRING : (enum model_type)choice;
    field->meaning = read_text(arena, diag, node, "meaning", true);
    field->personal = read_flag(diag, node, "personal");
    field->keep_source = read_flag(diag, node, "keep_source");
    field->optional = read_flag(diag, node, "optional");
    values = yaml_child(node, "values");
    if (values)
        field->values = read_names(arena, diag, values, &field->nvalues);
    if (choice >= 0 && values && field->type != MODEL_ENUM)
        config_diag_node(diag, values, "only an enum has values");
    if (choice >= 0 && !values && field->type == MODEL_ENUM)
        config_diag_node(diag, node, "an enum needs \"values\"");
}

static void read_fields(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                        const struct yaml_node *map)
{
    const struct yaml_node *child;
    struct model_field *fields;

    if (!config_node_is_map(diag, map) || !config_node_has_children(diag, map))
        return;
    if (map->n > MODEL_MAX_FIELDS) {
        config_diag_node(diag, map, "more than %d fields", MODEL_MAX_FIELDS);
        return;
    }
    fields = model_array(arena, diag, map->n, sizeof *fields);
    for (child = map->first; fields && child; child = child->next) {
        struct model_field *field = &fields[entity->nfields];

        if (child->repeated)
            continue;
        *field = (struct model_field){0}; /* a wrong name before it may have left something */
        field->name = key_name(arena, diag, child);
        read_field(field, arena, diag, child);
        entity->nfields += field->name != NULL;
    }
    entity->fields = fields;
}

/* `source_<field>` is made by the program for every field that keeps its source's value. */
static void check_source_names(const struct model_entity *entity, struct config_diag *diag,
                               const struct yaml_node *map)
{
    for (size_t i = 0; i < entity->nfields; i++) {
        char name[NAME_MAX_BYTES + sizeof "source_"];
        const struct yaml_node *child;

        snprintf(name, sizeof name, "source_%s", entity->fields[i].name);
        child = entity->fields[i].keep_source ? yaml_child(map, name) : NULL;
        if (child)
            config_diag_key(diag, child, "\"%s\" is made by itself, because \"%s\" has keep_source", name,
                            entity->fields[i].name);
    }
}

long model_read_index(const struct model_entity *entity, struct config_diag *diag,
                      const struct yaml_node *node)
{
    struct cdc_suggest suggest;
    char suggestion[CONFIG_SUGGEST_BYTES];
    long index;

    if (!config_node_is_string(diag, node))
        return -1;
    index = model_field_index(entity, node->text);
    if (index >= 0)
        return index;
    suggest = cdc_suggest_start(node->text);
    for (size_t i = 0; i < entity->nfields; i++)
        cdc_suggest_offer(&suggest, entity->fields[i].name);
    config_diag_node(diag, node, "unknown field \"%.100s\"%s", node->text,
                     cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
    return -1;
}

static bool is_key(const struct model_entity *entity, size_t field)
{
    for (size_t i = 0; i < entity->nkeys; i++)
        if (entity->keys[i] == field)
            return true;
    return false;
}

static void read_key(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                     const struct yaml_node *list)
{
    const struct yaml_node *item;
    size_t *keys;

    if (!config_node_is_list(diag, list) || !config_node_has_children(diag, list))
        return;
    entity->keys = keys = model_array(arena, diag, list->n, sizeof *keys);
    for (item = list->first; keys && item; item = item->next) {
        long index = model_read_index(entity, diag, item);

        if (index >= 0 && is_key(entity, (size_t)index))
            config_diag_node(diag, item, "\"%s\" stands here twice", item->text);
        else if (index >= 0)
            keys[entity->nkeys++] = (size_t)index;
    }
    if (entity->nkeys && entity->fields[entity->keys[0]].optional)
        config_diag_node(diag, list, "the first part of a key cannot be optional");
}

static void check_optional(const struct model_entity *entity, struct config_diag *diag,
                           const struct yaml_node *map)
{
    for (size_t i = 0; i < entity->nfields; i++)
        if (entity->fields[i].optional && !is_key(entity, i))
            config_diag_node(diag, yaml_child(map, entity->fields[i].name),
                             "\"optional\" is for parts of the key; other fields always are");
}

static void read_verbs(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                       const struct yaml_node *map)
{
    const char **verbs[] = {&entity->verb_insert, &entity->verb_update, &entity->verb_delete};

    if (!config_node_is_map(diag, map))
        return;
    config_node_known(diag, map, verb_keys);
    for (size_t i = 0; verb_keys[i]; i++) {
        const struct yaml_node *verb = config_node_required(diag, map, verb_keys[i]);
        *verbs[i] = verb ? model_read_verb(arena, diag, verb) : NULL;
    }
}

static void read_derived(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                         const struct yaml_node *list)
{
    const struct yaml_node *item;

    entity->derived = read_names(arena, diag, list, &entity->nderived);
    for (item = list->first; item && list->kind == YAML_LIST; item = item->next)
        if (item->text && is_name(item->text))
            (void)model_read_verb(arena, diag, item);
}

void model_read_entity(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                       const struct yaml_node *node)
{
    const struct yaml_node *fields, *key, *verbs, *derived, *transitions;

    if (!config_node_is_map(diag, node))
        return;
    config_node_known(diag, node, entity_keys);
    entity->term = read_text(arena, diag, node, "term", false);
    entity->meaning = read_text(arena, diag, node, "meaning", true);
    fields = config_node_required(diag, node, "fields");
    key = config_node_required(diag, node, "key");
    verbs = config_node_required(diag, node, "verbs");
    transitions = yaml_child(node, "transitions");
    derived = yaml_child(node, "derived");
    if (fields)
        read_fields(entity, arena, diag, fields);
    if (key)
        read_key(entity, arena, diag, key);
    if (fields) {
        check_source_names(entity, diag, fields);
        check_optional(entity, diag, fields);
    }
    if (verbs)
        read_verbs(entity, arena, diag, verbs);
    if (transitions)
        model_read_transitions(entity, arena, diag, transitions);
    if (derived)
        read_derived(entity, arena, diag, derived);
    model_read_duties(entity, arena, diag, node);
}

static void read_entities(struct model *model, struct config_diag *diag, const struct yaml_node *map)
{
    const struct yaml_node *child;

    if (!config_node_is_map(diag, map) || !config_node_has_children(diag, map))
        return;
    if (map->n > MODEL_MAX_ENTITIES) {
        config_diag_node(diag, map, "more than %d entities", MODEL_MAX_ENTITIES);
        return;
    }
    model->entities = model_array(&model->arena, diag, map->n, sizeof *model->entities);
    for (child = map->first; model->entities && child; child = child->next) {
        struct model_entity *entity = &model->entities[model->n];

        if (child->repeated)
            continue;
        *entity = (struct model_entity){0}; /* a wrong name before it may have left something */
        entity->name = key_name(&model->arena, diag, child);
        model_read_entity(entity, &model->arena, diag, child);
        model->n += entity->name != NULL;
    }
}

static void read_root(struct model *model, struct config_diag *diag, const struct yaml_node *root)
{
    const struct yaml_node *version, *entities;

    if (!config_node_is_map(diag, root))
        return;
    config_node_known(diag, root, model_keys);
    version = config_node_required(diag, root, "version");
    if (version && config_node_is_string(diag, version) && strcmp(version->text, "1") != 0)
        config_diag_node(diag, version, "\"%.20s\" is not supported: this program reads version 1",
                         version->text);
    entities = config_node_required(diag, root, "entities");
    if (entities)
        read_entities(model, diag, entities);
}

void model_read(struct model *model, const char *text, size_t len, struct config_diag *diag)
{
    struct cdc_arena tree;
    struct yaml_node *root;

    cdc_arena_init(&tree, MODEL_MAX_BYTES);
    if (yaml_read(&root, &tree, text, len, diag) == 0) {
        config_node_unique(diag, root);
        read_root(model, diag, root);
    }
    cdc_arena_fini(&tree);
}
