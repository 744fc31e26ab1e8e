/*
 * `limits.wal_action: drop_slot`, on real servers: an agent whose Redis is away gives its slot up before the log fills the database's
 * disk, says so, and goes on as after any gap; one that keeps up, or catches up, or is a standby, never does.
 */
#include "integration/snapshot_table.h"
#include "lib/fail.h"
#include "lib/http.h"
#include "lib/process.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SOON_MS = 60000, PATIENCE_MS = 2000, GAP = 5 };

#define LIMITS "limits: {memory: 8MiB, wal_retained: 8MiB, wal_action: drop_slot, wal_patience: 2s}\n"

static const char STOP[] = LIMITS, RESNAPSHOT[] = "on_gap: resnapshot\n" LIMITS;

static struct scene scene;
static struct snapshot_table table;
static struct agent second;
static unsigned port;

static void done(void)
{
    agent_fini(&second);
    snapshot_table_fini(&table);
    scene_clean(&scene);
}

TestSuite(run_retention, .fini = done, .timeout = 240);

/* A table that is loaded and streamed; another one that the publication leaves out. */
static void given(const char *top)
{
    char *schema =
        text_print("%s; CREATE TABLE other (id bigserial PRIMARY KEY, body text)", SNAPSHOT_SCHEMA);

    port = process_free_port();
    scene_set(&scene, &(struct scene_options){.schema = schema,
                                              .publication = "FOR TABLE article, scene_marker",
                                              .tables = SNAPSHOT_MAPPING,
                                              .redis = "  replay_window: 0s\n",
                                              .top = top,
                                              .http_port = port,
                                              .redis_settings = (const char *const[]){
                                                  "appendonly=yes", "appendfsync=always", NULL}});
    free(schema);
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 500}");
    snapshot_table_init(&table, &scene, 1000);
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    scene_settle(&scene);
}

/* About 30 MB of log that the agent is not sent. */
static void write_log(void)
{
    for (int i = 0; i < 6; i++)
        scene_sql(&scene, "INSERT INTO other (body) SELECT repeat('o', 1000) FROM generate_series(1, 4000)");
}

/* And about as many of rows that it is sent, which is more than may wait. */
static void write_rows(void)
{
    for (int i = 0; i < 12; i++)
        scene_sql(&scene, "UPDATE article SET quantity = quantity + 1, note = repeat('n', 2000)");
}

static bool slot_is_gone(void *ctx)
{
    (void)ctx;
    return strcmp(scene_query(&scene, "SELECT count(*) FROM pg_replication_slots"), "0") == 0;
}

static long long log_bytes(void)
{
    return atoll(scene_query(&scene, "SELECT sum(size)::bigint FROM pg_ls_waldir()"));
}

/* The server may throw its log away again: what is left is what it keeps for itself. */
static void expect_log_freed(void)
{
    long long before = log_bytes();

    scene_sql(&scene, "ALTER SYSTEM SET min_wal_size = '32MB'");
    scene_sql(&scene, "ALTER SYSTEM SET max_wal_size = '32MB'");
    scene_sql(&scene, "SELECT pg_reload_conf()");
    for (int i = 0; i < 4; i++)
        scene_sql(&scene, "SELECT pg_switch_wal(); CHECKPOINT");
    cr_assert_lt(log_bytes(), before, "%lld of %lld bytes of log are left", log_bytes(), before);
}

static void expect_at(const char *path, const char *text)
{
    struct http_answer answer = http_ask(port, "GET", path);

    cr_assert(strstr(answer.text, text), "no \"%s\" in\n%s", text, answer.text);
    http_answer_fini(&answer);
}

static void expect_mended(void)
{
    agent_wait_log(&scene.agent, "changes were lost, so all tables are loaded anew", SOON_MS);
    agent_wait_log(&scene.agent, "snapshot done job=reload table=public.article", SOON_MS);
    scene_await_streaming(&scene);
    snapshot_table_compare(&table);
    http_await(port, "/readyz", 200, SOON_MS);
    cr_assert_eq(http_metric(port, "tributary_slot_dropped{connector=\"cinema\"}"), 0);
    scene_end(&scene);
}

static void watch(const struct agent *agent, int ms)
{
    for (int64_t until = cdc_now_ms() + ms; cdc_now_ms() < until; wait_step())
        cr_assert(agent_runs(agent));
}

/* The queue is full, and the source thread waits for room. */
Test(run_retention, redis_hangs_and_the_agent_stops)
{
    given(STOP);
    server_freeze(&scene.redis->server);
    write_rows();
    cr_assert_eq(agent_wait_exit(&scene.agent, SOON_MS), GAP, "%s", agent_log(&scene.agent));
    cr_assert(slot_is_gone(NULL));
    cr_assert(
        agent_log_contains(&scene.agent, "slot tributary_cinema was dropped to save the database's disk"));
    cr_assert(agent_log_contains(&scene.agent, "tributary checkpoint CONFIG reset --yes"));
    expect_log_freed();
    server_thaw(&scene.redis->server);
    agent_run(&scene.agent); /* who starts later is told as well */
    cr_assert_eq(agent_wait_exit(&scene.agent, SOON_MS), GAP, "%s", agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, "does not exist any more, so changes since the checkpoint"));
    scene_end(&scene);
}

