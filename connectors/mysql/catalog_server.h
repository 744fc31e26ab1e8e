/* The catalogue of a real server, read over a connection of its own. */
#ifndef MYSQL_CATALOG_SERVER_H
#define MYSQL_CATALOG_SERVER_H

#include "catalog.h"
#include "server.h"

struct my_catalog_server;

/* `client` is connected when needed; both must outlive the catalogue. NULL: out of memory. */
struct my_catalog_server *my_catalog_server_new(struct my_client *client);
/* NULL is fine. */
void my_catalog_server_free(struct my_catalog_server *catalog);
/* Another connection, perhaps another server: what was read before is dropped. */
void my_catalog_server_reset(struct my_catalog_server *catalog, const struct my_server *server);
/* The connection, made if it is not open. */
int my_catalog_server_connect(struct my_catalog_server *catalog, struct cdc_err *err) CDC_MUST_CHECK;

/* While it is held, a connection that was lost is an error (RETRY), not made anew: it has a transaction open. */
void my_catalog_server_hold(struct my_catalog_server *catalog, bool held);

/* A question to the catalogue, asked once more on a new connection when the old one is gone. */
int my_catalog_server_ask(struct my_catalog_server *catalog, const char *sql, struct my_client_result *rows,
                          struct cdc_err *err) CDC_MUST_CHECK;
/* " WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'item'" */
void my_catalog_server_put_where(struct cdc_buf *sql, const char *schema_column, struct cdc_slice schema,
                                 struct cdc_slice name);

extern const struct my_catalog_ops my_catalog_server_ops;

#endif
