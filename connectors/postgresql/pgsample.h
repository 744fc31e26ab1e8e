/* Rows of a table, read once, in the very form that the stream gives them. */
#ifndef PGSAMPLE_H
#define PGSAMPLE_H

#include "cdc/source.h"

#include "postgresql/pgtypes.h"

/* As the operation sample() of cdc/source.h. */
int pgsample(const struct cdc_source_params *params, struct pgside *side, struct pgtypes *types,
             const struct cdc_table_ref *table, uint64_t limit,
             int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err), void *ctx,
             struct cdc_err *err) CDC_MUST_CHECK;

#endif
