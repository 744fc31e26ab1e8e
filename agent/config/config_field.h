/* One canonical field (or key part) of a mapping: where its value comes from and what is done to it. */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "config/config_build.h"

/*
 * Reads a field spec: a column, a template, or a map of column|template|const|json with scale, timezone, values, otherwise,
 * pii, system. `key`: it is a part of the entity's key. `field` is filled as far as it is right; errors are reported.
 */
void config_field_read(struct config_build *build, const struct model_entity *entity, size_t index, bool key,
                       const struct yaml_node *node, struct config_field *field);

/* The node's text as a value of a model field, copied; NULL after reporting that it is none. */
const char *config_field_value(struct config_build *build, const struct model_field *model,
                               const struct yaml_node *node);

#endif
