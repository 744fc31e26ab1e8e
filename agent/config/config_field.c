/*
 * Field specs of the configuration (config_field.h), checked against the model: what has no meaning for the field's
 * type is an error here, before any row comes. Loading thread.
 */
#include "config/config_field.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_object.h"
#include "config/config_pii.h"
#include "config/config_scalar.h"
#include "config/config_template.h"
#include "config/config_value.h"

#define MAX_SCALE 18

static const char *const spec_keys[] = {"column", "template",  "const", "json",   "scale", "timezone",
                                        "values", "otherwise", "pii",   "system", NULL};

/* A spec in long form while it is read. */
struct spec {
    struct config_build *build;
    const struct model_field *model;
    bool key;
    const struct yaml_node *map;
    struct config_field *field;
};

const char *config_field_value(struct config_build *build, const struct model_field *model,
                               const struct yaml_node *node)
{
    if (!config_node_is_string(build->diag, node))
        return NULL;
    if (config_template_has_variable(node->text)) {
        config_diag_node(build->diag, node, "files, variables and credentials are not read in tables");
        return NULL;
    }
    return config_value_is(build->diag, node, model) ? config_copy(build, node->text) : NULL;
}

static void read_column(struct config_build *build, const struct yaml_node *node, struct config_field *field)
{
    const char *why;

    if (!config_node_is_string(build->diag, node))
        return;
    why = config_scalar_word(node->text);
    if (why)
        config_diag_node(build->diag, node, "the column's name %s", why);
    field->from = CONFIG_FROM_COLUMN;
    field->column = config_copy(build, node->text);
}

static void read_template(struct config_build *build, const struct yaml_node *node,
                          struct config_field *field)
{
    field->from = CONFIG_FROM_TEMPLATE;
    if (config_node_is_string(build->diag, node))
        (void)config_template_read(build, node, field);
}

static void read_object(struct spec *s, const struct yaml_node *node)
{
    if (s->key)
        config_diag_node(s->build->diag, node, "a part of the key cannot be a JSON object");
    else if (s->model->type != MODEL_JSON)
        config_diag_node(s->build->diag, node,
                         "an object is for fields of type json, and \"%s\" is of type %s", s->model->name,
                         model_type_name(s->model->type));
    else
        config_object_read(s->build, node, s->field);
}

/* column, template, const or json: exactly one. */
static void read_from(struct spec *s)
{
    const struct yaml_node *column = yaml_child(s->map, "column"), *template = yaml_child(s->map, "template");
    const struct yaml_node *constant = yaml_child(s->map, "const"), *json = yaml_child(s->map, "json");
    int given = (column != NULL) + (template != NULL) + (constant != NULL) + (json != NULL);

    if (given != 1) {
        config_diag_node(s->build->diag, s->map, "needs %s of column, template, const and json",
                         given ? "only one" : "one");
        return;
    }
    if (json)
        read_object(s, json);
    if (column)
        read_column(s->build, column, s->field);
    if (template)
        read_template(s->build, template, s->field);
    if (!constant)
        return;
    s->field->from = CONFIG_FROM_CONST;
    s->field->constant = config_field_value(s->build, s->model, constant);
}

/* What is done to a value has no meaning for a constant: it can be written as it shall be. */
static bool refuse_const(struct spec *s, const struct yaml_node *node)
{
    if (!yaml_child(s->map, "const"))
        return false;
    config_diag_key(s->build->diag, node, "\"%s\" beside \"const\": write the constant as it shall be",
                    node->key->text);
    return true;
}

static void read_scale(struct spec *s, const struct yaml_node *node)
{
    int64_t scale;

    if (!config_node_is_string(s->build->diag, node) || refuse_const(s, node))
        return;
    if (config_scalar_integer(node->text, &scale) || scale < -MAX_SCALE || scale > MAX_SCALE)
        config_diag_node(s->build->diag, node, "\"%.100s\" is not a whole number from -%d to %d", node->text,
                         MAX_SCALE, MAX_SCALE);
    else if (s->model->type != MODEL_DECIMAL && s->model->type != MODEL_INTEGER)
        config_diag_key(s->build->diag, node, "\"scale\" is for numbers, and \"%s\" is of type %s",
                        s->model->name, model_type_name(s->model->type));
    else if (yaml_child(s->map, "values"))
        config_diag_key(s->build->diag, node, "\"scale\" beside \"values\": the values are used as they are");
    else
        s->field->scale = (int)scale;
}

static void read_timezone(struct spec *s, const struct yaml_node *node)
{
    const char *why;

    if (!config_node_is_string(s->build->diag, node) || refuse_const(s, node))
        return;
    why = config_scalar_timezone(node->text);
    if (why)
        config_diag_node(s->build->diag, node, "\"%.100s\" %s", node->text, why);
    else if (s->model->type != MODEL_TIME && s->model->type != MODEL_DATE)
        config_diag_key(s->build->diag, node, "\"timezone\" is for times and dates, and \"%s\" is of type %s",
                        s->model->name, model_type_name(s->model->type));
    else
        s->field->timezone = config_copy(s->build, node->text);
}

