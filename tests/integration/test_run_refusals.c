/*
 * `tributary run` and `check` when something is wrong from the start: the exit status says what kind of thing, the message
 * says what and how to mend it; what may pass by itself is waited for.
 */
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE = 64, DENIED = 77, CONFIG = 78, SOON_MS = 15000 };

static struct scene scene;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_refusals, .fini = done, .timeout = 120);

static const char ARTICLE[] = "CREATE TABLE article (sku text PRIMARY KEY, quantity integer)";
static const char MAPPING[] =
    "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: quantity}}\n";

static void given(const char *const *postgresql_settings, const char *const *redis_settings)
{
    scene_set(&scene, &(struct scene_options){.schema = ARTICLE,
                                              .tables = MAPPING,
                                              .postgresql_settings = postgresql_settings,
                                              .redis_settings = redis_settings});
}

/* The agent ends by itself with this status, and its log holds these two texts. */
static void expect_refusal(int status, const char *what, const char *remedy)
{
    int found;

    agent_run(&scene.agent);
    found = agent_wait_exit(&scene.agent, SOON_MS);
    cr_assert_eq(found, status, "status %d, not %d\n%s", found, status, agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, what), "\"%s\" is not said:\n%s", what,
              agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, remedy), "\"%s\" is not said:\n%s", remedy,
              agent_log(&scene.agent));
    scene_end(&scene);
}

static void expect_that_it_works(void)
{
    scene_await_streaming(&scene);
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 1)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:A:-", "quantity=1 sku=A");
    scene_end(&scene);
}

Test(run_refusals, usage)
{
    struct agent agent;

    agent_init(&agent);
    cr_expect_eq(agent_command(&agent, (const char *const[]){NULL}), USAGE);
    cr_expect_eq(agent_command(&agent, (const char *const[]){"frobnicate", NULL}), USAGE);
    cr_expect_eq(agent_command(&agent, (const char *const[]){"run", NULL}), USAGE);
    cr_expect_eq(agent_command(&agent, (const char *const[]){"run", "--frobnicate", "x", NULL}), USAGE);
    cr_expect_eq(agent_command(&agent, (const char *const[]){"--help", NULL}), 0);
    cr_expect(strstr(agent_output(&agent), "run"));
    cr_expect_eq(agent_command(&agent, (const char *const[]){"version", NULL}), 0);
    agent_fini(&agent);
}

Test(run_refusals, a_wrong_configuration)
{
    given(NULL, NULL);
    scene_replace(&scene, "entity: inventory", "entitty: inventory");
    expect_refusal(CONFIG, "agent.yaml:", "entitty");
}

Test(run_refusals, a_wrong_password)
{
    given(NULL, NULL);
    scene_sql(&scene, "ALTER ROLE tributary PASSWORD 'right'");
    server_postgresql_hba(scene.pg, "local all postgres trust\nlocal all,replication all scram-sha-256\n");
    scene_replace(&scene, "  user: tributary\n", "  user: tributary\n  password: wrong-secret\n");
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, SOON_MS), DENIED, "%s", agent_log(&scene.agent));
    cr_assert(!agent_log_contains(&scene.agent, "wrong-secret"), "the password is in the log");
    scene_replace(&scene, "wrong-secret", "right");
    agent_run(&scene.agent);
    expect_that_it_works();
}

Test(run_refusals, a_role_without_replication)
{
    given(NULL, NULL);
    scene_sql(&scene, "ALTER ROLE tributary NOREPLICATION");
    expect_refusal(DENIED, "class=denied", "tributary setup");
}

Test(run_refusals, no_such_database)
{
    given(NULL, NULL);
    scene_replace(&scene, "database: cinema", "database: nowhere");
    expect_refusal(CONFIG, "nowhere", "database");
}

Test(run_refusals, no_publication)
{
    given(NULL, NULL);
    scene_sql(&scene, "DROP PUBLICATION tributary_cinema");
    expect_refusal(CONFIG, "publication", "CREATE PUBLICATION");
}

Test(run_refusals, wal_level_too_low)
{
    given((const char *const[]){"wal_level=replica", NULL}, NULL);
    expect_refusal(CONFIG, "wal_level", "logical");
}

Test(run_refusals, a_column_that_does_not_exist)
{
    given(NULL, NULL);
    scene_replace(&scene, "{quantity: quantity}", "{quantity: quantitty}");
    expect_refusal(CONFIG, "quantitty", "public.article");
}

Test(run_refusals, a_table_that_does_not_exist)
{
    given(NULL, NULL);
    scene_replace(&scene, "public.article:", "public.articles:");
    expect_refusal(CONFIG, "public.articles", "table");
}

Test(run_refusals, a_table_that_is_not_published)
{
    given(NULL, NULL);
    scene_sql(
        &scene,
        "DROP PUBLICATION tributary_cinema; CREATE PUBLICATION tributary_cinema FOR TABLE scene_marker");
    expect_refusal(CONFIG, "public.article", "PUBLICATION");
}

Test(run_refusals, a_column_that_is_not_published)
{
    given(NULL, NULL);
    scene_sql(&scene, "DROP PUBLICATION tributary_cinema;"
                      "CREATE PUBLICATION tributary_cinema FOR TABLE scene_marker, article (sku)");
    expect_refusal(CONFIG, "quantity", "ALTER PUBLICATION");
}

