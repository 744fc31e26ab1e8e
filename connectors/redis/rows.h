/*
 * Records (body.h) of rows that were read from a table, not changed: for first loads and verification. Pure; called by
 * encode.c, which sees to the body's beginning and end.
 */
#ifndef REDIS_ROWS_H
#define REDIS_ROWS_H

#include "cdc/buf.h"
#include "cdc/event.h"

/* Append one record of what the name says. *last: the offset of its txlast mark. */
void redis_rows_load(const struct cdc_event *event, struct cdc_buf *body, size_t *last);
void redis_rows_check(const struct cdc_event *event, struct cdc_buf *body, size_t *last);
void redis_rows_absent(const struct cdc_event *event, struct cdc_buf *body, size_t *last);

#endif
