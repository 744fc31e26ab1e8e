/* Rows that SELECT gives, as the stream would give them: for samples and chunks. */
#ifndef MYSQL_SAMPLE_H
#define MYSQL_SAMPLE_H

#include "client.h"
#include "relation.h"

/* The wanted columns as a list of expressions; how many there are, at least one. */
unsigned my_sample_columns(const struct my_relation *relation, struct cdc_buf *sql);
/* The present row, whose first values are those of that list. It lives until the next one, in relation, rows and space. */
void my_sample_row(struct my_relation *relation, const struct my_client_result *rows,
                   struct my_value_space *space, struct cdc_row *row);

/* Room for the values of one row. */
void my_sample_space_init(struct my_value_space *space);
void my_sample_space_fini(struct my_value_space *space);

#endif
