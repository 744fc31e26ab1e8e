/*
 * Private PostgreSQL servers. initdb runs once for a build folder; each server starts from a copy. The only file of the
 * test library that knows libpq. Runs on the test's main thread; failures end the test.
 */
#include "lib/server_postgresql.h"

#include "lib/fail.h"
#include "lib/template.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <libpq-fe.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Over these come the settings of the test. */
static const char *const DEFAULTS[] = {"listen_addresses=",
                                       "wal_level=logical",
                                       "fsync=off",
                                       "shared_buffers=32MB",
                                       "max_connections=30",
                                       "max_wal_senders=10",
                                       "max_replication_slots=10",
                                       "autovacuum=off",
                                       "log_min_messages=warning",
                                       NULL};

/* $PG_BIN, or the folder of the highest version. */
static char *postgresql_bin(void)
{
    static const char root[] = "/usr/lib/postgresql";
    const char *given = getenv("PG_BIN");
    const struct dirent *entry;
    int best = 0;
    DIR *folder;

    if (given && *given)
        return text_print("%s", given);
    folder = opendir(root);
    while (folder && (entry = readdir(folder))) {
        char *program = text_print("%s/%d/bin/postgres", root, atoi(entry->d_name));
        if (atoi(entry->d_name) > best && access(program, X_OK) == 0)
            best = atoi(entry->d_name);
        free(program);
    }
    if (folder)
        closedir(folder);
    if (!best)
        fail("no PostgreSQL in %s and no PG_BIN in the environment", root);
    return text_print("%s/%d/bin", root, best);
}

char *server_postgresql_program(const struct server_postgresql *pg, const char *program)
{
    return text_print("%s/%s", pg->bin, program);
}

static void postgresql_data(struct server_postgresql *pg)
{
    char *initdb = server_postgresql_program(pg, "initdb");

    template_copy("postgresql", initdb,
                  (const char *const[]){initdb, "-D", "@", "-U", pg->user, "-A", "trust", "-N", "-E", "UTF8",
                                        "--locale=C.UTF-8", "--no-instructions", NULL},
                  pg->server.data);
    free(initdb);
}

static void postgresql_settings(struct server_postgresql *pg, const char *const *settings)
{
    for (; settings && *settings; settings++) {
        server_word(&pg->server, "-c");
        server_word(&pg->server, "%s", *settings);
    }
}

static struct server_postgresql *postgresql_new(void)
{
    struct server_postgresql *pg = calloc(1, sizeof *pg);

    if (!pg)
        fail("out of memory");
    server_init(&pg->server);
    pg->host = pg->server.dir.path;
    pg->user = "postgres";
    pg->port = process_free_port();
    pg->bin = postgresql_bin();
    return pg;
}

static void postgresql_begin(struct server_postgresql *pg, const char *const *settings)
{
    server_word(&pg->server, "%s/postgres", pg->bin);
    server_word(&pg->server, "-D%s", pg->server.data);
    server_word(&pg->server, "-k%s", pg->host);
    server_word(&pg->server, "-p%u", pg->port);
    postgresql_settings(pg, DEFAULTS);
    postgresql_settings(pg, settings);
    server_postgresql_up(pg);
}

struct server_postgresql *server_postgresql_start(const char *const *settings)
{
    struct server_postgresql *pg = postgresql_new();

    postgresql_data(pg);
    postgresql_begin(pg, settings);
    return pg;
}

struct server_postgresql *server_postgresql_follow(const struct server_postgresql *leader,
                                                   const char *const *settings)
{
    struct server_postgresql *pg = postgresql_new();
    char *program = server_postgresql_program(pg, "pg_basebackup"), *port = text_print("%u", leader->port);

    process_must((const char *const[]){program, "-D", pg->server.data, "-h", leader->host, "-p", port, "-U",
                                       leader->user, "-R", "-X", "stream", "-c", "fast", NULL},
                 &(struct process_options){.ordinary = true, .output = pg->server.log}, SERVER_READY_MS);
    free(program);
    free(port);
    postgresql_begin(pg, settings);
    return pg;
}

/* Clients that look for the socket of before find the new one. */
void server_postgresql_promote(struct server_postgresql *pg, const struct server_postgresql *leader)
{
    char *before = text_print("%s/.s.PGSQL.%u", leader->host, leader->port),
         *now = text_print("%s/.s.PGSQL.%u", pg->host, pg->port);

    server_postgresql_sql(pg, "postgres", "SELECT pg_promote()");
    unlink(before);
    if (symlink(now, before))
        fail("cannot make %s: %s", before, strerror(errno));
    free(before);
    free(now);
}

static void postgresql_forget_session(struct server_postgresql *pg)
{
    PQfinish(pg->session);
    free(pg->database);
    pg->session = NULL;
    pg->database = NULL;
}

void server_postgresql_stop(struct server_postgresql *pg)
{
    if (!pg)
        return;
    server_postgresql_down(pg, SERVER_POSTGRESQL_IMMEDIATE);
    server_fini(&pg->server);
    free(pg->bin);
    free(pg->answer);
    free(pg);
}

struct server_postgresql *server_postgresql_join(const struct server_postgresql *pg)
{
    struct server_postgresql *other = malloc(sizeof *other);

