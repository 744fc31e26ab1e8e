/*
 * What a server writes to its binlog besides plain rows, from its SQL to Redis: decisions that come later, tables that cannot be rolled
 * back, images that lack columns, compression, checksums that are switched, and incidents.
 */
#include "lib/fail.h"
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

TestSuite(run_mysql_events, .fini = done, .timeout = 120);

static void given(const struct shop_options *options)
{
    shop_set(&shop, options);
    shop_start(&shop);
}

/* MySQL with GTIDs does not let a transaction change tables that cannot be rolled back, or make temporary ones. */
static void given_all_freedom(const struct shop_options *options)
{
    static const char *const settings[] = {"gtid-mode=OFF", "enforce-gtid-consistency=OFF", NULL};
    struct shop_options free_options = *options;

    free_options.settings = server_mariadb_is_mysql() ? settings : NULL;
    shop_set(&shop, &free_options);
    if (server_mariadb_is_mysql())
        shop_sql(&shop, "GRANT REPLICATION CLIENT ON *.* TO tributary@localhost");
    shop_start(&shop);
}

static void need_mariadb(const char *why)
{
    if (server_mariadb_is_mysql())
        cr_skip_test("%s", why);
}

static void need_mysql(const char *why)
{
    if (!server_mariadb_is_mysql())
        cr_skip_test("%s", why);
}

static void restart_agent(void)
{
    shop_pause(&shop);
    shop_start(&shop);
}

