/* Values as SELECT gives them, turned into what the stream would give. */
#ifndef MYSQL_SAMPLE_VALUE_H
#define MYSQL_SAMPLE_VALUE_H

#include "value.h"

/* What to select so that nothing of the value is lost: mostly the column's name. */
void my_sample_expression(const struct my_column *column, struct cdc_buf *sql);
/* `text.ptr` is NULL for SQL NULL. The value borrows from the text or is made in the space. */
void my_sample_value(const struct my_column *column, struct cdc_slice text, struct my_value_space *space,
                     struct cdc_value *value);

#endif
