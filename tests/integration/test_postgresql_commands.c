/* What the commands ask of the PostgreSQL source: check, setup, sample; and connections by TLS. */
#include "integration/pgtest.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pgtest t;
static struct cdc_buf findings;

static void done(void)
{
    cdc_buf_fini(&findings);
    pgtest_fini(&t);
}

TestSuite(postgresql_commands, .fini = done, .timeout = 120);

static const struct cdc_source_ops *const ops = &postgresql_source_ops;

static void add_finding(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    static const char *const levels[] = {"OK", "NOTE", "WARNING", "ERROR"};

    (void)ctx;
    cdc_buf_printf(&findings, "%s %s => %s\n", levels[level], what, remedy ? remedy : "");
}

static const char *check(void)
{
    struct cdc_report report = {NULL, add_finding};

    cdc_buf_reset(&findings);
    pgtest_open(&t);
    cr_assert_eq(ops->check(t.source, NULL, &report, &t.err), 0, "%s", t.err.message);
    return cdc_buf_str(&findings);
}

static void expect_finding(const char *level, const char *what, const char *remedy)
{
    char *copy = text_print("%s", cdc_buf_str(&findings)), *state = NULL;
    bool found = false;

    for (char *line = strtok_r(copy, "\n", &state); line && !found; line = strtok_r(NULL, "\n", &state)) {
        const char *arrow = strstr(line, " => ");
        found = !strncmp(line, level, strlen(level)) && strstr(line, what) && arrow && strstr(arrow, remedy);
    }
    free(copy);
    cr_expect(found, "no %s \"%s\" => \"%s\" in\n%s", level, what, remedy, findings.data);
}

static const char schema[] = "CREATE TABLE t (id int PRIMARY KEY, v text, secret text);"
                             "CREATE SCHEMA shop; CREATE ROLE reader LOGIN";

Test(postgresql_commands, a_good_server_has_no_errors)
{
    pgtest_init(&t, (const char *const[]){"max_slot_wal_keep_size=10GB", NULL}, schema);
    pgtest_sql(
        &t, "CREATE PUBLICATION p FOR TABLE t; ALTER ROLE reader REPLICATION; GRANT SELECT ON t TO reader");
    pgtest_map(&t, "t", "id v", "id");
    t.config.user = "reader";
    pgtest_start(&t);
    cr_assert_not(strstr(check(), "ERROR"), "%s", findings.data);
    cr_assert_not(strstr(findings.data, "WARNING"), "%s", findings.data);
    expect_finding("OK", "connected to PostgreSQL", "");
    expect_finding("OK", "wal_level is logical", "");
    expect_finding("OK", "role reader may replicate", "");
    expect_finding("OK", "publication p exists", "");
    expect_finding("OK", "public.t has all 2 mapped columns, published", "");
    expect_finding("NOTE", "sends no values from before an update", "REPLICA IDENTITY FULL");
    expect_finding("NOTE", "max_slot_wal_keep_size is 10240 MB", "");
    expect_finding("OK", "slot s is at", "");
}

Test(postgresql_commands, everything_that_is_wrong_at_once)
{
    pgtest_init(&t, (const char *const[]){"wal_level=replica", "wal_sender_timeout=0", NULL}, schema);
    pgtest_sql(
        &t,
        "CREATE TABLE bare (k int, m money); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE bare REPLICA IDENTITY NOTHING; CREATE PUBLICATION p FOR TABLE bare WITH (publish = 'insert')");
    pgtest_map(&t, "t", "id v typo", "v");
    pgtest_map(&t, "bare", "k m", "k");
    pgtest_map(&t, "missing", "a", "a");
    t.config.user = "reader";
    check();
    expect_finding("ERROR", "wal_level is replica", "ALTER SYSTEM SET wal_level");
    expect_finding("ERROR", "a replication connection was refused", "ALTER ROLE \"reader\" REPLICATION;");
    expect_finding("ERROR", "publication p leaves out updates deletes truncates",
                   "ALTER PUBLICATION \"p\" SET");
    expect_finding("ERROR", "public.t has no column \"typo\"", "correct the mapping");
    expect_finding("ERROR", "public.t is not in publication p", "ADD TABLE \"public\".\"t\"");
    expect_finding("ERROR", "public.t makes keys of column \"v\"",
                   "ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL;");
    expect_finding("ERROR", "public.t may not be read",
                   "GRANT SELECT (\"id\", \"v\", \"typo\") ON \"public\".\"t\" TO \"reader\";");
    expect_finding("WARNING", "public.t has row security", "ALTER ROLE \"reader\" BYPASSRLS;");
    expect_finding("ERROR", "public.bare has REPLICA IDENTITY NOTHING",
                   "ALTER TABLE \"public\".\"bare\" REPLICA IDENTITY FULL;");
    expect_finding("WARNING", "public.bare keeps column \"m\" as money", "use numeric");
    expect_finding("ERROR", "public.missing does not exist", "create the table");
    expect_finding("WARNING", "wal_sender_timeout is 0", "wal_sender_timeout = '60s'");
    expect_finding("NOTE", "max_slot_wal_keep_size is unlimited", "limits.wal_retained");
    expect_finding("NOTE", "slot s does not exist",
                   "SELECT pg_create_logical_replication_slot('s', 'pgoutput'");
}

