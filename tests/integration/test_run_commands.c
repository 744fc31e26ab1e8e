/* What `check`, `setup` and `preview` tell somebody who has not got everything right yet, against private servers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/scene.h"
#include "lib/server_mariadb.h"
#include "lib/wait.h"

enum { CONFIG = 78 };

static struct scene scene;
static struct server_mariadb *maria;

static void done(void)
{
    scene_clean(&scene);
    server_mariadb_stop(maria);
}

TestSuite(run_commands, .fini = done, .timeout = 120);

static void given(void)
{
    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE article (sku text PRIMARY KEY, quantity integer)",
                  .tables = "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: "
                            "quantity}}\n"});
}

static const char *all_said(const char *command, const char *option, const char *value, int status)
{
    int found =
        agent_command(&scene.agent, (const char *const[]){command, scene.agent.config, option, value, NULL});

    cr_assert_eq(found, status, "status %d, not %d\n%s%s", found, status, agent_output(&scene.agent),
                 agent_log(&scene.agent));
    return agent_output(&scene.agent);
}

static void expect_said(const char *output, const char *text)
{
    cr_assert(strstr(output, text), "\"%s\" is not said:\n%s", text, output);
}

/* The agent has run: there are a slot and a checkpoint. */
static void given_that_it_ran(void)
{
    given();
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 1)");
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_await_not_streaming(&scene);
}

Test(run_commands, check_says_what_a_start_would_refuse)
{
    given_that_it_ran();
    expect_said(all_said("check", NULL, NULL, 0), "slot tributary_cinema is at");
    scene_sql(&scene, "SELECT pg_drop_replication_slot('tributary_cinema')");
    expect_said(all_said("check", NULL, NULL, CONFIG), "slot tributary_cinema does not exist any more");
    scene_sql(&scene, "INSERT INTO article VALUES ('B', 1)");
    scene_sql(&scene, "SELECT pg_create_logical_replication_slot('tributary_cinema', 'pgoutput')");
    expect_said(all_said("check", NULL, NULL, CONFIG),
                "slot tributary_cinema can only send what comes after");
    expect_said(agent_output(&scene.agent), "checkpoint CONFIG reset --yes");
    scene_end(&scene);
}

Test(run_commands, check_says_that_the_publication_was_made_anew)
{
    given_that_it_ran();
    cr_assert_null(strstr(all_said("check", NULL, NULL, 0), "made or altered after"));
    scene_sql(&scene, "INSERT INTO article VALUES ('B', 1)");
    scene_sql(&scene, "DROP PUBLICATION tributary_cinema");
    scene_sql(&scene, "CREATE PUBLICATION tributary_cinema FOR ALL TABLES");
    expect_said(
        all_said("check", NULL, NULL, 0),
        "publication tributary_cinema was made or altered after the changes that slot tributary_cinema");
    scene_end(&scene);
}

Test(run_commands, check_says_what_makes_a_missing_role)
{
    given();
    scene_replace(&scene, "  user: tributary\n", "  user: nobody_known\n");
    expect_said(all_said("check", NULL, NULL, CONFIG), "role \"nobody_known\" does not exist");
    expect_said(agent_output(&scene.agent),
                "-> the role must exist and have LOGIN (`tributary setup` prints");
    scene_end(&scene);
}

Test(run_commands, setup_says_that_it_was_not_connected)
{
    given();
    scene_replace(&scene, "  user: tributary\n", "  user: nobody_known\n");
    expect_said(all_said("setup", NULL, NULL, 0), "-- not connected: ");
    expect_said(agent_output(&scene.agent), "-- whole tables are published");
    expect_said(agent_output(&scene.agent), "CREATE ROLE");
    scene_replace(&scene, "  user: nobody_known\n", "  user: tributary\n");
    cr_assert_null(strstr(all_said("setup", NULL, NULL, 0), "not connected"));
    scene_end(&scene);
}

Test(run_commands, preview_suggests_a_table)
{
    given();
    all_said("preview", "--table", "artcle", CONFIG);
    expect_said(agent_log(&scene.agent), "(did you mean \"article\"?)");
    agent_log_clear(&scene.agent);
    all_said("preview", "--table", "public.artcle", CONFIG);
    expect_said(agent_log(&scene.agent), "(did you mean \"public.article\"?)");
    scene_end(&scene);
}

/* A shop with a foreign key that cascades, and a configuration whose account does not exist yet. */
static void given_a_shop(void)
{
    char config[1024];

    given();
    maria = server_mariadb_start(NULL);
    server_mariadb_sql(maria, "", "CREATE DATABASE shop;");
    server_mariadb_sql(
        maria, "shop",
        "CREATE TABLE branch (name varchar(20) PRIMARY KEY);"
        "CREATE TABLE stock (sku varchar(20), branch varchar(20), on_hand int, PRIMARY KEY (sku, "
        "branch), FOREIGN KEY (branch) REFERENCES branch (name) ON DELETE CASCADE);");
    snprintf(
        config, sizeof config,
        "version: 1\nconnector: shop\n"
        "source: {type: mysql, host: %s, database: shop, user: tributary, password: sesame, server_id: 7101}\n"
        "redis: {url: \"unix://%s\"}\n"
        "tables:\n  stock: {entity: inventory, key: {sku: sku, location: branch}, fields: {quantity: on_hand}}\n",
        maria->socket, scene.redis->socket);
    agent_configure(&scene.agent, config);
}

