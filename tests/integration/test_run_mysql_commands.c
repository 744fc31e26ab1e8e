/*
 * `tributary check` and `setup` against a binlog server: each thing that can be wrong is provoked, found once, and said with the
 * statement that mends it; and what setup prints is all that the agent needs.
 */
#include "lib/fail.h"
#include "lib/http.h"
#include "lib/shop.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shop shop;

static void done(void)
{
    shop_clean(&shop);
}

TestSuite(run_mysql_commands, .fini = done, .timeout = 120);

static int check(void)
{
    return agent_command(&shop.agent,
                         (const char *const[]){"check", shop.agent.config, "--format", "json", NULL});
}

/* The line that holds a text, ended by NUL, in a copy that the caller frees; it must be the only one. */
static char *only_line(const char *text, const char *part)
{
    const char *at = strstr(text, part), *begin = at, *end;

    cr_assert(at, "\"%s\" is not found:\n%s", part, text);
    while (begin > text && begin[-1] != '\n')
        begin--;
    end = strchr(at, '\n');
    cr_assert(!end || !strstr(end, part), "\"%s\" is found more than once:\n%s", part, text);
    return text_print("%.*s", end ? (int)(end - begin) : (int)strlen(begin), begin);
}

/* check finds it once, on this level, with this remedy, and ends as it should. */
static void expect_finding(const char *level, const char *what, const char *remedy)
{
    int status = check(), wanted = strcmp(level, "error") == 0 ? SHOP_CONFIG : SHOP_OK;
    char *line = only_line(agent_output(&shop.agent), what), *head = text_print("{\"level\":\"%s\"", level);

    cr_assert_eq(status, wanted, "status %d for a %s\n%s%s", status, level, agent_output(&shop.agent),
                 agent_log(&shop.agent));
    cr_assert_eq(strncmp(line, head, strlen(head)), 0, "not a %s: %s", level, line);
    cr_assert(strstr(line, remedy), "\"%s\" is not said: %s", remedy, line);
    free(line);
    free(head);
}

static void expect_no_errors(void)
{
    int status = check();

    cr_assert_eq(status, SHOP_OK, "status %d\n%s%s", status, agent_output(&shop.agent),
                 agent_log(&shop.agent));
    cr_assert(!strstr(agent_output(&shop.agent), "\"error\""));
}

/* As root: with every right, what is asked for is told. */
static void given_as_root(const struct shop_options *options)
{
    shop_set(&shop, options);
    shop_replace(&shop, "user: tributary", "user: root");
}

