/*
 * Commits that are streamed before a read sees them: PostgreSQL sends a commit to a logical stream as soon as it is on its disk, but lets
 * others see it only when the synchronous standby has it, too. Here that standby is one that does not exist, as long as the test wants.
 * Whoever takes everything before a chunk's position for seen overwrites newer states with older rows.
 */
#include "integration/snapshot_table.h"
#include "lib/fail.h"
#include "lib/process.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNCHRONOUS "PGOPTIONS=-c synchronous_commit=on"

enum { ROWS = 40000 };

static struct scene scene;
static struct snapshot_table table;
static pid_t writer;

static void done(void)
{
    if (writer)
        process_end(writer, SIGKILL, 5000);
    writer = 0;
    snapshot_table_fini(&table);
    scene_clean(&scene);
}

TestSuite(run_snapshot_late, .fini = done, .timeout = 240);

static void given(const char *snapshot)
{
    scene_set(&scene, &(struct scene_options){.schema = SNAPSHOT_SCHEMA,
                                              .tables = SNAPSHOT_MAPPING,
                                              .postgresql_settings =
                                                  (const char *const[]){"synchronous_commit=local", NULL}});
    scene_replace(&scene, "snapshot: {mode: never}", snapshot);
    snapshot_table_init(&table, &scene, ROWS);
}

/* From now on, commits that wait for the standby wait; or do no longer. */
static void standby_is_late(bool late)
{
    scene_sql(&scene, late ? "ALTER SYSTEM SET synchronous_standby_names = 'late'"
                           : "ALTER SYSTEM SET synchronous_standby_names = ''");
    scene_sql(&scene, "SELECT pg_reload_conf()");
}

/* Some commit. */
static bool is_waiting(void *ctx)
{
    (void)ctx;
    return strcmp(scene_query(&scene, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"),
                  "0") != 0;
}

/* A commit that waits for the standby. Returns when it does. */
static void commit_unseen(const char *sql)
{
    char *program = server_postgresql_program(scene.pg, "psql"), *port = text_print("%u", scene.pg->port);
    const char *argv[] = {program, "-X",       "-q", "-h", scene.pg->host, "-p", port,
                          "-U",    "postgres", "-c", sql,  "cinema",       NULL};

    writer = process_start(
        argv, &(struct process_options){.output = scene.agent.output,
                                        .environment = (const char *const[]){SYNCHRONOUS, NULL}});
    wait_until("the commit waits for the standby", is_waiting, NULL, 20000);
    free(program);
    free(port);
}

static void await_commit(void)
{
    int status = process_wait(writer, 20000);

    writer = 0;
    cr_assert_eq(status, 0, "psql ended with %d", status);
}

static void expect_quantity(unsigned sku, const char *quantity)
{
    char key[64];
    const char *is;

    snprintf(key, sizeof key, "cdc:state:{inventory}:%u:-", sku);
    is = server_redis_hget(scene.redis, key, "quantity");
    cr_assert(is && strcmp(is, quantity) == 0, "the quantity of %u is %s", sku, is ? is : "absent");
}

static bool is_streamed(void *ctx)
{
    const char *is = server_redis_hget(scene.redis, ctx, "quantity");

    return is && strcmp(is, "-1") == 0;
}

/* How the row looks to everybody else. */
static void expect_seen(unsigned sku, const char *quantity)
{
    char sql[80];

    snprintf(sql, sizeof sql, "SELECT quantity FROM article WHERE sku = %u", sku);
    cr_assert_str_eq(scene_query(&scene, sql), quantity);
}

/* A change that came after the load began and is in no chunk: the row that a chunk holds is the older one. */
Test(run_snapshot_late, a_row_that_was_read_does_not_cover_what_was_streamed)
{
    struct progress p;

    given("snapshot: {mode: initial, chunk_rows: 200}");
    standby_is_late(true);
    scene_start(&scene);
    snapshot_watch_rows(&table.watch, "public.article", 1);
    commit_unseen("UPDATE article SET quantity = -1 WHERE sku IN (39001, 40000)");
    wait_until("it is streamed", is_streamed, "cdc:state:{inventory}:40000:-", 20000);
    p = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert_lt(p.rows, ROWS - 2000, "the load was too fast to tell anything");
    progress_fini(&p);
    expect_seen(40000, "0");
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    expect_seen(40000, "0");
    expect_quantity(40000, "-1");
    expect_quantity(39001, "-1");
    standby_is_late(false);
    await_commit();
    snapshot_table_compare(&table);
    scene_end(&scene);
}

static bool waits_or_reads(void *ctx)
{
    struct progress p = snapshot_watch_progress(&table.watch, "public.article");
    bool reads = p.rows > 0;

    (void)ctx;
    progress_fini(&p);
    return reads || strstr(agent_log(&scene.agent), "reading tables waits for transactions");
}

/* A change that was streamed before the job began, and is remembered by nobody: no chunk is read until all see it. */
Test(run_snapshot_late, nothing_is_read_before_all_that_was_streamed_is_seen)
{
    struct progress p;

    given("snapshot: {mode: never}");
    standby_is_late(true);
    scene_start(&scene);
    commit_unseen("UPDATE article SET quantity = -1 WHERE sku = 7");
    wait_until("it is streamed", is_streamed, "cdc:state:{inventory}:7:-", 20000);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 200}");
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_RUNNING);
    wait_until("the agent says that it waits", waits_or_reads, NULL, 60000);
    scene_settle(&scene);
    p = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert_eq(p.rows, 0, "%llu rows were read before their time", (unsigned long long)p.rows);
    progress_fini(&p);
    expect_quantity(7, "-1");
    standby_is_late(false);
    await_commit();
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_table_compare(&table);
    scene_end(&scene);
}

/* All writers wait, and go on, again and again; then a verification beside it finds nothing. */
Test(run_snapshot_late, commits_that_are_late_all_the_time)
{
    given("snapshot: {mode: initial, chunk_rows: 200}");
    table.options = SYNCHRONOUS;
    snapshot_table_load(&table, 500);
    scene_start(&scene);
    for (int i = 0; i < 10; i++) {
        standby_is_late(true);
        wait_until("commits wait for the standby", is_waiting, NULL, 20000);
        scene_settle(&scene);
        standby_is_late(false);
        scene_settle(&scene);
    }
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_watch_command(&table.watch, 0, (const char *const[]){"verify", NULL});
    snapshot_table_unload(&table);
    snapshot_table_compare(&table);
    scene_end(&scene);
}
