/* Positions of the PostgreSQL source: what it gives out, confirms and goes on from; and how it ends and comes back. */
#include "integration/pgtest.h"

#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct pgtest t;

static void done(void)
{
    pgtest_fini(&t);
}

TestSuite(postgresql_positions, .fini = done, .timeout = 120);

static const struct cdc_source_ops *const ops = &postgresql_source_ops;

static void start_with(const char *const *settings)
{
    pgtest_init(
        &t, settings,
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int); CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id", "id");
    pgtest_start(&t);
}

static const char *slot(const char *column)
{
    return server_postgresql_queryf(t.pg, "postgres", "SELECT %s FROM pg_replication_slots", column);
}

/* How many lines begin with a letter. */
static int64_t count(const char *text, char letter)
{
    int64_t n = 0;

    for (const char *at = text; *at; at++)
        n += *at == letter && (at == text || at[-1] == '\n');
    return n;
}

Test(postgresql_positions, a_first_run_starts_where_the_slot_was_made)
{
    start_with(NULL);
    cr_assert_str_eq(cdc_buf_str(&t.started), slot("confirmed_flush_lsn"));
    cr_assert_str_eq(slot("plugin"), "pgoutput");
    cr_assert_str_eq(slot("active"), "t");
    if (pgtest_version(&t) >= 17)
        cr_assert_str_eq(slot("failover"), "t");
}