Test(run_mysql_commands, check_finds_nothing_wrong)
{
    static const char redis[] = "\"warning\",\"what\":\"Redis:";

    shop_set(&shop, NULL);
    expect_no_errors();
    for (const char *at = agent_output(&shop.agent); (at = strstr(at, "\"warning\"")); at++)
        cr_assert(strncmp(at, redis, strlen(redis)) == 0, "%s", at);
    shop_start(&shop);
    expect_no_errors();
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    cr_assert(!agent_log_contains(&shop.agent, "reconnect"), "check disturbed the agent\n%s",
              agent_log(&shop.agent));
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_settings_that_cannot_work)
{
    given_as_root(NULL);
    shop_sql(&shop, "SET GLOBAL binlog_format = STATEMENT");
    expect_finding("error", "binlog_format is STATEMENT: changes are logged as statements",
                   "SET GLOBAL binlog_format = ROW");
    shop_sql(&shop, "SET GLOBAL binlog_format = MIXED");
    expect_finding("error", "binlog_format is MIXED", "SET GLOBAL binlog_format = ROW");
    shop_sql(&shop, "SET GLOBAL binlog_format = ROW; SET GLOBAL binlog_row_image = MINIMAL");
    expect_finding("warning", "binlog_row_image is MINIMAL: the store must look up previous values",
                   "SET GLOBAL binlog_row_image = FULL");
    shop_sql(&shop, "SET GLOBAL binlog_row_image = NOBLOB");
    expect_finding("warning", "binlog_row_image is NOBLOB", "SET GLOBAL binlog_row_image = FULL");
    shop_sql(&shop, "SET GLOBAL binlog_row_image = FULL; SET GLOBAL binlog_row_metadata = MINIMAL");
    expect_finding("warning", "binlog_row_metadata is MINIMAL: column names come from the catalogue",
                   "SET GLOBAL binlog_row_metadata = FULL");
    shop_sql(&shop, "SET GLOBAL binlog_row_metadata = FULL; SET GLOBAL binlog_expire_logs_seconds = 3600");
    expect_finding("warning", "binlogs are kept for 3600 s", "SET GLOBAL binlog_expire_logs_seconds");
    shop_sql(&shop, "SET GLOBAL binlog_expire_logs_seconds = 0");
    expect_finding("note", "binlogs are kept until someone purges them",
                   "SET GLOBAL binlog_expire_logs_seconds");
    shop_sql(
        &shop,
        "SET GLOBAL binlog_expire_logs_seconds = 864000; SET GLOBAL init_connect = 'SET binlog_format=STATEMENT'");
    expect_finding("warning", "init_connect sets how sessions log", "SET GLOBAL init_connect");
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_that_there_is_no_binlog)
{
    given_as_root(&(struct shop_options){.settings = (const char *const[]){"skip-log-bin", NULL}});
    expect_finding("error", "writes no binlog", "log_bin");
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_databases_that_are_not_logged)
{
    given_as_root(&(struct shop_options){.settings = (const char *const[]){"binlog-ignore-db=shop", NULL}});
    check();
    free(only_line(agent_output(&shop.agent), "changes of database shop are not written to the binlog"));
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_that_there_are_no_gtids)
{
    if (!server_mariadb_is_mysql())
        cr_skip_test("MariaDB always has GTIDs");
    given_as_root(&(struct shop_options){
        .settings = (const char *const[]){"gtid-mode=OFF", "enforce-gtid-consistency=OFF", NULL}});
    expect_finding("warning", "gtid_mode is OFF", "gtid_mode = ON");
    shop_replace(&shop, "user: root", "user: tributary");
    expect_finding("error", "without GTIDs the account must be allowed to ask for the end of the binlog",
                   "GRANT REPLICATION CLIENT ON *.*");
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_that_the_history_is_another)
{
    given_as_root(&(struct shop_options){.schema = NULL});
    shop_start(&shop);
    shop_settle(&shop);
    shop_pause(&shop);
    expect_no_errors();
    cr_assert(strstr(agent_output(&shop.agent), "the checkpoint is at the end of the binlog"));
    shop_sql(&shop, server_mariadb_reset());
    expect_finding("error",
                   server_mariadb_is_mysql() ? "has not executed transactions that were read before"
                                             : "binlog lacks transaction",
                   "checkpoint CONFIG reset");
}

static bool purged(void *ctx)
{
    (void)ctx;
    shop_sql(&shop, "PURGE BINARY LOGS TO 'binlog.000002'"); /* a log that is being sent stays */
    return !strstr(shop_query(&shop, "SHOW BINARY LOGS"), "binlog.000001");
}

static bool may_be_purged(void *ctx)
{
    (void)ctx;
    (void)check();
    return strstr(agent_output(&shop.agent), "but may purge it any time") != NULL;
}

/* Both without the right to see the logs, and with it. */
Test(run_mysql_commands, check_tells_for_how_long_the_logs_are_kept)
{
    shop_set(&shop, NULL);
    shop_sql(&shop, "SET GLOBAL binlog_expire_logs_seconds = 864000");
    shop_start(&shop);
    shop_settle(&shop);
    shop_pause(&shop);
    expect_finding("ok", "the checkpoint is at the end of the binlog", "null");
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    expect_finding("ok", "has all that follows the checkpoint, and keeps it for 10.0 days at least", "null");
    shop_sql(&shop, "GRANT REPLICATION CLIENT ON *.* TO tributary@localhost");
    expect_finding("ok", "the server still has all that follows the checkpoint", "null");
    shop_sql(&shop, "FLUSH BINARY LOGS");
    expect_finding("ok", "has all that follows the checkpoint, and keeps it for 10.0 days at least", "null");
    shop_sql(&shop, "SET GLOBAL binlog_expire_logs_seconds = 1");
    wait_until("a log that is old", may_be_purged, NULL, SHOP_SOON_MS);
    expect_finding("warning", "but may purge it any time", "start the agent");
    shop_sql(&shop, "SET GLOBAL binlog_expire_logs_seconds = 864000");
    wait_until("the purge", purged, NULL, SHOP_SOON_MS);
    expect_finding("error", "purged", "checkpoint CONFIG reset");
    shop_expect_refusal(&shop, SHOP_GAP, "purged", "checkpoint CONFIG reset");
    agent_command(&shop.agent, (const char *const[]){"status", shop.agent.config, NULL});
    cr_assert(strstr(agent_output(&shop.agent), "stopped") && strstr(agent_output(&shop.agent), "purged") &&
                  strstr(agent_output(&shop.agent), "checkpoint CONFIG reset"),
              "%s", agent_output(&shop.agent));
    shop_end(&shop);
}

