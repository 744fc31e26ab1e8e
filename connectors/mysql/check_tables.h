/* The part of check that looks at the mapped tables. */
#ifndef MYSQL_CHECK_TABLES_H
#define MYSQL_CHECK_TABLES_H

#include "source_impl.h"

int my_check_tables(struct cdc_source *source, const struct cdc_report *report,
                    struct cdc_err *err) CDC_MUST_CHECK;

#endif