Test(postgresql_positions, an_existing_slot_gives_what_it_holds)
{
    pgtest_init(&t, NULL, "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
    pgtest_sql(&t, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_map(&t, "t", "id", "id");
    pgtest_start(&t);
    cr_assert_str_eq(cdc_buf_str(&t.started), slot("confirmed_flush_lsn"));
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=1"));
}

Test(postgresql_positions, it_goes_on_exactly_behind_the_checkpoint)
{
    start_with(NULL);
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_read(&t, "COMMIT");
    pgtest_keep(&t);
    pgtest_read(&t, "COMMIT");
    for (int i = 0; i < 3; i++) { /* nothing is confirmed, so this can be done again and again */
        pgtest_start(&t);
        cr_assert_eq(t.started.len, t.checkpoint.position.len);
        cr_assert_str_eq(pgtest_read(&t, "COMMIT"),
                         "BEGIN\nRELATION public.t key id:integer*\nINSERT public.t id=2\nCOMMIT\n");
    }
}

Test(postgresql_positions, exactly_what_is_confirmed_is_confirmed)
{
    start_with(NULL);
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_read(&t, "COMMIT");
    pgtest_keep(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_read(&t, "COMMIT");
    cdc_buf_reset(&t.position);
    cdc_buf_put_slice(&t.position, cdc_buf_slice(&t.checkpoint.position));
    /* confirm() alone; further reading would bring keepalives with newer positions */
    while (strcmp(slot("confirmed_flush_lsn"), cdc_buf_str(&t.position))) {
        cr_assert_eq(ops->confirm(t.source, cdc_buf_slice(&t.position), &t.err), 0);
        wait_step();
    }
    cr_assert_eq(ops->confirm(t.source, cdc_slice_str("0/1"), &t.err), 0, "an older one changes nothing");
    cr_assert_eq(ops->confirm(t.source, cdc_slice_str("rubbish"), &t.err), -1);
    cr_assert_eq(t.err.class, CDC_ERR_FATAL);
}

Test(postgresql_positions, an_idle_stream_moves_with_the_log)
{
    const char *log;
    int64_t begun, positions;

    start_with(NULL);
    begun = cdc_now_ms();
    for (int i = 0; i < 3; i++) {
        pgtest_sql(&t, "INSERT INTO other SELECT generate_series(1, 10000)");
        log = pgtest_read(&t, "POSITION");
        cr_assert_not(strstr(log, "INSERT"));
        pgtest_confirm(&t);
    }
    cr_assert_geq(cdc_now_ms() - begun, 2000, "one position a heartbeat at most");
    positions = strtoll(
        server_postgresql_query(t.pg, "postgres",
                                "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint "
                                "FROM pg_replication_slots"),
        NULL, 10);
    cr_assert_lt(positions, 10000);
}

Test(postgresql_positions, unmapped_transactions_move_it_too)
{
    struct cdc_buf before = {0};

    start_with(NULL);
    pgtest_position(&t);
    cdc_buf_put_slice(&before, cdc_buf_slice(&t.position));
    for (int i = 0; i < 20; i++)
        pgtest_sql(&t, "INSERT INTO other VALUES (1)");
    cr_assert_eq(count(pgtest_read(&t, "POSITION"), 'P'), 1);
    cr_assert_gt(ops->compare(cdc_buf_slice(&t.position), cdc_buf_slice(&before)), 0);
    cdc_buf_fini(&before);
}

Test(postgresql_positions, confirm_alone_keeps_the_connection)
{
    int64_t until;

    start_with(NULL);
    pgtest_sql(&t, "INSERT INTO t SELECT generate_series(1, 200000)"); /* more than the socket holds */
    cr_assert_eq(ops->confirm(t.source, cdc_slice(NULL, 0), &t.err), 0, "%s", t.err.message);
    pgtest_sql(&t, "ALTER SYSTEM SET wal_sender_timeout = '2s'");
    pgtest_sql(&t, "SELECT pg_reload_conf()");
    until = cdc_now_ms() + 5000;
    while (cdc_now_ms() < until) {
        cr_assert_eq(ops->confirm(t.source, cdc_slice(NULL, 0), &t.err), 0, "%s", t.err.message);
        wait_step();
    }
    cr_assert_eq(count(pgtest_read(&t, "COMMIT"), 'I'), 200000);
}

Test(postgresql_positions, who_says_nothing_is_disconnected_and_comes_back)
{
    start_with((const char *const[]){"wal_sender_timeout=500ms", NULL});
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_read(&t, "COMMIT");
    pgtest_keep(&t);
    while (strcmp(slot("active"), "f"))
        wait_step();
    cr_assert_eq(pgtest_read_to_error(&t), CDC_ERR_RETRY);
    cr_assert(strstr(t.err.message, "reading from slot s: "), "%s", t.err.message);
    cr_assert_eq(ops->confirm(t.source, cdc_slice(NULL, 0), &t.err), -1);
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_start(&t);
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=2"));
}

Test(postgresql_positions, the_servers_words_on_the_end_of_a_session)
{
    start_with(NULL);
    pgtest_position(&t);
    pgtest_keep(&t);
    pgtest_sql(&t, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
    cr_assert_eq(pgtest_read_to_error(&t), CDC_ERR_RETRY);
    cr_assert(strstr(t.err.message, "terminating connection due to administrator command"), "%s",
              t.err.message);
    while (strcmp(slot("active"), "f"))
        wait_step();
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_start(&t);
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=1"));
}

Test(postgresql_positions, a_crash_of_the_server)
{
    start_with(NULL);
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_read(&t, "COMMIT");
    pgtest_keep(&t);
    server_postgresql_down(t.pg, SERVER_POSTGRESQL_IMMEDIATE);
    cr_assert_eq(pgtest_read_to_error(&t), CDC_ERR_RETRY);
    cr_assert_eq(pgtest_try(&t), CDC_ERR_RETRY, "%s", t.err.message);
    cr_assert(strstr(t.err.hint, "is the server running"), "%s", t.err.hint);
    server_postgresql_up(t.pg);
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_start(&t);
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"),
                     "BEGIN\nRELATION public.t key id:integer*\nINSERT public.t id=2\nCOMMIT\n");
}

static void *read_on(void *ctx)
{
    (void)ctx;
    pgtest_read_to_error(&t);
    return NULL;
}

Test(postgresql_positions, it_does_not_hold_up_a_server_that_shuts_down)
{
    pthread_t reader;
    int64_t begun;

    start_with(NULL);
    pgtest_position(&t);
    pgtest_confirm(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1)");
    pgtest_read(&t, "COMMIT");
    pgtest_keep(&t); /* it will never be confirmed */
    cr_assert_eq(pthread_create(&reader, NULL, read_on, NULL), 0);
    begun = cdc_now_ms();
    server_postgresql_down(t.pg, SERVER_POSTGRESQL_FAST);
    cr_assert_lt(cdc_now_ms() - begun, 15000);
    pthread_join(reader, NULL);
    cr_assert_eq(t.err.class, CDC_ERR_RETRY);
    cr_assert(strstr(t.err.message, "shutting down"), "%s", t.err.message);
    server_postgresql_up(t.pg);
    pgtest_sql(&t, "INSERT INTO t VALUES (2)");
    pgtest_start(&t);
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=2"));
}

static void *interrupt_soon(void *ctx)
{
    struct timespec pause = {.tv_nsec = 200000000};

    (void)ctx;
    nanosleep(&pause, NULL);
    ops->interrupt(t.source);
    return NULL;
}

Test(postgresql_positions, an_interrupt_ends_waiting)
{
    struct cdc_item item = {.type = CDC_ITEM_BEGIN};
    pthread_t other;
    int64_t begun;

    start_with(NULL);
    pgtest_position(&t);
    while (item.type != CDC_ITEM_NONE)
        cr_assert_eq(pgtest_next(&t, &item), 0);
    cr_assert_eq(pthread_create(&other, NULL, interrupt_soon, NULL), 0);
    begun = cdc_now_ms();
    while (cdc_now_ms() - begun < 150)
        cr_assert_eq(ops->wait(t.source, 100, &t.err), 0);
    pthread_join(other, NULL);
    ops->interrupt(t.source);
    begun = cdc_now_ms();
    cr_assert_eq(ops->wait(t.source, 20000, &t.err), 0);
    cr_assert_lt(cdc_now_ms() - begun, 1000);
}

Test(postgresql_positions, an_interrupt_ends_connecting)
{
    pthread_t other;
    int64_t begun;

    start_with(NULL);
    pgtest_open(&t);
    server_freeze(&t.pg->server);
    cr_assert_eq(pthread_create(&other, NULL, interrupt_soon, NULL), 0);
    begun = cdc_now_ms();
    cr_assert_eq(pgtest_try(&t), CDC_ERR_RETRY);
    cr_assert_lt(cdc_now_ms() - begun, 3000);
    cr_assert(strstr(t.err.message, "interrupted"), "%s", t.err.message);
    pthread_join(other, NULL);
    server_thaw(&t.pg->server);
}

Test(postgresql_positions, a_server_that_does_not_answer)
{
    start_with(NULL);
    pgtest_open(&t);
    server_freeze(&t.pg->server);
    cr_assert_eq(pgtest_try(&t), CDC_ERR_RETRY);
    cr_assert(strstr(t.err.message, "no answer within 5 s"), "%s", t.err.message);
    server_thaw(&t.pg->server);
}

Test(postgresql_positions, a_slot_in_use_names_who_uses_it)
{
    struct cdc_source *first;
    const char *pid;

    start_with(NULL);
    first = t.source;
    t.source = NULL;
    cr_assert_eq(pgtest_try(&t), CDC_ERR_RETRY);
    pid = slot("active_pid");
    cr_assert(strstr(t.err.message, pid), "%s lacks %s", t.err.message, pid);
    cr_assert(strstr(t.err.hint, pid), "%s lacks %s", t.err.hint, pid);
    ops->close(first);
    while (strcmp(slot("active"), "f"))
        wait_step();
    pgtest_start(&t);
}

Test(postgresql_positions, making_a_slot_waits_for_old_transactions_and_says_for_which)
{
    char *pid;

    pgtest_init(&t, NULL, "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
    pgtest_sql(&t, "CREATE DATABASE other");
    pgtest_map(&t, "t", "id", "id");
    server_postgresql_sql(t.pg, "other", "BEGIN; SELECT pg_current_xact_id()");
    pid = text_print("%s", server_postgresql_query(t.pg, "other", "SELECT pg_backend_pid()"));
    cr_assert_eq(pgtest_try(&t), CDC_ERR_RETRY);
    cr_assert(strstr(t.err.message, "creating slot s: for 10 s"), "%s", t.err.message);
    cr_assert(strstr(t.err.message, pid) && strstr(t.err.hint, pid), "%s: %s (%s)", pid, t.err.message,
              t.err.hint);
    server_postgresql_sql(t.pg, "other", "COMMIT");
    pgtest_start(&t); /* goes on with the one that was under way */
    cr_assert_str_eq(cdc_buf_str(&t.started), slot("confirmed_flush_lsn"));
    free(pid);
}

Test(postgresql_positions, an_interrupt_ends_the_making_of_a_slot)
{
    pthread_t other;

    pgtest_init(&t, NULL, "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
    pgtest_sql(&t, "CREATE DATABASE other");
    pgtest_map(&t, "t", "id", "id");
    server_postgresql_sql(t.pg, "other", "BEGIN; SELECT pg_current_xact_id()");
    pgtest_open(&t);
    cr_assert_eq(pthread_create(&other, NULL, interrupt_soon, NULL), 0);
    cr_assert_eq(pgtest_try(&t), CDC_ERR_RETRY);
    pthread_join(other, NULL);
    cr_assert(strstr(t.err.message, "interrupted"), "%s", t.err.message);
    server_postgresql_sql(t.pg, "other", "COMMIT");
    while (strcmp(slot("count(*)"), "0"))
        wait_step();
}

Test(postgresql_positions, statistics)
{
    struct cdc_source_stats stats;
    struct cdc_item item;
    int64_t until = cdc_now_ms() + 20000;

    start_with(NULL);
    ops->stats(t.source, &stats);
    cr_assert_eq(stats.caught_up_ms, 0);
    pgtest_sql(&t, "INSERT INTO t SELECT generate_series(1, 1000)");
    pgtest_read(&t, "COMMIT");
    do {
        cr_assert_eq(pgtest_next(&t, &item), 0);
        cr_assert_eq(ops->wait(t.source, 100, &t.err), 0);
        ops->stats(t.source, &stats);
    } while (cdc_now_ms() < until && (stats.caught_up_ms == 0 || stats.retained_bytes == 0));
    cr_assert_gt(stats.bytes_read, 1000 * 20);
    cr_assert_lt(cdc_now_ms() - stats.caught_up_ms, 10000);
    cr_assert_gt(stats.retained_bytes, 0);
    cr_assert_lt(stats.behind_bytes, 100000);
}

Test(postgresql_positions, a_lost_side_connection_does_not_end_the_stream)
{
    struct cdc_source_stats stats = {0};
    struct cdc_item item;

    start_with(NULL);
    while (stats.caught_up_ms == 0) {
        cr_assert_eq(pgtest_next(&t, &item), 0);
        cr_assert_eq(ops->wait(t.source, 100, &t.err), 0);
        ops->stats(t.source, &stats);
    }
    pgtest_sql(
        &t,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary test' "
        "AND backend_type = 'client backend'");
    pgtest_position(&t);
    pgtest_sql(
        &t, "CREATE TYPE mood AS ENUM ('good'); ALTER TABLE t ADD m mood; INSERT INTO t VALUES (1, 'good')");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=1 m=good\n"));
}
