/*
 * `tributary run`, end to end: the agent, Redis or the database stops, and comes back. Nothing is lost and nothing happens
 * twice: each row must be there once, in order, and ids must rise strictly.
 */
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_interruptions, .fini = done, .timeout = 240);

static const char ARTICLE[] = "CREATE TABLE article (sku integer PRIMARY KEY, quantity integer, note text)";
static const char MAPPING[] =
    "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: quantity, unit_code: note}}\n";

/* A Redis that keeps every write over a restart, and a database that is soon tired of a silent agent. */
static void given(const char *redis_section)
{
    scene_set(&scene,
              &(struct scene_options){
                  .schema = ARTICLE,
                  .tables = MAPPING,
                  .redis = redis_section,
                  .postgresql_settings = (const char *const[]){"wal_sender_timeout=3s", NULL},
                  .redis_settings = (const char *const[]){"appendonly=yes", "appendfsync=always", NULL}});
    scene_start(&scene);
}

static void insert(unsigned from, unsigned to)
{
    server_postgresql_sqlf(scene.pg, "cinema",
                           "INSERT INTO article SELECT i, i %% 100 + 1, repeat('x', 100)"
                           " FROM generate_series(%u, %u) i",
                           from, to);
}

struct states {
    unsigned at_least;
};

static bool has_states(void *ctx)
{
    const struct states *states = ctx;

    return server_redis_integer(scene.redis, "XLEN cdc:events:{inventory}") >= states->at_least;
}

static void await_events(unsigned at_least)
{
    wait_until("events", has_states, &(struct states){at_least}, 60000);
}

Test(run_interruptions, sigterm_ends_at_once_and_loses_nothing)
{
    int64_t asked;

    given(NULL);
    insert(1, 10);
    scene_settle(&scene);
    asked = cdc_now_ms();
    cr_assert_eq(agent_stop(&scene.agent), 0);
    cr_assert_lt(cdc_now_ms() - asked, 3000);
    insert(11, 20);
    scene_start(&scene);
    scene_expect_rows(&scene, 20);
    scene_end(&scene);
}

Test(run_interruptions, sigterm_in_a_large_transaction)
{
    given(NULL);
    insert(1, 100000);
    await_events(1000);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_start(&scene);
    scene_expect_rows(&scene, 100000);
    scene_end(&scene);
}

Test(run_interruptions, sigkill_in_a_large_transaction)
{
    given(NULL);
    insert(1, 100000);
    for (unsigned at = 1000; at < 100000; at += 20000) {
        await_events(at);
        agent_kill(&scene.agent);
        agent_run(&scene.agent);
    }
    scene_expect_rows(&scene, 100000);
    scene_end(&scene);
}

Test(run_interruptions, sigkill_between_small_transactions)
{
    given(NULL);
    for (unsigned i = 1; i <= 200; i++) {
        insert(i, i);
        if (i % 50 == 0) {
            agent_kill(&scene.agent);
            agent_run(&scene.agent);
        }
    }
    scene_expect_rows(&scene, 200);
    scene_end(&scene);
}

Test(run_interruptions, a_second_agent_takes_over)
{
    struct agent second;

    given(NULL);
    insert(1, 10);
    scene_settle(&scene);
    agent_init(&second);
    agent_start(&second, scene.config);
    agent_wait_log(&second, "standby", 15000);
    insert(11, 20);
    scene_settle(&scene);
    cr_assert(agent_runs(&second));
    cr_assert_eq(agent_stop(&scene.agent), 0);
    insert(21, 30);
    scene_expect_rows(&scene, 30);
    cr_assert_eq(agent_stop(&second), 0);
    agent_fini(&second);
    scene_end(&scene);
}

Test(run_interruptions, a_second_agent_takes_over_from_a_dead_one)
{
    struct agent second;

    given(NULL);
    agent_init(&second);
    agent_start(&second, scene.config);
    agent_wait_log(&second, "standby", 15000);
    insert(1, 50000);
    await_events(1000);
    agent_kill(&scene.agent);
    scene_expect_rows(&scene, 50000);
    cr_assert_eq(agent_stop(&second), 0);
    agent_fini(&second);
    scene_end(&scene);
}

