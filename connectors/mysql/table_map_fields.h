/* The optional fields of a TABLE_MAP (binlog_row_metadata). */
#ifndef MYSQL_TABLE_MAP_FIELDS_H
#define MYSQL_TABLE_MAP_FIELDS_H

#include "table_map.h"

enum my_fields_result { MY_FIELDS_OK, MY_FIELDS_MALFORMED, MY_FIELDS_MEMORY };

/* Reads to the end and puts into the columns what the fields say. */
enum my_fields_result my_table_map_fields(struct cdc_reader *r, bool mariadb, struct cdc_arena *arena,
                                          struct my_definition *definition);

#endif
