/*
 * Snapshots with real servers: rows that were there before the agent are loaded, while they change, and whatever ends the agent; what a
 * verification finds and a repair mends. SNAPSHOT_ROWS makes the table larger.
 */
#include "integration/snapshot_table.h"
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene;
static struct snapshot_table table;

static void done(void)
{
    snapshot_table_fini(&table);
    scene_clean(&scene);
}

TestSuite(run_snapshot, .fini = done, .timeout = 240);

/* A table of so many rows, and an agent that loads it as soon as it starts. */
static void given(unsigned rows, const char *tables)
{
    scene_set(&scene, &(struct scene_options){
                          .schema = SNAPSHOT_SCHEMA,
                          .tables = tables,
                          .top = rows > 1000000 ? "limits: {memory: 1GiB}\n" : NULL, /* one pass */
                          .redis_settings = (const char *const[]){"appendonly=yes", NULL}});
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 500}");
    snapshot_table_init(&table, &scene, rows);
}

#define ASKS(status, ...)                                                                                    \
    snapshot_watch_command(&table.watch, status, (const char *const[]){__VA_ARGS__, NULL})

static void expect_found(unsigned missing, unsigned different, unsigned extra)
{
    char text[100];

    snprintf(text, sizeof text, "\"missing\":%u,\"different\":%u,\"extra\":%u", missing, different, extra);
    cr_assert(strstr(agent_output(&scene.agent), text), "not %s:\n%s", text, agent_output(&scene.agent));
}

/* The table grows by what is inserted, so the rows that were read are compared with what it holds in the end. */
static void expect_read_once(void)
{
    struct progress p = snapshot_watch_progress(&table.watch, "public.article");
    double rows = atof(scene_query(&scene, "SELECT count(*) FROM article"));

    cr_assert(p.rows <= rows * 1.05 && p.rows >= rows * 0.95, "%g rows, and %llu were read", rows,
              (unsigned long long)p.rows);
    progress_fini(&p);
}

Test(run_snapshot, rows_from_before_are_loaded_while_they_change_and_the_agent_is_killed)
{
    given(snapshot_rows(20000), SNAPSHOT_MAPPING);
    snapshot_table_load(&table, 300);
    scene_start(&scene);
    for (unsigned kills = 1; kills <= 4; kills++) {
        snapshot_watch_rows(&table.watch, "public.article", kills * snapshot_rows(20000) / 6);
        agent_kill(&scene.agent);
        agent_run(&scene.agent);
    }
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_table_unload(&table);
    snapshot_table_compare(&table);
    expect_read_once();
    scene_end(&scene);
}

/* Redis comes back without what it had not written yet: progress and rows go back together. */
Test(run_snapshot, rows_are_loaded_though_redis_forgets)
{
    given(snapshot_rows(20000), SNAPSHOT_MAPPING);
    server_redis_do(scene.redis, "CONFIG SET appendfsync everysec");
    snapshot_table_load(&table, 300);
    scene_start(&scene);
    for (unsigned crashes = 1; crashes <= 2; crashes++) {
        snapshot_watch_rows(&table.watch, "public.article", crashes * snapshot_rows(20000) / 4);
        server_redis_crash(scene.redis);
    }
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_table_unload(&table);
    snapshot_table_compare(&table);
    expect_read_once();
    scene_end(&scene);
}

