/* Names and texts in SQL statements, for sessions with an empty sql_mode (my_client_connect() sees to that). */
#ifndef MYSQL_SQL_H
#define MYSQL_SQL_H

#include "cdc/buf.h"

/* `name` */
void my_sql_name(struct cdc_buf *sql, struct cdc_slice name);
/* 'text' */
void my_sql_text(struct cdc_buf *sql, struct cdc_slice text);

#endif
