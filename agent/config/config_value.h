/* What to say about a text that is no value of a model's field; for the configuration and the model's own rules. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/config_diag.h"
#include "model/model.h"

/* Whether the node is a scalar with a value of the field's type; if not, says so, with what would be right. */
bool config_value_is(struct config_diag *diag, const struct yaml_node *node, const struct model_field *field);

#endif