/* All at once; SNAPSHOT_ROWS=5000000 SNAPSHOT_KILLS=20 is the long form. A verification has the last word. */
Test(run_snapshot, rows_are_loaded_whatever_happens, .timeout = 3600)
{
    unsigned rows = snapshot_rows(20000), kills = snapshot_number("SNAPSHOT_KILLS", 5);

    given(rows, SNAPSHOT_MAPPING);
    snapshot_table_load(&table, 300);
    scene_start(&scene);
    for (unsigned kill = 1; kill <= kills; kill++) {
        snapshot_watch_rows(&table.watch, "public.article", (unsigned)((uint64_t)rows * kill / (kills + 1)));
        agent_kill(&scene.agent);
        if (kill % 7 == 3)
            server_redis_crash(scene.redis);
        agent_run(&scene.agent);
    }
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    ASKS(0, "verify", "--table", "public.article", "--format", "json");
    expect_found(0, 0, 0);
    snapshot_table_unload(&table);
    expect_read_once();
    ASKS(0, "verify", "--table", "public.article", "--format", "json");
    expect_found(0, 0, 0);
    if (rows <= 100000)
        snapshot_table_compare(&table);
    scene_end(&scene);
}

/* No row that was read makes an event; each change makes one, once, in order. */
Test(run_snapshot, a_load_makes_no_events)
{
    struct stored_stream events;

    given(5000, SNAPSHOT_MAPPING);
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    scene_sql(&scene, "UPDATE article SET quantity = quantity + 1 WHERE sku <= 20");
    scene_settle(&scene);
    events = scene_events(&scene, "inventory");
    cr_assert_eq(events.n, 20);
    stored_stream_fini(&events);
    snapshot_table_compare(&table);
    scene_end(&scene);
}

Test(run_snapshot, a_table_that_is_added_is_loaded_alone)
{
    struct progress before, after;

    given(3000, SNAPSHOT_MAPPING);
    scene_sql(&scene, "CREATE TABLE shelf (id integer PRIMARY KEY, quantity integer);"
                      "INSERT INTO shelf SELECT i, i * 2 FROM generate_series(1, 1200) i;"
                      "GRANT SELECT ON shelf TO tributary");
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    before = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_replace(&scene, "  public.article:", SNAPSHOT_SHELF "  public.article:");
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.shelf", PROGRESS_DONE);
    after = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert_str_eq(after.run, before.run);
    cr_assert_eq(after.rows, before.rows);
    cr_assert_eq(snapshot_watch_count(&table.watch, "message"), 1200);
    scene_expect_state(&scene, "{message}:shelf-7", "campaign=14 message_id=shelf-7");
    cr_assert_not(server_redis_exists(scene.redis, "cdc:events:{inventory}"));
    snapshot_table_compare(&table);
    progress_fini(&before);
    progress_fini(&after);
    scene_end(&scene);
}

static void rows_stand_still(void)
{
    struct progress a, b;

    scene_settle(&scene);
    a = snapshot_watch_progress(&table.watch, "public.article");
    scene_settle(&scene);
    b = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert(a.state == PROGRESS_PAUSED && a.rows == b.rows);
    progress_fini(&a);
    progress_fini(&b);
}

/* A pause outlives the agent, and what changes meanwhile is not missed. */
Test(run_snapshot, paused_resumed_begun_anew)
{
    given(30000, SNAPSHOT_MAPPING);
    snapshot_table_load(&table, 200);
    scene_start(&scene);
    snapshot_table_pause(&table);
    rows_stand_still();
    ASKS(0, "snapshot", "status");
    cr_assert(strstr(agent_output(&scene.agent), "paused"), "%s", agent_output(&scene.agent));
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_start(&scene);
    rows_stand_still();
    ASKS(0, "snapshot", "resume", "--table", "article");
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_table_plant(&table);
    ASKS(0, "snapshot", "start", "--table", "public.article");
    cr_assert(strstr(agent_output(&scene.agent), "reload"), "%s", agent_output(&scene.agent));
    snapshot_table_unload(&table);
    snapshot_table_compare(&table);
    ASKS(0, "snapshot", "status", "--format", "json");
    cr_assert(strstr(agent_output(&scene.agent), "\"job\":\"reload\",\"state\":\"done\""), "%s",
              agent_output(&scene.agent));
    scene_end(&scene);
}

/* ---- verification ---- */

