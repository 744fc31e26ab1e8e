/*
 * The MySQL source where the server cannot go on from the checkpoint: every such case is refused with what happened and what to
 * do, and none is passed over. Against private MariaDB or MySQL servers.
 */
#include "lib/fail.h"
#include "lib/mysql_stream.h"
#include "lib/server_mariadb.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct server_mariadb *maria;
static struct mysql_stream stream, other;

static void done(void)
{
    mysql_stream_end(&stream);
    mysql_stream_end(&other);
    server_mariadb_stop(maria);
    maria = NULL;
}

TestSuite(mysql_gap, .fini = done, .timeout = 120);

static void given(const char *const *settings)
{
    maria = server_mariadb_start(settings);
    server_mariadb_sql(maria, "", "CREATE DATABASE shop; USE shop; CREATE TABLE item (id INT PRIMARY KEY)");
    mysql_stream_init(&stream, maria->socket, "shop.item");
}

static void sql(const char *statements)
{
    server_mariadb_sql(maria, "shop", statements);
}

/* The server does not purge what a reader that has just gone still seems to read. */
static bool purged(void *log)
{
    char statements[160];

    snprintf(statements, sizeof statements, "PURGE BINARY LOGS TO '%s'; SHOW BINARY LOGS", (const char *)log);
    return strncmp(server_mariadb_query(maria, "", statements), log, strlen(log)) == 0;
}

static void purge(const char *log)
{
    wait_until("the purge", purged, (void *)log, 10000);
}

static char position[300];

/* Reads up to the row, and lets go: the checkpoint is `position`. */
static void read_until(const char *row)
{
    mysql_stream_until(&stream, row);
    mysql_stream_until(&stream, "commit");
    snprintf(position, sizeof position, "%s", cdc_buf_str(&stream.position));
    mysql_stream_end(&stream);
    mysql_stream_init(&stream, maria->socket, "shop.item");
}

static void given_a_checkpoint(const char *const *settings)
{
    given(settings);
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (1), (2)");
    read_until("insert shop.item id=2");
}

static void expect_refusal(const char *at, const char *identity, enum cdc_err_class class, const char *text)
{
    if (mysql_stream_try(&stream, at, identity) == 0)
        mysql_stream_expect_error(&stream, class, text);
    else
        mysql_stream_check_error(&stream, class, text);
    cr_expect(stream.err.hint[0], "no remedy: %s", stream.err.message);
    mysql_stream_end(&stream);
    mysql_stream_init(&stream, maria->socket, "shop.item");
}

