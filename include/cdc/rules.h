/*
 * What the store does besides, when an event of an entity is applied: decided by the model, the same for all mappings of
 * the entity. Borrowed; lives as long as the shape that points to it. An entity that has no rules costs nothing.
 */
#ifndef CDC_RULES_H
#define CDC_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "cdc/slice.h"

enum cdc_role {
    CDC_ROLE_NONE,
    CDC_ROLE_LINK, /* rows link the reference that is their key to `customer_id`, unless `link_status` is unlinked */
    CDC_ROLE_ERASURE, /* rows ask for `customer_id` to be forgotten, unless `status` is rejected */
};

const char *cdc_role_name(enum cdc_role role);

/*
 * Fields that must be equal among the entities whose keys differ only in the parts of `across`: when they become different,
 * or equal again, an event says so. Decimals are compared as numbers.
 */
struct cdc_agreement {
    uint32_t nfields; /* 0: no agreement is asked for */
    const struct cdc_slice *fields;
    const bool *decimal;                  /* for each field */
    uint32_t nparts;                      /* of the key */
    const bool *across;                   /* for each part: whether values must agree across it */
    struct cdc_slice diverged, converged; /* event types: "price.diverged", "price.converged" */
};

/* An event that time brings about: when the entity stays as it is for too long. */
struct cdc_due {
    struct cdc_slice type;  /* "basket.abandoned"; empty: none */
    struct cdc_slice field; /* the rule holds while this field … */
    uint32_t nvalues;       /* … has one of these values */
    const struct cdc_slice *values;
    struct cdc_slice since; /* a time field from which to count; absent in a state: the time of the commit */
    int64_t after_ms;
};

struct cdc_rules {
    enum cdc_role role;
    struct cdc_agreement agreement;
    struct cdc_due due;
};

#endif