static void read_pair(struct spec *s, const struct yaml_node *child, struct config_pair *pair)
{
    if (yaml_is_null(child->key))
        config_diag_key(s->build->diag, child, "NULL stays NULL; write \"null\" in quotes for the text");
    pair->from = config_copy(s->build, child->key->text);
    if (!yaml_is_null(child))
        pair->to = config_field_value(s->build, s->model, child);
    else if (s->key)
        config_diag_node(s->build->diag, child, "a part of the key cannot be null");
}

/* A JSON object has no source text of its own that could be looked up. */
static bool refuse_object(struct spec *s, const struct yaml_node *node)
{
    if (!yaml_child(s->map, "json"))
        return false;
    config_diag_key(s->build->diag, node, "\"%s\" beside \"json\" has no meaning", node->key->text);
    return true;
}

static void read_values(struct spec *s, const struct yaml_node *node)
{
    const struct yaml_node *child;
    struct config_pair *pairs;

    if (!config_node_is_map(s->build->diag, node) || !config_node_has_children(s->build->diag, node) ||
        refuse_const(s, node) || refuse_object(s, node))
        return;
    pairs = config_array(s->build, node->n, sizeof *pairs);
    if (!pairs)
        return;
    for (child = node->first; child; child = child->next)
        if (!child->repeated)
            read_pair(s, child, &pairs[s->field->nvalues++]);
    s->field->values = pairs;
}

static void read_otherwise(struct spec *s, const struct yaml_node *node)
{
    if (refuse_const(s, node) || refuse_object(s, node))
        return;
    if (!yaml_child(s->map, "values") && s->model->type != MODEL_ENUM) {
        config_diag_key(s->build->diag, node, "\"otherwise\" needs \"values\"");
    } else if (yaml_is_null(node)) {
        s->field->otherwise = CONFIG_OTHERWISE_NULL;
        if (s->key)
            config_diag_node(s->build->diag, node, "a part of the key cannot be null");
    } else if (yaml_is_word(node, "pass")) {
        s->field->otherwise = CONFIG_OTHERWISE_PASS;
    } else if (!yaml_is_word(node, "reject")) {
        s->field->otherwise = CONFIG_OTHERWISE_VALUE;
        s->field->otherwise_value = config_field_value(s->build, s->model, node);
    }
}

/* Whether the rule leaves a value of the field's type; and in a key, a value that still tells rows apart. */
static void check_pii(struct spec *s, const struct yaml_node *node)
{
    enum model_type type = s->model->type;
    enum config_pii pii = s->field->pii;

    if (s->key && pii != CONFIG_PII_HMAC)
        config_diag_node(s->build->diag, node, "a part of the key can only have pii: hmac");
    else if (pii == CONFIG_PII_HMAC && type != MODEL_STRING && type != MODEL_REF)
        config_diag_node(s->build->diag, node, "hmac is for strings and references, and \"%s\" is of type %s",
                         s->model->name, model_type_name(type));
    else if ((pii == CONFIG_PII_MASK || pii == CONFIG_PII_TRUNCATE) && type != MODEL_STRING)
        config_diag_node(s->build->diag, node, "mask and truncate are for strings, and \"%s\" is of type %s",
                         s->model->name, model_type_name(type));
    else if (pii == CONFIG_PII_HMAC && !s->build->pii_given)
        config_diag_node(s->build->diag, node, "hmac needs a secret in the top-level setting pii.key");
}

static void read_pii(struct spec *s, const struct yaml_node *node)
{
    if (refuse_const(s, node))
        return;
    if (config_pii_read(s->build, node, &s->field->pii, &s->field->truncate))
        check_pii(s, node);
}

static void read_system(struct spec *s, const struct yaml_node *node)
{
    const char *why;

    if (!config_node_is_string(s->build->diag, node))
        return;
    why = config_scalar_system(node->text);
    if (why)
        config_diag_node(s->build->diag, node, "\"%.100s\" %s", node->text, why);
    else if (s->model->type != MODEL_REF)
        config_diag_key(s->build->diag, node, "\"system\" is for references, and \"%s\" is of type %s",
                        s->model->name, model_type_name(s->model->type));
    else
        s->field->system = config_copy(s->build, node->text);
}

static const struct {
    const char *name;
    void (*read)(struct spec *s, const struct yaml_node *node);
} attributes[] = {
    {"scale", read_scale},         {"timezone", read_timezone}, {"values", read_values},
    {"otherwise", read_otherwise}, {"pii", read_pii},           {"system", read_system},
};

static void read_long(struct spec *s)
{
    config_node_known(s->build->diag, s->map, spec_keys);
    read_from(s);
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const struct yaml_node *node = yaml_child(s->map, attributes[i].name);
        if (node)
            attributes[i].read(s, node);
    }
}

void config_field_read(struct config_build *build, const struct model_entity *entity, size_t index, bool key,
                       const struct yaml_node *node, struct config_field *field)
{
    struct spec s = {
        .build = build, .model = &entity->fields[index], .key = key, .map = node, .field = field};

    *field = (struct config_field){.pos = config_pos_of(node), .field = index};
    if (node->kind == YAML_MAP)
        read_long(&s);
    else if (node->kind == YAML_LIST || yaml_is_null(node))
        config_diag_node(build->diag, node, "expected a column, a template or a map, found %s",
                         node->kind == YAML_LIST ? "a list" : "nothing");
    else if (config_template_is(node->text))
        read_template(build, node, field);
    else
        read_column(build, node, field);
}
