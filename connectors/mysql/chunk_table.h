/* What the catalogue says of a table that is to be read in chunks. */
#ifndef MYSQL_CHUNK_TABLE_H
#define MYSQL_CHUNK_TABLE_H

#include "cdc/source.h"

#include "catalog_server.h"

#define MY_INDEX_COLUMNS 32

struct my_chunk_table {
    bool exists;
    struct cdc_slice engine; /* "InnoDB"; empty: a view */
    uint64_t rows;           /* about */
    uint64_t row_bytes;      /* of one, about; 0: not known */
};

/* An index that makes the order of rows unique. */
struct my_chunk_index {
    struct cdc_slice name; /* empty: there is none */
    unsigned ncolumns;
    struct cdc_slice columns[MY_INDEX_COLUMNS];
};

/* Texts are made in the arena. A table that does not exist is no error. */
int my_chunk_table_read(struct my_catalog_server *catalog, const struct cdc_table_ref *table,
                        struct cdc_arena *arena, struct my_chunk_table *out,
                        struct cdc_err *err) CDC_MUST_CHECK;
/* The primary key, else the shortest unique index none of whose columns is ever NULL. `columns` are those of the table. */
int my_chunk_index_read(struct my_catalog_server *catalog, const struct cdc_table_ref *table,
                        const struct my_catalog_table *columns, struct cdc_arena *arena,
                        struct my_chunk_index *index, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether a read's snapshot covers tables of this engine. */
bool my_chunk_engine_is_fit(struct cdc_slice engine);

#endif
