/* What every reader of a YAML tree asks of a node, with the error message that belongs to it. */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include "config/config_diag.h"

enum { CONFIG_SUGGEST_BYTES = 128 };

/* Reports every repeated key of every map in the tree and marks it as `repeated`. Call once, before anything else. */
void config_node_unique(struct config_diag *diag, struct yaml_node *root);

/* Whether the node is a map, a list or a string (that is: a scalar and not null); if not, says so. */
bool config_node_is_map(struct config_diag *diag, const struct yaml_node *node);
bool config_node_is_list(struct config_diag *diag, const struct yaml_node *node);
bool config_node_is_string(struct config_diag *diag, const struct yaml_node *node);
/* The same for a map or list that must not be empty. */
bool config_node_has_children(struct config_diag *diag, const struct yaml_node *node);

/* Reports each key of a map that is not in `names` (ended by NULL). */
void config_node_known(struct config_diag *diag, const struct yaml_node *map, const char *const *names);
/* The child, or NULL after reporting that it is missing. */
const struct yaml_node *config_node_required(struct config_diag *diag, const struct yaml_node *map,
                                             const char *name);
/* Index of the node's text in `names` (ended by NULL), or -1 after reporting `not a <what>`. */
int config_node_choice(struct config_diag *diag, const struct yaml_node *node, const char *what,
                       const char *const *names);
/* `true` or `false`; anything else is reported. */
bool config_node_bool(struct config_diag *diag, const struct yaml_node *node);

/* The nearest of `names`, as ` (did you mean "…"?)` or "". Returns `out`. */
const char *config_node_suggest(const char *word, const char *const *names, char out[CONFIG_SUGGEST_BYTES]);

#endif