Test(run_refusals, a_column_that_is_never_sent)
{
    given(NULL, NULL);
    scene_sql(&scene, "ALTER TABLE article DROP quantity;"
                      "ALTER TABLE article ADD quantity integer GENERATED ALWAYS AS (length(sku)) STORED");
    expect_refusal(CONFIG, "quantity", "generated");
}

Test(run_refusals, a_partitioned_table_that_is_published_in_parts)
{
    given(NULL, NULL);
    scene_sql(&scene, "DROP TABLE article; CREATE TABLE article (sku text PRIMARY KEY, quantity integer)"
                      " PARTITION BY HASH (sku);"
                      "CREATE TABLE part PARTITION OF article FOR VALUES WITH (MODULUS 1, REMAINDER 0)");
    expect_refusal(CONFIG, "public.article", "publish_via_partition_root");
}

Test(run_refusals, a_key_that_deletes_do_not_carry)
{
    given(NULL, NULL);
    scene_sql(&scene, "DROP TABLE article;"
                      "CREATE TABLE article (id integer PRIMARY KEY, sku text NOT NULL, quantity integer)");
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"check", scene.agent.config, NULL}),
                 CONFIG);
    cr_assert(strstr(agent_output(&scene.agent), "REPLICA IDENTITY"));
    scene_end(&scene);
}

Test(run_refusals, a_redis_that_evicts)
{
    given(NULL, (const char *const[]){"maxmemory=100mb", "maxmemory-policy=allkeys-lru", NULL});
    expect_refusal(CONFIG, "allkeys-lru", "noeviction");
}

Test(run_refusals, a_redis_that_wants_a_password)
{
    given(NULL, (const char *const[]){"requirepass=secret", NULL});
    expect_refusal(DENIED, "edis", "password");
}

Test(run_refusals, a_redis_that_is_down_is_waited_for)
{
    given(NULL, NULL);
    server_redis_down(scene.redis, SIGTERM);
    agent_run(&scene.agent);
    agent_wait_log(&scene.agent, "redis", SOON_MS);
    server_redis_up(scene.redis);
    expect_that_it_works();
}

Test(run_refusals, a_database_that_is_down_is_waited_for)
{
    given(NULL, NULL);
    server_postgresql_down(scene.pg, SERVER_POSTGRESQL_FAST);
    agent_run(&scene.agent);
    agent_wait_log(&scene.agent, "source", SOON_MS);
    server_postgresql_up(scene.pg);
    expect_that_it_works();
}

Test(run_refusals, a_slot_in_use_is_waited_for)
{
    char *receiver, *conninfo;
    pid_t other;

    given(NULL, NULL);
    scene_sql(&scene, "SELECT pg_create_logical_replication_slot('tributary_cinema', 'pgoutput')");
    receiver = server_postgresql_program(scene.pg, "pg_recvlogical");
    conninfo = server_postgresql_conninfo(scene.pg, "cinema");
    other = process_start((const char *const[]){receiver, "-d", conninfo, "-S", "tributary_cinema", "--start",
                                                "-f", "/dev/null", "-o", "proto_version=1", "-o",
                                                "publication_names=tributary_cinema", NULL},
                          NULL);
    scene_await_streaming(&scene);
    agent_run(&scene.agent);
    agent_wait_log(&scene.agent, "tributary_cinema", SOON_MS);
    cr_assert(agent_runs(&scene.agent), "the agent did not wait\n%s", agent_log(&scene.agent));
    process_end(other, SIGKILL, 1000);
    scene_settle(&scene);
    free(receiver);
    free(conninfo);
    expect_that_it_works();
}

Test(run_refusals, check_finds_nothing_wrong_or_says_what)
{
    given(NULL, NULL);
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"check", scene.agent.config, NULL}), 0,
                 "%s%s", agent_output(&scene.agent), agent_log(&scene.agent));
    cr_assert_str_eq(scene_query(&scene, "SELECT count(*) FROM pg_replication_slots"), "0",
                     "check left a slot");
    scene_sql(&scene, "DROP PUBLICATION tributary_cinema; ALTER TABLE article REPLICA IDENTITY NOTHING");
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"check", scene.agent.config, NULL}),
                 CONFIG);
    cr_assert(strstr(agent_output(&scene.agent), "publication"));
    cr_assert(strstr(agent_output(&scene.agent), "public.article"));
    scene_end(&scene);
}

Test(run_refusals, setup_makes_what_is_needed)
{
    given(NULL, NULL);
    scene_sql(&scene, "DROP PUBLICATION tributary_cinema");
    scene_replace(&scene, "  user: tributary\n", "  user: postgres\n");
    cr_assert_eq(
        agent_command(&scene.agent, (const char *const[]){"setup", scene.agent.config, "--run", NULL}), 0,
        "%s", agent_log(&scene.agent));
    cr_assert_str_eq(scene_query(&scene, "SELECT pubname FROM pg_publication"), "tributary_cinema");
    agent_run(&scene.agent);
    expect_that_it_works();
}