    if (!other)
        fail("out of memory");
    *other = *pg;
    other->session = NULL;
    other->database = NULL;
    other->answer = NULL;
    return other;
}

void server_postgresql_leave(struct server_postgresql *other)
{
    postgresql_forget_session(other);
    free(other->answer);
    free(other);
}

char *server_postgresql_conninfo(const struct server_postgresql *pg, const char *database)
{
    return text_print(
        "host=%s port=%u user=%s dbname=%s application_name=test options='-c client_min_messages=error'",
        pg->host, pg->port, pg->user, database);
}

void server_postgresql_up(struct server_postgresql *pg)
{
    char *conninfo = server_postgresql_conninfo(pg, "postgres");
    int64_t end = cdc_now_ms() + SERVER_READY_MS;

    server_run(&pg->server, SIGQUIT);
    while (PQping(conninfo) != PQPING_OK) {
        if (!process_runs(pg->server.pid) || cdc_now_ms() > end)
            server_fail(&pg->server, "PostgreSQL does not start");
        wait_step();
    }
    free(conninfo);
}

void server_postgresql_down(struct server_postgresql *pg, enum server_postgresql_how how)
{
    static const int signals[] = {[SERVER_POSTGRESQL_SMART] = SIGTERM,
                                  [SERVER_POSTGRESQL_FAST] = SIGINT,
                                  [SERVER_POSTGRESQL_IMMEDIATE] = SIGQUIT};

    postgresql_forget_session(pg);
    server_end(&pg->server, signals[how]);
}

void server_postgresql_restart(struct server_postgresql *pg, enum server_postgresql_how how)
{
    server_postgresql_down(pg, how);
    server_postgresql_up(pg);
}

static PGconn *postgresql_session(struct server_postgresql *pg, const char *database)
{
    char *conninfo;

    if (pg->session && PQstatus(pg->session) == CONNECTION_OK && strcmp(pg->database, database) == 0)
        return pg->session;
    postgresql_forget_session(pg);
    conninfo = server_postgresql_conninfo(pg, database);
    pg->session = PQconnectdb(conninfo);
    pg->database = text_print("%s", database);
    free(conninfo);
    if (PQstatus(pg->session) != CONNECTION_OK)
        server_fail(&pg->server, PQerrorMessage(pg->session));
    return pg->session;
}

static PGresult *postgresql_exec(struct server_postgresql *pg, const char *database, const char *sql)
{
    PGresult *result = PQexec(postgresql_session(pg, database), sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        fail("%.1000s\n%s", sql, PQerrorMessage(pg->session));
    return result;
}

void server_postgresql_sql(struct server_postgresql *pg, const char *database, const char *sql)
{
    PQclear(postgresql_exec(pg, database, sql));
}

static char *postgresql_text(const PGresult *result)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (int row = 0; out && row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result); column++)
            fprintf(out, "%s%s", column ? "|" : row ? "\n" : "", PQgetvalue(result, row, column));
    }
    if (!out || fclose(out))
        fail("out of memory");
    return text;
}

const char *server_postgresql_query(struct server_postgresql *pg, const char *database, const char *sql)
{
    PGresult *result = postgresql_exec(pg, database, sql);

    free(pg->answer);
    pg->answer = postgresql_text(result);
    PQclear(result);
    return pg->answer;
}

void server_postgresql_sqlf(struct server_postgresql *pg, const char *database, const char *fmt, ...)
{
    va_list args;
    char *sql;

    va_start(args, fmt);
    sql = text_vprint(fmt, args);
    va_end(args);
    server_postgresql_sql(pg, database, sql);
    free(sql);
}

const char *server_postgresql_queryf(struct server_postgresql *pg, const char *database, const char *fmt, ...)
{
    const char *answer;
    va_list args;
    char *sql;

    va_start(args, fmt);
    sql = text_vprint(fmt, args);
    va_end(args);
    answer = server_postgresql_query(pg, database, sql);
    free(sql);
    return answer;
}

/* struct server_rows is libpq's result under a name that headers may use. */
struct server_rows *server_postgresql_rows(struct server_postgresql *pg, const char *database,
                                           const char *sql)
{
    return (struct server_rows *)postgresql_exec(pg, database, sql);
}

size_t server_rows_count(const struct server_rows *rows)
{
    return (size_t)PQntuples((const PGresult *)rows);
}

const char *server_rows_at(const struct server_rows *rows, size_t row, size_t column)
{
    const PGresult *result = (const PGresult *)rows;

    return PQgetisnull(result, (int)row, (int)column) ? NULL : PQgetvalue(result, (int)row, (int)column);
}

void server_rows_free(struct server_rows *rows)
{
    PQclear((PGresult *)rows);
}

void server_postgresql_hba(struct server_postgresql *pg, const char *text)
{
    char *path = text_print("%s/pg_hba.conf", pg->server.data);
    FILE *file = fopen(path, "we");

    if (!file || fputs(text, file) < 0 || fclose(file))
        fail("cannot write %s", path);
    free(path);
    server_postgresql_sql(pg, "postgres", "SELECT pg_reload_conf()");
}
