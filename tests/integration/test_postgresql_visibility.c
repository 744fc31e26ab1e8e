/* What a chunk sees of what is streamed, and when it is late enough to see all of it. */
#include "integration/pgchunks.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

static struct pgtest t;
static struct pgchunks c;
static struct server_postgresql *other;

static void done(void)
{
    if (other)
        server_postgresql_leave(other);
    other = NULL;
    pgchunks_fini(&c);
    pgtest_fini(&t);
}

TestSuite(postgresql_visibility, .fini = done, .timeout = 120);

static const struct cdc_source_ops *const ops = &postgresql_source_ops;

/* As a role that may not look into other sessions, unless told otherwise. */
static void begin(const char *user)
{
    pgtest_init(
        &t, (const char *const[]){"max_prepared_transactions=2", NULL},
        "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t;"
        "CREATE ROLE reader LOGIN REPLICATION; GRANT SELECT ON t TO reader; INSERT INTO t VALUES (1, 'old')");
    t.config.user = user;
    pgtest_map(&t, "t", "id v", "id");
    pgchunks_open(&c, &t);
    other = server_postgresql_join(t.pg);
}

static const char *others_xid(void)
{
    return server_postgresql_query(other, "postgres", "SELECT pg_current_xact_id()::xid");
}

Test(postgresql_visibility, transactions_before_and_after)
{
    char xid[16];

    begin("postgres");
    server_postgresql_sql(other, "postgres", "BEGIN");
    snprintf(xid, sizeof xid, "%s", others_xid());
    server_postgresql_sql(other, "postgres", "INSERT INTO t VALUES (2, 'new')");
    cr_assert_str_eq(pgchunks_all(&c, 9), "1");
    cr_assert_not(pgchunks_sees(&c, xid));
    server_postgresql_sql(other, "postgres", "COMMIT");
    cr_assert_not(pgchunks_sees(&c, xid), "what was read is as old as before");
    cr_assert_str_eq(pgchunks_all(&c, 9), "1 2");
    cr_assert(pgchunks_sees(&c, xid));
}

static void try_since(const char *since)
{
    struct cdc_chunk_request request = {
        .table = &t.tables[0], .since = cdc_slice_str(since), .rows = 10, .bytes = UINT64_MAX};

    c.outcome = (enum cdc_chunk_outcome) - 1;
    cr_assert_eq(pgchunks_try(&c, &request), 0, "%s", c.err.message);
}

static void expect_early(const char *since)
{
    try_since(since);
    cr_assert_eq(c.outcome, CDC_CHUNK_EARLY);
    cr_assert_eq(c.log.len, 0);
    cr_assert_eq(c.chunk.visibility.len, 0);
}

static void expect_read(const char *since)
{
    try_since(since);
    cr_assert_eq(c.outcome, CDC_CHUNK_READ);
}

Test(postgresql_visibility, whoever_may_have_committed_is_waited_for)
{
    begin("reader");
    server_postgresql_sql(other, "postgres", "BEGIN; INSERT INTO t VALUES (2, 'x')");
    expect_early("0/1");
    expect_early("0/1");
    pgtest_sql(&t, "INSERT INTO t VALUES (3, 'later')");
    expect_early("0/1");
    server_postgresql_sql(other, "postgres", "COMMIT");
    expect_read("0/1");
    cr_assert_str_eq(cdc_buf_str(&c.log),
                     "INSERT public.t id=1 v=old\nINSERT public.t id=2 v=x\nINSERT public.t id=3 v=later\n");
    server_postgresql_sql(other, "postgres", "BEGIN; INSERT INTO t VALUES (4, 'x')");
    expect_read("0/1");
    expect_early("0/2");
    server_postgresql_sql(other, "postgres", "ROLLBACK");
    expect_read("0/2");
    expect_read("");
}

Test(postgresql_visibility, whoever_began_later_is_not_waited_for)
{
    struct server_postgresql *third;

    begin("reader");
    third = server_postgresql_join(t.pg);
    server_postgresql_sql(other, "postgres", "BEGIN; INSERT INTO t VALUES (2, 'x')");
    expect_early("0/1");
    server_postgresql_sql(third, "postgres", "BEGIN; INSERT INTO t VALUES (3, 'x')");
    server_postgresql_sql(other, "postgres", "COMMIT");
    expect_read("0/1");
    server_postgresql_leave(third);
}

Test(postgresql_visibility, a_prepared_transaction_may_be_just_being_committed)
{
    begin("postgres");
    server_postgresql_sql(other, "postgres",
                          "BEGIN; INSERT INTO t VALUES (2, 'x'); PREPARE TRANSACTION 'two'");
    expect_early("0/1");
    server_postgresql_sql(other, "postgres", "COMMIT PREPARED 'two'");
    expect_read("0/1");
    cr_assert(strstr(cdc_buf_str(&c.log), "id=2"));
}

