/* `{fields: […], across: […]}`: written in the model, and in a configuration for an entity of the model. */
#ifndef MODEL_AGREE_H
#define MODEL_AGREE_H

#include "config/config_diag.h"
#include "model/model.h"

/*
 * Reads what must agree; fields and key of the entity are known. Arrays go into `arena`. What is wrong goes to `diag`, and
 * `agree` then has no fields.
 */
void model_agree_read(struct model_agree *agree, const struct model_entity *entity, struct cdc_arena *arena,
                      struct config_diag *diag, const struct yaml_node *map);

#endif
