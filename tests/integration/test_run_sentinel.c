/*
 * `tributary run` with Redis Sentinel: the agent follows the master wherever it goes, and only there; what a failover forgets comes
 * again from the database.
 */
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/sentinels.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene;
static struct sentinels sentinels;
static unsigned inserted;

static void done(void)
{
    scene_clean(&scene);
    sentinels_stop(&sentinels);
}

TestSuite(run_sentinel, .fini = done, .timeout = 240);

static void given(const char *redis_section, const char *const *settings, const char *lines)
{
    char *url, *with;

    inserted = 0;
    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE article (sku integer PRIMARY KEY, quantity integer)",
                  .tables = "  public.article:\n"
                            "    {entity: inventory, key: {sku: sku}, fields: {quantity: quantity}}\n",
                  .redis = redis_section,
                  .redis_settings = settings});
    sentinels_start(&sentinels, scene.redis, settings, lines);
    url = text_print("url: unix://%s\n", scene.redis->socket);
    with = text_print("url: redis:///0\n%s", sentinels.config);
    scene_replace(&scene, url, with);
    free(url);
    free(with);
}

static void insert(void)
{
    server_postgresql_sqlf(scene.pg, "cinema", "INSERT INTO article VALUES (%u, %u)", inserted + 1,
                           inserted % 100);
    inserted++;
}

static long long entries(struct server_redis *redis)
{
    return server_redis_integer(redis, "XLEN cdc:events:{inventory}");
}

/* Load goes on until there are `more` events in this Redis than now. */
static void insert_until(struct server_redis *redis, unsigned more)
{
    long long from = entries(redis);

    while (entries(redis) < from + more) {
        insert();
        if (!agent_runs(&scene.agent))
            fail("the agent ended\n%s", agent_log(&scene.agent));
    }
}

/* The replica is the scene's Redis from now on; the one that was is stopped with the sentinels. */
static void change_places(void)
{
    struct server_redis *old = scene.redis;

    scene.redis = sentinels.replica;
    sentinels.replica = old;
}

Test(run_sentinel, the_master_dies_under_load_and_nothing_is_lost_or_comes_twice)
{
    given(NULL, NULL, "");
    scene_start(&scene);
    for (unsigned round = 0; round < 2; round++) {
        insert_until(scene.redis, 200);
        server_redis_down(scene.redis, SIGKILL);
        for (unsigned i = 0; i < 100; i++)
            insert();
        sentinels_await(&sentinels, sentinels.replica);
        insert_until(sentinels.replica, 200);
        change_places();
        sentinels_return(sentinels.replica);
        for (unsigned i = 0; i < 100; i++)
            insert();
        scene_expect_rows(&scene, inserted);
        sentinels_await_replica(scene.redis);
    }
    scene_expect_rows(&scene, inserted);
    scene_end(&scene);
}

/* It lives, and knows nothing of the other master; nobody but the agent reaches it. */
Test(run_sentinel, a_master_that_was_cut_off_soon_takes_nothing_more)
{
    long long taken;

    given(NULL, NULL, "");
    server_redis_do(scene.redis, "CONFIG SET min-replicas-to-write 1 min-replicas-max-lag 1");
    scene_start(&scene);
    insert_until(scene.redis, 200);
    sentinels_cut(scene.redis);
    sentinels_await(&sentinels, sentinels.replica);
    insert_until(sentinels.replica, 200);
    taken = entries(scene.redis);
    insert_until(sentinels.replica, 200);
    cr_assert_eq(entries(scene.redis), taken);
    cr_assert(agent_log_contains(&scene.agent, "NOREPLICAS"), "%s", agent_log(&scene.agent));
    sentinels_mend(scene.redis);
    change_places();
    sentinels_await_replica(scene.redis);
    scene_expect_rows(&scene, inserted);
    scene_end(&scene);
}

/* The slot need not keep anything before this any more. */
static bool is_confirmed(void *ctx)
{
    char *sql =
        text_print("SELECT confirmed_flush_lsn >= '%s'::pg_lsn FROM pg_replication_slots", (const char *)ctx);
    bool is = strcmp(scene_query(&scene, sql), "t") == 0;

    free(sql);
    return is;
}

static bool has_all(void *ctx)
{
    (void)ctx;
    return entries(scene.redis) == inserted;
}

/* The replica has the first 200 rows, the master so many more when it is gone for good. Returns where the database was then. */
static char *lose(unsigned n, void (*cut)(struct server_redis *redis))
{
    char *lsn;

    insert_until(scene.redis, 200);
    scene_settle(&scene);
    cut(scene.redis);
    for (unsigned i = 0; i < n; i++)
        insert();
    wait_until("the master has all", has_all, NULL, 30000);
    lsn = text_print("%s", scene_query(&scene, "SELECT pg_current_wal_insert_lsn()"));
    return lsn;
}