Test(postgresql_visibility, a_transaction_that_idles_has_not_committed)
{
    begin("postgres");
    server_postgresql_sql(other, "postgres", "BEGIN; INSERT INTO t VALUES (2, 'x')");
    expect_read("0/1");
    cr_assert_str_eq(cdc_buf_str(&c.log), "INSERT public.t id=1 v=old\n");
}

Test(postgresql_visibility, what_other_databases_do_is_not_in_the_stream)
{
    begin("reader");
    pgtest_sql(&t, "CREATE DATABASE elsewhere");
    server_postgresql_sql(other, "elsewhere", "CREATE TABLE u (id int)");
    server_postgresql_sql(other, "elsewhere", "BEGIN; INSERT INTO u VALUES (1)");
    expect_read("0/1");
}

static bool is_read(void *ctx)
{
    try_since(ctx);
    return c.outcome == CDC_CHUNK_READ;
}

/* With synchronous replication a commit is in the stream long before anybody sees it. */
Test(postgresql_visibility, a_standby_that_confirms_late)
{
    char *psql, xid[16], position[32];
    const char *const argv[] = {
        NULL, "-h", NULL, "-p", NULL, "-U", "postgres", "-qc", "UPDATE t SET v = 'new'", NULL};
    const char *words[sizeof argv / sizeof *argv];
    char port[16];
    pid_t pid;

    begin("postgres");
    pgtest_start(&t);
    psql = server_postgresql_program(t.pg, "psql");
    snprintf(port, sizeof port, "%u", t.pg->port);
    memcpy(words, argv, sizeof argv);
    words[0] = psql;
    words[2] = t.pg->host;
    words[4] = port;
    server_postgresql_sql(other, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    server_postgresql_sql(other, "postgres", "SELECT pg_reload_conf()");
    pid = process_start(words, NULL);
    pgtest_read(&t, "COMMIT");
    snprintf(xid, sizeof xid, "%s", t.tx_xid);
    snprintf(position, sizeof position, "%s", cdc_buf_str(&t.position));
    cr_assert_str_eq(pgchunks_next(&c, 9), "INSERT public.t id=1 v=old\n",
                     "the server waits for its standby");
    cr_assert_not(pgchunks_sees(&c, xid));
    cr_assert(ops->reached(cdc_slice_str(position), cdc_buf_slice(&c.chunk.high)),
              "by its position alone the stream would be no newer");
    expect_early(position);
    server_postgresql_sql(other, "postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    server_postgresql_sql(other, "postgres", "SELECT pg_reload_conf()");
    cr_assert_eq(process_wait(pid, 30000), 0);
    wait_until("the chunk is late enough", is_read, position, 30000);
    cr_assert_str_eq(cdc_buf_str(&c.log), "INSERT public.t id=1 v=new\n");
    cr_assert(pgchunks_sees(&c, xid));
    free(psql);
}

/* Reads on until the stream has reached what the last chunk saw. */
static void read_to_high(void)
{
    struct cdc_item item;

    ops->await(t.source, cdc_buf_slice(&c.chunk.high));
    while (!ops->reached(cdc_buf_slice(&t.position), cdc_buf_slice(&c.chunk.high))) {
        cr_assert_eq(pgtest_next(&t, &item), 0, "%s", t.err.message);
        if (item.type == CDC_ITEM_NONE)
            cr_assert_eq(ops->wait(t.source, 100, &t.err), 0, "%s", t.err.message);
        cr_assert_eq(ops->confirm(t.source, cdc_slice(NULL, 0), &t.err), 0, "%s", t.err.message);
    }
}

Test(postgresql_visibility, the_stream_reaches_what_a_chunk_saw)
{
    begin("postgres");
    t.config.heartbeat_ms = 600000; /* nothing comes by itself */
    pgtest_start(&t);
    for (int i = 0; i < 20; i++) {
        pgtest_sql(&t, i % 2 ? "SELECT pg_logical_emit_message(true, '', '')" : "UPDATE t SET v = v || 'x'");
        cdc_buf_reset(&c.place);
        cdc_buf_reset(&t.log);
        pgchunks_next(&c, 9);
        read_to_high();
        cr_assert(i % 2 || strstr(cdc_buf_str(&t.log), "UPDATE public.t"), "%s", t.log.data);
    }
}

Test(postgresql_visibility, the_log_ends_where_a_page_does)
{
    const char *high;

    begin("postgres");
    t.config.heartbeat_ms = 600000;
    pgtest_start(&t);
    for (int i = 0; i < 3; i++) {
        pgtest_sql(&t, "UPDATE t SET v = v || 'x'");
        pgtest_sql(&t, "SELECT pg_switch_wal()");
        cdc_buf_reset(&c.place);
        pgchunks_next(&c, 9);
        high = cdc_buf_str(&c.chunk.high);
        cr_assert_not(strstr(high, "000028"), "%s: behind a header, where the stream does not get", high);
        read_to_high();
    }
}
