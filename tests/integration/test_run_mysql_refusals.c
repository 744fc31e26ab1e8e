/*
 * `tributary run` from a binlog where it cannot go on, or not yet: status, message and remedy; and once that was followed, or the
 * right state is back, every row is in Redis once.
 */
#include "lib/fail.h"
#include "lib/shop.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shop shop;

static void done(void)
{
    shop_clean(&shop);
}

TestSuite(run_mysql_refusals, .fini = done, .timeout = 120);

/* How a history that lacks what was read is called. */
static const char *lacks(void)
{
    return server_mariadb_is_mysql() ? "has not executed transactions that were read before"
                                     : "lacks transaction 0-1-";
}

static void given(const char *const *settings)
{
    shop_set(&shop, &(struct shop_options){.settings = settings});
}

/* Item 1 is applied, item 2 is only in the binlog; the agent is down. */
static void given_a_checkpoint(const char *const *settings)
{
    given(settings);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    shop_pause(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (2, 'b', 2)");
}

/* After a gap there is only one way on, and it is said. */
static void begin_anew(void)
{
    shop_forget(&shop);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (9, 'z', 9)");
    shop_settle(&shop);
    shop_expect_item(&shop, 9, "quantity=9 sku=9");
    shop_end(&shop);
}

static void expect_that_nothing_was_lost(void)
{
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (3, 'c', 3)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3");
    shop_expect_same(&shop);
    shop_end(&shop);
}

Test(run_mysql_refusals, purged_logs)
{
    given_a_checkpoint(NULL);
    shop_sql(&shop, "FLUSH BINARY LOGS; INSERT INTO item VALUES (3, 'c', 3); FLUSH BINARY LOGS");
    shop_purge(&shop, "binlog.000003");
    shop_expect_refusal(&shop, SHOP_GAP, "purged", "checkpoint CONFIG reset --yes");
    shop_expect_subjects(&shop, "1");
    begin_anew();
}

Test(run_mysql_refusals, an_empty_position_after_a_purge)
{
    given(NULL);
    shop_sql(&shop, server_mariadb_reset());
    shop_start(&shop);
    shop_pause(&shop);
    shop_sql(&shop,
             "INSERT INTO item VALUES (1, 'a', 1); FLUSH BINARY LOGS; INSERT INTO item VALUES (2, 'b', 2)");
    shop_purge(&shop, "binlog.000002");
    shop_expect_refusal(&shop, SHOP_GAP, "purged", "checkpoint CONFIG reset --yes");
    begin_anew();
}

Test(run_mysql_refusals, a_reset)
{
    given_a_checkpoint(NULL);
    shop_sql(&shop, server_mariadb_reset());
    shop_sql(&shop, "INSERT INTO item VALUES (4, 'd', 4)");
    shop_expect_refusal(&shop, SHOP_GAP, lacks(), "checkpoint CONFIG reset --yes");
    begin_anew();
}

static void copy_data(const char *from, const char *to)
{
    process_must((const char *const[]){"cp", "-a", "--", from, to, NULL}, NULL, 30000);
}

static void remove_data(const char *path)
{
    process_must((const char *const[]){"rm", "-rf", "--", path, NULL}, NULL, 30000);
}

/* The backup lacks item 1. Once the true state is back, the agent goes on. */
Test(run_mysql_refusals, a_server_that_was_restored_from_a_backup)
{
    char *backup, *present;

    given(NULL);
    backup = text_print("%s.backup", shop.db->server.data);
    present = text_print("%s.present", shop.db->server.data);
    server_mariadb_down(shop.db, SIGTERM);
    copy_data(shop.db->server.data, backup);
    server_mariadb_up(shop.db);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    server_mariadb_down(shop.db, SIGTERM);
    agent_wait_log(&shop.agent, "source", SHOP_SOON_MS);
    copy_data(shop.db->server.data, present);
    remove_data(shop.db->server.data);
    cr_assert_eq(rename(backup, shop.db->server.data), 0);
    server_mariadb_up(shop.db);
    shop_expect_stop(&shop, SHOP_GAP, lacks(), "restored from a backup");
    server_mariadb_down(shop.db, SIGTERM);
    remove_data(shop.db->server.data);
    cr_assert_eq(rename(present, shop.db->server.data), 0);
    server_mariadb_up(shop.db);
    shop_sql(&shop, "INSERT INTO item VALUES (2, 'b', 2)");
    free(backup);
    free(present);
    expect_that_nothing_was_lost();
}

/* It has the numbers that the checkpoint has, but others made them. */
Test(run_mysql_refusals, another_server_with_a_history_of_its_own)
{
    struct server_mariadb *other = server_mariadb_start((const char *const[]){"server-id=2", NULL}), *mine;

    given_a_checkpoint(NULL);
    shop_furnish(other, &(struct shop_options){.schema = "INSERT INTO item VALUES (1, 'x', 100);"});
    server_mariadb_sql(other, "shop",
                       "INSERT INTO item VALUES (7, 'x', 100); INSERT INTO item VALUES (8, 'x', 100)");
    mine = shop_move(&shop, other);
    shop_expect_refusal(&shop, SHOP_GAP, lacks(), "another one");
    shop_move(&shop, mine);
    server_mariadb_stop(other);
    expect_that_nothing_was_lost();
}

/* Whoever came first is thrown out by the server, says so, and does not come back to throw the other one out. */
Test(run_mysql_refusals, another_reader_with_the_same_server_id)
{
    static struct agent twin;

    if (server_mariadb_is_mysql())
        cr_skip_test("MySQL lets the second one see the first: it waits");
    given(NULL);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    shop_replace(&shop, "connector: shop", "connector: twin");
    shop_replace(&shop, "redis: {", "redis: {prefix: twin, ");
    agent_init(&twin);
    agent_start(&twin, shop.config);
    shop_replace(&shop, "connector: twin", "connector: shop");
    shop_replace(&shop, "redis: {prefix: twin, ", "redis: {");
    agent_wait_log(&twin, "streaming from mysql", SHOP_SOON_MS);
    shop_expect_stop(&shop, SHOP_CONFIG, "server_id", "another source.server_id");
    cr_assert(agent_runs(&twin), "the other reader ended too\n%s", agent_log(&twin));
    shop_sql(&shop, "INSERT INTO item VALUES (2, 'b', 2)");
    shop_replace(&shop, "server_id: 7101", "server_id: 7102");
    expect_that_nothing_was_lost();
    cr_assert_eq(agent_stop(&twin), 0);
    agent_fini(&twin);
}

Test(run_mysql_refusals, a_statement_that_changed_a_mapped_table)
{
    given(NULL);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_sql(&shop, "SET SESSION binlog_format=STATEMENT; UPDATE item SET stock = 5");
    shop_expect_stop(&shop, SHOP_GAP, "table shop.item was changed by a statement", "binlog_format=ROW");
    shop_expect_refusal(&shop, SHOP_GAP, "table shop.item was changed by a statement",
                        "checkpoint CONFIG reset --yes");
    shop_expect_item(&shop, 1, "quantity=1 sku=1");
    begin_anew();
}

Test(run_mysql_refusals, a_statement_that_changed_another_table_is_passed_over)
{
    shop_set(&shop,
             &(struct shop_options){.schema = "CREATE TABLE diary (id INT PRIMARY KEY, text VARCHAR(100));"});
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1);"
                    "SET SESSION binlog_format=STATEMENT; INSERT INTO diary VALUES (1, 'nothing of item');"
                    "BEGIN; UPDATE diary SET text = 'item'; DELETE FROM diary; COMMIT;"
                    "SET SESSION binlog_format=ROW; INSERT INTO item VALUES (2, 'b', 2)");
    shop_settle(&shop);
    cr_assert(agent_log_contains(&shop.agent, "logged as a statement"));
    shop_pause(&shop);
    expect_that_nothing_was_lost();
}

