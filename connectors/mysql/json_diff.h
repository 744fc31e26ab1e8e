/*
 * MySQL's partial JSON updates (binlog_row_value_options=PARTIAL_JSON): the row holds not the new document but what to change in
 * the old one.
 */
#ifndef MYSQL_JSON_DIFF_H
#define MYSQL_JSON_DIFF_H

#include "cdc/arena.h"
#include "cdc/buf.h"
#include "cdc/slice.h"

/* Appends the text of `base` with the changes made. false: malformed, or changes that do not fit the base, or out of memory. */
bool my_json_diff_print(struct cdc_slice base, struct cdc_slice diffs, struct cdc_arena *arena,
                        struct cdc_buf *out);

#endif
