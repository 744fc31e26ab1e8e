/*
 * A private MariaDB for one test: on a socket, in a folder of its own, gone with the test. Row binlog with full images
 * and metadata, GTIDs strict; user `root` without a password. SQL goes through the `mariadb` client program.
 *
 * The environment chooses another version: MARIADBD=PATH of its program; or MYSQLD=PATH, and it is a MySQL (GTIDs on). Its other files
 * are found from that path. Where the two differ, a test asks server_mariadb_is_mysql(), or skips itself with the reason.
 *
 * Everything that goes wrong fails the test. Use it from the test's main thread.
 */
#ifndef TESTS_LIB_SERVER_MARIADB_H
#define TESTS_LIB_SERVER_MARIADB_H

#include "lib/server.h"

#include <stdbool.h>

/* A MySQL's server_uuid, with its server-id. */
#define SERVER_MARIADB_UUID "00000000-0000-4000-8000-%012u"

struct server_mariadb {
    struct server server;
    char *socket;
    unsigned port; /* of 127.0.0.1 */
    char *answer;
};

/* The flavour that the environment chooses; known before a server is started. */
bool server_mariadb_is_mysql(void);
/* SQL that differs: an expression for the GTIDs in the binlog; statements that empty the binlog and that show its end. */
const char *server_mariadb_gtids(void);
const char *server_mariadb_reset(void);
const char *server_mariadb_log_status(void);

/* `settings`: NULL-ended "name=value" of my.cnf, over the test defaults; may be NULL. */
struct server_mariadb *server_mariadb_start(const char *const *settings);
/* Ends the server and removes its folder. NULL is fine. */
void server_mariadb_stop(struct server_mariadb *maria);
/* SIGTERM or SIGKILL, then a start with the same data folder and settings. */
void server_mariadb_restart(struct server_mariadb *maria);
void server_mariadb_crash(struct server_mariadb *maria);
/* The halves of it. */
void server_mariadb_down(struct server_mariadb *maria, int signal);
void server_mariadb_up(struct server_mariadb *maria);

/* Runs SQL statements, each ended by ';'. `database` may be "". */
void server_mariadb_sql(struct server_mariadb *maria, const char *database, const char *sql);
/* The rows of a query as the client's batch mode prints them: tabs, line ends, "NULL". The server's, until the next query. */
const char *server_mariadb_query(struct server_mariadb *maria, const char *database, const char *sql);
/* Makes seq_FROM_to_TO in `database`, as MariaDB has them by itself: a column "seq". On MySQL a view, and one transaction. */
void server_mariadb_sequence(struct server_mariadb *maria, const char *database, unsigned from, unsigned to);

#endif
