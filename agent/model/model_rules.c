/*
 * Transition rules of an entity, from YAML: `{field: status, from: …, to: …, verb: cancelled, on: [insert, update]}`.
 * `from` and `to` may be lists; each combination becomes a rule, in order. Part of reading the model (model_read.h).
 */
#include "model/model_read.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_value.h"

#define MAX_RULES 256 /* per entity, lists spread out */

static const char *const rule_keys[] = {"field", "from", "to", "verb", "on", NULL};
static const char *const on_names[] = {"insert", "update", NULL};

struct rules {
    struct model_entity *entity;
    struct model_transition *list;
    struct cdc_arena *arena;
    struct config_diag *diag;
};

/* `from` and `to`: absent, one value, or a list of values. */
static bool check_values(struct rules *rules, const struct yaml_node *node, const struct model_field *field)
{
    const struct yaml_node *item;
    bool ok = true;

    if (!node)
        return true;
    if (node->kind != YAML_LIST)
        return config_value_is(rules->diag, node, field);
    for (item = node->first; item; item = item->next)
        ok = config_value_is(rules->diag, item, field) && ok;
    return config_node_has_children(rules->diag, node) && ok;
}

static unsigned read_on(struct rules *rules, const struct yaml_node *node)
{
    const struct yaml_node *item;
    unsigned on = 0;

    if (!node)
        return MODEL_ON_UPDATE;
    if (!config_node_is_list(rules->diag, node) || !config_node_has_children(rules->diag, node))
        return MODEL_ON_UPDATE;
    for (item = node->first; item; item = item->next) {
        int choice = config_node_choice(rules->diag, item, "kind of change (insert, update)", on_names);
        on |= choice == 0 ? MODEL_ON_INSERT : choice == 1 ? MODEL_ON_UPDATE : 0;
    }
    return on;
}

static const char *copy_value(struct rules *rules, const struct yaml_node *node)
{
    const char *text;

    if (!node)
        return NULL;
    text = cdc_arena_str(rules->arena, cdc_slice_str(node->text));
    if (!text)
        rules->diag->failed = true;
    return text;
}

static const struct yaml_node *first_value(const struct yaml_node *node)
{
    return node && node->kind == YAML_LIST ? node->first : node;
}

static const struct yaml_node *next_value(const struct yaml_node *node)
{
    return node && node->up->kind == YAML_LIST ? node->next : NULL;
}

/* One rule for each pair of `from` and `to`; an absent one counts as a single NULL. */
static void spread(struct rules *rules, const struct model_transition *rule, const struct yaml_node *map)
{
    const struct yaml_node *from_first = first_value(yaml_child(map, "from")), *from = from_first;
    const struct yaml_node *to_first = first_value(yaml_child(map, "to")), *to;

    do {
        to = to_first;
        do {
            struct model_transition *next;

            if (rules->entity->ntransitions == MAX_RULES) {
                config_diag_node(rules->diag, map, "more than %d rules", MAX_RULES);
                return;
            }
            next = &rules->list[rules->entity->ntransitions++];
            *next = *rule;
            next->from = copy_value(rules, from);
            next->to = copy_value(rules, to);
        } while ((to = next_value(to)));
    } while ((from = next_value(from)));
}

static bool check_insert(struct rules *rules, const struct yaml_node *map, unsigned on)
{
    if (!(on & MODEL_ON_INSERT))
        return true;
    if (yaml_child(map, "from"))
        config_diag_node(rules->diag, map, "a rule for inserts has no \"from\": nothing was there before");
    else if (!yaml_child(map, "to"))
        config_diag_node(rules->diag, map, "a rule for inserts needs \"to\"");
    else
        return true;
    return false;
}

static void read_rule(struct rules *rules, const struct yaml_node *map)
{
    const struct yaml_node *name, *verb;
    struct model_transition rule = {0};
    long field;
    bool ok;

    if (!config_node_is_map(rules->diag, map))
        return;
    config_node_known(rules->diag, map, rule_keys);
    name = config_node_required(rules->diag, map, "field");
    field = name ? model_read_index(rules->entity, rules->diag, name) : -1;
    verb = config_node_required(rules->diag, map, "verb");
    rule.verb = verb ? model_read_verb(rules->arena, rules->diag, verb) : NULL;
    rule.on = read_on(rules, yaml_child(map, "on"));
    ok = check_insert(rules, map, rule.on) && field >= 0 && rule.verb;
    if (field < 0)
        return;
    rule.field = (size_t)field;
    ok = check_values(rules, yaml_child(map, "from"), &rules->entity->fields[field]) && ok;
    ok = check_values(rules, yaml_child(map, "to"), &rules->entity->fields[field]) && ok;
    if (ok)
        spread(rules, &rule, map);
}

void model_read_transitions(struct model_entity *entity, struct cdc_arena *arena, struct config_diag *diag,
                            const struct yaml_node *list)
{
    struct rules rules = {.entity = entity, .arena = arena, .diag = diag};
    const struct yaml_node *item;

    if (!config_node_is_list(diag, list))
        return;
    rules.list = model_array(arena, diag, MAX_RULES, sizeof *rules.list);
    if (!rules.list)
        return;
    entity->transitions = rules.list;
    for (item = list->first; item; item = item->next)
        read_rule(&rules, item);
}
