/*
 * The MySQL source against a private MariaDB or MySQL: transactions of all kinds, positions to resume at, definitions that change, and
 * transactions that are larger than what is kept.
 */
#include "lib/mysql_stream.h"
#include "lib/server_mariadb.h"

#include "cdc/clock.h"
#include "mysql/client.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static struct server_mariadb *maria;
static struct mysql_stream stream;

static void done(void)
{
    mysql_stream_end(&stream);
    server_mariadb_stop(maria);
    maria = NULL;
}

TestSuite(mysql_stream, .fini = done, .timeout = 180);

static const char SCHEMA[] = "CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;"
                             "CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(10,2));"
                             "CREATE TABLE other (id INT PRIMARY KEY, x INT);";

static void given(const char *const *settings)
{
    maria = server_mariadb_start(settings);
    server_mariadb_sql(maria, "", SCHEMA);
    mysql_stream_init(&stream, maria->socket, "shop.item");
}

static void sql(const char *statements)
{
    server_mariadb_sql(maria, "shop", statements);
}

/* Everything until now has been read: a row of its own has come. */
static void settle(void)
{
    static int marker = 1000000;
    char text[100];

    sprintf(text, "INSERT INTO item (id) VALUES (%d)", ++marker);
    sql(text);
    sprintf(text, "insert shop.item id=%d name=NULL price=NULL\ncommit", marker);
    mysql_stream_until(&stream, text);
}

Test(mysql_stream, rows_of_mapped_tables_in_their_transactions)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (1, 'tea', 2.5), (2, 'é😀', NULL); UPDATE item SET price = price + 1 WHERE id = 1;"
        "DELETE FROM item WHERE id = 2; INSERT INTO other VALUES (1, 1);"
        "BEGIN; INSERT INTO item VALUES (3, 'a', 0); INSERT INTO other VALUES (2, 2); DELETE FROM item; COMMIT;");
    settle();
    mysql_stream_expect(&stream,
                        "relation shop.item id:integer* name:text price:decimal\n"
                        "insert shop.item id=1 name=tea price=2.50\n"
                        "insert shop.item id=2 name=é😀 price=NULL\ncommit mariadb:0-1-4\n",
                        1);
    mysql_stream_expect(
        &stream,
        "\nupdate shop.item id=1 name=tea price=2.50 -> id=1 name=tea price=3.50\ncommit mariadb:0-1-5\n", 1);
    mysql_stream_expect(&stream,
                        "begin 0-1-6\ndelete shop.item id=2 name=é😀 price=NULL\ncommit mariadb:0-1-6\n", 1);
    mysql_stream_expect(
        &stream,
        "begin 0-1-8\ninsert shop.item id=3 name=a price=0.00\ndelete shop.item id=1 name=tea price=3.50\n"
        "delete shop.item id=3 name=a price=0.00\ncommit mariadb:0-1-8\n",
        1);
    mysql_stream_expect(&stream, "other", 0);
    mysql_stream_expect(&stream, "relation", 1);
}

Test(mysql_stream, what_is_rolled_back_never_comes)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("CREATE TABLE log (id INT) ENGINE=MyISAM;"
        "BEGIN; INSERT INTO item (id, name) VALUES (1, 'no'); ROLLBACK;"
        "BEGIN; INSERT INTO item (id, name) VALUES (2, 'yes'); SAVEPOINT s; INSERT INTO item (id, name) VALUES (3, 'no');"
        "ROLLBACK TO s; INSERT INTO item (id, name) VALUES (4, 'yes'); COMMIT;"
        "BEGIN; INSERT INTO item (id, name) VALUES (5, 'no'); CREATE TEMPORARY TABLE t (a INT); DROP TEMPORARY TABLE t;"
        "INSERT INTO item (id, name) VALUES (6, 'no'); ROLLBACK;"
        "BEGIN; INSERT INTO item (id, name) VALUES (7, 'yes'); CREATE TEMPORARY TABLE t (a INT); DROP TEMPORARY TABLE t;"
        "SAVEPOINT s; INSERT INTO item (id, name) VALUES (8, 'no'); ROLLBACK TO s; COMMIT;");
    if (!server_mariadb_is_mysql()) /* whose GTIDs forbid it */
        sql("BEGIN; INSERT INTO item (id, name) VALUES (9, 'no'); INSERT INTO log VALUES (1); ROLLBACK;");
    settle();
    mysql_stream_expect(&stream, "name=yes", 3);
    mysql_stream_expect(&stream, "name=no ", 0);
}

