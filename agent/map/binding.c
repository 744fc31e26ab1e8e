/* Bindings of relations (binding.h). Made when the stream announces a relation; fails only for want of memory. */
#include "map/binding.h"

#include <stdlib.h>

int binding_new(struct binding **binding, const struct plan *plans, size_t n, uint32_t first_shape,
                struct cdc_relation *relation)
{
    struct binding *b = calloc(1, sizeof *b);

    *binding = NULL;
    if (!b)
        return -1;
    b->id = relation->id;
    b->relation = relation;
    b->programs = calloc(n + 1, sizeof *b->programs);
    b->shapes = calloc(n + 1, sizeof *b->shapes);
    b->events = calloc(2 * n + 1, sizeof *b->events);
    b->rejects = calloc(n + 1, sizeof *b->rejects);
    if (!b->programs || !b->shapes || !b->events || !b->rejects)
        goto fail;
    for (size_t i = 0; i < n; i++) {
        b->nprograms++;
        b->shapes[i] = first_shape + (uint32_t)i;
        if (program_init(&b->programs[i], &plans[i], relation))
            goto fail;
    }
    *binding = b;
    return 0;
fail:
    binding_free(b);
    return -1;
}

void binding_free(struct binding *binding)
{
    if (!binding)
        return;
    for (size_t i = 0; i < binding->nprograms; i++)
        program_fini(&binding->programs[i]);
    free(binding->programs);
    free(binding->shapes);
    free(binding->events);
    free(binding->rejects);
    free(binding);
}
