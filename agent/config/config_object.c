/*
 * JSON objects made of columns (config_object.h). The tree becomes a list: an object is followed by its members, which
 * are one deeper; so nothing after this needs recursion. Loading thread.
 */
#include "config/config_object.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_pii.h"
#include "config/config_print.h"
#include "config/config_scalar.h"
#include "config/config_template.h"

#define MAX_NAME 255

static const char *const member_keys[] = {"column", "json", "as", "pii", NULL};
static const char *const as_words[] = {
    [CONFIG_AS_KIND] = "",           [CONFIG_AS_STRING] = "string", [CONFIG_AS_NUMBER] = "number",
    [CONFIG_AS_BOOLEAN] = "boolean", [CONFIG_AS_JSON] = "json",     NULL,
};

struct object {
    struct config_build *build;
    struct config_member *members;
    size_t n;
};

/* ---- reading ---- */

static void read_column(struct object *object, const struct yaml_node *node, struct config_member *member)
{
    const char *why;

    if (!config_node_is_string(object->build->diag, node))
        return;
    why = config_scalar_word(node->text);
    if (why)
        config_diag_node(object->build->diag, node, "the column's name %s", why);
    else if (config_template_is(node->text))
        config_diag_node(object->build->diag, node, "a member of a JSON object is a column, not a template");
    member->column = config_copy(object->build, node->text);
}

static void read_as(struct object *object, const struct yaml_node *node, struct config_member *member)
{
    int choice = config_node_choice(object->build->diag, node, "form (string, number, boolean, json)",
                                    as_words + CONFIG_AS_STRING);

    if (choice >= 0)
        member->as = (enum config_as)(choice + CONFIG_AS_STRING);
}

static void read_pii(struct object *object, const struct yaml_node *node, struct config_member *member)
{
    struct config_build *build = object->build;

    if (!config_pii_read(build, node, &member->pii, &member->truncate) || member->pii == CONFIG_PII_DROP)
        return;
    if (member->as == CONFIG_AS_NUMBER || member->as == CONFIG_AS_BOOLEAN)
        config_diag_node(build->diag, node, "%s makes a string, and the member is a %s", node->text,
                         as_words[member->as]);
    else if (member->pii == CONFIG_PII_HMAC && !build->pii_given)
        config_diag_node(build->diag, node, "hmac needs a secret in the top-level setting pii.key");
}

/* The map of a member that is a column, or the attributes beside a `json` that are refused. */
static void read_long(struct object *object, const struct yaml_node *map, struct config_member *member)
{
    const struct yaml_node *column = yaml_child(map, "column"), *json = yaml_child(map, "json");
    const struct yaml_node *as = yaml_child(map, "as"), *pii = yaml_child(map, "pii");

    config_node_known(object->build->diag, map, member_keys);
    if (!column == !json)
        config_diag_node(object->build->diag, map, "needs %s of column and json", json ? "only one" : "one");
    if (json && as)
        config_diag_key(object->build->diag, as, "\"as\" is for columns");
    if (json && pii)
        config_diag_key(object->build->diag, pii, "\"pii\" is for columns: say it for each of them");
    if (json)
        return;
    if (column)
        read_column(object, column, member);
    if (as)
        read_as(object, as, member);
    if (pii)
        read_pii(object, pii, member);
}

static const struct yaml_node *read_member(struct object *object, const struct yaml_node *node,
                                           unsigned depth)
{
    struct config_member *member = &object->members[object->n++];
    const char *name = node->key->text;

    *member = (struct config_member){.pos = config_pos_of(node), .depth = depth};
    member->name = config_copy(object->build, name);
    if (!*name || strlen(name) > MAX_NAME)
        config_diag_key(object->build->diag, node, "a member's name has 1 to %d bytes", MAX_NAME);
    if (node->kind == YAML_MAP)
        read_long(object, node, member);
    else if (node->kind == YAML_LIST || yaml_is_null(node))
        config_diag_node(object->build->diag, node, "expected a column or a map, found %s",
                         node->kind == YAML_LIST ? "a list" : "nothing");
    else
        read_column(object, node, member);
    return member->column ? NULL : yaml_child(node, "json");
}

/* Depth is bounded here, so the recursion is. */
static void read_members(struct object *object, const struct yaml_node *map, unsigned depth)
{
    struct config_diag *diag = object->build->diag;

    if (!config_node_is_map(diag, map) || !config_node_has_children(diag, map))
        return;
    if (depth == CONFIG_OBJECT_DEPTH) {
        config_diag_node(diag, map, "is nested deeper than %d objects", CONFIG_OBJECT_DEPTH);
        return;
    }
    for (const struct yaml_node *child = map->first; child; child = child->next) {
        const struct yaml_node *inner;

        if (child->repeated)
            continue;
        if (object->n == CONFIG_OBJECT_MEMBERS) {
            config_diag_key(diag, child, "more than %d members", CONFIG_OBJECT_MEMBERS);
            return;
        }
        inner = read_member(object, child, depth);
        if (inner)
            read_members(object, inner, depth + 1);
    }
}

static size_t count_members(const struct yaml_node *map)
{
    size_t n = 0;

    for (const struct yaml_node *child = map->first; child; child = child->next) {
        const struct yaml_node *inner = yaml_child(child, "json");
        n += 1 + (inner ? count_members(inner) : 0);
    }
    return n;
}

void config_object_read(struct config_build *build, const struct yaml_node *map, struct config_field *field)
{
    size_t n = count_members(map);
    struct object object = {.build = build};

    field->from = CONFIG_FROM_JSON;
    if (n > CONFIG_OBJECT_MEMBERS)
        n = CONFIG_OBJECT_MEMBERS;
    object.members = config_array(build, n, sizeof *object.members);
    if (!object.members)
        return;
    read_members(&object, map, 0);
    field->members = object.members;
    field->nmembers = object.n;
}

/* ---- printing ---- */

static void print_close(unsigned from, unsigned to, FILE *out)
{
    while (from-- > to)
        fputs("}}", out);
}

void config_object_print(const struct config_field *field, FILE *out)
{
    unsigned depth = 0;

    fputs("json: {", out);
    for (size_t i = 0; i < field->nmembers; i++) {
        const struct config_member *member = &field->members[i];

        print_close(depth, member->depth, out);
        fputs(i && member->depth <= depth ? ", " : "", out);
        depth = member->depth;
        config_print_text(member->name, out);
        if (!member->column) {
            fputs(": {json: {", out);
            continue;
        }
        fputs(": {column: ", out);
        config_print_text(member->column, out);
        if (member->as != CONFIG_AS_KIND)
            fprintf(out, ", as: %s", as_words[member->as]);
        config_pii_print(member->pii, member->truncate, out);
        fputc('}', out);
    }
    print_close(depth, 0, out);
    fputc('}', out);
}