Test(mysql_stream, xa_transactions_come_when_they_are_decided)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("XA START 'a', 'b', 7; INSERT INTO item (id, name) VALUES (1, 'a'); XA END 'a', 'b', 7; XA PREPARE 'a', 'b', 7;");
    sql("XA START 'c'; INSERT INTO item (id, name) VALUES (2, 'no'); XA END 'c'; XA PREPARE 'c';");
    settle();
    mysql_stream_expect(&stream, "id=1 ", 0);
    sql("XA COMMIT 'a', 'b', 7; XA ROLLBACK 'c'; XA START 'd'; INSERT INTO item (id, name) VALUES (3, 'd'); XA END 'd';"
        "XA COMMIT 'd' ONE PHASE");
    settle();
    mysql_stream_expect(
        &stream,
        server_mariadb_is_mysql()
            ? "insert shop.item id=1 name=a price=NULL\ncommit mariadb:0-1-4:6-7;held=0-1-5\n"
            : "insert shop.item id=1 name=a price=NULL\ncommit mariadb:0-1-7;held=0-1-5;from=0-1-4\n",
        1);
    mysql_stream_expect(&stream, "name=no ", 0);
    mysql_stream_expect(&stream, "insert shop.item id=3 name=d price=NULL\ncommit mariadb:0-1-9\n", 1);
}

Test(mysql_stream, an_xa_transaction_is_known_after_restarts_of_both_sides)
{
    char position[200];

    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("XA START 'a'; INSERT INTO item (id, name) VALUES (1, 'a'); XA END 'a'; XA PREPARE 'a';");
    settle();
    snprintf(position, sizeof position, "%s", cdc_buf_str(&stream.position));
    cr_assert(strstr(position, server_mariadb_is_mysql() ? mysql_stream_spell(";held=0-1-4;log=")
                                                         : ";held=0-1-4;from=0-1-3;log="),
              "%s", position);
    mysql_stream_end(&stream);
    server_mariadb_restart(maria);
    sql("INSERT INTO item (id, name) VALUES (2, 'b'); XA COMMIT 'a'");
    mysql_stream_init(&stream, maria->socket, "shop.item");
    mysql_stream_begin(&stream, position);
    settle();
    mysql_stream_expect(&stream, "id=1000001", 0); /* applied before */
    mysql_stream_expect(&stream, "insert shop.item id=2 name=b ", 1);
    mysql_stream_expect(&stream, "insert shop.item id=1 name=a ", 1);
    cr_expect_null(strstr(cdc_buf_str(&stream.position), "held"));
}

static void needs_connector_c(void)
{
    if (!strstr(my_client_library(), "MariaDB"))
        cr_skip_test("libmysqlclient reads whole packets, and waits for them");
}