Test(postgresql_commands, a_list_of_columns_that_refuses_updates)
{
    pgtest_init(&t, NULL, schema);
    if (pgtest_version(&t) < 15)
        return; /* it knows no lists of columns */
    pgtest_sql(&t, "CREATE PUBLICATION p FOR TABLE t (id, v); ALTER TABLE t REPLICA IDENTITY FULL");
    pgtest_map(&t, "t", "id v", "id");
    check();
    expect_finding("ERROR", "published with a list of columns that lacks its replica identity",
                   "ADD TABLE \"public\".\"t\";");
}

Test(postgresql_commands, a_table_that_is_slow_to_read_in_chunks)
{
    pgtest_init(&t, NULL, schema);
    pgtest_sql(&t, "CREATE TABLE bare (k int, l text, v int); ALTER TABLE bare REPLICA IDENTITY FULL;"
                   "CREATE PUBLICATION p FOR TABLE bare");
    pgtest_map(&t, "bare", "v", "k l");
    check();
    expect_finding("WARNING", "public.bare has no primary key and no index on k, l",
                   "CREATE INDEX CONCURRENTLY ON \"public\".\"bare\" (\"k\", \"l\");");
    pgtest_sql(&t, "CREATE INDEX ON bare (k, v)");
    cr_assert(strstr(check(), "no index on k, l"));
    pgtest_sql(&t, "CREATE INDEX ON bare (k, l) WHERE v = 1");
    cr_assert(strstr(check(), "no index on k, l"));
    pgtest_sql(&t, "CREATE INDEX ON bare (k, l, v)");
    cr_assert_not(strstr(check(), "no index on k, l"));
}

Test(postgresql_commands, the_key_that_is_read_along_must_be_readable)
{
    pgtest_init(&t, NULL, schema);
    pgtest_sql(
        &t,
        "CREATE TABLE u (k int NOT NULL UNIQUE, v int); ALTER TABLE u REPLICA IDENTITY USING INDEX u_k_key;"
        "CREATE PUBLICATION p FOR TABLE u; ALTER ROLE reader REPLICATION; GRANT SELECT (v) ON u TO reader");
    pgtest_map(&t, "u", "v", "v");
    t.config.user = "reader";
    check();
    expect_finding("ERROR", "public.u may not be read", "GRANT SELECT (\"v\", \"k\") ON \"public\".\"u\"");
}

Test(postgresql_commands, a_server_that_cannot_be_reached_is_a_finding)
{
    pgtest_init(&t, NULL, NULL);
    t.config.port = 1;
    check();
    expect_finding("ERROR", "No such file or directory", "is the server running");
}

Test(postgresql_commands, a_slot_of_someone_else_is_a_finding)
{
    pgtest_init(&t, NULL, schema);
    pgtest_sql(&t, "SELECT pg_create_physical_replication_slot('s')");
    check();
    expect_finding("ERROR", "slot s is a physical slot", "another name");
}

static const char *set_up(bool run)
{
    cdc_buf_reset(&findings);
    pgtest_open(&t);
    cr_assert_eq(ops->setup(t.source, run, &findings, &t.err), 0, "%s", t.err.message);
    return cdc_buf_str(&findings);
}