Test(run_snapshot, planted_errors_are_found_and_mended_while_rows_change, .timeout = 7200)
{
    given(snapshot_rows(8000), SNAPSHOT_MAPPING);
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_table_load(&table, 300);
    snapshot_table_plant(&table);
    ASKS(2, "verify", "--table", "public.article", "--format", "json", "--limit", "100");
    expect_found(SNAPSHOT_PLANTED, SNAPSHOT_PLANTED, SNAPSHOT_PLANTED);
    snapshot_table_expect_planted(&table, agent_output(&scene.agent));
    ASKS(2, "verify", "--table", "public.article", "--repair", "--format", "json", "--limit", "100");
    expect_found(SNAPSHOT_PLANTED, SNAPSHOT_PLANTED, SNAPSHOT_PLANTED);
    for (unsigned n = snapshot_number("SNAPSHOT_VERIFIES", 2); n > 0; n--) {
        ASKS(0, "verify", "--table", "public.article", "--format", "json");
        expect_found(0, 0, 0);
    }
    snapshot_table_unload(&table);
    snapshot_table_compare(&table);
    scene_end(&scene);
}

/* Nobody runs the agent: a verification says so, or is the agent itself, which applies what has changed, and goes again. */
Test(run_snapshot, verified_without_an_agent)
{
    given(2000, SNAPSHOT_MAPPING);
    ASKS(78, "verify", "--run");
    cr_assert(strstr(agent_log(&scene.agent), "cinema has never run"), "%s", agent_log(&scene.agent));
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    snapshot_table_plant(&table);
    scene_sql(
        &scene,
        "UPDATE article SET quantity = -5 WHERE sku % 100 = 9; DELETE FROM article WHERE sku % 100 = 11");
    ASKS(69, "verify", "--table", "public.article");
    cr_assert(strstr(agent_log(&scene.agent), "no agent of cinema is running"), "%s",
              agent_log(&scene.agent));
    ASKS(2, "verify", "--run", "--table", "public.article", "--format", "json", "--limit", "100");
    expect_found(SNAPSHOT_PLANTED, SNAPSHOT_PLANTED, SNAPSHOT_PLANTED);
    snapshot_table_expect_planted(&table, agent_output(&scene.agent));
    cr_assert_not(server_redis_exists(scene.redis, "cdc:lease:cinema"), "the lease is not given back");
    ASKS(2, "verify", "--run", "--repair");
    ASKS(0, "verify", "--run", "--format", "json");
    scene_start(&scene);
    snapshot_table_compare(&table);
    scene_end(&scene);
}

/* ---- changes that were lost ---- */

static size_t deletions(void)
{
    struct stored_stream events;
    size_t n = 0;

    stored_stream_read(&events, scene.redis,
                       "cdc:events:{inventory}"); /* ids of a snapshot are no positions */
    for (size_t i = 0; i < events.n; i++) {
        const char *id = stored_record_get(&events.entries[i], "id");
        n += strcmp(stored_record_get(&events.entries[i], "type"), "inventory.deleted") == 0;
        for (size_t j = 0; j < i; j++)
            cr_assert_str_neq(stored_record_get(&events.entries[j], "id"), id, "two events have one id");
    }
    stored_stream_fini(&events);
    return n;
}

Test(run_snapshot, what_vanished_while_changes_were_lost_goes_with_an_event)
{
    given(4000, SNAPSHOT_MAPPING);
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_sql(&scene, "DELETE FROM article WHERE sku % 100 = 7");
    scene_sql(&scene, "UPDATE article SET quantity = -5 WHERE sku % 100 = 8");
    scene_sql(&scene, "INSERT INTO article SELECT i, 1, 'new' FROM generate_series(900001, 900010) i");
    scene_await_not_streaming(&scene);
    scene_sql(&scene, "SELECT pg_drop_replication_slot('tributary_cinema')");
    ASKS(0, "checkpoint", "reset", "--yes");
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    scene_settle(&scene);
    snapshot_table_compare(&table);
    cr_assert_eq(deletions(), 40);
    scene_end(&scene);
}
