/*
 * Rows (pgrow.h). Called by the source thread for every row change: no allocation but for converted values, no look-up.
 */
#include "postgresql/pgrow.h"

/* Of a key tuple only the key columns say anything: the server fills the others with NULL. */
static void mask_key(const struct cdc_relation *rel, struct cdc_value *before)
{
    for (uint32_t i = 0; i < rel->ncolumns; i++)
        if (!rel->columns[i].key)
            before[i] = (struct cdc_value){.state = CDC_VALUE_UNAVAILABLE};
}

/* The server leaves out large values that did not change; an old tuple that has them tells what they still are. */
static void fill_unchanged(const struct cdc_relation *rel, struct cdc_value *after,
                           const struct cdc_value *before)
{
    for (uint32_t i = 0; i < rel->ncolumns; i++)
        if (after[i].state == CDC_VALUE_UNAVAILABLE && before[i].state == CDC_VALUE_PRESENT)
            after[i] = before[i];
}

int pgrow_convert(const struct pgrelation *relation, struct cdc_value *values, struct pgvalue_space *space,
                  struct cdc_err *err)
{
    const struct cdc_column *columns = relation->rel.columns;

    for (uint32_t i = 0; i < relation->rel.ncolumns; i++) {
        if (!columns[i].wanted)
            values[i].state = CDC_VALUE_UNWANTED;
        else if (values[i].state == CDC_VALUE_PRESENT && relation->types[i]->form != PGTYPE_AS_IS &&
                 pgvalue_convert(relation->types[i], &values[i], space, err))
            return -1;
    }
    return 0;
}

static enum cdc_op op_of(enum pgoutput_type type)
{
    return type == PGOUTPUT_INSERT ? CDC_OP_INSERT : type == PGOUTPUT_UPDATE ? CDC_OP_UPDATE : CDC_OP_DELETE;
}

static int refuse(const struct cdc_relation *rel, uint32_t n, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY,
                       "a row of %.*s.%.*s came with %u columns, but the table was announced with %u",
                       CDC_ARG(rel->schema), CDC_ARG(rel->name), n, rel->ncolumns);
}

int pgrow_make(const struct pgrelation *relation, const struct pgoutput_message *message,
               struct pgoutput_space *tuples, struct pgvalue_space *space, struct cdc_row *row,
               struct cdc_err *err)
{
    const struct cdc_relation *rel = &relation->rel;
    char old = message->u.change.old_kind;

    *row = (struct cdc_row){.op = op_of(message->type), .relation = rel};
    if (old) {
        if (message->u.change.nold != rel->ncolumns)
            return refuse(rel, message->u.change.nold, err);
        row->before = tuples->old;
        row->before_is = old == 'O' ? CDC_IDENTITY_FULL : CDC_IDENTITY_KEY;
        if (old == 'K')
            mask_key(rel, tuples->old);
    }
    if (message->type != PGOUTPUT_DELETE) {
        if (message->u.change.nafter != rel->ncolumns)
            return refuse(rel, message->u.change.nafter, err);
        row->after = tuples->after;
        if (old)
            fill_unchanged(rel, tuples->after, tuples->old);
        if (pgrow_convert(relation, tuples->after, space, err))
            return -1;
    }
    return old ? pgrow_convert(relation, tuples->old, space, err) : 0;
}