/* Rows that are too large: of each what fits is held, at its place. */
Test(mysql_stream, large_rows_of_xa_transactions_are_held_at_their_place)
{
    char position[400];

    needs_connector_c();
    given((const char *const[]){"max-allowed-packet=64M", NULL});
    sql("CREATE TABLE doc (id INT PRIMARY KEY, body LONGTEXT, tail INT)");
    mysql_stream_end(&stream);
    mysql_stream_init(&stream, maria->socket, "shop.item,shop.doc");
    stream.params.memory_bytes = 16 << 20;
    mysql_stream_begin(&stream, "");
    sql("XA START 'a'; INSERT INTO doc VALUES (1, 'small', 1); INSERT INTO doc VALUES (2, REPEAT('d', 5000000), 2);"
        "INSERT INTO doc VALUES (3, 'last', 3); UPDATE doc SET tail = 4 WHERE id < 3; XA END 'a'; XA PREPARE 'a'");
    settle();
    mysql_stream_expect(&stream, "shop.doc id=", 0);
    snprintf(position, sizeof position, "%s", cdc_buf_str(&stream.position));
    for (int again = 0; again < 2; again++) {
        if (again)
            mysql_stream_again(&stream, position);
        mysql_stream_clear(&stream);
        if (!again)
            sql("XA COMMIT 'a'");
        mysql_stream_until(&stream, "-> id=2 ");
        mysql_stream_until(&stream, "commit ");
        mysql_stream_expect(&stream,
                            "insert shop.doc id=1 body=small tail=1\n"
                            "insert shop.doc id=2 body=! tail=2\n"
                            "insert shop.doc id=3 body=last tail=3\n"
                            "update shop.doc id=1 body=small tail=1 -> id=1 body=small tail=4\n"
                            "update shop.doc id=2 body=- tail=2 -> id=2 body=! tail=4\n"
                            "commit ",
                            1);
    }
}

Test(mysql_stream, a_start_at_any_commit_gives_what_came_after_it)
{
    char positions[4][200];

    given(NULL);
    mysql_stream_begin(&stream, "");
    for (int i = 0; i < 4; i++) {
        char text[100];

        snprintf(positions[i], sizeof positions[i], "%s", cdc_buf_str(&stream.position));
        sprintf(text, "INSERT INTO item (id) VALUES (%d)%s", i, i == 1 ? "; FLUSH BINARY LOGS" : "");
        sql(text);
        sprintf(text, "id=%d name=NULL price=NULL\ncommit", i);
        mysql_stream_until(&stream, text);
    }
    for (int i = 0; i < 4; i++) {
        mysql_stream_again(&stream, positions[i]);
        mysql_stream_clear(&stream);
        mysql_stream_until(&stream, "insert shop.item id=3 name=NULL price=NULL\ncommit");
        for (int k = 0; k < 4; k++) {
            char text[100];

            sprintf(text, "insert shop.item id=%d ", k);
            mysql_stream_expect(&stream, text, k >= i);
        }
        mysql_stream_expect(&stream, "relation", 1);
    }
}

Test(mysql_stream, definitions_change_between_rows)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (1, 'a', 1); ALTER TABLE item ADD COLUMN note TEXT AFTER id; INSERT INTO item VALUES (2, 'n', 'b', 2);"
        "SET sql_mode=''; ALTER TABLE item DROP COLUMN price, MODIFY name BIGINT NULL; INSERT INTO item VALUES (3, 'n', 5);"
        "RENAME TABLE item TO old; INSERT INTO old VALUES (4, 'n', 6); CREATE TABLE item (id INT PRIMARY KEY, u CHAR(36));"
        "INSERT INTO item VALUES (5, '6b1b36cb-0e6b-11f1-b3fa-02fc00000001'); DROP TABLE item;"
        "CREATE TABLE item ENGINE=InnoDB SELECT 6 AS id, 'made' AS name;");
    mysql_stream_until(&stream, "insert shop.item id=6 name=made\ncommit");
    mysql_stream_expect(&stream,
                        "relation shop.item id:integer* name:text price:decimal\ninsert shop.item id=1 ", 1);
    mysql_stream_expect(&stream,
                        "relation shop.item id:integer* note:text name:text price:decimal\n"
                        "insert shop.item id=2 note=n name=b price=2.00\n",
                        1);
    mysql_stream_expect(
        &stream,
        "relation shop.item id:integer* note:text name:integer\ninsert shop.item id=3 note=n name=5\n", 1);
    mysql_stream_expect(&stream, "id=4", 0);
    mysql_stream_expect(&stream, "insert shop.item id=5 u=", 1);
    mysql_stream_expect(&stream, "relation shop.item id:integer name:text\ninsert", 1);
}

