/*
 * SIGHUP: the configuration is read again and taken up between two transactions, or not at all. Real servers, real signals, changes all
 * the while.
 */
#include "integration/snapshot_table.h"
#include "lib/fail.h"
#include "lib/http.h"
#include "lib/process.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct scene scene;
static struct snapshot_table table;
static unsigned port;

static void done(void)
{
    snapshot_table_fini(&table);
    scene_clean(&scene);
}

TestSuite(run_reload, .fini = done, .timeout = 240);

static void given(const char *schema, const char *tables)
{
    port = process_free_port();
    scene_set(&scene, &(struct scene_options){.schema = schema, .tables = tables, .http_port = port});
}

static void reload(void)
{
    agent_log_clear(&scene.agent);
    agent_signal(&scene.agent, SIGHUP);
}

static void expect_refused(const char *because)
{
    reload();
    agent_wait_log(&scene.agent, "not reloaded, the configuration of before stays", 20000);
    cr_assert(agent_log_contains(&scene.agent, because), "%s", agent_log(&scene.agent));
    cr_assert_eq(http_metric(port, "tributary_config_last_reload_successful{connector=\"cinema\"}"), 0);
}

static void expect_taken(void)
{
    reload();
    agent_wait_log(&scene.agent, "reloaded config=", 20000);
    agent_wait_log(&scene.agent, "streaming from postgresql", 20000);
    cr_assert_eq(http_metric(port, "tributary_config_last_reload_successful{connector=\"cinema\"}"), 1);
}

#define ITEM "CREATE TABLE item (id integer PRIMARY KEY, n integer);"
#define ITEM_MAPPING(campaign)                                                                                 \
    "  public.item: {entity: message, key: {message_id: \"item-${id}\"}, fields: {campaign: {const: " campaign \
    "}}}\n"

/* What is wrong is said, nothing of it is used, and the agent goes on as before; the next one is taken. */
Test(run_reload, what_is_wrong_changes_nothing)
{
    given(ITEM, ITEM_MAPPING("one"));
    scene_start(&scene);
    scene_replace(&scene, "const: one", "canst: one");
    expect_refused("did you mean \"const\"");
    scene_replace(&scene, "canst: one", "const: two");
    scene_replace(&scene, "item-${id}", "item-${number}");
    expect_refused("number");
    scene_replace(&scene, "item-${number}", "item-${id}");
    scene_replace(&scene, "connector: cinema", "connector: theatre");
    expect_refused("connector: cannot change at run time");
    scene_sql(&scene, "INSERT INTO item VALUES (1, 1)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{message}:item-1", "campaign=one message_id=item-1");
    scene_replace(&scene, "connector: theatre", "connector: cinema");
    expect_taken();
    scene_sql(&scene, "INSERT INTO item VALUES (2, 2)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{message}:item-2", "campaign=two message_id=item-2");
    scene_end(&scene);
}

/* A table that is added is loaded; of the others nothing is read again, and no change of theirs is lost or doubled. */
Test(run_reload, a_table_is_added_under_load)
{
    struct progress before, after;
    struct stored_stream events;

    given(SNAPSHOT_SCHEMA, SNAPSHOT_MAPPING);
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 500}");
    snapshot_table_init(&table, &scene, 3000);
    scene_sql(&scene, "CREATE TABLE shelf (id integer PRIMARY KEY, quantity integer);"
                      "INSERT INTO shelf SELECT i, i * 2 FROM generate_series(1, 1200) i;"
                      "GRANT SELECT ON shelf TO tributary");
    scene_start(&scene);
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    before = snapshot_watch_progress(&table.watch, "public.article");
    snapshot_table_load(&table, 300);
    scene_replace(&scene, "  public.article:", SNAPSHOT_SHELF "  public.article:");
    expect_taken();
    snapshot_watch_state(&table.watch, "public.shelf", PROGRESS_DONE);
    after = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert_str_eq(after.run, before.run);
    cr_assert_eq(after.rows, before.rows);
    for (int i = 0; i < 5; i++)
        expect_taken();
    snapshot_table_unload(&table);
    snapshot_table_compare(&table);
    cr_assert_eq(snapshot_watch_count(&table.watch, "message"), 1200);
    events = scene_events(&scene, "inventory"); /* checks that ids rise: none twice */
    cr_assert_gt(events.n, 100);
    stored_stream_fini(&events);
    progress_fini(&before);
    progress_fini(&after);
    scene_end(&scene);
}

