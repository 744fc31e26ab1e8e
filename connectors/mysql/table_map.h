/* TABLE_MAP events: which table the row events that follow are about, and what its columns are. */
#ifndef MYSQL_TABLE_MAP_H
#define MYSQL_TABLE_MAP_H

#include "cdc/arena.h"

#include "column.h"
#include "event.h"

#define MY_COLUMNS_MAX 4096 /* the servers' limit */

struct my_table_map {
    uint64_t id;
    struct cdc_slice schema, table;
    struct cdc_slice definition; /* the rest: as long as its bytes are the same, so are the columns */
};

/* Borrows from the event. */
bool my_table_map_parse(const struct my_event *event, struct my_table_map *map);

struct my_definition {
    uint32_t ncolumns;
    struct my_column *columns;
    bool has_signs;          /* which numbers are unsigned is known */
    bool has_charsets;       /* of text columns */
    bool has_label_charsets; /* of ENUM and SET */
    bool has_names;
    bool has_labels;
    bool has_key; /* the primary key is known (a table without one cannot be told from this) */
};

/*
 * Makes the columns in the arena; they borrow from `bytes` (a definition of my_table_map). MariaDB and MySQL differ in which columns
 * have a collation. FATAL when malformed.
 */
int my_definition_parse(struct cdc_slice bytes, bool mariadb, struct cdc_arena *arena,
                        struct my_definition *definition, struct cdc_err *err) CDC_MUST_CHECK;

#endif