Test(run_mysql_events, xa_transactions_that_are_decided_after_restarts)
{
    given(NULL);
    shop_sql(
        &shop,
        "XA START 'yes'; INSERT INTO item VALUES (1, 'a', 1), (2, 'b', 2); XA END 'yes'; XA PREPARE 'yes'");
    shop_sql(&shop, "XA START 'no'; INSERT INTO item VALUES (3, 'c', 3); XA END 'no'; XA PREPARE 'no'");
    shop_sql(&shop,
             "XA START 'later'; INSERT INTO item VALUES (4, 'd', 4); XA END 'later'; XA PREPARE 'later'");
    shop_sql(&shop, "INSERT INTO item VALUES (5, 'e', 5)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "5");
    restart_agent();
    shop_sql(&shop, "XA COMMIT 'yes'");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "5 1 2");
    agent_kill(&shop.agent);
    shop_sql(&shop, "FLUSH BINARY LOGS; XA ROLLBACK 'no'; INSERT INTO item VALUES (6, 'f', 6)");
    server_mariadb_restart(shop.db);
    shop_start(&shop);
    shop_settle(&shop);
    shop_expect_subjects(&shop, "5 1 2 6");
    shop_sql(&shop, "XA COMMIT 'later'");
    shop_settle(&shop);
    restart_agent();
    shop_sql(&shop, "INSERT INTO item VALUES (7, 'g', 7)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "5 1 2 6 4 7");
    shop_expect_same(&shop);
    shop_end(&shop);
}

Test(run_mysql_events, xa_in_one_phase_and_read_only)
{
    given(NULL);
    shop_sql(&shop,
             "XA START 'one'; INSERT INTO item VALUES (1, 'a', 1); XA END 'one'; XA COMMIT 'one' ONE PHASE;"
             "XA START 'none'; SELECT COUNT(*) FROM item; XA END 'none'; XA PREPARE 'none'; XA COMMIT 'none';"
             "XA START X'00ff', 'it''s', 7; INSERT INTO item VALUES (2, 'b', 2); XA END X'00ff', 'it''s', 7;"
             "XA PREPARE X'00ff', 'it''s', 7; XA COMMIT X'00ff', 'it''s', 7");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2");
    shop_end(&shop);
}

Test(run_mysql_events, savepoints)
{
    given_all_freedom(&(struct shop_options){.schema = "CREATE TABLE aside (id INT) ENGINE=MyISAM;"});
    shop_sql(
        &shop,
        "BEGIN; INSERT INTO item VALUES (1, 'a', 1); SAVEPOINT a; INSERT INTO item VALUES (2, 'b', 2);"
        "SAVEPOINT b; UPDATE item SET stock = 100; ROLLBACK TO b; INSERT INTO item VALUES (3, 'c', 3);"
        "ROLLBACK TO a; INSERT INTO item VALUES (4, 'd', 4); RELEASE SAVEPOINT a; COMMIT;"
        "BEGIN; SAVEPOINT a; INSERT INTO item VALUES (5, 'e', 5); INSERT INTO aside VALUES (1); ROLLBACK TO a; COMMIT;"
        "BEGIN; INSERT INTO item VALUES (6, 'f', 6); SAVEPOINT a; INSERT INTO item VALUES (7, 'g', 7);"
        "CREATE TEMPORARY TABLE t (x INT); DROP TEMPORARY TABLE t; ROLLBACK TO a; INSERT INTO item VALUES (8, 'h', 8); COMMIT");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 4 6 8");
    shop_expect_same(&shop);
    shop_end(&shop);
}

/* What such a table took stays, though its transaction is rolled back. */
static void mixed_engines(const char *engine)
{
    char *item = text_print("(id INT PRIMARY KEY, name VARCHAR(200), stock INT) ENGINE=%s", engine);

    given_all_freedom(&(struct shop_options){.item = item,
                                             .schema =
                                                 "CREATE TABLE plain (id INT PRIMARY KEY, n INT);"
                                                 "CREATE TRIGGER t AFTER INSERT ON plain FOR EACH ROW"
                                                 " INSERT INTO item VALUES (NEW.id, 'trigger', NEW.n);"});
    shop_sql(
        &shop,
        "BEGIN; INSERT INTO marker VALUES (1000); INSERT INTO item VALUES (1, 'a', 1); INSERT INTO marker VALUES (1001);"
        "INSERT INTO item VALUES (2, 'b', 2); ROLLBACK;"
        "BEGIN; INSERT INTO item VALUES (3, 'c', 3); INSERT INTO marker VALUES (1002); UPDATE item SET stock = 9 WHERE id = 1; COMMIT;"
        "BEGIN; INSERT INTO plain VALUES (4, 4); ROLLBACK; INSERT INTO item VALUES (5, 'e', 5), (6, 'f', 6)");
    shop_settle(&shop);
    shop_expect_same(&shop);
    shop_expect_subjects(&shop, "1 2 3 1 4 5 6");
    cr_assert(!server_redis_exists(shop.redis, "cdc:state:{request}:1000"));
    cr_assert(server_redis_exists(shop.redis, "cdc:state:{request}:1002"));
    free(item);
    shop_end(&shop);
}

Test(run_mysql_events, a_myisam_table_within_transactions)
{
    mixed_engines("MyISAM");
}

Test(run_mysql_events, an_aria_table_within_transactions)
{
    need_mariadb("MySQL has no Aria");
    mixed_engines("Aria");
}

Test(run_mysql_events, tables_that_are_made_with_their_rows_and_emptied)
{
    given(NULL);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1), (2, 'b', 2)");
    shop_settle(&shop);
    shop_sql(&shop, "CREATE TABLE keep SELECT * FROM item; DROP TABLE item;"
                    "CREATE TABLE item (PRIMARY KEY (id)) SELECT id + 2 AS id, name, stock FROM keep");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3 4");
    shop_sql(&shop, "TRUNCATE TABLE item; INSERT INTO item VALUES (5, 'e', 5)");
    shop_settle(&shop);
    shop_expect_same(&shop);
    shop_sql(&shop, "TRUNCATE shop.item");
    shop_settle(&shop);
    shop_expect_same(&shop);
    shop_end(&shop);
}

/* Columns that the image leaves out are as they were in Redis, and what an INSERT leaves to its default is said to be missing. */
static void with_image(const char *image)
{
    char *setting = text_print("binlog-row-image=%s", image);

    given(&(struct shop_options){
        .item = "(id INT PRIMARY KEY, name VARCHAR(200), stock INT, note TEXT, more BLOB)",
        .mapping =
            "    entity: inventory\n    key: {sku: id}\n    fields: {quantity: stock, unit_code: note, reserved: {column: id}}\n",
        .settings = (const char *const[]){setting, NULL}});
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1, 'first', 'x'), (2, 'b', 2, 'second', NULL)");
    shop_sql(
        &shop,
        "UPDATE item SET name = 'aa' WHERE id = 1; UPDATE item SET stock = 11 WHERE id = 1;"
        "UPDATE item SET note = 'other', more = 'y' WHERE id = 2; UPDATE item SET note = NULL, stock = NULL WHERE id = 2;"
        "UPDATE item SET id = 3 WHERE id = 2; INSERT INTO item VALUES (4, 'd', 4, 'd', 'd'); DELETE FROM item WHERE id = 4");
    shop_settle(&shop);
    shop_expect_item(&shop, 1, "quantity=11 reserved=1 sku=1 unit_code=first");
    shop_expect_item(&shop, 2, NULL);
    shop_expect_item(&shop, 4, NULL);
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), 0);
    free(setting);
}

