/*
 * The primary dies under load, and its physical standby is promoted and takes over its address. With failover slots (PostgreSQL 17 and
 * newer) the agent goes on where it was, and nothing is lost or told twice. Without them the slot is gone with the primary: a gap, after
 * which all tables are loaded anew.
 */
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 1, PER_SECOND = 200, TRANSACTIONS = 500, SOON_MS = 60000 };

static struct scene scene;
static struct server_postgresql *other; /* the standby, then the primary of before */
static pid_t load;

static bool has_failover_slots(void)
{
    return atoi(scene_query(&scene, "SHOW server_version_num")) >= 170000;
}

/* Who is told of a commit waits for the standby, so no agent knows more than that one. */
static void follow(void)
{
    char *conninfo = text_print("primary_conninfo=host=%s port=%u user=%s dbname=cinema", scene.pg->host,
                                scene.pg->port, scene.pg->user);
    const char *const failover[] = {conninfo, "primary_slot_name=follower", "hot_standby_feedback=on",
                                    "sync_replication_slots=on", NULL};
    const char *const plain[] = {conninfo, "primary_slot_name=follower", NULL};

    scene_sql(&scene, "SELECT pg_create_physical_replication_slot('follower', true)");
    if (has_failover_slots())
        scene_sql(&scene, "ALTER SYSTEM SET synchronized_standby_slots = 'follower'");
    scene_sql(&scene, "SELECT pg_reload_conf()");
    other = server_postgresql_follow(scene.pg, has_failover_slots() ? failover : plain);
    free(conninfo);
}

static void given(void)
{
    scene_set(&scene, &(struct scene_options){.tables = LEDGER_MAPPING,
                                              .redis = "  stream: {max_len: 5000000}\n",
                                              .top = "on_gap: resnapshot\n"});
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial}");
    ledger_create(&scene, SCALE);
    scene_sql(&scene, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tributary");
    scene_start(&scene);
    ledger_fill(&scene, SCALE);
    scene_settle(&scene);
    follow();
}

static void done(void)
{
    scene_clean(&scene);
    server_postgresql_stop(other);
    other = NULL;
}

TestSuite(fault_promotion, .init = given, .fini = done, .timeout = 300);

static bool follows(void *ctx)
{
    (void)ctx;
    return strcmp(
               server_postgresql_query(
                   other, "postgres", "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"),
               "1") == 0;
}

static bool has_slot(void *ctx)
{
    (void)ctx;
    return strcmp(server_postgresql_query(
                      other, "postgres",
                      "SELECT count(*) FROM pg_replication_slots WHERE synced AND NOT temporary"),
                  "1") == 0;
}

/* In the middle of the load, and for good. */
static void primary_dies(void)
{
    struct server_postgresql *dead = scene.pg;

    server_postgresql_down(dead, SERVER_POSTGRESQL_IMMEDIATE);
    process_wait(load, SOON_MS);
    server_postgresql_promote(other, dead);
    scene.pg = other;
    other = dead;
    if (has_failover_slots())
        scene_sql(&scene, "ALTER SYSTEM RESET synchronized_standby_slots");
    scene_sql(&scene, "SELECT pg_reload_conf()");
}

static void end_load(void)
{
    ledger_load_end(&scene, load);
    scene_settle(&scene);
}

Test(fault_promotion, the_standby_takes_over)
{
    static const char *const loaded[] = {"snapshot done job=reload table=public.pgbench_accounts",
                                         "snapshot done job=reload table=public.pgbench_history"};
    bool goes_on = has_failover_slots();

    wait_until("the standby follows", follows, NULL, SOON_MS);
    load = ledger_load_more(&scene, PER_SECOND, TRANSACTIONS);
    if (goes_on)
        wait_until("the standby has the slot", has_slot, NULL, SOON_MS);
    primary_dies();
    if (!goes_on) {
        agent_wait_log(&scene.agent, "changes were lost, so all tables are loaded anew", SOON_MS);
        scene_await_streaming(&scene);
    }
    load = ledger_load_more(&scene, PER_SECOND, TRANSACTIONS);
    end_load();
    cr_assert(goes_on == !agent_log_contains(&scene.agent, "changes were lost"), "%s",
              agent_log(&scene.agent));
    if (goes_on)
        ledger_audit(&scene);
    for (size_t i = 0; !goes_on && i < sizeof loaded / sizeof *loaded; i++)
        agent_wait_log(&scene.agent, loaded[i], SOON_MS);
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"verify", scene.agent.config, NULL}), 0,
                 "%s%s", agent_output(&scene.agent), agent_log(&scene.agent));
    scene_end(&scene);
}
