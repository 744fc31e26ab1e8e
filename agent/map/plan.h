/*
 * One mapping of the configuration (table to entity), made ready as far as that goes without knowing the relation's
 * columns: the shape of its events, the rule of each field, verbs and transitions as texts and slots. Made once with the
 * map and then only read. A "slot" is a place in the shape.
 */
#ifndef PLAN_H
#define PLAN_H

#include "cdc/event.h"
#include "map/filter.h"
#include "map/object.h"
#include "map/rule.h"

#define PLAN_NONE UINT32_MAX

enum plan_from {
    PLAN_COLUMN,
    PLAN_TEMPLATE,
    PLAN_CONSTANT,
    PLAN_OBJECT, /* JSON made of columns */
    PLAN_ABSENT, /* only `on_delete: set` ever fills it */
};

struct plan_slot {
    const struct config_field *field; /* NULL: PLAN_ABSENT */
    const struct model_field *model;
    size_t model_index;
    enum plan_from from;
    struct cdc_slice constant; /* PLAN_CONSTANT: final */
    struct rule rule;
    struct object_plan object; /* PLAN_OBJECT */
};

/* A part of the key: the slot that holds it, or PLAN_NONE for "-". */
struct plan_key {
    uint32_t slot;
    bool is_ref;
};

struct plan_transition {
    uint32_t slot;
    bool has_from, has_to;
    struct cdc_slice from, to;
    struct cdc_slice type; /* "booking.cancelled" */
    unsigned on;           /* MODEL_ON_… */
};

struct plan_set {
    uint32_t slot;
    struct cdc_slice value;
    bool is_null;
};

struct plan {
    const struct config_table *table;
    const struct config_mapping *mapping;
    struct cdc_shape *shape;
    uint32_t shape_index;    /* in the map's shapes */
    struct plan_slot *slots; /* shape->nfields; key parts that are given come first */
    uint32_t nkeyslots;
    uint32_t nkeys;
    struct plan_key *keys;
    struct cdc_slice created, updated, deleted; /* types of the plain verbs */
    uint32_t ntransitions;
    struct plan_transition *transitions;
    struct filter where;
    uint32_t nset;
    struct plan_set *set;
    bool customer_is_key;   /* the entity is the customer */
    uint32_t customer_slot; /* PLAN_NONE: the entity concerns no customer */
};

/* Everything goes into the context's arena. `shape` is filled but for `shared` and `part`. */
int plan_init(struct plan *plan, const struct rule_context *context, const struct config_table *table,
              const struct config_mapping *mapping, struct cdc_shape *shape,
              struct cdc_err *err) CDC_MUST_CHECK;

#endif