/* Transactions of many batches each, and a reload in the midst of them, again and again: each is mapped by one configuration. */
Test(run_reload, no_transaction_is_mapped_by_two_configurations)
{
    enum { ROWS = 3000, TRANSACTIONS = 20 };
    struct stored_stream events;
    unsigned kinds[2] = {0};
    const char *is = "one", *tx = "";
    char campaign[16] = "";

    given(ITEM, ITEM_MAPPING("one"));
    scene_start(&scene);
    for (int t = 0; t < TRANSACTIONS; t++) {
        const char *next = t % 2 ? "one" : "two";
        char was[32], will[32];

        snprintf(was, sizeof was, "const: %s", is);
        snprintf(will, sizeof will, "const: %s", next);
        server_postgresql_sqlf(scene.pg, "cinema",
                               "INSERT INTO item SELECT i, %d FROM generate_series(%d, %d) i", t,
                               t * ROWS + 1, (t + 1) * ROWS);
        scene_replace(&scene, was, will);
        is = next;
        reload();
        agent_wait_log(&scene.agent, "reloaded config=", 20000);
    }
    scene_settle(&scene);
    events = scene_events(&scene, "message");
    cr_assert_eq(events.n, ROWS * TRANSACTIONS);
    for (size_t i = 0; i < events.n; i++) {
        const char *of = stored_record_get(&events.entries[i], "tx");
        const char *data = stored_record_get(&events.entries[i], "data"), *kind;
        cr_assert(of && data);
        kind = strstr(data, "\"two\"") ? "two" : "one";
        kinds[kind[0] == 't']++;
        if (strcmp(of, tx) != 0)
            snprintf(campaign, sizeof campaign, "%s", kind);
        cr_assert_str_eq(kind, campaign, "transaction %s was mapped by two configurations", of);
        tx = of;
    }
    cr_assert(kinds[0] && kinds[1], "%u and %u", kinds[0], kinds[1]);
    stored_stream_fini(&events);
    scene_end(&scene);
}

/* While Redis is away nothing is taken up, and nothing is lost; a second signal counts, and so does the end. */
Test(run_reload, it_waits_for_redis)
{
    given(ITEM, ITEM_MAPPING("one"));
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO item VALUES (1, 1)");
    scene_settle(&scene);
    server_redis_crash(scene.redis);
    scene_replace(&scene, "const: one", "const: two");
    reload();
    scene_sql(&scene, "INSERT INTO item VALUES (2, 2)");
    scene_settle(&scene);
    expect_taken();
    scene_sql(&scene, "INSERT INTO item VALUES (3, 3)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{message}:item-3", "campaign=two message_id=item-3");
    scene_replace(&scene, "const: two", "const: three");
    agent_signal(&scene.agent, SIGHUP);
    scene_end(&scene);
}

static bool has_begun(void *ctx)
{
    (void)ctx;
    return server_redis_exists(scene.redis, "cdc:events:{message}");
}

/* One that is right waits for a long transaction; one that is wrong comes meanwhile, and changes nothing of that. */
Test(run_reload, what_is_refused_does_not_displace_what_waits)
{
    given(ITEM, ITEM_MAPPING("one"));
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO item SELECT i, 0 FROM generate_series(1, 400000) i");
    wait_until("the transaction has begun", has_begun, NULL, 20000);
    scene_replace(&scene, "const: one", "const: two");
    reload();
    agent_wait_log(&scene.agent, "follows when the open transaction has ended", 20000);
    server_freeze(&scene.redis->server);
    scene_replace(&scene, "const: two", "canst: two");
    agent_signal(&scene.agent, SIGHUP);
    agent_wait_log(&scene.agent, "the configuration that was read before it is taken up", 20000);
    cr_assert_not(agent_log_contains(&scene.agent, "reloaded config="), "the transaction was too short");
    server_thaw(&scene.redis->server);
    agent_wait_log(&scene.agent, "reloaded config=", 60000);
    http_await(port, "/metrics", 200, 20000);
    cr_assert_eq(http_metric(port, "tributary_config_last_reload_successful{connector=\"cinema\"}"), 0);
    scene_sql(&scene, "INSERT INTO item VALUES (400001, 1)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{message}:item-400000", "campaign=one message_id=item-400000");
    scene_expect_state(&scene, "{message}:item-400001", "campaign=two message_id=item-400001");
    scene_replace(&scene, "canst: two", "const: two");
    expect_taken();
    scene_end(&scene);
}