Test(mysql_stream, a_truncated_table_is_announced_first)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("TRUNCATE TABLE item; TRUNCATE other; INSERT INTO item (id) VALUES (1); TRUNCATE shop.item");
    settle();
    mysql_stream_expect(
        &stream,
        "begin 0-1-4\nrelation shop.item id:integer* name:text price:decimal\ntruncate shop.item\ncommit", 1);
    mysql_stream_expect(&stream, "truncate", 2);
    mysql_stream_expect(&stream, "other", 0);
}

Test(mysql_stream, a_change_that_was_logged_as_a_statement_is_a_gap)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    sql("SET SESSION binlog_format=STATEMENT; INSERT INTO other VALUES (1, 1)");
    settle();
    sql("SET SESSION binlog_format=STATEMENT; INSERT INTO item VALUES (77, 'secret', 1)");
    mysql_stream_expect_error(&stream, CDC_ERR_GAP, "table shop.item was changed by a statement");
    cr_expect_null(strstr(stream.err.message, "secret"));
}

#define NO_NAMES (server_mariadb_is_mysql() ? "binlog-row-metadata=MINIMAL" : "binlog-row-metadata=NO_LOG")

Test(mysql_stream, names_from_the_catalogue)
{
    given((const char *const[]){NO_NAMES, NULL});
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (1, 'a', 1)");
    mysql_stream_until(&stream, "commit");
    sql("ALTER TABLE item CHANGE name title VARCHAR(40), ADD state ENUM('x','it''s') DEFAULT 'it''s';"
        "INSERT INTO item (id, title) VALUES (2, 'b')");
    mysql_stream_until(&stream, "relation shop.item id:integer* title:text price:decimal state:text\n"
                                "insert shop.item id=2 title=b price=NULL state=it's\n");
}

Test(mysql_stream, without_names_another_number_of_columns_is_a_gap)
{
    given((const char *const[]){NO_NAMES, NULL});
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (1, 'a', 1); ALTER TABLE item DROP COLUMN price");
    mysql_stream_expect_error(&stream, CDC_ERR_GAP, "have 3 columns, the table now has 2");
}

Test(mysql_stream, compressed_events)
{
    static const char *const events[] = {"log-bin-compress=ON", "log-bin-compress-min-len=10", NULL},
                             *const transactions[] = {"binlog-transaction-compression=ON", NULL};

    given(server_mariadb_is_mysql() ? transactions : events);
    mysql_stream_begin(&stream, "");
    sql("ALTER TABLE item MODIFY name TEXT; INSERT INTO item VALUES (1, REPEAT('x', 5000), 1); UPDATE item SET name = REPEAT('y', 6000);"
        "DELETE FROM item");
    settle();
    mysql_stream_expect(&stream, "insert shop.item id=1 name=xxxx", 1);
    mysql_stream_expect(&stream, "update shop.item id=1 name=xxxx", 1);
    mysql_stream_expect(&stream, "delete shop.item id=1 name=yyyy", 1);
}

static long resident_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A million rows in one transaction, 55 MB of log: read twice, never kept. */
Test(mysql_stream, memory_stays_small_whatever_the_transaction)
{
    long before;

    given(NULL);
    server_mariadb_sequence(maria, "shop", 1, 1000000);
    stream.quiet = true;
    mysql_stream_begin(&stream, "");
    before = resident_kib();
    sql("INSERT INTO item SELECT seq, REPEAT('x', 40), seq / 100 FROM seq_1_to_1000000");
    mysql_stream_until_rows(&stream, 1000000);
    while (stream.commits == 0)
        cr_assert_eq(mysql_stream_step(&stream), 0);
    cr_expect_lt(resident_kib() - before, 24 * 1024, "%ld KiB more", resident_kib() - before);
}