Test(run_mysql_commands, check_does_not_disturb_the_agent)
{
    shop_set(&shop, &(struct shop_options){.top = "http: {listen: \"off\"}\n"});
    shop_start(&shop);
    shop_settle(&shop);
    for (int i = 0; i < 3; i++)
        expect_no_errors();
    shop_settle(&shop);
    cr_assert(!agent_log_contains(&shop.agent, "warning"), "%s", agent_log(&shop.agent));
    shop_end(&shop);
}

Test(run_mysql_commands, how_much_is_kept_is_told_or_left_out)
{
    unsigned port = process_free_port();
    char *top = text_print("http: {listen: \"127.0.0.1:%u\"}\n", port), *text;

    shop_set(&shop, &(struct shop_options){.top = top});
    expect_finding("note", "how much binlog the server keeps, the account may not ask",
                   "GRANT REPLICATION CLIENT ON *.* TO 'tributary'@'localhost'");
    shop_start(&shop);
    shop_settle(&shop);
    text = http_get(port, "/metrics");
    cr_assert(!strstr(text, "binlog_retained_bytes"), "%s", text);
    free(text);
    text = http_get(port, "/status");
    cr_assert(strstr(text, "\"retained_bytes\":null"), "%s", text);
    free(text);
    shop_pause(&shop);
    shop_sql(&shop, "GRANT REPLICATION CLIENT ON *.* TO tributary@localhost");
    shop_sql(&shop, "SET GLOBAL binlog_expire_logs_seconds = 86400");
    expect_finding("ok", " MiB of binlog", "null");
    shop_start(&shop);
    shop_settle(&shop);
    http_await_metric(port, "tributary_binlog_retained_bytes{connector=\"shop\"}", 500);
    http_await_metric(port, "tributary_binlog_purge_seconds{connector=\"shop\"}", 80000);
    free(top);
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_a_server_id_that_is_taken)
{
    static struct agent twin;

    given_as_root(NULL);
    shop_replace(&shop, "server_id: 7101", "server_id: 1");
    expect_finding("error", "source.server_id 1 is the server's own", "source.server_id of its own");
    shop_replace(&shop, "server_id: 1", "server_id: 7102");
    shop_replace(&shop, "connector: shop", "connector: twin");
    agent_init(&twin);
    agent_start(&twin, shop.config);
    agent_wait_log(&twin, "streaming from mysql", SHOP_SOON_MS);
    expect_finding("ok", "server_id 7102 is free, or ours", "");
    shop_replace(&shop, "connector: twin", "connector: shop");
    expect_finding("error", "server_id 7102 is in use by a replica that calls itself \\\"tributary/twin\\\"",
                   "another source.server_id");
    cr_assert_eq(agent_stop(&twin), 0);
    agent_fini(&twin);
    shop_replace(&shop, "user: root", "user: tributary");
    if (!server_mariadb_is_mysql())
        expect_finding("note", "whether server_id 7102 is free, the account may not ask", "SHOW SLAVE HOSTS");
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_rights_that_are_missing)
{
    shop_set(&shop, NULL);
    shop_sql(&shop, "REVOKE REPLICATION SLAVE ON *.* FROM tributary@localhost");
    expect_finding("error", "the account may not read the binlog",
                   "GRANT REPLICATION SLAVE ON *.* TO 'tributary'@'localhost'");
    shop_sql(
        &shop,
        "GRANT REPLICATION SLAVE ON *.* TO tributary@localhost; REVOKE SELECT ON shop.* FROM tributary@localhost;"
        "GRANT SELECT ON shop.marker TO tributary@localhost");
    expect_finding("error", "table shop.item may not be read",
                   "GRANT SELECT ON `shop`.`item` TO 'tributary'@'localhost'");
    shop_sql(&shop, "GRANT SELECT ON shop.* TO tributary@localhost");
    expect_no_errors();
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_tables_that_cannot_work)
{
    shop_set(
        &shop,
        &(struct shop_options){
            .item = "(no INT PRIMARY KEY, id INT UNIQUE, stock INT)",
            .schema = "CREATE TABLE bare (id INT);",
            .tables =
                "  shop.bare: {entity: request, key: {request_id: \"bare-${id}\"}, fields: {place: id}}\n"});
    expect_finding("warning", "table shop.bare has no primary key",
                   "ALTER TABLE `shop`.`bare` ADD PRIMARY KEY");
    shop_sql(&shop, "ALTER TABLE bare ENGINE = MyISAM");
    expect_finding("warning", "table shop.bare is of engine MyISAM, which no snapshot covers",
                   "ALTER TABLE `shop`.`bare` ENGINE=InnoDB");
    shop_sql(&shop, "SET GLOBAL binlog_row_image = MINIMAL; ALTER TABLE bare ADD PRIMARY KEY (id)");
    expect_finding("error",
                   "the entity key of shop.item uses column \\\"id\\\", which is not in its primary key",
                   "SET GLOBAL binlog_row_image = FULL");
    shop_sql(&shop, "SET GLOBAL binlog_row_image = FULL; ALTER TABLE item CHANGE stock stocks INT");
    expect_finding("error", "table shop.item has no column \\\"stock\\\"", "correct the mapping");
    shop_sql(&shop, "DROP TABLE item");
    expect_finding("error", "table shop.item does not exist", "correct the mapping, or create the table");
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_system_versioning)
{
    if (server_mariadb_is_mysql())
        cr_skip_test("MySQL has no system-versioned tables");
    shop_set(&shop, &(struct shop_options){.item = "(id INT PRIMARY KEY, stock INT) WITH SYSTEM VERSIONING"});
    expect_finding("error", "table shop.item is system-versioned",
                   "ALTER TABLE `shop`.`item` DROP SYSTEM VERSIONING");
    shop_end(&shop);
}

