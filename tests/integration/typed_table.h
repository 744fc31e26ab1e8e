/*
 * Tables of typed columns for tests of MySQL and MariaDB: from a list of columns and values come the table, its mapping and model,
 * the statements that insert, update and delete its rows, and what the server itself shows of them. Everything that goes wrong fails
 * the test.
 */
#ifndef TESTS_INTEGRATION_TYPED_TABLE_H
#define TESTS_INTEGRATION_TYPED_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "typed_shown.h"

/* Which servers have a type; 0: all. */
enum { TYPED_MARIADB = 1, TYPED_MYSQL = 2, TYPED_MARIADB_VECTOR = 4, TYPED_MARIADB_10 = 8 };

#define TYPED_VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

struct typed_column {
    const char *field; /* of the entity, and the column's name if that is NULL */
    const char *type;  /* as in CREATE TABLE */
    const char *const
        *values;       /* SQL expressions, the first for the first row; NULL in the rows behind; see below */
    const char *shows; /* SQL of what must be in Redis, `@` for the column; NULL: the column */
    enum typed_rule rule; /* what is still to be done with that text */
    unsigned only;        /* servers */
    const char *name;
    bool generated; /* has no values of its own */
};

struct typed_table {
    const char *name; /* and that of its entity */
    const struct typed_column *columns;
    size_t ncolumns;
    const char
        *fill; /* SQL that makes the rows of `<name>_source` with ids from 1, if they are not in `values` */
};

/* What the server shows: rows of table->ncolumns cells, in order of id from 1; columns that the server lacks are NULL. */
struct typed_rows {
    size_t n, ncolumns;
    struct typed_cell *cells;
};

bool typed_column_is_on(const struct typed_column *column, unsigned server);
/* CREATE TABLE for the table and its source, and the source's rows: values, and a row of nothing but NULL. */
void typed_table_create(const struct typed_table *table, unsigned server, FILE *sql);
/* The entity in a model, and the table in a configuration; YAML. */
void typed_table_model(const struct typed_table *table, unsigned server, FILE *yaml);
void typed_table_mapping(const struct typed_table *table, unsigned server, FILE *yaml);
/* All rows of the source; then each gets the next row's values. */
void typed_table_insert(const struct typed_table *table, unsigned server, FILE *sql);
void typed_table_update(const struct typed_table *table, unsigned server, FILE *sql);
void typed_table_select(const struct typed_table *table, unsigned server, FILE *sql);
/* Reads the answer to it. */
void typed_rows_read(struct typed_rows *rows, const struct typed_table *table, unsigned server,
                     const char *answer);
void typed_rows_free(struct typed_rows *rows);
const struct typed_cell *typed_rows_at(const struct typed_rows *rows, size_t row, size_t column);

#endif
