/* What the store does besides with an entity: the contract's rules, from the model and the configuration. */
#ifndef DUTIES_H
#define DUTIES_H

#include "cdc/arena.h"
#include "cdc/err.h"
#include "cdc/rules.h"
#include "config/config.h"

/*
 * The rules of an entity, in the arena; the texts in them are the configuration's. *rules is NULL when there are none.
 * -1: no memory.
 */
int duties_make(const struct config *config, const struct model_entity *entity, struct cdc_arena *arena,
                const struct cdc_rules **rules, struct cdc_err *err) CDC_MUST_CHECK;

/* What holds for an entity: what the configuration says, else what the model does. Without fields, or 0: nothing. */
const struct model_agree *duties_agree(const struct config *config, const struct model_entity *entity);
int64_t duties_after_ms(const struct config *config, const struct model_entity *entity);

#endif
