/*
 * `agree` and `due` of a configuration (config_duties.h), both maps by entity: read, checked against the model, printed.
 * Loading thread; what is wrong goes to the list of errors.
 */
#include "config/config_duties.h"

#include <string.h>

#include "config/config_node.h"
#include "config/config_scalar.h"
#include "model/model_agree.h"
#include "model/model_verbs.h"

#include "cdc/suggest.h"

static const char *const due_keys[] = {"after", NULL};

/* The entity that a map's child is about. */
static const struct model_entity *find_entity(struct config_build *build, const struct yaml_node *child)
{
    const struct model *model = build->config->model;
    const struct model_entity *entity = model_find(model, child->key->text);
    struct cdc_suggest suggest;
    char suggestion[CONFIG_SUGGEST_BYTES];

    if (entity)
        return entity;
    suggest = cdc_suggest_start(child->key->text);
    for (size_t i = 0; i < model_count(model); i++)
        cdc_suggest_offer(&suggest, model_at(model, i)->name);
    config_diag_key(build->diag, child, "unknown entity \"%.100s\"%s", child->key->text,
                    cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
    return NULL;
}

static bool is_filled_map(struct config_build *build, const struct yaml_node *map)
{
    return config_node_is_map(build->diag, map) && config_node_has_children(build->diag, map);
}

/* ---- agree ---- */

static void read_agreement(struct config_build *build, const struct yaml_node *child,
                           struct config_agree *agree)
{
    agree->pos = config_pos_of(child->key);
    agree->entity = find_entity(build, child);
    if (!agree->entity)
        return;
    if (!model_has_verb(agree->entity, MODEL_DIVERGED) || !model_has_verb(agree->entity, MODEL_CONVERGED))
        config_diag_key(build->diag, child,
                        "the model has no events %s.diverged and %s.converged: list both verbs as derived",
                        agree->entity->name, agree->entity->name);
    model_agree_read(&agree->agree, agree->entity, build->arena, build->diag, child);
}

static void read_agreements(struct config_build *build, const struct yaml_node *map)
{
    struct config_agree *agrees;

    if (!is_filled_map(build, map))
        return;
    build->config->agrees = agrees = config_array(build, map->n, sizeof *agrees);
    for (const struct yaml_node *child = map->first; agrees && child; child = child->next)
        if (!child->repeated)
            read_agreement(build, child, &agrees[build->config->nagrees++]);
}

/* ---- due ---- */

static void read_after(struct config_build *build, const struct yaml_node *node, struct config_due *due)
{
    const char *why;

    if (!config_node_is_string(build->diag, node))
        return;
    why = config_scalar_duration(node->text, &due->after_ms);
    if (!why && due->after_ms && (due->after_ms < MODEL_DUE_MIN_MS || due->after_ms > MODEL_DUE_MAX_MS))
        why = "is out of range: from 1s to 3650d, or 0s for never";
    if (why)
        config_diag_node(build->diag, node, "\"%.100s\" %s", node->text, why);
}

static void read_due(struct config_build *build, const struct yaml_node *child, struct config_due *due)
{
    const struct yaml_node *after;

    due->pos = config_pos_of(child->key);
    due->entity = find_entity(build, child);
    if (due->entity && !due->entity->due.verb)
        config_diag_key(build->diag, child, "the model says nothing about what time brings about for %s",
                        due->entity->name);
    if (!config_node_is_map(build->diag, child))
        return;
    config_node_known(build->diag, child, due_keys);
    after = config_node_required(build->diag, child, "after");
    if (after)
        read_after(build, after, due);
}

static void read_dues(struct config_build *build, const struct yaml_node *map)
{
    struct config_due *dues;

    if (!is_filled_map(build, map))
        return;
    build->config->dues = dues = config_array(build, map->n, sizeof *dues);
    for (const struct yaml_node *child = map->first; dues && child; child = child->next)
        if (!child->repeated)
            read_due(build, child, &dues[build->config->ndues++]);
}

void config_duties_read(struct config_build *build, const struct yaml_node *root)
{
    const struct yaml_node *agree = yaml_child(root, "agree"), *due = yaml_child(root, "due");

    if (agree)
        read_agreements(build, agree);
    if (due)
        read_dues(build, due);
}

/* ---- printing and comparing ---- */

static void print_agreement(const struct config_agree *agree, FILE *out)
{
    const struct model_entity *entity = agree->entity;
    bool more = false;

    fprintf(out, "  %s: {fields: [", entity->name);
    for (size_t i = 0; i < agree->agree.nfields; i++)
        fprintf(out, "%s%s", i ? ", " : "", entity->fields[agree->agree.fields[i]].name);
    fputs("], across: [", out);
    for (size_t i = 0; i < entity->nkeys; i++)
        if (agree->agree.across[i]) {
            fprintf(out, "%s%s", more ? ", " : "", entity->fields[entity->keys[i]].name);
            more = true;
        }
    fputs("]}\n", out);
}

void config_duties_print(const struct config *config, FILE *out)
{
    char text[CONFIG_SCALAR_TEXT];

    if (config->nagrees)
        fputs("agree:\n", out);
    for (size_t i = 0; i < config->nagrees; i++)
        print_agreement(&config->agrees[i], out);
    if (config->ndues)
        fputs("due:\n", out);
    for (size_t i = 0; i < config->ndues; i++)
        fprintf(out, "  %s: {after: %s}\n", config->dues[i].entity->name,
                config_scalar_print_duration(config->dues[i].after_ms, text));
}

static bool same_agreement(const struct config_agree *a, const struct config_agree *b)
{
    if (strcmp(a->entity->name, b->entity->name) != 0 || a->agree.nfields != b->agree.nfields ||
        a->entity->nkeys != b->entity->nkeys)
        return false;
    for (size_t i = 0; i < a->agree.nfields; i++)
        if (a->agree.fields[i] != b->agree.fields[i])
            return false;
    return memcmp(a->agree.across, b->agree.across, a->entity->nkeys * sizeof *a->agree.across) == 0;
}

bool config_duties_same_agreement(const struct config *a, const struct config *b)
{
    if (a->nagrees != b->nagrees)
        return false;
    for (size_t i = 0; i < a->nagrees; i++)
        if (!same_agreement(&a->agrees[i], &b->agrees[i]))
            return false;
    return true;
}