Test(run_mysql_events, minimal_images)
{
    with_image("MINIMAL");
    shop_sql(&shop,
             "ALTER TABLE item ALTER stock SET DEFAULT 7; INSERT INTO item (id, note) VALUES (5, 'default')");
    shop_settle(&shop);
    shop_expect_item(&shop, 5, "quantity=7 reserved=5 sku=5 unit_code=default");
    shop_end(&shop);
}

Test(run_mysql_events, images_without_blobs)
{
    with_image("NOBLOB");
    shop_end(&shop);
}

Test(run_mysql_events, images_that_change_with_the_session)
{
    with_image("FULL");
    shop_sql(&shop, "SET SESSION binlog_row_image = MINIMAL; UPDATE item SET stock = 12 WHERE id = 1;"
                    "SET SESSION binlog_row_image = NOBLOB; UPDATE item SET stock = 13 WHERE id = 1;"
                    "SET SESSION binlog_row_image = FULL; UPDATE item SET note = 'last' WHERE id = 1");
    shop_settle(&shop);
    shop_expect_item(&shop, 1, "quantity=13 reserved=1 sku=1 unit_code=last");
    shop_end(&shop);
}

static void many_and_large(void)
{
    shop_sql(
        &shop,
        "INSERT INTO item VALUES (1, REPEAT('x', 150), 1); UPDATE item SET name = REPEAT('y', 180), stock = 2;"
        "BEGIN; INSERT INTO item VALUES (2, REPEAT('z', 200), 2); INSERT INTO item VALUES (3, REPEAT('a', 200), 3);"
        "SAVEPOINT s; DELETE FROM item WHERE id = 1; ROLLBACK TO s; COMMIT;"
        "XA START 'x'; INSERT INTO item VALUES (4, REPEAT('q', 200), 4); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 1 2 3 4");
    shop_expect_same(&shop);
    shop_sql(
        &shop,
        "INSERT INTO item WITH RECURSIVE n AS (SELECT 10 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
        " SELECT i, REPEAT('w', 150), i FROM n; UPDATE item SET stock = stock + 1; DELETE FROM item WHERE id > 400");
    shop_settle(&shop);
    shop_expect_same(&shop);
}

Test(run_mysql_events, compressed_events)
{
    need_mariadb("MySQL compresses transactions");
    given(&(struct shop_options){
        .settings = (const char *const[]){"log-bin-compress=ON", "log-bin-compress-min-len=10", NULL}});
    many_and_large();
    shop_sql(&shop,
             "SET SESSION binlog_format=STATEMENT; UPDATE item SET stock = 0, name = REPEAT('n', 100)");
    shop_expect_stop(&shop, SHOP_GAP, "changed by a statement", "binlog_format=ROW");
}

Test(run_mysql_events, compressed_transactions)
{
    need_mysql("MariaDB compresses events");
    given(
        &(struct shop_options){.settings = (const char *const[]){"binlog-transaction-compression=ON", NULL}});
    many_and_large();
    shop_sql(&shop,
             "SET SESSION binlog_transaction_compression = OFF; UPDATE item SET stock = 1 WHERE id = 2");
    shop_settle(&shop);
    shop_expect_same(&shop);
    shop_end(&shop);
}

/* Whether in the middle of a log or with a new one, each event says what it is by its log's first. */
Test(run_mysql_events, checksums_that_are_switched)
{
    given(NULL);
    shop_sql(
        &shop,
        "INSERT INTO item VALUES (1, 'a', 1); SET GLOBAL binlog_checksum = NONE; INSERT INTO item VALUES (2, 'b', 2)");
    shop_settle(&shop);
    shop_sql(&shop, "SET GLOBAL binlog_checksum = CRC32; INSERT INTO item VALUES (3, 'c', 3)");
    shop_settle(&shop);
    shop_pause(&shop);
    shop_sql(
        &shop,
        "INSERT INTO item VALUES (4, 'd', 4); SET GLOBAL binlog_checksum = NONE; INSERT INTO item VALUES (5, 'e', 5);"
        "SET GLOBAL binlog_checksum = CRC32; INSERT INTO item VALUES (6, 'f', 6); SET GLOBAL binlog_checksum = NONE");
    shop_start(&shop);
    shop_sql(
        &shop,
        "INSERT INTO item VALUES (7, 'g', 7); SET GLOBAL binlog_checksum = CRC32; INSERT INTO item VALUES (8, 'h', 8)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3 4 5 6 7 8");
    shop_expect_same(&shop);
    shop_end(&shop);
}

