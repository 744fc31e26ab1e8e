/* From a decoded change and its relation to the row that the agent sees. */
#ifndef PGROW_H
#define PGROW_H

#include "postgresql/pgrelation.h"
#include "postgresql/pgvalue.h"

/*
 * Makes `row` of a change message; its values are those of `tuples`, converted in place. -1: CDC_ERR_RETRY when the tuples do
 * not fit the relation, or memory ran out.
 */
int pgrow_make(const struct pgrelation *relation, const struct pgoutput_message *message,
               struct pgoutput_space *tuples, struct pgvalue_space *space, struct cdc_row *row,
               struct cdc_err *err) CDC_MUST_CHECK;

/* Converts the wanted values of one tuple and marks the others as unwanted. -1: memory. */
int pgrow_convert(const struct pgrelation *relation, struct cdc_value *values, struct pgvalue_space *space,
                  struct cdc_err *err) CDC_MUST_CHECK;

#endif
