/* When the PostgreSQL source must not start: gaps, wrong set-ups, refused connections. Each with the words that a person needs. */
#include "integration/pgtest.h"

#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct pgtest t;

static void done(void)
{
    pgtest_fini(&t);
}

TestSuite(postgresql_refusals, .fini = done, .timeout = 120);

static const struct cdc_source_ops *const ops = &postgresql_source_ops;

static void expect(enum cdc_err_class class, const char *message, const char *hint)
{
    enum cdc_err_class got = pgtest_try(&t);

    cr_assert_eq(got, class, "class %s: %s (%s)", cdc_err_class_name(got), t.err.message, t.err.hint);
    cr_assert(strstr(t.err.message, message), "message: %s", t.err.message);
    cr_assert(strstr(t.err.hint, hint), "hint: %s (after %s)", t.err.hint, t.err.message);
}

static void init(const char *const *settings)
{
    pgtest_init(&t, settings,
                "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id v", "id");
}

/* Has streamed, confirmed and ended; the checkpoint is at `t.checkpoint`. */
static void have_run(const char *const *settings)
{
    init(settings);
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_read(&t, "COMMIT");
    pgtest_confirm(&t);
    pgtest_keep(&t);
    ops->close(t.source);
    t.source = NULL;
    while (strcmp(server_postgresql_query(t.pg, "postgres", "SELECT active FROM pg_replication_slots"), "f"))
        wait_step();
}

static void set_identity(const char *part, const char *value)
{
    struct cdc_buf changed = {0};
    char *text = text_print("%s", cdc_buf_str(&t.checkpoint.identity)), *state = NULL;

    for (char *one = strtok_r(text, ";", &state); one; one = strtok_r(NULL, ";", &state))
        if (!strncmp(one, part, strlen(part)))
            cdc_buf_printf(&changed, "%s%s=%s", changed.len ? ";" : "", part, value);
        else
            cdc_buf_printf(&changed, "%s%s", changed.len ? ";" : "", one);
    cdc_buf_fini(&t.checkpoint.identity);
    t.checkpoint.identity = changed;
    free(text);
}

Test(postgresql_refusals, a_slot_that_is_gone_is_a_gap)
{
    have_run(NULL);
    pgtest_sql(&t, "SELECT pg_drop_replication_slot('s')");
    expect(CDC_ERR_GAP, "slot s does not exist any more", "load the tables anew");
    cr_assert_str_eq(server_postgresql_query(t.pg, "postgres", "SELECT count(*) FROM pg_replication_slots"),
                     "0");
}

Test(postgresql_refusals, a_slot_that_was_made_anew_is_a_gap)
{
    have_run(NULL);
    pgtest_sql(&t, "SELECT pg_drop_replication_slot('s')");
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_sql(&t, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    expect(CDC_ERR_GAP, "slot s can only send what comes after", "load the tables anew");
}

Test(postgresql_refusals, a_slot_that_was_advanced_is_a_gap)
{
    have_run(NULL);
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_sql(&t, "SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())");
    expect(CDC_ERR_GAP, "it was recreated or advanced, or the store went back", "load the tables anew");
}

Test(postgresql_refusals, a_server_that_went_back_is_a_gap)
{
    have_run(NULL);
    cdc_buf_reset(&t.checkpoint.position);
    cdc_buf_puts(&t.checkpoint.position, "7/0");
    expect(CDC_ERR_GAP, "the store holds changes up to 7/0, but the server's log ends at 0/",
           "load the tables anew");
}

Test(postgresql_refusals, another_source_is_a_gap)
{
    have_run(NULL);
    set_identity("timeline", "9");
    pgtest_start(&t);
    ops->close(t.source);
    t.source = NULL;
    set_identity("system", "4711");
    expect(CDC_ERR_GAP, "its system is 4711, this one's is ", "connect to the server of before");
    pgtest_keep(&t);
    set_identity("database", "shop");
    expect(CDC_ERR_GAP, "its database is shop, this one's is postgres", "connect to the server of before");
    pgtest_keep(&t);
    set_identity("slot", "x");
    expect(CDC_ERR_GAP, "its slot is x, this one's is s", "connect to the server of before");
}

Test(postgresql_refusals, a_slot_whose_log_is_gone_is_a_gap)
{
    have_run(
        (const char *const[]){"max_slot_wal_keep_size=1MB", "min_wal_size=32MB", "max_wal_size=48MB", NULL});
    for (int i = 0; i < 20 && strcmp(server_postgresql_query(t.pg, "postgres",
                                                             "SELECT wal_status FROM pg_replication_slots"),
                                     "lost");
         i++) {
        pgtest_sql(
            &t,
            "INSERT INTO t SELECT -id FROM (SELECT (random() * 1000000000)::int AS id FROM generate_series(1, 100)) AS x ON CONFLICT DO NOTHING");
        pgtest_sql(&t, "SELECT pg_switch_wal()");
        pgtest_sql(&t, "CHECKPOINT");
    }
    expect(CDC_ERR_GAP, "slot s was invalidated by the server", "SELECT pg_drop_replication_slot('s')");
    cdc_buf_reset(&t.checkpoint.position); /* a first run needs nothing of it */
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (-1)");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=-1"));
}

