/* A relation as the stream describes it, and one change of one of its rows. */
#ifndef CDC_ROW_H
#define CDC_ROW_H

#include "cdc/value.h"

struct cdc_column {
    struct cdc_slice name;
    struct cdc_slice type_name; /* the engine's own name, for messages */
    enum cdc_kind kind;
    bool key;    /* part of the replica identity (PostgreSQL) or the primary key (MySQL) */
    bool wanted; /* set by whoever handles CDC_ITEM_RELATION: only wanted columns are converted */
};

/* What the source sends of a row before it was changed. */
enum cdc_identity {
    CDC_IDENTITY_NOTHING,
    CDC_IDENTITY_KEY,  /* the key columns, when they changed or the row was deleted */
    CDC_IDENTITY_FULL, /* the whole row */
};

/*
 * Owned by the source and valid until the source is closed, reconnected, or announces a relation with the same id
 * again (which it does whenever the table's definition changed).
 */
struct cdc_relation {
    uint64_t id;
    struct cdc_slice schema, name;
    enum cdc_identity identity;
    uint32_t ncolumns;
    struct cdc_column *columns;
    void *
        binding; /* belongs to whoever handles CDC_ITEM_RELATION; NULL until then; NULL afterwards: rows are not mapped */
};

enum cdc_op { CDC_OP_INSERT, CDC_OP_UPDATE, CDC_OP_DELETE };

const char *cdc_op_name(enum cdc_op op);

/* All arrays have relation->ncolumns values. */
struct cdc_row {
    enum cdc_op op;
    const struct cdc_relation *relation;
    const struct cdc_value *after;  /* NULL for a delete */
    const struct cdc_value *before; /* NULL when the source sent none */
    enum cdc_identity before_is;    /* KEY: only key columns of `before` count, the others are UNAVAILABLE */
};

#endif
