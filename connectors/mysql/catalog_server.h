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

extern const struct my_catalog_ops my_catalog_server_ops;

#endif
