/* The order in which a table is read in chunks: the columns of a key, and how the server compares them. */
#ifndef PGORDER_H
#define PGORDER_H

#include "postgresql/pgcatalog.h"

enum { PGORDER_MAX = 32 }; /* columns; the server's own limit for an index */

struct pgorder_column {
    char name[64];
    char schema[64]; /* of the operators > and = of its type */
    uint32_t type;
    bool nullable;
    size_t at; /* among the mapped columns; behind them when it is not mapped */
};

struct pgorder {
    size_t n;
    struct pgorder_column columns[PGORDER_MAX];
    size_t nextra; /* columns that are not mapped */
    bool unique;   /* no two rows have the same place */
    bool indexed;  /* an index gives the order */
    uint64_t hash; /* tells this order from others */
    char definition[48];
};

/*
 * The order of a table: its primary key; else the index that is its replica identity; else the columns that the entity keys are
 * made of, and then rows with NULL among them have no place. CDC_ERR_CONFIG when there is no table, or no order.
 */
int pgorder_load(struct pq *pq, const char *publication, const struct cdc_table_ref *ref,
                 struct pgorder *order, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Appends an SQL expression, a text: another one after anything of the table's definition, or of how it is published, has
 * changed. `order->definition` is what it was when the order was loaded.
 */
void pgorder_put_definition(struct cdc_buf *sql, const char *publication, const struct cdc_table_ref *ref,
                            int version);

#endif