Test(postgresql_commands, setup_prints_everything_when_it_cannot_look)
{
    const char *said;

    pgtest_init(&t, NULL, NULL);
    pgtest_map(&t, "t", "id v", "id");
    t.config.user = "reader";
    t.config.password = "secret";
    said = set_up(false);
    cr_assert_eq(strncmp(said, "-- not connected: ", 18), 0, "%s", said);
    cr_assert(strstr(said, "role \"reader\" does not exist\n"), "%s", said);
    cr_assert(strstr(said, "\n-- whole tables are published"), "%s", said);
    said = strstr(said, "-- ALTER SYSTEM");
    cr_assert_not_null(said);
    cr_assert_str_eq(
        said,
        "-- ALTER SYSTEM SET wal_level = 'logical'; then restart the server\n"
        "CREATE ROLE \"reader\" LOGIN REPLICATION; -- then give it the configuration's password: \\password \"reader\"\n"
        "GRANT CONNECT ON DATABASE \"postgres\" TO \"reader\";\n"
        "GRANT USAGE ON SCHEMA \"public\" TO \"reader\";\n"
        "GRANT SELECT (\"id\", \"v\") ON \"public\".\"t\" TO \"reader\";\n"
        "CREATE PUBLICATION \"p\" FOR TABLE \"public\".\"t\" WITH (publish_via_partition_root = true);\n"
        "SELECT pg_create_logical_replication_slot('s', 'pgoutput');\n");
    cr_assert_eq(ops->setup(t.source, true, &findings, &t.err), -1, "it cannot be run without a connection");
    cr_assert_eq(t.err.class, CDC_ERR_DENIED);
}

Test(postgresql_commands, the_printed_script_is_enough_for_the_role)
{
    pgtest_init(&t, NULL, "CREATE TABLE t (id int PRIMARY KEY, v text, secret text)");
    pgtest_map(&t, "t", "id v", "id");
    t.config.user = "reader";
    pgtest_sql(&t, "CREATE SCHEMA later");
    set_up(false);
    /* the slot last, and by itself: it cannot be made in a transaction that has written */
    *strstr(findings.data, "SELECT pg_create") = '\0';
    pgtest_sql(&t, findings.data);
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a', 'b')");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=1 v=a secret=b\n"));
    cr_assert_str_eq(set_up(false), "", "nothing is missing");
    check();
    cr_assert_not(strstr(findings.data, "ERROR"), "%s", findings.data);
}

Test(postgresql_commands, setup_runs_what_is_missing_and_no_more)
{
    pgtest_init(&t, NULL,
                "CREATE TABLE t (id int PRIMARY KEY, v text, secret text);"
                "CREATE TABLE u (id int, v text) PARTITION BY RANGE (id); CREATE TABLE f (id int, v text);"
                "ALTER TABLE f REPLICA IDENTITY FULL");
    pgtest_map(&t, "t", "v", "v");
    pgtest_map(&t, "u", "id", "id");
    pgtest_map(&t, "f", "v", "v");
    set_up(true);
    cr_assert(strstr(findings.data, "pg_create_logical_replication_slot"), "%s", findings.data);
    cr_assert_str_eq(set_up(true), "");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a', 'b')");
    pgtest_start(&t);
    if (pgtest_version(&t) >= 15)
        cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=1 v=a\n"), "%s", t.log.data);
    pgtest_sql(&t, "ALTER PUBLICATION p SET TABLE t, u");
    pgtest_sql(&t, "ALTER PUBLICATION p SET (publish_via_partition_root = false, publish = 'insert')");
    set_up(false);
    cr_assert_not(strstr(findings.data, "slot"), "%s", findings.data);
    set_up(true);
    cr_assert_str_eq(set_up(true), "");
}

static int stop_at_two(void *ctx, const struct cdc_row *row, struct cdc_err *err)
{
    int *rows = ctx;

    if (!row->after)
        return 0;
    if (++*rows == 2)
        return cdc_err_set(err, CDC_ERR_DATA, "enough");
    return 0;
}

static int print(void *ctx, const struct cdc_row *row, struct cdc_err *err)
{
    (void)err;
    if (!row->after)
        row->relation->columns[1].wanted = true;
    else
        pgtest_print_row(ctx, row);
    return 0;
}

