/* PostgreSQL's text form of arrays to JSON text. */
#ifndef PGARRAY_H
#define PGARRAY_H

#include "cdc/buf.h"

#include "postgresql/pgtype.h"

/* PostgreSQL's MAXDIM. */
#define PGARRAY_MAX_DEPTH 6

/*
 * Appends the JSON of an array: numbers, booleans and JSON bare, NULL as null, everything else as strings in the lexical
 * form of the element's kind. false with *reason when the text is not an array. Check json->failed for lack of memory.
 */
bool pgarray_to_json(const struct pgtype *type, struct cdc_slice text, struct cdc_buf *json,
                     const char **reason);

#endif
