/*
 * Addresses of databases, for the command line: postgresql://[user@]host[:port]/database, mysql://… or mariadb://…; a socket is
 * ?host=FOLDER (PostgreSQL) or ?socket=PATH. Also ?tls=MODE and ?tls_ca=FILE, joined by &.
 */
#ifndef CONFIG_SOURCE_URL_H
#define CONFIG_SOURCE_URL_H

#include "cdc/arena.h"
#include "cdc/config.h"
#include "cdc/err.h"

/*
 * NULL, or what is wrong, without any part of the URL in it. Sets type, host, port, database, user, tls and tls_ca; strings live in
 * the arena. A password is refused: everybody on the machine can read a command line.
 */
const char *config_source_url_parse(struct cdc_source_config *source, const char *text,
                                    struct cdc_arena *arena) CDC_MUST_CHECK;

#endif