/* The rows of the child change without a row event, so what the agent holds of them goes stale: that is said, with both names. */
Test(run_mysql_commands, check_finds_foreign_keys_that_cascade)
{
    shop_set(
        &shop,
        &(struct shop_options){
            .item = "(id INT PRIMARY KEY, stock INT)",
            .schema =
                "CREATE TABLE parent (id INT PRIMARY KEY); CREATE TABLE other (id INT PRIMARY KEY);"
                "ALTER TABLE item ADD parent INT, ADD CONSTRAINT p FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE,"
                "ADD other INT, ADD CONSTRAINT o FOREIGN KEY (other) REFERENCES other (id) ON UPDATE SET NULL;"
                "ALTER TABLE marker ADD item INT, ADD CONSTRAINT i FOREIGN KEY (item) REFERENCES item (id) ON DELETE RESTRICT;"});
    if (server_mariadb_is_mysql() && strncmp(shop_query(&shop, "SELECT VERSION()"), "9.", 2) == 0) {
        expect_no_errors();
        cr_assert(!strstr(agent_output(&shop.agent), "cascade"), "%s", agent_output(&shop.agent));
    } else {
        expect_finding("warning", "table shop.item has foreign keys that cascade from other, parent: ",
                       "ON DELETE RESTRICT");
        cr_assert(!strstr(agent_output(&shop.agent), "table shop.marker has foreign keys"));
    }
    shop_end(&shop);
}

Test(run_mysql_commands, check_finds_sessions_that_log_statements)
{
    char *socket;
    pid_t session;

    if (!server_mariadb_is_mysql())
        cr_skip_test("MariaDB does not show the settings of other sessions");
    given_as_root(NULL);
    socket = text_print("--socket=%s", shop.db->socket);
    session = process_start(
        (const char *const[]){"mariadb", "--no-defaults", "--user=root", socket, "-e",
                              "SET SESSION binlog_format = STATEMENT; DO GET_LOCK('set', 1); DO SLEEP(60)",
                              NULL},
        NULL);
    while (strcmp(shop_query(&shop, "SELECT IS_FREE_LOCK('set')"), "0") != 0)
        wait_step();
    expect_finding("warning", "log statements instead of rows: 'root'@'localhost' (STATEMENT)",
                   "binlog_format");
    process_end(session, SIGKILL, 1000);
    free(socket);
    shop_end(&shop);
}