Test(run_interruptions, a_frozen_agent_is_fenced)
{
    struct agent second;

    given(NULL);
    agent_init(&second);
    agent_start(&second, scene.config);
    agent_wait_log(&second, "standby", 15000);
    agent_signal(&scene.agent, SIGSTOP);
    insert(1, 1000);
    await_events(1000); /* by the second, once the lease has run out and the slot is free */
    agent_signal(&scene.agent, SIGCONT);
    cr_assert_eq(agent_wait_exit(&scene.agent, 30000), 4, "%s", agent_log(&scene.agent));
    scene_expect_rows(&scene, 1000);
    cr_assert_eq(agent_stop(&second), 0);
    agent_fini(&second);
    scene_end(&scene);
}

static const char WALSENDER[] = "SELECT active_pid FROM pg_replication_slots";

Test(run_interruptions, redis_is_away_for_a_while)
{
    char *walsender;
    int64_t until;

    given(NULL);
    insert(1, 10);
    scene_settle(&scene);
    walsender = text_print("%s", scene_query(&scene, WALSENDER));
    server_redis_down(scene.redis, SIGTERM);
    insert(11, 5000);
    /* longer than wal_sender_timeout: the database drops an agent that does not answer */
    for (until = cdc_now_ms() + 8000; cdc_now_ms() < until; wait_step())
        cr_assert(agent_runs(&scene.agent), "%s", agent_log(&scene.agent));
    cr_assert_str_eq(scene_query(&scene, WALSENDER), walsender, "the agent was dropped");
    server_redis_up(scene.redis);
    scene_expect_rows(&scene, 5000);
    cr_assert_str_eq(scene_query(&scene, WALSENDER), walsender, "the agent did not go on from memory");
    free(walsender);
    scene_end(&scene);
}

Test(run_interruptions, redis_stands_still_for_a_while)
{
    int64_t until;

    given(NULL);
    server_freeze(&scene.redis->server);
    insert(1, 5000);
    for (until = cdc_now_ms() + 8000; cdc_now_ms() < until; wait_step())
        cr_assert(agent_runs(&scene.agent), "%s", agent_log(&scene.agent));
    server_thaw(&scene.redis->server);
    scene_expect_rows(&scene, 5000);
    scene_end(&scene);
}

Test(run_interruptions, redis_crashes_under_load)
{
    given(NULL);
    insert(1, 100000);
    for (unsigned at = 1000; at < 100000; at += 30000) {
        await_events(at);
        server_redis_crash(scene.redis);
    }
    scene_expect_rows(&scene, 100000);
    scene_end(&scene);
}

/* With appendfsync always, Redis answers when it is on disk: nothing needs to be replayed. */
Test(run_interruptions, redis_on_disk_crashes_and_nothing_needs_a_window)
{
    given("  replay_window: 0s\n");
    insert(1, 50000);
    for (unsigned at = 1000; at < 50000; at += 20000) {
        await_events(at);
        server_redis_crash(scene.redis);
    }
    scene_expect_rows(&scene, 50000);
    scene_end(&scene);
}

Test(run_interruptions, what_redis_forgot_within_the_window_is_replayed)
{
    scene_set(&scene,
              &(struct scene_options){.schema = ARTICLE, .tables = MAPPING}); /* this Redis keeps nothing */
    scene_start(&scene);
    insert(1, 1000);
    scene_settle(&scene);
    server_redis_crash(scene.redis);
    insert(1001, 2000);
    scene_expect_rows(&scene, 2000);
    scene_end(&scene);
}

struct confirmed {
    const char *than;
};

static bool is_confirmed(void *ctx)
{
    const struct confirmed *confirmed = ctx;
    char *sql = text_print("SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots", confirmed->than);
    bool is = strcmp(scene_query(&scene, sql), "t") == 0;

    free(sql);
    return is;
}

