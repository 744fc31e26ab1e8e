/* What a start of the stream asks of the mapped tables. */
#ifndef MYSQL_MAPPED_H
#define MYSQL_MAPPED_H

#include "source_impl.h"

/*
 * DENIED where the account may not read one of them; CONFIG where the row images lack what an entity key is made of. On a first
 * start also CONFIG for tables and columns that do not exist: later the binlog may still hold rows of a table that is gone, or of
 * columns that had other names, and then a table that is missing is a warning.
 */
int my_mapped_check(struct cdc_source *source, bool first, struct cdc_err *err) CDC_MUST_CHECK;

#endif