/* A statement that fails. */
static void try_sql(const char *sql)
{
    char *socket = text_print("--socket=%s", shop.db->socket);
    pid_t pid = process_start((const char *const[]){"mariadb", "--no-defaults", "--user=root", socket,
                                                    "--silent", "-e", sql, "shop", NULL},
                              &(struct process_options){.output = "/dev/null"});

    cr_assert_gt(process_wait(pid, SHOP_SOON_MS), 0, "it does not fail: %s", sql);
    free(socket);
}

/* A statement that was begun, and could not be logged as a whole, on a table that cannot be rolled back. */
Test(run_mysql_events, an_incident_is_a_gap)
{
    given(&(struct shop_options){.item = "(id INT PRIMARY KEY, name VARCHAR(200), stock INT) ENGINE=MyISAM"});
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1); SET GLOBAL binlog_stmt_cache_size = 4096;"
                    "SET GLOBAL max_binlog_stmt_cache_size = 4096");
    shop_settle(&shop);
    try_sql(
        "INSERT INTO item WITH RECURSIVE n AS (SELECT 10 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
        " SELECT i, REPEAT('w', 150), i FROM n");
    shop_expect_stop(&shop, SHOP_GAP, "changes are missing from its binlog (INCIDENT)",
                     "checkpoint CONFIG reset --yes");
    shop_expect_refusal(&shop, SHOP_GAP, "changes are missing from its binlog (INCIDENT)",
                        "FLUSH BINARY LOGS");
    shop_sql(&shop, "FLUSH BINARY LOGS");
    shop_forget(&shop);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (2, 'b', 2)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2");
    shop_end(&shop);
}

static const char DOCUMENT[] =
    "    entity: inventory\n    key: {sku: id}\n    fields: {quantity: stock, unit_code: doc}\n";

Test(run_mysql_events, partial_json)
{
    need_mysql("MariaDB's JSON is text");
    given(&(struct shop_options){.item = "(id INT PRIMARY KEY, doc JSON, stock INT)",
                                 .mapping = DOCUMENT,
                                 .settings =
                                     (const char *const[]){"binlog-row-value-options=PARTIAL_JSON", NULL}});
    shop_sql(
        &shop,
        "INSERT INTO item VALUES (1, JSON_OBJECT('name', REPEAT('a', 100), 'list', JSON_ARRAY(1, 2, 3), 'deep', JSON_OBJECT('x', 1)), 1)");
    shop_sql(
        &shop,
        "UPDATE item SET doc = JSON_SET(doc, '$.name', 'b', '$.deep.x', 2), stock = 2;"
        "UPDATE item SET doc = JSON_REMOVE(doc, '$.list[1]'); UPDATE item SET doc = JSON_REPLACE(doc, '$.list[0]', 'one')");
    shop_settle(&shop);
    shop_expect_item(&shop, 1,
                     "quantity=2 sku=1 unit_code={\"deep\":{\"x\":2},\"list\":[\"one\",3],\"name\":\"b\"}");
    shop_expect_subjects(&shop, "1 1 1 1");
    shop_end(&shop);
}

/* The change of a document that the image does not show cannot be applied: the row is a dead letter, never a wrong document. */
Test(run_mysql_events, partial_json_without_what_was_before)
{
    need_mysql("MariaDB's JSON is text");
    given(&(struct shop_options){.item = "(id INT PRIMARY KEY, doc JSON, stock INT)",
                                 .mapping = DOCUMENT,
                                 .settings = (const char *const[]){"binlog-row-value-options=PARTIAL_JSON",
                                                                   "binlog-row-image=MINIMAL", NULL}});
    shop_sql(&shop, "INSERT INTO item VALUES (1, JSON_OBJECT('name', REPEAT('a', 100), 'x', 1), 1)");
    shop_sql(&shop, "UPDATE item SET doc = JSON_SET(doc, '$.x', 2)");
    shop_settle(&shop);
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), 1, "%s", agent_log(&shop.agent));
    shop_sql(&shop, "UPDATE item SET stock = 5");
    shop_settle(&shop);
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), 1);
    shop_end(&shop);
}