/* setup. */

static const char *setup(const char *option)
{
    int status = agent_command(&shop.agent, (const char *const[]){"setup", shop.agent.config, option, NULL});

    cr_assert_eq(status, 0, "setup: status %d\n%s%s", status, agent_output(&shop.agent),
                 agent_log(&shop.agent));
    return agent_output(&shop.agent);
}

static void expect_that_it_works(void)
{
    expect_no_errors();
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1");
    shop_end(&shop);
}

static void given_an_account_without_rights(void)
{
    shop_set(&shop, NULL);
    shop_sql(
        &shop,
        "SET GLOBAL binlog_format = MIXED; SET GLOBAL binlog_row_image = MINIMAL; SET GLOBAL binlog_row_metadata = MINIMAL;"
        "DROP USER tributary@localhost; CREATE USER tributary@localhost");
}

Test(run_mysql_commands, what_setup_prints_is_all_that_is_needed)
{
    char *script;

    given_an_account_without_rights();
    script = text_print("%s", setup(NULL));
    cr_assert(strstr(script, "GRANT SELECT ON `shop`.`item` TO 'tributary'@'localhost';"), "%s", script);
    cr_assert(strstr(script, "GRANT REPLICATION SLAVE ON *.* TO 'tributary'@'localhost';"), "%s", script);
    cr_assert(!strstr(script, "ALL PRIVILEGES") && !strstr(script, "\nGRANT REPLICATION CLIENT") &&
                  !strstr(script, ", REPLICATION CLIENT"),
              "%s", script);
    cr_assert_eq(check(), SHOP_CONFIG, "printing it has done it");
    shop_sql(&shop, script);
    free(script);
    cr_assert(strstr(setup(NULL), "nothing is missing"), "%s", agent_output(&shop.agent));
    expect_that_it_works();
}

/* The account that is configured must be allowed to do what is to be done. */
Test(run_mysql_commands, setup_runs_it)
{
    given_an_account_without_rights();
    cr_assert_neq(
        agent_command(&shop.agent, (const char *const[]){"setup", shop.agent.config, "--run", NULL}), 0);
    cr_assert(agent_log_contains(&shop.agent, "denied to user"), "%s", agent_log(&shop.agent));
    shop_sql(&shop, "GRANT ALL ON *.* TO tributary@localhost");
    cr_assert(strstr(setup("--run"), "was run just now"), "%s", agent_output(&shop.agent));
    shop_sql(
        &shop,
        "REVOKE ALL, GRANT OPTION FROM tributary@localhost; GRANT SELECT ON shop.* TO tributary@localhost;"
        "GRANT REPLICATION SLAVE ON *.* TO tributary@localhost");
    cr_assert(strstr(setup("--run"), "nothing is missing"), "%s", agent_output(&shop.agent));
    expect_that_it_works();
}

/* A password that nobody has chosen must not come about. */
Test(run_mysql_commands, setup_for_an_account_that_does_not_exist)
{
    char *script;

    shop_set(&shop, NULL);
    shop_sql(&shop, "DROP USER tributary@localhost; DROP USER IF EXISTS ''@localhost");
    shop_replace(&shop, "  user: tributary\n", "  user: tributary\n  password: secret-word\n");
    script = text_print("%s", setup(NULL));
    cr_assert(strstr(script, "\n-- CREATE USER IF NOT EXISTS 'tributary'@'localhost' IDENTIFIED BY"), "%s",
              script);
    cr_assert(!strstr(script, "secret-word"), "%s", script);
    cr_assert(strstr(script, "GRANT SELECT ON `shop`.`item`"), "%s", script);
    shop_sql(&shop, "CREATE USER tributary@localhost IDENTIFIED BY 'secret-word'");
    shop_sql(&shop, script);
    free(script);
    expect_that_it_works();
}
