/* `tributary run`, end to end: memory stays bounded whatever the size of transactions and rows, and however slow Redis is. */
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include "cdc/buf.h"
#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_limits, .fini = done, .timeout = 240);

enum { LIMIT_MB = 64 };

static void given(const char *redis_section)
{
    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE article (sku integer PRIMARY KEY, name text, body text)",
                  .tables =
                      "  public.article:\n"
                      "    {entity: product, key: {sku: sku}, fields: {name: name, description: body}}\n",
                  .postgresql_settings = (const char *const[]){"logical_decoding_work_mem=64kB", NULL},
                  .redis = redis_section});
    scene_start(&scene);
}

Test(run_limits, a_long_transaction_while_redis_stands_still)
{
    int64_t until;

    given("  stream: {max_len: 2000000}\n");
    server_freeze(&scene.redis->server);
    scene_sql(
        &scene,
        "INSERT INTO article SELECT i, repeat('n', 100), repeat('b', 300) FROM generate_series(1, 300000) i");
    for (until = cdc_now_ms() + 5000; cdc_now_ms() < until; wait_step())
        cr_assert(agent_runs(&scene.agent), "%s", agent_log(&scene.agent));
    server_thaw(&scene.redis->server);
    scene_settle(&scene);
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:events:{product}"), 300000);
    cr_assert_leq(agent_peak_mb(&scene.agent), LIMIT_MB);
    scene_end(&scene);
}

Test(run_limits, wide_rows_one_after_the_other)
{
    given("  stream: {max_len: 2000000}\n");
    scene_sql(&scene,
              "INSERT INTO article SELECT i, 'wide', repeat('b', 3000000) FROM generate_series(1, 40) i");
    scene_settle(&scene);
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:events:{product}"), 40);
    cr_assert_leq(agent_peak_mb(&scene.agent), LIMIT_MB);
    scene_end(&scene);
}

static unsigned tables_wanted(void)
{
    const char *text = getenv("LIMITS_TABLES");

    return text && *text ? (unsigned)atoi(text) : 500;
}

/* Rows of $LIMITS_TABLES tables (500), of which every third one is mapped; the server publishes all. */
Test(run_limits, very_many_tables)
{
    unsigned n = tables_wanted();
    struct cdc_buf tables = {.limit = 0};
    char *loop;

    for (unsigned i = 3; i <= n; i += 3)
        cdc_buf_printf(&tables,
                       "  public.t%u: {entity: product, key: {sku: \"%u-${i}\"}, fields: {name: v}}\n", i, i);
    scene_set(&scene, &(struct scene_options){.tables = cdc_buf_str(&tables),
                                              .redis = "  stream: {max_len: 2000000}\n",
                                              .postgresql_settings = (const char *const[]){
                                                  "max_locks_per_transaction=1000", NULL}});
    loop = text_print(
        "DO $$ BEGIN FOR n IN 1..%u LOOP EXECUTE format('CREATE TABLE t%%s (i integer PRIMARY KEY, v text)', n);"
        " IF n %% 100 = 0 THEN COMMIT; END IF; END LOOP; END $$",
        n);
    scene_sql(&scene, loop);
    free(loop);
    scene_start(&scene);
    loop =
        text_print("DO $$ BEGIN FOR n IN 1..%u LOOP EXECUTE format('INSERT INTO t%%s VALUES (1, ''v'')', n);"
                   " IF n %% 100 = 0 THEN COMMIT; END IF; END LOOP; END $$",
                   n);
    scene_sql(&scene, loop);
    free(loop);
    scene_settle(&scene);
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:events:{product}"), n / 3);
    fprintf(stderr, "%u tables: peak %ld MB\n", n, agent_peak_mb(&scene.agent));
    cr_assert_leq(agent_peak_mb(&scene.agent), LIMIT_MB);
    cdc_buf_fini(&tables);
    scene_end(&scene);
}

/* Whole nodes of 100 entries are trimmed. */
static bool is_trimmed(void *ctx)
{
    (void)ctx;
    return server_redis_integer(scene.redis, "XLEN cdc:events:{product}") <= 1100;
}

Test(run_limits, streams_are_trimmed)
{
    given("  stream: {max_len: 1000}\n");
    for (int i = 0; i < 10; i++)
        server_postgresql_sqlf(scene.pg, "cinema",
                               "INSERT INTO article SELECT i, 'n', 'b' FROM generate_series(%d, %d) i",
                               i * 1000, i * 1000 + 999);
    scene_settle(&scene);
    wait_until("the stream is trimmed", is_trimmed, NULL, 10000);
    cr_assert_geq(server_redis_integer(scene.redis, "XLEN cdc:events:{product}"), 1000);
    cr_assert(server_redis_exists(scene.redis, "cdc:state:{product}:0"));
    scene_end(&scene);
}

/* The database's disk fills while Redis stands still: somebody must be told, once, and when it is over. */
Test(run_limits, more_log_than_allowed_is_retained)
{
    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE article (sku integer PRIMARY KEY, name text)",
                  .tables = "  public.article: {entity: product, key: {sku: sku}, fields: {name: name}}\n",
                  .redis = "  replay_window: 0s\n",
                  .top = "limits: {wal_retained: 4MiB}\n"});
    scene_start(&scene);
    server_freeze(&scene.redis->server);
    scene_sql(&scene, "INSERT INTO article SELECT i, repeat('n', 1000) FROM generate_series(1, 8000) i");
    agent_wait_log(&scene.agent, "limits.wal_retained is 4 MiB", 30000);
    cr_assert(agent_log_contains(&scene.agent, "see what holds the agent up"));
    server_thaw(&scene.redis->server);
    scene_settle(&scene);
    scene_sql(&scene, "CHECKPOINT");
    scene_settle(&scene);
    agent_wait_log(&scene.agent, "keeps less log than limits.wal_retained again", 60000);
    scene_end(&scene);
}

static unsigned reconnects(void)
{
    const char *n = server_redis_hget(scene.redis, "cdc:connector:cinema", "redis_reconnects");

    return n ? (unsigned)strtoul(n, NULL, 10) : 0;
}

static bool is_refused(void *ctx)
{
    (void)ctx;
    return reconnects() > 0;
}

/* Redis lets the agent in, answers its beats, and takes no batch: nothing is gained by asking ten times a second. */
Test(run_limits, a_full_redis_is_asked_ever_more_seldom)
{
    enum {
        WATCH_MS = 6000,
        MOST = 24 /* 7 while the pause grows to a second, then each second; twice that */
    };
    unsigned before;
    int64_t until;

    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE article (sku integer PRIMARY KEY, name text)",
                  .tables = "  public.article: {entity: product, key: {sku: sku}, fields: {name: name}}\n"});
    scene_start(&scene);
    scene_settle(&scene);
    server_redis_do(scene.redis, "CONFIG SET maxmemory 1");
    scene_sql(&scene, "INSERT INTO article VALUES (1, 'one')");
    wait_until("a batch that is refused", is_refused, NULL, 20000);
    before = reconnects();
    until = cdc_now_ms() + WATCH_MS;
    while (cdc_now_ms() < until)
        wait_step();
    cr_assert_leq(reconnects() - before, MOST, "%u reconnects in %d ms", reconnects() - before, WATCH_MS);
    cr_assert(strstr(server_redis_hget(scene.redis, "cdc:connector:cinema", "trouble"), "OOM"));
    server_redis_do(scene.redis, "CONFIG SET maxmemory 0");
    scene_settle(&scene);
    scene_expect_state(&scene, "{product}:1", "name=one sku=1");
    scene_end(&scene);
}
