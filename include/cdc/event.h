/*
 * A canonical event: what the mapping makes of one row change, and the sink writes. All slices are borrowed and live
 * until the mapping is called for the next row; the shape lives as long as the binding that it belongs to.
 */
#ifndef CDC_EVENT_H
#define CDC_EVENT_H

#include "cdc/rules.h"
#include "cdc/slice.h"
#include "cdc/value.h"

/* What is the same for all events of one mapping of one table: made once, so that sinks can prepare from it. */
struct cdc_shape {
    struct cdc_slice entity; /* "booking" */
    uint32_t nfields;
    const struct cdc_slice *names; /* canonical field names, the key's parts among them, in a fixed order */
    struct cdc_slice table;        /* "public.reservation" */
    bool
        shared; /* another table of this connector feeds the same entity: the state must say which table it is from */
    uint32_t part; /* ordinal among the mappings of the table; tells ids of several events of one row apart */
    const struct cdc_rules *rules; /* of the entity; NULL: none */
    void *prepared;                /* the sink's, made by its prepare() and freed by its unprepare() */
};

enum cdc_event_op {
    CDC_EVENT_PUT, /* write the state, emit. What was before is in the fields, or does not matter (insert) */
    CDC_EVENT_MERGE, /* compare with the state in the store; emit only what changed */
    CDC_EVENT_DELETE, /* remove the state, emit. Previous values from the fields if known, else from the store */
    CDC_EVENT_DROP, /* as DELETE, but only if there is a state (the row may never have passed the filter) */
    /* Of rows that were read from the table, not changed. UNAVAILABLE fields are left as they are, and not compared. */
    CDC_EVENT_LOAD,  /* write the state; emit nothing, unless `type` is given */
    CDC_EVENT_CHECK, /* the state must hold these fields; see `note` and `repair` */
    CDC_EVENT_ABSENT, /* there must be no state of this connector (and, where the shape is shared, table) under the key */
};

const char *cdc_event_op_name(enum cdc_event_op op);

/* One canonical field after and before the change. `before` counts only when the event's `before_known` is true. */
struct cdc_field {
    struct cdc_slice after;
    struct cdc_slice before;
    enum cdc_value_state after_state;  /* PRESENT, NULL or UNAVAILABLE */
    enum cdc_value_state before_state; /* likewise */
};

/* In a MERGE, the verb depends on what the store holds: the first candidate whose field changed (from `from`, if given) wins. */
struct cdc_candidate {
    uint32_t field;
    bool has_from;
    struct cdc_slice from;
    struct cdc_slice type; /* "booking.cancelled" */
};

/* The transaction that events belong to. Slices live until its COMMIT item has been handled. */
struct cdc_tx {
    struct cdc_slice id;  /* commit position as in event ids: "0/16B3740" */
    struct cdc_slice xid; /* the database's transaction id, for people */
    int64_t commit_us;    /* microseconds since 1970 UTC */
};

struct cdc_event {
    enum cdc_event_op op;
    const struct cdc_shape *shape;
    struct cdc_slice key;           /* parts joined by ':', percent-encoded: "cinema-42" */
    struct cdc_slice type;          /* "booking.updated"; in a MERGE the one to use when no candidate fits */
    const struct cdc_field *fields; /* shape->nfields */
    bool before_known;
    bool existing_only; /* MERGE, CHECK: without a state there is nothing to change, and nothing happens */
    bool note;          /* CHECK, ABSENT: what is not as it must be is noted among the findings */
    bool
        repair; /* CHECK, ABSENT: … and put right: fields as LOAD writes them; the state removed, with the event `type` */
    struct cdc_slice customer; /* "booking-site:991", or empty */
    struct cdc_slice
        customer_before; /* whose it was before the change, when that is known and was another; else empty */
    uint32_t ncandidates;
    const struct cdc_candidate *candidates;
    const struct cdc_tx *tx;
    uint64_t ordinal; /* of the row change in its transaction, from 1 */
    uint32_t part;    /* 0 for the first event of a row change, then 1, 2, … */
};

/* A row that could not be mapped. */
struct cdc_reject {
    struct cdc_slice reason; /* "bad_value", "null_key", … a short fixed word, for metrics */
    struct cdc_slice detail; /* for people: which column and why; never the value */
    struct cdc_slice table;
    struct cdc_slice column; /* may be empty */
    struct cdc_slice key;    /* canonical key as far as it could be made, or empty */
    struct cdc_slice entity;
    const struct cdc_tx *tx;
    uint64_t ordinal;
};

#endif
