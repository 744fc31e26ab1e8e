/* JSON objects made of columns: planned with the map, bound to a relation's columns, written for each row. */
#ifndef OBJECT_H
#define OBJECT_H

#include "cdc/row.h"
#include "config/config_object.h"
#include "map/image.h"
#include "map/rule.h"

/* A member without those that are dropped; an object's members follow it, one deeper. */
struct object_member {
    const struct config_member *config;
    struct cdc_slice head; /* "colour": with quotes and colon, escaped */
    bool is_object;
    struct rule rule;
};

struct object_plan {
    uint32_t n;
    struct object_member *members;
};

/* A member of a bound object. Its value lies here between converting and writing. */
struct object_cell {
    uint32_t column;
    bool quoted; /* a JSON string, else JSON as it is */
    canonical_fn convert;
    struct rule_value value;
};

struct object {
    const struct object_plan *plan;
    struct object_cell *cells; /* plan->n */
    uint32_t failed;           /* the member that object_join() failed at */
};

/* Everything goes into the context's arena. */
int object_plan_init(struct object_plan *plan, const struct rule_context *context,
                     const struct config_field *field, struct cdc_err *err) CDC_MUST_CHECK;

/* Chooses how a column of this kind becomes JSON. */
void object_bind_cell(struct object *object, uint32_t member, uint32_t column, enum cdc_kind kind);

/*
 * The object, in the row's memory. NULL if no member has a value; UNAVAILABLE if a column was not sent. -1: the member in
 * `failed` cannot be converted, or there is no memory.
 */
int object_join(struct object *object, struct work *work, const struct image *image,
                struct rule_value *out) CDC_MUST_CHECK;
/* Whether all columns are certainly the same in both images. */
bool object_same(const struct object *object, const struct image *a, const struct image *b);

#endif
