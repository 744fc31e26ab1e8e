/* The tables of a database with their columns, for a first configuration. */
#ifndef PGFIND_H
#define PGFIND_H

#include "cdc/source.h"

/* As the operation find() of cdc/source.h. */
int pgfind(const struct cdc_source_params *params, int interrupt_fd, cdc_found_each *each, void *ctx,
           struct cdc_err *err) CDC_MUST_CHECK;

#endif
