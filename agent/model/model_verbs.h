/* Every verb that an entity's events can have. */
#ifndef MODEL_VERBS_H
#define MODEL_VERBS_H

#include "model/model.h"

/* As many as an entity can have: the plain three, one of each rule, the derived ones, the store's, snapshot and truncated. */
enum { MODEL_MAX_VERBS = 3 + 256 + 257 + 4 + 2 };

/* What the store itself says. */
#define MODEL_DIVERGED  "diverged"
#define MODEL_CONVERGED "converged"
#define MODEL_COMPLETED "completed"

/* Fills `verbs` with each verb once: plain, by rule, derived, then the program's own. Returns how many. */
size_t model_verbs(const struct model_entity *entity, const char *verbs[MODEL_MAX_VERBS]);
bool model_has_verb(const struct model_entity *entity, const char *verb);

#endif