Test(run_mysql_refusals, no_binlog)
{
    given((const char *const[]){"skip-log-bin", NULL});
    shop_expect_refusal(&shop, SHOP_CONFIG, "writes no binlog", "set log_bin");
}

static void expect_format_refusal(const char *format)
{
    char *sql = text_print("SET GLOBAL binlog_format = %s", format),
         *said = text_print("binlog_format is %s", format);

    shop_sql(&shop, sql);
    shop_expect_refusal(&shop, SHOP_CONFIG, said, "SET GLOBAL binlog_format=ROW");
    free(sql);
    free(said);
}

Test(run_mysql_refusals, formats_without_rows)
{
    given_a_checkpoint(NULL);
    expect_format_refusal("STATEMENT");
    expect_format_refusal("MIXED");
    shop_sql(&shop, "SET GLOBAL binlog_format = ROW");
    expect_that_nothing_was_lost();
}

Test(run_mysql_refusals, a_wrong_password)
{
    given(NULL);
    shop_sql(&shop, "ALTER USER tributary@localhost IDENTIFIED BY 'right'");
    shop_replace(&shop, "  user: tributary\n", "  user: tributary\n  password: wrong-secret\n");
    shop_expect_refusal(&shop, SHOP_DENIED, "Access denied", "tributary setup");
    cr_assert(!agent_log_contains(&shop.agent, "wrong-secret"), "the password is in the log");
    shop_replace(&shop, "wrong-secret", "right");
    shop_start(&shop);
    shop_settle(&shop);
    shop_end(&shop);
}

