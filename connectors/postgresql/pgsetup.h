/* `tributary setup` for PostgreSQL. */
#ifndef PGSETUP_H
#define PGSETUP_H

#include "cdc/source.h"

/* As the operation setup() of cdc/source.h. */
int pgsetup(const struct cdc_source_params *params, int interrupt_fd, bool run, struct cdc_buf *script,
            struct cdc_err *err) CDC_MUST_CHECK;

#endif
