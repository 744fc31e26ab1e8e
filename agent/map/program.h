/*
 * A plan bound to a relation: where each slot finds its column and which function converts it. A row runs it without a
 * look-up and without an allocation: the fields and candidates of its events lie here. Owned by the source thread.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "cdc/row.h"
#include "map/key.h"
#include "map/plan.h"
#include "map/template.h"

#define PROGRAM_DETAIL_MAX 512

struct program_slot {
    enum plan_from from;
    uint32_t column;
    bool plain; /* a column, and converting it is all that there is to the rule */
    const struct rule *rule;
    canonical_fn convert;
    struct template_text template;
    struct object object;
    const struct plan_slot *plan;
};

struct program {
    const struct plan *plan;
    const struct cdc_relation *relation;
    struct program_slot *slots; /* plan->shape->nfields */
    uint32_t *where;            /* column of each condition */
    struct cdc_field *fields;   /* of the event after the change */
    struct cdc_field *gone;     /* of the event about what was before, under another key */
    struct cdc_candidate *candidates;
    struct key_part *parts;
    bool *same;          /* of each slot: its columns are the same before and after; made by fields_same() */
    const char *missing; /* a column that the relation lacks, or NULL: then every row is rejected */
    struct config_pos missing_pos;
    bool missing_key; /* one of those that the key is made of */
    bool
        hidden_key; /* one of those is not in the replica identity: that an update changes it cannot be told */
    uint32_t hidden_slot;
    char detail[PROGRAM_DETAIL_MAX]; /* of the row's reject */
};

/* Also marks the columns as wanted. -1: no memory. A missing column is not a failure: see program.missing. */
int program_init(struct program *program, const struct plan *plan,
                 struct cdc_relation *relation) CDC_MUST_CHECK;
void program_fini(struct program *program);
/* Says what program.missing means and what to do. Returns -1. */
int program_missing(const struct program *program, const struct config *config, struct cdc_err *err);

#endif