static void await_confirmation(const char *lsn)
{
    wait_until("the slot moves on", is_confirmed, &(struct confirmed){lsn}, 30000);
}

static char *wal_position(void)
{
    return text_print("%s", scene_query(&scene, "SELECT pg_current_wal_insert_lsn()"));
}

Test(run_interruptions, what_nobody_can_replay_is_a_gap)
{
    char *lsn;

    scene_set(&scene, &(struct scene_options){
                          .schema = ARTICLE, .tables = MAPPING, .redis = "  replay_window: 0s\n"});
    scene_start(&scene);
    insert(1, 1000);
    scene_settle(&scene);
    lsn = wal_position();
    await_confirmation(lsn);
    server_redis_crash(scene.redis); /* it forgets everything */
    cr_assert_eq(agent_wait_exit(&scene.agent, 30000), 5, "%s", agent_log(&scene.agent));
    free(lsn);
    scene_end(&scene);
}

Test(run_interruptions, a_slot_that_was_dropped_is_a_gap)
{
    given(NULL);
    insert(1, 10);
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_await_not_streaming(&scene);
    scene_sql(&scene, "SELECT pg_drop_replication_slot('tributary_cinema')");
    insert(11, 20);
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, 30000), 5, "%s", agent_log(&scene.agent));
    scene_end(&scene);
}

Test(run_interruptions, a_slot_that_was_made_again_is_a_gap)
{
    given(NULL);
    insert(1, 10);
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_await_not_streaming(&scene);
    scene_sql(&scene, "SELECT pg_drop_replication_slot('tributary_cinema')");
    insert(11, 20);
    scene_sql(&scene, "SELECT pg_create_logical_replication_slot('tributary_cinema', 'pgoutput')");
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, 30000), 5, "%s", agent_log(&scene.agent));
    scene_end(&scene);
}

Test(run_interruptions, the_database_restarts)
{
    given(NULL);
    insert(1, 10);
    server_postgresql_restart(scene.pg, SERVER_POSTGRESQL_IMMEDIATE);
    insert(11, 20);
    scene_settle(&scene);
    server_postgresql_restart(scene.pg, SERVER_POSTGRESQL_FAST);
    insert(21, 30);
    scene_expect_rows(&scene, 30);
    scene_end(&scene);
}

Test(run_interruptions, the_database_shuts_down_without_waiting_for_the_replay_window)
{
    int64_t asked;

    given("  replay_window: 1h\n");
    insert(1, 10);
    scene_settle(&scene);
    asked = cdc_now_ms();
    server_postgresql_down(scene.pg, SERVER_POSTGRESQL_FAST);
    cr_assert_lt(cdc_now_ms() - asked, 5000, "the shutdown took %lld ms", (long long)(cdc_now_ms() - asked));
    server_postgresql_up(scene.pg);
    insert(11, 20);
    scene_expect_rows(&scene, 20);
    scene_end(&scene);
}

Test(run_interruptions, an_idle_database_retains_nothing)
{
    char *lsn;

    given("  replay_window: 0s\n");
    scene_sql(&scene,
              "CREATE TABLE unmapped (i integer); INSERT INTO unmapped SELECT generate_series(1, 10000)");
    lsn = wal_position();
    await_confirmation(lsn);
    free(lsn);
    server_postgresql_sql(scene.pg, "postgres", "CREATE TABLE elsewhere AS SELECT generate_series(1, 10000)");
    lsn = wal_position();
    await_confirmation(lsn);
    free(lsn);
    scene_end(&scene);
}

Test(run_interruptions, confirmation_trails_by_the_replay_window)
{
    char *after;

    given("  replay_window: 1h\n");
    insert(1, 10);
    scene_settle(&scene);
    after = wal_position();
    cr_assert(!wait_for(is_confirmed, &(struct confirmed){after}, 3000), "confirmed too early");
    free(after);
    scene_end(&scene);
}
