/* What the parts of chunk_view.h share: chunk_view.c, and for each dialect chunk_view_mysql.c and chunk_view_mariadb.c. */
#ifndef MYSQL_CHUNK_VIEW_IMPL_H
#define MYSQL_CHUNK_VIEW_IMPL_H

#include "chunk_view.h"

/* Whether all of `part` lies at or before `whole`; the empty position does so everywhere. */
bool my_view_contains(const struct my_position *whole, const struct my_position *part);
/* `now` becomes what is seen, unless that would be too early: what was seen once is seen ever after. */
int my_view_see(struct my_view *view, const struct my_position *now, const struct my_position *since,
                bool *early, struct cdc_err *err) CDC_MUST_CHECK;
/* The first read: the definition is locked against changes, and on MySQL it is here that the snapshot is made. */
int my_view_touch(struct my_client *client, const struct cdc_table_ref *table,
                  struct cdc_err *err) CDC_MUST_CHECK;

/* my_view_begin() in a session that is set. */
int my_view_begin_mysql(struct my_view *view, struct my_client *client, const struct my_server *server,
                        const struct cdc_table_ref *table, const struct my_position *since, bool *early,
                        struct cdc_err *err) CDC_MUST_CHECK;
int my_view_begin_mariadb(struct my_view *view, struct my_client *client, const struct cdc_table_ref *table,
                          const struct my_position *since, bool *early, struct cdc_err *err) CDC_MUST_CHECK;

#endif
