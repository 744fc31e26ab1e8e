/*
 * What only the server's own catalogue knows: names and types of columns where the binlog has not, and which character set a
 * collation belongs to. An operation table, so that decoders can be driven without a server.
 */
#ifndef MYSQL_CATALOG_H
#define MYSQL_CATALOG_H

#include "cdc/arena.h"
#include "cdc/err.h"

#include "charset.h"
#include "position.h"

/* One column as information_schema shows it. All texts are UTF-8, end with a NUL and live in the arena that was given. */
struct my_catalog_column {
    struct cdc_slice name;
    struct cdc_slice data_type;   /* lower case: "varchar" */
    struct cdc_slice column_type; /* "int(10) unsigned", "enum('a','b')" */
    struct cdc_slice charset;     /* empty: not text */
    struct cdc_slice collation;   /* the same */
    unsigned fsp;                 /* decimals of a time */
    bool key;
    bool nullable;
    bool json;         /* MariaDB: checked by json_valid() */
    bool is_generated; /* computed, … */
    bool is_virtual;   /* … and that when it is read */
    /* What an INSERT that does not name it gets, unescaped; has_constant: it is a constant, which is NULL if constant.ptr is NULL. */
    bool has_constant;
    struct cdc_slice constant;
};

#define MY_CATALOG_HINT 320

struct my_catalog_table {
    bool exists;
    bool versioned; /* MariaDB's system versioning */
    uint32_t ncolumns;
    struct my_catalog_column *columns; /* in their order */
};

struct my_catalog_ops {
    /* Reads a table; one that does not exist is no error. */
    int (*table)(void *ctx, struct cdc_slice schema, struct cdc_slice name, struct cdc_arena *arena,
                 struct my_catalog_table *table, struct cdc_err *err) CDC_MUST_CHECK;
    /* The character set of a collation, or by its name; NULL, and no error, when there is none. Lives as long as the catalogue. */
    int (*charset_of)(void *ctx, uint32_t collation, const struct my_charset **charset,
                      struct cdc_err *err) CDC_MUST_CHECK;
    int (*charset_named)(void *ctx, struct cdc_slice name, const struct my_charset **charset,
                         struct cdc_err *err) CDC_MUST_CHECK;
    /* Where the binlog ends now, into an empty position; it stays empty where that is not told. NULL: never told. */
    int (*position)(void *ctx, struct my_position *position, struct cdc_err *err) CDC_MUST_CHECK;
};

struct my_catalog {
    const struct my_catalog_ops *ops;
    void *ctx;
    bool mariadb; /* the server has types that its binlog shows as BINARY */
};

/* The type code (enum my_type) that a catalogue's data type has in table maps of today; 0: not known. */
uint8_t my_catalog_type(struct cdc_slice data_type);
/* Whether a column of this code can be of that data type. */
bool my_catalog_type_fits(struct cdc_slice data_type, uint8_t type);
bool my_catalog_is_unsigned(const struct my_catalog_column *column);
struct my_labels;
/* The labels of "enum('a','b''c')" or "set(…)", made in the arena. -1: out of memory. */
int my_catalog_labels(struct cdc_slice column_type, struct cdc_arena *arena,
                      struct my_labels *labels) CDC_MUST_CHECK;
/*
 * Fills is_generated, is_virtual and the constant from the catalogue's COLUMN_DEFAULT and EXTRA. `text` is changed, and kept. MariaDB shows an SQL
 * expression, MySQL the constant itself and in EXTRA that it is none.
 */
void my_catalog_set_constant(struct my_catalog_column *column, char *text, size_t len, struct cdc_slice extra,
                             bool nullable, bool mariadb);
/* The column of that name, or NULL. */
const struct my_catalog_column *my_catalog_find(const struct my_catalog_table *table, struct cdc_slice name);
/* ` (did you mean "name"?)`, of the column that is nearest to a name that the table does not have, or "". Returns `out`. */
const char *my_catalog_hint(const struct my_catalog_table *table, const char *name,
                            char out[MY_CATALOG_HINT]);

#endif