Test(postgresql_commands, samples)
{
    int rows = 0;

    pgtest_init(
        &t, NULL,
        "CREATE TABLE t (id int PRIMARY KEY, b bool, secret text); CREATE TABLE child () INHERITS (t);"
        "INSERT INTO t VALUES (1, true, 'x'), (2, NULL, 'y'), (3, false, 'z'); INSERT INTO child VALUES (9)");
    pgtest_map(&t, "t", "id b", "id");
    pgtest_open(&t);
    cr_assert_eq(ops->sample(t.source, &t.tables[0], 100, print, &findings, &t.err), 0, "%s", t.err.message);
    cr_assert_str_eq(cdc_buf_str(&findings), "INSERT public.t id=- b=true\n"
                                             "INSERT public.t id=- b=NULL\n"
                                             "INSERT public.t id=- b=false\n");
    cr_assert_eq(ops->sample(t.source, &t.tables[0], 100, stop_at_two, &rows, &t.err), -1);
    cr_assert_str_eq(t.err.message, "enough");
    cr_assert_eq(rows, 2);
    cdc_buf_reset(&findings);
    cr_assert_eq(ops->sample(t.source, &t.tables[0], 1, print, &findings, &t.err), 0, "%s", t.err.message);
    cr_assert_str_eq(cdc_buf_str(&findings), "INSERT public.t id=- b=true\n");
    pgtest_sql(&t, "ALTER TABLE t DROP b");
    cr_assert_eq(ops->sample(t.source, &t.tables[0], 1, print, &findings, &t.err), -1);
    cr_assert_eq(t.err.class, CDC_ERR_CONFIG);
    pgtest_sql(&t, "DROP TABLE t CASCADE");
    cr_assert_eq(ops->sample(t.source, &t.tables[0], 1, print, &findings, &t.err), -1);
    cr_assert_eq(t.err.class, CDC_ERR_CONFIG);
}

/* A key and a certificate for localhost, signed by itself, in the server's data folder. */
static char *make_certificate(void)
{
    char *key = text_print("%s/server.key", t.pg->server.data),
         *crt = text_print("%s/server.crt", t.pg->server.data);

    process_must((const char *const[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                                       "2", "-subj", "/CN=localhost", "-keyout", key, "-out", crt, NULL},
                 &(struct process_options){.ordinary = true, .output = "/dev/null"}, 60000);
    free(key);
    return crt;
}

Test(postgresql_commands, tls)
{
    char *crt;

    pgtest_init(&t, (const char *const[]){"listen_addresses=localhost", NULL},
                "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id v", "id");
    t.config.host = "localhost";
    t.config.tls = CDC_TLS_REQUIRE;
    cr_assert_eq(pgtest_try(&t), CDC_ERR_CONFIG, "%s", t.err.message);
    cr_assert(strstr(t.err.hint, "switch TLS on"), "%s", t.err.hint);
    crt = make_certificate();
    server_postgresql_hba(t.pg, "local all all trust\nhostssl all all localhost trust\n");
    pgtest_sql(&t, "ALTER SYSTEM SET ssl = on");
    server_postgresql_restart(t.pg, SERVER_POSTGRESQL_FAST);
    t.config.tls = CDC_TLS_VERIFY_FULL;
    cr_assert_eq(pgtest_try(&t), CDC_ERR_CONFIG, "%s", t.err.message);
    cr_assert(strstr(t.err.message, "certificate verify failed"), "%s", t.err.message);
    cr_assert(strstr(t.err.hint, "source.tls_ca"), "%s", t.err.hint);
    t.config.tls_ca = crt;
    t.config.host = "127.0.0.1";
    cr_assert_eq(pgtest_try(&t), CDC_ERR_CONFIG, "%s", t.err.message);
    cr_assert(strstr(t.err.hint, "verify-ca"), "%s (%s)", t.err.hint, t.err.message);
    t.config.host = "localhost";
    pgtest_start(&t);
    cr_assert_str_eq(server_postgresql_query(t.pg, "postgres",
                                             "SELECT ssl FROM pg_stat_ssl s JOIN pg_replication_slots r "
                                             "ON s.pid = r.active_pid"),
                     "t");
    /* records of TLS are larger than libpq's reads: none may be left behind in the library */
    for (int i = 0; i < 20; i++) {
        char *sql = text_print("INSERT INTO t VALUES (%d, repeat('x', %d))", i, 8000 + i * 997);
        pgtest_sql(&t, sql);
        free(sql);
        pgtest_read(&t, "COMMIT");
    }
    pgtest_sql(&t, "INSERT INTO t VALUES (100, repeat('x', 3000000))");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=100 v=xxxxxxxx..(3000000)\n"));
    free(crt);
}