/* As README tells a newcomer: setup without an account, what it printed run by an administrator, check with it. */
Test(run_commands, a_newcomer_with_mariadb)
{
    char *script;

    given_a_shop();
    expect_said(all_said("check", "--no-connect", NULL, 0),
                "connector shop, 1 table\n0 errors, 0 warnings\n");
    expect_said(all_said("check", NULL, NULL, CONFIG), "\n1 error, ");
    script = strdup(all_said("setup", NULL, NULL, 0));
    cr_assert_not_null(script);
    expect_said(script, "-- not connected: ");
    expect_said(script, "log_bin");
    expect_said(
        script,
        "CREATE USER IF NOT EXISTS 'tributary'@'localhost'"); /* a comment: the password is the administrator's */
    server_mariadb_sql(maria, "", "CREATE USER 'tributary'@'localhost' IDENTIFIED BY 'sesame';");
    server_mariadb_sql(maria, "", script);
    free(script);
    expect_said(all_said("setup", NULL, NULL, 0), "-- mysql: nothing is missing");
    expect_said(all_said("check", NULL, NULL, 0), "the account may read the binlog");
    expect_said(agent_output(&scene.agent), "table shop.stock has foreign keys that cascade from ");
    scene_end(&scene);
}

static const char *status(const char *option, const char *value)
{
    char url[256];

    snprintf(url, sizeof url, "unix://%s", scene.redis->socket);
    cr_assert_eq(
        agent_command(&scene.agent, (const char *const[]){"status", "--redis", url, option, value, NULL}), 0,
        "%s", agent_log(&scene.agent));
    return agent_output(&scene.agent);
}

static bool says_that_it_streams(void *ctx)
{
    const char *state = server_redis_hget(scene.redis, "cdc:connector:cinema", "state");

    (void)ctx;
    return state && strcmp(state, "streaming") == 0;
}

Test(run_commands, status_shows_one_agent_and_all)
{
    const char *said;

    given();
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 1)");
    scene_settle(&scene);
    cr_assert(wait_for(says_that_it_streams, NULL, 10000));
    said = all_said("status", NULL, NULL, 0);
    expect_said(said, "connector          cinema\nstate              streaming\n");
    expect_said(said, "\nlag                ");
    expect_said(said, "\nqueue              ");
    said = status(NULL, NULL);
    expect_said(said, "CONNECTOR                STATE          LAG ");
    expect_said(said, "\ncinema                   streaming      ");
    server_redis_do(scene.redis, "SADD cdc:connectors barn");
    server_redis_do(scene.redis, "HSET cdc:connector:zoo state %s reason %s remedy %s", "stopped",
                    "the slot\x1b[2J is gone", "make it anew");
    server_redis_do(scene.redis, "SADD cdc:connectors zoo");
    said = status(NULL, NULL);
    expect_said(said, "POSITION\nbarn                     not running    -  ");
    expect_said(said, "\nzoo                      stopped ");
    expect_said(said, "\n  the slot\\x1b[2J is gone\n  -> make it anew\n");
    said = status("--format", "json");
    expect_said(
        said, "[\n{\"connector\":\"barn\",\"running\":false},\n{\"connector\":\"cinema\",\"running\":true,");
    expect_said(said, "{\"connector\":\"zoo\",\"running\":false,");
    cr_assert_eq(agent_stop(&scene.agent), 0);
}

static void set_checkpoint(const char *position, const char *yes, int status, const char *message)
{
    int found;

    agent_log_clear(&scene.agent);
    found = agent_command(
        &scene.agent, (const char *const[]){"checkpoint", scene.agent.config, "set", position, yes, NULL});
    cr_assert_eq(found, status, "status %d\n%s", found, agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, message), "%s", agent_log(&scene.agent));
}

Test(run_commands, checkpoint_set_leaves_out_what_lies_before_it)
{
    char end[64];

    given_that_it_ran();
    scene_sql(&scene, "INSERT INTO article VALUES ('left-out', 1)");
    snprintf(end, sizeof end, "%s", scene_query(&scene, "SELECT pg_current_wal_insert_lsn()"));
    set_checkpoint("the-end", "--yes", CONFIG, "is no position of postgresql");
    set_checkpoint(end, NULL, 64, "say --yes");
    set_checkpoint(end, "--yes", 0, "");
    expect_said(agent_output(&scene.agent), "position was ");
    expect_said(agent_output(&scene.agent), end);
    scene_sql(&scene, "INSERT INTO article VALUES ('comes', 1)");
    scene_start(&scene);
    scene_settle(&scene);
    cr_assert_not(server_redis_exists(scene.redis, "cdc:state:{inventory}:left-out:-"));
    cr_assert(server_redis_exists(scene.redis, "cdc:state:{inventory}:comes:-"));
    set_checkpoint(end, "--yes", 69, "is running: stop it first");
    cr_assert_eq(agent_stop(&scene.agent), 0);
}