/* Logs are told apart by the second in which they were begun. */
static void let_the_clock_turn(void)
{
    time_t now = time(NULL);

    while (time(NULL) == now)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

Test(mysql_gap, purged_logs)
{
    given_a_checkpoint(NULL);
    sql("INSERT INTO item VALUES (3); FLUSH BINARY LOGS; INSERT INTO item VALUES (4); FLUSH BINARY LOGS");
    purge("binlog.000003");
    expect_refusal(position, NULL, CDC_ERR_GAP, "purged");
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (5)");
    mysql_stream_until(&stream, "insert shop.item id=5");
    mysql_stream_expect(&stream, "insert", 1);
}

Test(mysql_gap, a_purge_of_what_was_read_is_none)
{
    given_a_checkpoint(NULL);
    sql("FLUSH BINARY LOGS; INSERT INTO item VALUES (3)");
    purge("binlog.000002");
    mysql_stream_begin(&stream, position);
    mysql_stream_until(&stream, "insert shop.item id=3");
    mysql_stream_expect(&stream, "insert", 1);
}

#define EMPTY (server_mariadb_is_mysql() ? "mysql:" : "mariadb:")

/* MariaDB itself begins at its oldest log then, and says nothing. */
Test(mysql_gap, an_empty_position_after_a_purge)
{
    given(NULL);
    mysql_stream_begin(&stream, EMPTY);
    sql("INSERT INTO item VALUES (1)");
    mysql_stream_until(&stream, "insert shop.item id=1");
    mysql_stream_end(&stream);
    mysql_stream_init(&stream, maria->socket, "shop.item");
    sql("FLUSH BINARY LOGS; INSERT INTO item VALUES (2)");
    purge("binlog.000002");
    /* The server says so itself, or we do: which of them depends on the version. */
    expect_refusal(EMPTY, NULL, CDC_ERR_GAP, "purged");
}

/* The same refusal by the history's last transaction, or by all that are missing. */
static void expect_lack(const char *transaction, const char *transactions)
{
    expect_refusal(position, NULL, CDC_ERR_GAP, server_mariadb_is_mysql() ? transactions : transaction);
}

Test(mysql_gap, a_reset)
{
    given_a_checkpoint(NULL);
    sql(server_mariadb_reset());
    expect_lack("lacks transaction 0-1-3", "has not executed transactions that were read before: ");
}

/* The numbers have caught up, but the log of that name was begun later. */
Test(mysql_gap, a_reset_that_went_unnoticed_for_long)
{
    given_a_checkpoint(NULL);
    let_the_clock_turn();
    sql(server_mariadb_reset());
    sql("INSERT INTO item VALUES (10); INSERT INTO item VALUES (11); INSERT INTO item VALUES (12);"
        "INSERT INTO item VALUES (13); INSERT INTO item VALUES (14)");
    expect_refusal(position, NULL, CDC_ERR_GAP, "logs were reset");
}

Test(mysql_gap, another_server)
{
    given_a_checkpoint(NULL);
    server_mariadb_stop(maria);
    mysql_stream_end(&stream);
    given((const char *const[]){"server-id=2", NULL});
    sql("INSERT INTO item VALUES (1); INSERT INTO item VALUES (2); INSERT INTO item VALUES (3); INSERT INTO item VALUES (4)");
    expect_lack("lacks transaction 0-1-3", "has not executed transactions that were read before: ");
}

Test(mysql_gap, a_server_that_went_back)
{
    given_a_checkpoint(NULL);
    snprintf(position, sizeof position, "mariadb:0-1-9");
    expect_lack("lacks transaction 0-1-9", "that were read before: ");
}

Test(mysql_gap, another_dialect)
{
    given(NULL);
    if (server_mariadb_is_mysql())
        expect_refusal("mariadb:5-1-9", NULL, CDC_ERR_GAP, "this one is MySQL");
    else
        expect_refusal("mysql:3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", NULL, CDC_ERR_GAP,
                       "this one is MariaDB");
}

Test(mysql_gap, a_file_that_is_gone_or_of_another_server)
{
    given(NULL);
    expect_refusal("file:binlog.000007:4", NULL, CDC_ERR_GAP, "Could not find");
    expect_refusal("file:binlog.000001:99999999", NULL, CDC_ERR_GAP,
                   server_mariadb_is_mysql() ? "position > file size" : "impossible position");
    expect_refusal("file:binlog.000001:4", "server=elsewhere/9;dialect=mariadb", CDC_ERR_GAP,
                   "this is another server");
    mysql_stream_begin(&stream, "file:binlog.000001:4");
    sql("INSERT INTO item VALUES (1)");
    mysql_stream_until(&stream, "insert shop.item id=1\ncommit file:binlog.000001:");
}

Test(mysql_gap, settings_that_cannot_work)
{
    given(NULL);
    stream.config.server_id = 0;
    cr_expect_eq(mysql_source_ops.open(&stream.source, &stream.params, &stream.err), -1);
    mysql_stream_check_error(&stream, CDC_ERR_CONFIG, "server_id");
    stream.config.server_id = 1;
    cr_expect_eq(mysql_stream_try(&stream, "", NULL), -1);
    mysql_stream_check_error(&stream, CDC_ERR_CONFIG, "the server's own");
    mysql_stream_end(&stream);
    mysql_stream_init(&stream, maria->socket, "shop.item");
    sql("SET GLOBAL binlog_format=MIXED");
    expect_refusal("", NULL, CDC_ERR_CONFIG, "binlog_format is MIXED");
    expect_refusal("nonsense", NULL, CDC_ERR_CONFIG, "binlog_format");
    sql("SET GLOBAL binlog_format=ROW");
    expect_refusal("nonsense", NULL, CDC_ERR_CONFIG, "positions look like");
}

Test(mysql_gap, a_server_without_binlog)
{
    maria = server_mariadb_start((const char *const[]){"skip-log-bin", NULL});
    mysql_stream_init(&stream, maria->socket, "shop.item");
    expect_refusal("", NULL, CDC_ERR_CONFIG, "writes no binlog");
}

/* Whoever is thrown out says so and does not come back to throw the other one out. */
Test(mysql_gap, two_readers_with_one_server_id)
{
    given(NULL);
    mysql_stream_begin(&stream, "");
    mysql_stream_init(&other, maria->socket, "shop.item");
    mysql_stream_begin(&other, "");
    mysql_stream_expect_error(&stream, CDC_ERR_CONFIG, "source.server_id");
    sql("INSERT INTO item VALUES (1)");
    mysql_stream_until(&other, "insert shop.item id=1");
}

Test(mysql_gap, a_server_that_stops_is_waited_for)
{
    given_a_checkpoint(NULL);
    mysql_stream_begin(&stream, position);
    server_mariadb_down(maria, SIGTERM);
    mysql_stream_expect_error(&stream, CDC_ERR_RETRY, "");
    cr_expect_eq(mysql_source_ops.connect(stream.source, &stream.err), -1);
    cr_expect_eq(stream.err.class, CDC_ERR_RETRY);
    server_mariadb_up(maria);
    mysql_stream_again(&stream, position);
    sql("INSERT INTO item VALUES (3)");
    mysql_stream_until(&stream, "insert shop.item id=3");
    mysql_stream_expect(&stream, "insert", 1);
}
