/*
 * A private PostgreSQL for one test: on a socket, in a folder of its own, gone with the test. Ready for logical
 * replication; databases `postgres` only; trust authentication, superuser `postgres`.
 *
 *     struct server_postgresql *pg = server_postgresql_start((const char *const[]){"work_mem=64kB", NULL});
 *     server_postgresql_sql(pg, "postgres", "CREATE TABLE t (id int PRIMARY KEY)");
 *     cr_assert_str_eq(server_postgresql_query(pg, "postgres", "SELECT 1, NULL, 'x'"), "1||x");
 *     server_postgresql_stop(pg);
 *
 * Everything that goes wrong fails the test. Use it from the test's main thread.
 */
#ifndef TESTS_LIB_SERVER_POSTGRESQL_H
#define TESTS_LIB_SERVER_POSTGRESQL_H

#include <stddef.h>

#include "lib/server.h"

struct server_postgresql {
    struct server server;
    const char *host;        /* folder of the socket */
    unsigned port;           /* also of 127.0.0.1 when settings name listen_addresses */
    const char *user;        /* the superuser */
    char *bin;               /* folder of the programs */
    struct pg_conn *session; /* of the last database that was spoken to */
    char *database;
    char *answer;
};

enum server_postgresql_how { SERVER_POSTGRESQL_SMART, SERVER_POSTGRESQL_FAST, SERVER_POSTGRESQL_IMMEDIATE };

/* `settings`: NULL-ended "name=value" of postgresql.conf, over the test defaults; may be NULL. */
struct server_postgresql *server_postgresql_start(const char *const *settings);
/* The same as a physical standby of another one, which runs; `settings` may say how it follows. */
struct server_postgresql *server_postgresql_follow(const struct server_postgresql *leader,
                                                   const char *const *settings);
/* It becomes a primary, and takes over the address (the socket) of the one that it followed, which must be down. */
void server_postgresql_promote(struct server_postgresql *pg, const struct server_postgresql *leader);
/* Ends the server and removes its folder. NULL is fine. */
void server_postgresql_stop(struct server_postgresql *pg);
/* Ends and starts the process; the data stay. */
void server_postgresql_restart(struct server_postgresql *pg, enum server_postgresql_how how);
/* The two halves of it. */
void server_postgresql_down(struct server_postgresql *pg, enum server_postgresql_how how);
void server_postgresql_up(struct server_postgresql *pg);

/* The same server with a session of its own, for transactions side by side; end it by leave(). */
struct server_postgresql *server_postgresql_join(const struct server_postgresql *pg);
void server_postgresql_leave(struct server_postgresql *other);

/* A libpq connection string; the caller frees it. */
char *server_postgresql_conninfo(const struct server_postgresql *pg, const char *database);
/* Runs SQL (several statements are one transaction, unless they say otherwise). Results are thrown away. */
void server_postgresql_sql(struct server_postgresql *pg, const char *database, const char *sql);
void server_postgresql_sqlf(struct server_postgresql *pg, const char *database, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/*
 * The rows of a query as text: columns joined by '|', rows by '\n', NULL as nothing. Belongs to the server, until the
 * next query.
 */
const char *server_postgresql_query(struct server_postgresql *pg, const char *database, const char *sql);
const char *server_postgresql_queryf(struct server_postgresql *pg, const char *database, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A result to walk through. */
struct server_rows;
struct server_rows *server_postgresql_rows(struct server_postgresql *pg, const char *database,
                                           const char *sql);
size_t server_rows_count(const struct server_rows *rows);
/* NULL for SQL NULL. Lives as long as the rows. */
const char *server_rows_at(const struct server_rows *rows, size_t row, size_t column);
void server_rows_free(struct server_rows *rows);

/* Replaces pg_hba.conf and makes the server read it. */
void server_postgresql_hba(struct server_postgresql *pg, const char *text);
/* "<bin>/<program>"; the caller frees it. */
char *server_postgresql_program(const struct server_postgresql *pg, const char *program);

#endif
