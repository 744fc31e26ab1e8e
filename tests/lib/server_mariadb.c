/*
 * Private MariaDB and MySQL servers. The data folder is made once for a build folder; each server starts from a copy. Runs on
 * the test's main thread; failures end the test.
 */
#include "lib/server_mariadb.h"

#include "lib/fail.h"
#include "lib/template.h"
#include "lib/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLIENT_MS = 120000 };

/* Over these come those of the flavour, then the settings of the test. */
static const char *const DEFAULTS[] = {"bind-address=127.0.0.1",
                                       "server-id=1",
                                       "log-bin=binlog",
                                       "binlog-format=ROW",
                                       "binlog-row-image=FULL",
                                       "binlog-row-metadata=FULL",
                                       "innodb-flush-log-at-trx-commit=0",
                                       "innodb-buffer-pool-size=32M",
                                       "character-set-server=utf8mb4",
                                       NULL};
static const char *const MARIADB[] = {"gtid-strict-mode=ON", NULL};
static const char *const MYSQL[] = {"gtid-mode=ON",      "enforce-gtid-consistency=ON",      "mysqlx=OFF",
                                    "secure-file-priv=", "cte-max-recursion-depth=10000000", NULL};

bool server_mariadb_is_mysql(void)
{
    const char *given = getenv("MYSQLD");

    return given && *given;
}

const char *server_mariadb_gtids(void)
{
    return server_mariadb_is_mysql() ? "@@GLOBAL.gtid_executed" : "@@GLOBAL.gtid_binlog_pos";
}

const char *server_mariadb_reset(void)
{
    return server_mariadb_is_mysql() ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
}

