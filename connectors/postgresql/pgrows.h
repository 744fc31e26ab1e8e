/* Rows of a SELECT from a mapped table, in the very form that the stream gives them. */
#ifndef PGROWS_H
#define PGROWS_H

#include "postgresql/pgcatalog.h"
#include "postgresql/pgrelation.h"
#include "postgresql/pgvalue.h"

struct pgrows {
    struct pgrelation *relation; /* the mapped columns, in the order of the table's ref */
    struct cdc_value *values;
    struct pgvalue_space space;
};

/* A relation of the mapped columns. Free with pgrows_fini(), also after an error. CDC_ERR_CONFIG: table or column is missing. */
int pgrows_init(struct pgrows *rows, const struct pgcatalog_table *table, struct pgtypes *types,
                struct cdc_err *err) CDC_MUST_CHECK;
/* Zeroed is fine. */
void pgrows_fini(struct pgrows *rows);

/* " FROM [ONLY] schema.name": the rows that the publication has of it. */
void pgrows_put_from(struct cdc_buf *sql, const struct pgcatalog_table *table);

/*
 * The row that `result` holds, as an insert; the mapped columns stand in the order of the ref, from column `first` on. It lives
 * until the next call, and as long as the result.
 */
int pgrows_take(struct pgrows *rows, const struct pq_result *result, int first, struct cdc_row *row,
                struct cdc_err *err) CDC_MUST_CHECK;

#endif
