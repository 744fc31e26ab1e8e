/* The verbs of an entity, each once (model_verbs.h). Pure; any thread. */
#include "model/model_verbs.h"

#include <string.h>

static size_t add(const char **verbs, size_t n, const char *verb)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(verbs[i], verb) == 0)
            return n;
    verbs[n] = verb;
    return n + 1;
}

size_t model_verbs(const struct model_entity *entity, const char *verbs[MODEL_MAX_VERBS])
{
    size_t n = 0;

    n = add(verbs, n, entity->verb_insert);
    n = add(verbs, n, entity->verb_update);
    n = add(verbs, n, entity->verb_delete);
    for (size_t i = 0; i < entity->ntransitions; i++)
        n = add(verbs, n, entity->transitions[i].verb);
    for (size_t i = 0; i < entity->nderived; i++)
        n = add(verbs, n, entity->derived[i]);
    if (entity->agree.nfields) {
        n = add(verbs, n, MODEL_DIVERGED);
        n = add(verbs, n, MODEL_CONVERGED);
    }
    if (entity->due.verb)
        n = add(verbs, n, entity->due.verb);
    if (entity->role == CDC_ROLE_ERASURE)
        n = add(verbs, n, MODEL_COMPLETED);
    n = add(verbs, n, "snapshot");
    return add(verbs, n, "truncated");
}

bool model_has_verb(const struct model_entity *entity, const char *verb)
{
    const char *verbs[MODEL_MAX_VERBS];
    size_t n = model_verbs(entity, verbs);

    for (size_t i = 0; i < n; i++)
        if (strcmp(verbs[i], verb) == 0)
            return true;
    return false;
}
