/* `tributary check` for PostgreSQL. */
#ifndef PGCHECK_H
#define PGCHECK_H

#include "cdc/source.h"

/* As the operation check() of cdc/source.h. */
int pgcheck(const struct cdc_source_params *params, int interrupt_fd, const struct cdc_checkpoint *from,
            const struct cdc_report *report, struct cdc_err *err) CDC_MUST_CHECK;

#endif