const char *server_mariadb_log_status(void)
{
    return server_mariadb_is_mysql() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

static void mariadb_settings(struct server_mariadb *maria, const char *const *settings)
{
    for (; settings && *settings; settings++)
        server_word(&maria->server, "--%s", *settings);
}

/* The program lies in sbin or bin of it. The caller frees it. */
static char *mariadb_base(const char *program)
{
    char *base = text_print("%s", program), *slash;

    for (int i = 0; i < 2 && (slash = strrchr(base, '/')); i++)
        *slash = '\0';
    return base;
}

static void mariadb_data(struct server_mariadb *maria, const char *base)
{
    char *beside = text_print("%s/bin/mariadb-install-db", base), *basedir = text_print("--basedir=%s", base);
    char *install = server_program("MARIADB_INSTALL_DB",
                                   (const char *const[]){beside, "/usr/bin/mariadb-install-db", NULL});

    template_copy("mariadb", install,
                  (const char *const[]){install, "--no-defaults", basedir, "--datadir=@", "--skip-test-db",
                                        "--auth-root-authentication-method=normal", NULL},
                  maria->server.data);
    free(install);
    free(basedir);
    free(beside);
}

static unsigned server_id(const char *const *settings)
{
    static const char name[] = "server-id=";

    for (; settings && *settings; settings++) {
        if (strncmp(*settings, name, sizeof name - 1) == 0)
            return (unsigned)atoi(*settings + sizeof name - 1);
    }
    return 1;
}

/* GTIDs then look alike in every run, and are another's with another server-id, as MariaDB's are. */
static void mysql_uuid(struct server_mariadb *maria, unsigned id)
{
    char *path = text_print("%s/auto.cnf", maria->server.data);
    FILE *file = fopen(path, "we");

    if (!file || fprintf(file, "[auto]\nserver-uuid=" SERVER_MARIADB_UUID "\n", id) < 0 || fclose(file))
        fail("cannot write %s", path);
    free(path);
}

static void mysql_data(struct server_mariadb *maria, const char *program, const char *base)
{
    char *basedir = text_print("--basedir=%s", base);

    template_copy("mysql", program,
                  (const char *const[]){program, "--no-defaults", basedir, "--datadir=@",
                                        "--secure-file-priv=", "--skip-log-bin", "--initialize-insecure",
                                        NULL},
                  maria->server.data);
    free(basedir);
}

static void mariadb_command(struct server_mariadb *maria, const char *program, const char *base,
                            const char *const *settings)
{
    server_word(&maria->server, "%s", program);
    server_word(&maria->server, "--no-defaults");
    server_word(&maria->server, "--basedir=%s", base);
    server_word(&maria->server, "--datadir=%s", maria->server.data);
    server_word(&maria->server, "--socket=%s", maria->socket);
    server_word(&maria->server, "--tmpdir=%s",
                maria->server.dir.path); /* a server that starts empties a shared one */
    server_word(&maria->server, "--port=%u", maria->port);
    server_word(&maria->server, "--pid-file=%s/pid", maria->server.data);
    mariadb_settings(maria, DEFAULTS);
    mariadb_settings(maria, server_mariadb_is_mysql() ? MYSQL : MARIADB);
    mariadb_settings(maria, settings);
}

struct server_mariadb *server_mariadb_start(const char *const *settings)
{
    struct server_mariadb *maria = calloc(1, sizeof *maria);
    char *program, *base;

    if (!maria)
        fail("out of memory");
    server_init(&maria->server);
    program = server_program(server_mariadb_is_mysql() ? "MYSQLD" : "MARIADBD",
                             (const char *const[]){"/usr/sbin/mariadbd", NULL});
    base = mariadb_base(program);
    maria->socket = tempdir_path(&maria->server.dir, "mariadb.sock");
    maria->port = process_free_port();
    if (server_mariadb_is_mysql()) {
        mysql_data(maria, program, base);
        mysql_uuid(maria, server_id(settings));
    } else {
        mariadb_data(maria, base);
    }
    mariadb_command(maria, program, base, settings);
    free(base);
    free(program);
    server_mariadb_up(maria);
    return maria;
}

void server_mariadb_stop(struct server_mariadb *maria)
{
    if (!maria)
        return;
    server_mariadb_down(maria, SIGKILL);
    server_fini(&maria->server);
    free(maria->socket);
    free(maria->answer);
    free(maria);
}

/* Runs the client; its output stays in the file "answer". The exit status. */
static int mariadb_client(struct server_mariadb *maria, const char *database, const char *sql)
{
    char *socket = text_print("--socket=%s", maria->socket),
         *out = tempdir_path(&maria->server.dir, "answer");
    pid_t pid;
    int status;

    unlink(out);
    pid = process_start((const char *const[]){"mariadb", "--no-defaults", "--user=root", socket, "--batch",
                                              "--skip-column-names", "--default-character-set=utf8mb4", "-e",
                                              sql, database, NULL},
                        &(struct process_options){.output = out});
    status = process_wait(pid, CLIENT_MS);
    if (status < 0)
        process_end(pid, SIGKILL, 0);
    free(maria->answer);
    maria->answer = process_read_file(out);
    free(out);
    free(socket);
    return status;
}

static bool mariadb_ready(void *ctx)
{
    struct server_mariadb *maria = ctx;

    if (!process_runs(maria->server.pid))
        server_fail(&maria->server, "the server does not start");
    return mariadb_client(maria, "", "SELECT 1") == 0;
}

void server_mariadb_up(struct server_mariadb *maria)
{
    server_run(&maria->server, SIGKILL);
    if (!wait_for(mariadb_ready, maria, SERVER_READY_MS))
        server_fail(&maria->server, "the server does not become ready");
}

void server_mariadb_down(struct server_mariadb *maria, int signal)
{
    server_end(&maria->server, signal);
    unlink(maria->socket);
}

void server_mariadb_restart(struct server_mariadb *maria)
{
    server_mariadb_down(maria, SIGTERM);
    server_mariadb_up(maria);
}

void server_mariadb_crash(struct server_mariadb *maria)
{
    server_mariadb_down(maria, SIGKILL);
    server_mariadb_up(maria);
}

const char *server_mariadb_query(struct server_mariadb *maria, const char *database, const char *sql)
{
    size_t len;

    if (mariadb_client(maria, database, sql))
        fail("%.1000s\n%s", sql, maria->answer);
    len = strlen(maria->answer);
    if (len && maria->answer[len - 1] == '\n')
        maria->answer[len - 1] = 0;
    return maria->answer;
}

void server_mariadb_sql(struct server_mariadb *maria, const char *database, const char *sql)
{
    (void)server_mariadb_query(maria, database, sql);
}

void server_mariadb_sequence(struct server_mariadb *maria, const char *database, unsigned from, unsigned to)
{
    char *sql;

    if (!server_mariadb_is_mysql())
        return;
    sql = text_print(
        "CREATE VIEW seq_%u_to_%u AS WITH RECURSIVE s (seq) AS (SELECT %u UNION ALL SELECT seq + 1 "
        "FROM s WHERE seq < %u) SELECT seq FROM s",
        from, to, from, to);
    server_mariadb_sql(maria, database, sql);
    free(sql);
}