Test(mysql_stream, a_large_transaction_that_is_rolled_back_gives_nothing)
{
    given(NULL);
    server_mariadb_sequence(maria, "shop", 1, 200000);
    server_mariadb_sequence(maria, "shop", 200001, 400000);
    stream.quiet = true;
    mysql_stream_begin(&stream, "");
    sql("BEGIN; INSERT INTO item SELECT seq, REPEAT('x', 40), 1 FROM seq_1_to_200000; CREATE TEMPORARY TABLE t (a INT);"
        "DROP TEMPORARY TABLE t; INSERT INTO item (id) VALUES (0); ROLLBACK;"
        "BEGIN; INSERT INTO item SELECT seq, REPEAT('x', 40), 1 FROM seq_1_to_200000; CREATE TEMPORARY TABLE t (a INT);"
        "DROP TEMPORARY TABLE t; SAVEPOINT s; INSERT INTO item SELECT seq, REPEAT('y', 40), 1 FROM seq_200001_to_400000;"
        "ROLLBACK TO s; INSERT INTO item (id) VALUES (0); COMMIT;");
    mysql_stream_until_rows(&stream, 200001);
    while (stream.commits == 0)
        cr_assert_eq(mysql_stream_step(&stream), 0);
    cr_expect_eq(stream.rows, 200001);
    cr_expect_eq(stream.commits, 1);
}

Test(mysql_stream, positions_go_on_while_nothing_of_interest_happens)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    for (int i = 0; i < 3; i++) {
        char text[80];

        sprintf(text, "INSERT INTO other VALUES (%d, 1)", i);
        sql(text);
        sprintf(text, "position mariadb:0-1-%d\n", 4 + i);
        mysql_stream_until(&stream, text);
    }
    mysql_stream_expect(&stream, "begin", 0);
}

static int64_t caught_up_ms(void)
{
    struct cdc_source_stats stats;

    mysql_source_ops.stats(stream.source, &stats);
    return stats.caught_up_ms;
}

/* A server, or a network, that has stopped sends nothing either. */
Test(mysql_stream, silence_is_not_taken_for_being_caught_up)
{
    int64_t before;

    needs_connector_c();
    given(NULL);
    mysql_stream_begin(&stream, "");
    while (caught_up_ms() == 0)
        cr_assert_eq(mysql_stream_step(&stream), 0);
    server_freeze(&maria->server);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(mysql_stream_step(&stream), 0); /* what it had sent before */
    before = caught_up_ms();
    for (int i = 0; i < 5; i++)
        cr_assert_eq(mysql_stream_step(&stream), 0);
    cr_expect_eq(caught_up_ms(), before);
    server_thaw(&maria->server);
    while (caught_up_ms() == before)
        cr_assert_eq(mysql_stream_step(&stream), 0);
}

/* No heartbeat comes between transactions that follow each other: what came last tells how far the reader is. */
Test(mysql_stream, a_busy_server_is_kept_up_with)
{
    int64_t began, before = 0;

    given(NULL);
    stream.config.heartbeat_ms = 3600000;
    mysql_stream_begin(&stream, "");
    began = cdc_now_ms();
    for (int i = 0; caught_up_ms() < began + 2000; i++) {
        char text[80];

        sprintf(text, "INSERT INTO other VALUES (%d, 1)", i);
        sql(text);
        cr_assert_eq(mysql_stream_step(&stream), 0);
        cr_assert_geq(caught_up_ms(), before);
        before = caught_up_ms();
        cr_assert_leq(before, cdc_now_ms());
    }
}

static void expect_order(const char *a, const char *b)
{
    cr_expect_lt(mysql_source_ops.compare(cdc_slice_str(a), cdc_slice_str(b)), 0, "%s, %s", a, b);
    cr_expect_gt(mysql_source_ops.compare(cdc_slice_str(b), cdc_slice_str(a)), 0, "%s, %s", b, a);
    cr_expect_eq(mysql_source_ops.compare(cdc_slice_str(a), cdc_slice_str(a)), 0, "%s", a);
}

Test(mysql_stream, positions_compare)
{
    expect_order("mariadb:0-1-4;log=binlog.000001/1/1", "mariadb:0-1-5;log=binlog.000001/1/1");
    expect_order("file:binlog.000001:500", "file:binlog.000002:4");
    expect_order("mysql:3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
                 "mysql:3e11fa47-71ca-11e1-9e33-c80aa9429562:1-6");
}
