/* The statement that reads one chunk. */
#ifndef PGSELECT_H
#define PGSELECT_H

#include "postgresql/pgorder.h"

struct pgselect {
    const struct pgcatalog_table *table;
    const struct pgorder *order;
    const char *publication;
    int version;
    bool after; /* $1, … are the key of a row: those behind it … */
    bool exact; /* … or itself */
    uint64_t rows;
};

/*
 * Appends it. The first row has one text, "snapshot insert-position definition", and NULLs. The others have a number that never
 * falls from one to the next, then the mapped columns, then those of the order that are not mapped.
 */
void pgselect_put(struct cdc_buf *sql, const struct pgselect *select);

#endif