Test(postgresql_refusals, a_checkpoint_of_something_else_is_a_gap)
{
    have_run(NULL);
    cdc_buf_reset(&t.checkpoint.position);
    cdc_buf_puts(&t.checkpoint.position, "0-7101-42");
    expect(CDC_ERR_GAP, "\"0-7101-42\" is not a position of PostgreSQL", "another kind of source");
}

Test(postgresql_refusals, slots_that_are_not_ours)
{
    init((const char *const[]){"max_prepared_transactions=2", NULL});
    pgtest_sql(&t, "SELECT pg_create_physical_replication_slot('s')");
    expect(CDC_ERR_CONFIG, "slot s is a physical slot", "another name in source.slot");
    pgtest_sql(&t, "SELECT pg_drop_replication_slot('s')");
    pgtest_sql(&t, "SELECT pg_create_logical_replication_slot('s', 'pgoutput', false, true)");
    expect(CDC_ERR_CONFIG, "created with two_phase", "SELECT pg_drop_replication_slot('s')");
    pgtest_sql(&t, "SELECT pg_drop_replication_slot('s')");
    pgtest_sql(&t, "CREATE DATABASE other");
    server_postgresql_sql(t.pg, "other", "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    expect(CDC_ERR_CONFIG, "slot s belongs to database other, not to postgres", "correct source.database");
    server_postgresql_sql(t.pg, "other", "SELECT pg_drop_replication_slot('s')");
    pgtest_start(&t);
}

/* The hint is SQL: run it, and the same start succeeds. */
static void mended_by_its_hint(void)
{
    pgtest_sql(&t, t.err.hint);
    pgtest_start(&t);
}

Test(postgresql_refusals, no_publication)
{
    init(NULL);
    pgtest_sql(&t, "DROP PUBLICATION p");
    expect(CDC_ERR_CONFIG, "publication p does not exist",
           "CREATE PUBLICATION \"p\" FOR TABLE \"public\".\"t\"");
    mended_by_its_hint();
}

Test(postgresql_refusals, a_table_that_is_not_published)
{
    init(NULL);
    pgtest_sql(&t, "CREATE TABLE u (id int PRIMARY KEY)");
    pgtest_map(&t, "u", "id", "id");
    expect(CDC_ERR_CONFIG, "public.u is not in publication p",
           "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"u\"");
    mended_by_its_hint();
}

Test(postgresql_refusals, columns_that_are_not_published)
{
    init(NULL);
    if (pgtest_version(&t) < 15)
        return; /* it knows no lists of columns */
    pgtest_sql(&t, "ALTER PUBLICATION p SET TABLE t (id) WHERE (id > 5)");
    expect(CDC_ERR_CONFIG, "public.t is published without column \"v\"",
           "ADD TABLE \"public\".\"t\" (\"id\", \"v\") WHERE");
    mended_by_its_hint();
}

Test(postgresql_refusals, a_publication_that_leaves_out_deletes)
{
    init(NULL);
    pgtest_sql(&t, "ALTER PUBLICATION p SET (publish = 'insert, update, truncate')");
    expect(CDC_ERR_CONFIG, "publication p leaves out deletes", "ALTER PUBLICATION \"p\" SET (publish = ");
    mended_by_its_hint();
}

Test(postgresql_refusals, partitions)
{
    init(NULL);
    pgtest_sql(
        &t,
        "DROP PUBLICATION p; DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE PUBLICATION p FOR TABLE t");
    expect(CDC_ERR_CONFIG, "sends its changes under the names of its partitions",
           "publish_via_partition_root = true");
    mended_by_its_hint();
    ops->close(t.source);
    t.source = NULL;
    t.params.ntables = 0;
    pgtest_map(&t, "t1", "id v", "id");
    expect(CDC_ERR_CONFIG, "public.t1 is a partition of public.t", "map public.t instead");
}

Test(postgresql_refusals, tables_and_columns_that_do_not_exist)
{
    init(NULL);
    t.params.ntables = 0;
    pgtest_map(&t, "t", "id vv", "id");
    expect(CDC_ERR_CONFIG, "public.t has no column \"vv\" (did you mean \"v\"?)", "correct the mapping");
    t.params.ntables = 0;
    pgtest_map(&t, "T", "id", "id");
    ops->close(t.source);
    t.source = NULL;
    expect(CDC_ERR_CONFIG, "public.T does not exist", "upper and lower case count");
}

Test(postgresql_refusals, tables_without_changes_of_their_own)
{
    init(NULL);
    pgtest_sql(&t, "CREATE VIEW w AS SELECT * FROM t; CREATE UNLOGGED TABLE u (id int PRIMARY KEY);"
                   "CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);"
                   "ALTER PUBLICATION p ADD TABLE g");
    t.params.ntables = 0;
    pgtest_map(&t, "w", "id", "id");
    expect(CDC_ERR_CONFIG, "public.w is not a table", "map the tables behind it");
    ops->close(t.source);
    t.source = NULL;
    t.params.ntables = 0;
    pgtest_map(&t, "u", "id", "id");
    expect(CDC_ERR_CONFIG, "public.u is unlogged", "ALTER TABLE \"public\".\"u\" SET LOGGED");
    ops->close(t.source);
    t.source = NULL;
    t.params.ntables = 0;
    pgtest_map(&t, "g", "id twice", "id");
    expect(CDC_ERR_CONFIG, "public.g computes column \"twice\"", "map the columns that it is computed from");
}

Test(postgresql_refusals, a_log_that_holds_too_little)
{
    init((const char *const[]){"wal_level=replica", NULL});
    expect(CDC_ERR_CONFIG, "wal_level is replica", "ALTER SYSTEM SET wal_level = 'logical'");
}

Test(postgresql_refusals, passwords)
{
    init(NULL);
    pgtest_sql(&t, "CREATE ROLE reader LOGIN REPLICATION PASSWORD 'right-secret'");
    server_postgresql_hba(t.pg, "local all reader scram-sha-256\nlocal all all trust\n");
    t.config.user = "reader";
    t.config.password = "wrong-secret";
    expect(CDC_ERR_DENIED, "password authentication failed for user \"reader\"", "source.password");
    cr_assert_not(strstr(t.err.message, "secret"));
    t.config.password = NULL;
    expect(CDC_ERR_DENIED, "no password supplied", "set source.password");
    t.config.password = "right-secret";
    pgtest_start(&t);
}

Test(postgresql_refusals, rights_and_names)
{
    init(NULL);
    pgtest_sql(&t, "CREATE ROLE reader LOGIN");
    t.config.user = "reader";
    expect(CDC_ERR_DENIED,
           pgtest_version(&t) < 16 ? "replication role" : "permission denied to start WAL sender",
           "tributary setup");
    t.config.user = "nobody at all";
    expect(CDC_ERR_DENIED, "role \"nobody at all\" does not exist", "pg_hba.conf");
    t.config.user = "postgres";
    t.config.database = "nowhere";
    expect(CDC_ERR_CONFIG, "database \"nowhere\" does not exist", "source.database");
    t.config.database = "postgres";
    server_postgresql_hba(t.pg, "local other all trust\n");
    expect(CDC_ERR_DENIED, "no pg_hba.conf entry", "pg_hba.conf must allow");
}

Test(postgresql_refusals, nobody_there)
{
    init(NULL);
    t.config.port = 1;
    expect(CDC_ERR_RETRY, "No such file or directory", "is the server running");
    t.config.host = "127.0.0.1";
    expect(CDC_ERR_RETRY, "Connection refused", "is the server running");
}

Test(postgresql_refusals, no_room)
{
    init((const char *const[]){"max_replication_slots=1", "max_wal_senders=1", NULL});
    pgtest_sql(&t, "SELECT pg_create_logical_replication_slot('another', 'pgoutput')");
    expect(CDC_ERR_RETRY, "number of requested standby connections exceeds", "max_wal_senders");
}

Test(postgresql_refusals, operations_before_their_time)
{
    struct cdc_item item;

    init(NULL);
    pgtest_open(&t);
    cr_assert_eq(ops->next(t.source, &item, &t.err), -1);
    cr_assert_eq(t.err.class, CDC_ERR_RETRY);
    cr_assert_eq(ops->wait(t.source, 10, &t.err), -1);
    cr_assert_eq(ops->confirm(t.source, cdc_slice(NULL, 0), &t.err), -1);
    cr_assert_eq(ops->start(t.source, &t.checkpoint, &t.started, &t.err), -1);
    ops->close(NULL);
}
