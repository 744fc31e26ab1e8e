/*
 * What a database has, for whoever writes a first configuration: its tables with their columns, one table at a time. A connector
 * reads its catalogue column by column and gives each to cdc_finder_put(); the finder joins them to tables.
 */
#ifndef CDC_FOUND_H
#define CDC_FOUND_H

#include <stdbool.h>

#include "cdc/arena.h"
#include "cdc/err.h"

struct cdc_found_column {
    const char *name;
    const char *type; /* as the server writes it: "numeric(10,2)" */
    bool key;         /* part of the primary key */
};

/* Lives until the next one. */
struct cdc_found_table {
    const char *schema, *name;
    size_t ncolumns;
    struct cdc_found_column *columns;
};

/* Other than 0 ends the reading, and is what the operation returns. */
typedef int cdc_found_each(void *ctx, const struct cdc_found_table *table, struct cdc_err *err);

/* Zeroed, with `each` and `ctx` set, it is ready. */
struct cdc_finder {
    cdc_found_each *each;
    void *ctx;
    struct cdc_arena arena; /* of the table that is being read */
    struct cdc_found_table table;
    size_t cap;
};

/* The next column, ordered by schema, table and place in it. */
int cdc_finder_put(struct cdc_finder *finder, struct cdc_slice schema, struct cdc_slice table,
                   struct cdc_slice column, struct cdc_slice type, bool key,
                   struct cdc_err *err) CDC_MUST_CHECK;
/* There are no more. */
int cdc_finder_end(struct cdc_finder *finder, struct cdc_err *err) CDC_MUST_CHECK;
/* Frees what it holds; after an error, too. */
void cdc_finder_fini(struct cdc_finder *finder);

#endif
