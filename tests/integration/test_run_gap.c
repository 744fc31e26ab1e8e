/*
 * Changes were lost, and the configuration says `on_gap: resnapshot`: the agent begins anew by itself, and in the end Redis holds what
 * the table holds, also of the rows that changed or vanished while nobody looked. One test for each way to lose them.
 */
#include "integration/snapshot_table.h"
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static struct scene scene;
static struct snapshot_table table;

static void done(void)
{
    snapshot_table_fini(&table);
    scene_clean(&scene);
}

TestSuite(run_gap, .fini = done, .timeout = 240);

/* A table that is loaded and streamed; then the agent is off while rows change, vanish and appear. */
static void given_loaded(const char *const *settings, bool off)
{
    scene_set(&scene, &(struct scene_options){.schema = SNAPSHOT_SCHEMA,
                                              .tables = SNAPSHOT_MAPPING,
                                              .redis = "  replay_window: 0s\n",
                                              .top = "on_gap: resnapshot\n",
                                              .postgresql_settings = settings});
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 500}");
    snapshot_table_init(&table, &scene, 3000);
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    scene_settle(&scene);
    if (off)
        cr_assert_eq(agent_stop(&scene.agent), 0);
}

static void change_unseen(void)
{
    scene_sql(&scene, "DELETE FROM article WHERE sku % 50 = 0;"
                      "UPDATE article SET quantity = quantity + 1, note = 'unseen' WHERE sku % 7 = 0;"
                      "INSERT INTO article SELECT i, 1, 'new' FROM generate_series(5001, 5100) i");
}

/* The load that follows, and everything that comes after it. */
static void expect_mended(const char *because)
{
    agent_wait_log(&scene.agent, "changes were lost, so all tables are loaded anew", 60000);
    if (because)
        agent_wait_log(&scene.agent, because, 1000);
    agent_wait_log(&scene.agent, "snapshot done job=reload table=public.article", 60000);
    scene_await_streaming(&scene);
    scene_sql(&scene, "UPDATE article SET quantity = 77 WHERE sku = 5100");
    snapshot_table_compare(&table);
    scene_expect_state(&scene, "{inventory}:5100:-", "quantity=77 sku=5100 unit_code=new");
    scene_expect_state(&scene, "{inventory}:50:-", NULL);
    cr_assert(agent_runs(&scene.agent));
}

static void drop_slot(void)
{
    scene_await_not_streaming(&scene);
    scene_sql(&scene, "SELECT pg_drop_replication_slot('tributary_cinema')");
}

Test(run_gap, the_slot_was_dropped)
{
    given_loaded(NULL, true);
    drop_slot();
    change_unseen();
    agent_log_clear(&scene.agent);
    scene_start(&scene);
    expect_mended("does not exist any more");
    scene_end(&scene);
}

/* An event tells of each row that is gone. */
Test(run_gap, the_slot_was_made_anew_behind_changes)
{
    struct stored_stream events;
    unsigned deleted = 0;

    given_loaded(NULL, true);
    drop_slot();
    change_unseen();
    scene_sql(&scene, "SELECT pg_create_logical_replication_slot('tributary_cinema', 'pgoutput')");
    agent_log_clear(&scene.agent);
    scene_start(&scene);
    expect_mended("recreated or advanced");
    stored_stream_read(&events, scene.redis, "cdc:events:{inventory}");
    for (size_t i = 0; i < events.n; i++) {
        const char *type = stored_record_get(&events.entries[i], "type");
        deleted += type && strcmp(type, "inventory.deleted") == 0;
    }
    cr_assert_eq(deleted, 60);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_gap, the_server_dropped_the_log)
{
    given_loaded(
        (const char *const[]){"max_slot_wal_keep_size=1MB", "min_wal_size=32MB", "max_wal_size=48MB", NULL},
        true);
    scene_await_not_streaming(&scene);
    change_unseen();
    for (int i = 0; i < 6; i++)
        scene_sql(&scene,
                  "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)), pg_switch_wal()");
    scene_sql(&scene, "CHECKPOINT");
    cr_assert_str_eq(scene_query(&scene, "SELECT wal_status FROM pg_replication_slots"), "lost");
    agent_log_clear(&scene.agent);
    scene_start(&scene);
    expect_mended("its log is gone");
    scene_end(&scene);
}

static bool is_confirmed(void *lsn)
{
    char sql[120];

    snprintf(sql, sizeof sql, "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots", (char *)lsn);
    return scene_query(&scene, sql)[0] == 't';
}

/* The source no longer has what was applied until now. */
static void forget_until_now(void)
{
    char lsn[40];

    snprintf(lsn, sizeof lsn, "%s", scene_query(&scene, "SELECT pg_current_wal_lsn()"));
    scene_settle(&scene);
    wait_until("the slot is confirmed", is_confirmed, lsn, 60000);
}

/* Redis is emptied under the running agent, and the source no longer has what was applied. */
Test(run_gap, redis_lost_everything)
{
    given_loaded(NULL, false);
    scene_sql(&scene, "UPDATE article SET quantity = 5 WHERE sku < 100");
    scene_settle(&scene);
    forget_until_now();
    agent_log_clear(&scene.agent);
    server_redis_do(scene.redis, "FLUSHALL");
    change_unseen();
    expect_mended("Redis has lost");
    scene_end(&scene);
}

Test(run_gap, another_gap_within_an_hour_ends_the_agent)
{
    given_loaded(NULL, true);
    drop_slot();
    change_unseen();
    agent_log_clear(&scene.agent);
    scene_start(&scene);
    expect_mended(NULL);
    forget_until_now();
    server_redis_do(scene.redis, "FLUSHALL");
    cr_assert_eq(agent_wait_exit(&scene.agent, 60000), 5);
    cr_assert(agent_log_contains(&scene.agent, "that does not help"));
    cr_assert(agent_log_contains(&scene.agent, "checkpoint CONFIG reset"));
    scene_clean(&scene);
}