/* Nothing that is mapped is written: there is nothing to wait for but Redis itself. */
Test(run_retention, redis_is_gone_and_all_is_loaded_anew_when_it_is_back)
{
    given(RESNAPSHOT);
    server_redis_down(scene.redis, SIGKILL);
    write_log();
    wait_until("the slot is dropped", slot_is_gone, NULL, SOON_MS);
    http_await_metric(port, "tributary_slot_dropped{connector=\"cinema\"}", 1);
    http_await(port, "/readyz", 503, SOON_MS);
    http_await(port, "/livez", 200, SOON_MS);
    expect_at("/readyz", "[-]slot: dropped");
    expect_at("/status", "\"state\":\"slot dropped\"");
    expect_at("/", "Changes are being lost");
    expect_log_freed();
    scene_sql(&scene,
              "DELETE FROM article WHERE sku % 50 = 0; UPDATE article SET note = 'unseen' WHERE sku % 7 = 0");
    server_redis_up(scene.redis);
    expect_mended();
}

/* The missing slot beside a checkpoint is the mark that outlives the agent. */
Test(run_retention, the_agent_dies_before_redis_is_back)
{
    given(RESNAPSHOT);
    server_redis_down(scene.redis, SIGKILL);
    write_log();
    wait_until("the slot is dropped", slot_is_gone, NULL, SOON_MS);
    agent_kill(&scene.agent);
    scene_sql(&scene, "UPDATE article SET note = 'unseen' WHERE sku % 7 = 0");
    server_redis_up(scene.redis);
    agent_run(&scene.agent);
    expect_mended();
}

/* It has never had the lease: all that it knows is that Redis cannot be asked, and that nobody reads the slot. */
Test(run_retention, an_agent_that_starts_without_redis_guards_as_well)
{
    given(RESNAPSHOT);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    server_redis_down(scene.redis, SIGKILL);
    agent_run(&scene.agent);
    write_log();
    http_await_metric(port, "tributary_slot_dropped{connector=\"cinema\"}", 1);
    expect_at("/status", "\"state\":\"slot dropped\"");
    cr_assert(slot_is_gone(NULL));
    scene_sql(&scene, "UPDATE article SET note = 'unseen' WHERE sku % 7 = 0");
    server_redis_up(scene.redis);
    expect_mended();
}

/* Its stream is lost too, and cannot come back without the lease; the database can be looked after all the same. */
Test(run_retention, the_database_restarts_while_redis_hangs)
{
    given(RESNAPSHOT);
    server_freeze(&scene.redis->server);
    server_postgresql_restart(scene.pg, SERVER_POSTGRESQL_IMMEDIATE);
    write_rows();
    wait_until("the slot is dropped", slot_is_gone, NULL, 2 * SOON_MS);
    server_thaw(&scene.redis->server);
    expect_mended();
}

/* Far more than the limit passes through, and has piled up while nobody was there: neither is a reason. */
Test(run_retention, who_keeps_up_or_catches_up_keeps_the_slot)
{
    given(STOP);
    for (int i = 0; i < 30; i++) {
        scene_sql(&scene, "INSERT INTO other (body) SELECT repeat('o', 1000) FROM generate_series(1, 1000)");
        scene_sql(&scene, "UPDATE article SET quantity = quantity + 1, note = repeat('n', 1000)");
        scene_settle(&scene);
    }
    cr_assert_eq(agent_stop(&scene.agent), 0);
    for (int i = 0; i < 3; i++) {
        write_log();
        write_rows();
    }
    scene_start(&scene);
    scene_settle(&scene);
    agent_wait_log(&scene.agent, "keeps less log than limits.wal_retained again", 2 * SOON_MS);
    snapshot_table_compare(&table);
    cr_assert_not(slot_is_gone(NULL));
    scene_end(&scene);
}

/* What holds the log is a transaction of the database's own, and Redis has everything. */
Test(run_retention, a_long_transaction_of_the_database_is_no_reason)
{
    struct server_postgresql *other;

    given(STOP);
    other = server_postgresql_join(scene.pg);
    server_postgresql_sql(other, "cinema", "BEGIN");
    server_postgresql_sql(other, "cinema", "INSERT INTO other (body) VALUES ('long')");
    write_log();
    agent_wait_log(&scene.agent, "limits.wal_retained is 8 MiB", SOON_MS);
    watch(&scene.agent, 2 * PATIENCE_MS);
    server_postgresql_leave(other);
    scene_settle(&scene);
    cr_assert_not(slot_is_gone(NULL));
    scene_end(&scene);
}

static bool second_waits(void *ctx)
{
    (void)ctx;
    return agent_log_contains(&second, "waiting for its lease");
}

/* It knows that another agent runs, or ran. */
Test(run_retention, a_standby_never_drops)
{
    given(STOP);
    agent_init(&second);
    agent_start(&second, scene.config);
    wait_until("the second agent waits", second_waits, NULL, SOON_MS);
    agent_kill(&scene.agent);
    server_redis_down(scene.redis, SIGKILL);
    write_log();
    watch(&second, 3 * PATIENCE_MS);
    cr_assert_not(slot_is_gone(NULL));
    server_redis_up(scene.redis);
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&second), 0, "%s", agent_log(&second));
    cr_assert_not(slot_is_gone(NULL));
    scene_end(&scene);
}
