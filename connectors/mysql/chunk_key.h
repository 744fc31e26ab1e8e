/*
 * The order in which a table is read in chunks: by its primary key, else a unique index over columns that are never NULL, else the
 * columns of the entity key. And places in that order, as text:
 *
 *   7f3c9a2be0514d68:5,C39C6265722F     a digest of the key's columns and their types, then a value for each
 *
 * Numbers and times are as the server prints them, text and binary are the bytes in hex, in the column's own character set. A
 * place comes back from outside and is not trusted.
 */
#ifndef MYSQL_CHUNK_KEY_H
#define MYSQL_CHUNK_KEY_H

#include "cdc/source.h"

#include "client.h"
#include "relation.h"

#define MY_KEY_PARTS 32

/* How values are written, in places and in SQL. */
enum my_key_form {
    MY_KEY_NUMBER,
    MY_KEY_FLOAT,
    MY_KEY_QUOTED, /* times, addresses */
    MY_KEY_TEXT,
    MY_KEY_BYTES,    /* binary */
    MY_KEY_AS_BYTES, /* text once more: what its collation takes for equal is told apart */
};

struct my_key_part {
    const struct my_column *column;
    const struct my_catalog_column *now;
    enum my_key_form form;
};

struct my_key {
    struct cdc_slice index; /* its name; empty: no index makes the order unique */
    unsigned nparts;
    struct my_key_part parts[MY_KEY_PARTS];
    uint64_t digest;
};

/* A place, parsed: one value for each part. They borrow from the text. */
struct my_key_place {
    struct cdc_slice values[MY_KEY_PARTS];
};

/*
 * Of a table that has just been described. `unique` is the index that was chosen and its columns; without it the entity key's are taken.
 * CONFIG when there is nothing to go by.
 */
int my_key_choose(struct my_key *key, const struct my_relation *relation, struct cdc_slice index,
                  const struct cdc_slice *columns, unsigned ncolumns, struct cdc_err *err) CDC_MUST_CHECK;

/* What to select for places: ", expression" for each part. */
void my_key_put_columns(const struct my_key *key, struct cdc_buf *sql);
/* The place of the present row, whose values begin with column `first`. */
void my_key_print_place(const struct my_key *key, const struct my_client_result *rows, unsigned first,
                        struct cdc_buf *place);
/* CONFIG when it is malformed, or of another key. */
int my_key_parse_place(const struct my_key *key, struct cdc_slice text, struct my_key_place *place,
                       struct cdc_err *err) CDC_MUST_CHECK;

/* " WHERE …" for what lies behind the place, or at it; NULL: from the beginning. */
void my_key_put_where(const struct my_key *key, const struct my_key_place *place, bool at,
                      struct cdc_buf *sql);
/* " ORDER BY …" */
void my_key_put_order(const struct my_key *key, struct cdc_buf *sql);

#endif
