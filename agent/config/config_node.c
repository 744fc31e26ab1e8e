/*
 * Checks that every reader of a YAML tree needs (config_node.h): between yaml.c, which knows no meaning, and the
 * readers of the configuration and the model. On the loading thread; what is wrong goes to the list of errors.
 */
#include "config/config_node.h"

#include <stdlib.h>
#include <string.h>

#include "cdc/suggest.h"

static int by_key(const void *left, const void *right)
{
    const struct yaml_node *a = *(struct yaml_node *const *)left, *b = *(struct yaml_node *const *)right;
    int order = strcmp(a->key->text, b->key->text);

    if (order)
        return order;
    return a->index < b->index ? -1 : 1;
}

static void unique_in(struct config_diag *diag, struct yaml_node *map, struct yaml_node **sorted)
{
    struct yaml_node *child, *first = NULL;
    size_t n = 0;

    for (child = map->first; child; child = child->next)
        sorted[n++] = child;
    qsort(sorted, n, sizeof *sorted, by_key);
    for (size_t i = 0; i < n; i++) {
        if (!first || strcmp(first->key->text, sorted[i]->key->text) != 0) {
            first = sorted[i];
            continue;
        }
        sorted[i]->repeated = true;
        config_diag_key(diag, sorted[i], "repeated key \"%.100s\" (first on line %u)", first->key->text,
                        first->key->line);
    }
}

static struct yaml_node *next_in_tree(struct yaml_node *node)
{
    if (node->first)
        return node->first;
    while (node && !node->next)
        node = node->up;
    return node ? node->next : NULL;
}

void config_node_unique(struct config_diag *diag, struct yaml_node *root)
{
    struct yaml_node **sorted, *node;
    size_t most = 0;

    for (node = root; node; node = next_in_tree(node))
        if (node->n > most)
            most = node->n;
    sorted = malloc((most + 1) * sizeof *sorted);
    if (!sorted) {
        diag->failed = true;
        return;
    }
    for (node = root; node; node = next_in_tree(node))
        if (node->kind == YAML_MAP && node->n > 1)
            unique_in(diag, node, sorted);
    free(sorted);
}

static const char *found(const struct yaml_node *node)
{
    if (yaml_is_null(node))
        return "nothing";
    switch (node->kind) {
    case YAML_SCALAR:
        return "a single value";
    case YAML_MAP:
        return "a map";
    case YAML_LIST:
        return "a list";
    }
    return "?";
}

bool config_node_is_map(struct config_diag *diag, const struct yaml_node *node)
{
    if (node->kind == YAML_MAP)
        return true;
    config_diag_node(diag, node, "expected a map (name: value), found %s", found(node));
    return false;
}

bool config_node_is_list(struct config_diag *diag, const struct yaml_node *node)
{
    if (node->kind == YAML_LIST)
        return true;
    config_diag_node(diag, node, "expected a list, found %s", found(node));
    return false;
}

bool config_node_is_string(struct config_diag *diag, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR && !yaml_is_null(node))
        return true;
    config_diag_node(diag, node, "expected a single value, found %s", found(node));
    return false;
}

bool config_node_has_children(struct config_diag *diag, const struct yaml_node *node)
{
    if (node->n)
        return true;
    config_diag_node(diag, node, "is empty");
    return false;
}

const char *config_node_suggest(const char *word, const char *const *names, char out[CONFIG_SUGGEST_BYTES])
{
    struct cdc_suggest suggest = cdc_suggest_start(word);

    for (; *names; names++)
        cdc_suggest_offer(&suggest, *names);
    return cdc_suggest_text(&suggest, out, CONFIG_SUGGEST_BYTES);
}

static int index_of(const char *word, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], word) == 0)
            return i;
    return -1;
}

void config_node_known(struct config_diag *diag, const struct yaml_node *map, const char *const *names)
{
    const struct yaml_node *child;
    char suggestion[CONFIG_SUGGEST_BYTES];

    for (child = map->first; child; child = child->next)
        if (!child->repeated && index_of(child->key->text, names) < 0)
            config_diag_key(diag, child, "unknown key \"%.100s\"%s", child->key->text,
                            config_node_suggest(child->key->text, names, suggestion));
}

const struct yaml_node *config_node_required(struct config_diag *diag, const struct yaml_node *map,
                                             const char *name)
{
    const struct yaml_node *child = yaml_child(map, name);

    if (!child)
        config_diag_node(diag, map, "missing key \"%s\"", name);
    return child;
}

int config_node_choice(struct config_diag *diag, const struct yaml_node *node, const char *what,
                       const char *const *names)
{
    char suggestion[CONFIG_SUGGEST_BYTES];
    int i;

    if (!config_node_is_string(diag, node))
        return -1;
    i = index_of(node->text, names);
    if (i < 0)
        config_diag_node(diag, node, "\"%.100s\" is not a %s%s", node->text, what,
                         config_node_suggest(node->text, names, suggestion));
    return i;
}

bool config_node_bool(struct config_diag *diag, const struct yaml_node *node)
{
    if (yaml_is_word(node, "true"))
        return true;
    if (!yaml_is_word(node, "false") && config_node_is_string(diag, node))
        config_diag_node(diag, node, "\"%.100s\" is not true or false", node->text);
    return false;
}