static void promote(void)
{
    server_redis_down(scene.redis, SIGKILL);
    sentinels_await(&sentinels, sentinels.replica);
    change_places();
}

Test(run_sentinel, what_the_promoted_replica_lacks_is_replayed)
{
    given(NULL, NULL, "");
    scene_start(&scene);
    free(lose(100, sentinels_cut));
    promote();
    scene_expect_rows(&scene, inserted);
    scene_end(&scene);
}

/* Nobody has it any more, and that is said. */
Test(run_sentinel, what_the_promoted_replica_lacks_and_the_source_forgot_is_a_gap)
{
    char *lsn;

    given("  replay_window: 0s\n", NULL, "");
    scene_start(&scene);
    lsn = lose(100, sentinels_cut);
    wait_until("the slot moves on", is_confirmed, lsn, 30000);
    promote();
    cr_assert_eq(agent_wait_exit(&scene.agent, 30000), 5, "%s", agent_log(&scene.agent));
    free(lsn);
    scene_end(&scene);
}

/* What no replica has is not confirmed, also when the agent connects anew and finds it applied. */
Test(run_sentinel, what_a_replica_must_have_is_replayed_without_a_window)
{
    char *lsn;

    /* a replica that has been without its master for ten times as long is not promoted */
    given("  replay_window: 0s\n  durability: replicas:1\n", NULL,
          "sentinel down-after-milliseconds river 4000\n");
    scene_start(&scene);
    lsn = lose(1, sentinels_cut_replica);
    agent_wait_log(&scene.agent, "on too few replicas", 30000);
    agent_kill(&scene.agent);
    agent_run(&scene.agent);
    agent_log_clear(&scene.agent);
    agent_wait_log(&scene.agent, "on too few replicas", 30000);
    cr_assert(!is_confirmed(lsn));
    free(lsn);
    promote();
    sentinels_return(sentinels.replica);
    scene_expect_rows(&scene, inserted);
    scene_end(&scene);
}

/* A few sentinels may be those that were cut off. */
Test(run_sentinel, fewer_than_most_sentinels_are_not_believed)
{
    given(NULL, NULL, "");
    server_redis_down(sentinels.at[0], SIGKILL);
    server_redis_down(sentinels.at[2], SIGKILL);
    agent_run(&scene.agent);
    agent_wait_log(&scene.agent, "1 of 3 sentinels agree who is master of \"river\", 2 must", 20000);
    cr_assert_eq(server_redis_integer(scene.redis, "DBSIZE"), 0);
    server_redis_up(sentinels.at[2]);
    scene_await_streaming(&scene);
    insert_until(scene.redis, 1);
    scene_expect_rows(&scene, inserted);
    scene_end(&scene);
}

Test(run_sentinel, a_master_by_another_name_is_unknown)
{
    given(NULL, NULL, "");
    scene_replace(&scene, "master: river", "master: brook");
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, 20000), 78, "%s", agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, "the sentinels know no master called \"brook\""));
    scene_end(&scene);
}

/* The rights that conf/README.md names for a user of the sentinels. */
Test(run_sentinel, the_sentinels_have_users_of_their_own)
{
    given(NULL, NULL, "");
    for (size_t i = 0; i < SENTINELS; i++)
        server_redis_do(sentinels.at[i], "ACL SETUSER asker on >word -@all +auth +client|setname "
                                         "+sentinel|get-master-addr-by-name");
    scene_replace(&scene, "master: river", "master: river, user: asker, password: word");
    scene_start(&scene);
    insert_until(scene.redis, 10);
    scene_expect_rows(&scene, inserted);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_replace(&scene, "password: word", "password: another");
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, 20000), 77, "%s", agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, "asking the sentinels"));
    scene_end(&scene);
}

Test(run_sentinel, commands_ask_the_sentinels_too)
{
    given(NULL, NULL, "");
    scene_start(&scene);
    insert_until(scene.redis, 10);
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"check", scene.agent.config, NULL}), 0,
                 "%s", agent_output(&scene.agent));
    cr_assert(strstr(agent_output(&scene.agent), "min-replicas-to-write 1"), "%s",
              agent_output(&scene.agent));
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"status", scene.agent.config, NULL}), 0);
    cr_assert(strstr(agent_output(&scene.agent), "cinema"), "%s", agent_output(&scene.agent));
    scene_end(&scene);
}
