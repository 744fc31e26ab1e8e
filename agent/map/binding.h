/* All programs of a table bound to one relation, and room for the result of one row. Owned by the source thread. */
#ifndef BINDING_H
#define BINDING_H

#include "map/program.h"

struct binding {
    struct binding *next; /* the map's list */
    uint64_t id;          /* the relation's */
    const struct cdc_relation *relation;
    size_t nprograms;
    struct program *programs;
    uint32_t *shapes;           /* index of each program's shape in the map's */
    struct cdc_event *events;   /* two for each program: a changed key makes a pair */
    struct cdc_reject *rejects; /* one for each program */
};

/* Binds plans, which must outlive the binding. -1: no memory. */
int binding_new(struct binding **binding, const struct plan *plans, size_t n, uint32_t first_shape,
                struct cdc_relation *relation) CDC_MUST_CHECK;
void binding_free(struct binding *binding);

#endif