Test(run_mysql_refusals, a_password_that_changes_while_the_agent_runs)
{
    given(NULL);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    shop_sql(&shop, "ALTER USER tributary@localhost IDENTIFIED BY 'new'");
    server_mariadb_restart(shop.db);
    shop_expect_stop(&shop, SHOP_DENIED, "Access denied", "tributary setup");
    shop_sql(&shop, "INSERT INTO item VALUES (2, 'b', 2)");
    shop_replace(&shop, "  user: tributary\n", "  user: tributary\n  password: new\n");
    expect_that_nothing_was_lost();
}

Test(run_mysql_refusals, an_account_without_replication)
{
    given_a_checkpoint(NULL);
    shop_sql(&shop, "REVOKE REPLICATION SLAVE ON *.* FROM tributary@localhost");
    shop_expect_refusal(&shop, SHOP_DENIED, "REPLICATION SLAVE", "tributary setup");
    shop_sql(&shop, "GRANT REPLICATION SLAVE ON *.* TO tributary@localhost");
    expect_that_nothing_was_lost();
}

Test(run_mysql_refusals, an_account_that_may_not_read_a_table)
{
    given_a_checkpoint(NULL);
    shop_sql(
        &shop,
        "REVOKE SELECT ON shop.* FROM tributary@localhost; GRANT SELECT ON shop.marker TO tributary@localhost");
    shop_expect_refusal(&shop, SHOP_DENIED, "shop.item", "GRANT SELECT");
    shop_sql(&shop, "GRANT SELECT ON shop.item TO tributary@localhost");
    expect_that_nothing_was_lost();
}

Test(run_mysql_refusals, no_such_database)
{
    given(NULL);
    shop_replace(&shop, "shop.item:", "shops.item:");
    shop_expect_refusal(&shop, SHOP_DENIED, "shops.item", "check the name");
    shop_sql(&shop, "CREATE DATABASE shops; GRANT SELECT ON shops.* TO tributary@localhost");
    shop_expect_refusal(&shop, SHOP_CONFIG, "shops.item does not exist", "correct the mapping");
}

Test(run_mysql_refusals, no_such_table)
{
    given(NULL);
    shop_replace(&shop, "shop.item:", "shop.items:");
    shop_expect_refusal(&shop, SHOP_CONFIG, "shop.items", "correct the mapping");
}

Test(run_mysql_refusals, no_such_column)
{
    given(NULL);
    shop_replace(&shop, "quantity: stock", "quantity: stocks");
    shop_expect_refusal(&shop, SHOP_CONFIG, "\"stocks\"", "shop.item");
}

/* What the binlog still holds of it is applied. */
Test(run_mysql_refusals, a_table_that_was_dropped_meanwhile_stops_nothing)
{
    given_a_checkpoint(NULL);
    shop_sql(&shop, "RENAME TABLE item TO gone; DROP TABLE gone");
    shop_start(&shop);
    cr_assert(agent_log_contains(&shop.agent, "shop.item does not exist"));
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2");
    shop_end(&shop);
}

Test(run_mysql_refusals, a_key_that_the_row_images_do_not_carry)
{
    shop_set(&shop,
             &(struct shop_options){.item = "(no INT AUTO_INCREMENT PRIMARY KEY, id INT UNIQUE, stock INT)",
                                    .settings = (const char *const[]){"binlog-row-image=MINIMAL", NULL}});
    shop_expect_refusal(&shop, SHOP_CONFIG, "\"id\", which is not in its primary key",
                        "binlog_row_image = FULL");
    shop_sql(&shop, "SET GLOBAL binlog_row_image = FULL");
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item (id, stock) VALUES (1, 1); DELETE FROM item");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 1");
    shop_expect_same(&shop);
    shop_end(&shop);
}

/* Where the server lets the account see who reads, the second reader waits instead of throwing the first one out. */
Test(run_mysql_refusals, a_server_id_in_use_is_waited_for)
{
    static struct agent twin;

    given(NULL);
    if (!server_mariadb_is_mysql())
        shop_sql(&shop, "GRANT REPLICATION MASTER ADMIN ON *.* TO tributary@localhost");
    shop_start(&shop);
    shop_replace(&shop, "connector: shop", "connector: twin");
    shop_replace(&shop, "redis: {", "redis: {prefix: twin, ");
    agent_init(&twin);
    agent_start(&twin, shop.config);
    agent_wait_log(&twin, "in use by a reader that calls itself \"tributary/shop\"", SHOP_SOON_MS);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_settle(&shop);
    cr_assert(agent_runs(&twin));
    shop_pause(&shop);
    agent_wait_log(&twin, "streaming from mysql", SHOP_SOON_MS);
    cr_assert_eq(agent_stop(&twin), 0);
    agent_fini(&twin);
    shop_end(&shop);
}
