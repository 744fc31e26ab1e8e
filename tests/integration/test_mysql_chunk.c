/*
 * Tables read in chunks from a private MariaDB or MySQL: every row once and in the order of the key, whatever the key is made of; and
 * what a chunk says of its place in the stream.
 */
#include "lib/fail.h"
#include "lib/mysql_chunks.h"
#include "lib/mysql_stream.h"
#include "lib/server_mariadb.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static struct server_mariadb *maria;
static struct mysql_stream stream;
static struct mysql_chunks chunks;

static void done(void)
{
    mysql_stream_end(&stream);
    mysql_chunks_end(&chunks);
    server_mariadb_stop(maria);
    maria = NULL;
}

TestSuite(mysql_chunk, .fini = done, .timeout = 180);

static void sql(const char *statements)
{
    server_mariadb_sql(maria, "shop", statements);
}

/* A server with a table `item`, of these columns. */
static void given(const char *columns)
{
    char text[2000];

    maria = server_mariadb_start(NULL);
    snprintf(text, sizeof text,
             "CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop; CREATE TABLE item (%s)", columns);
    server_mariadb_sql(maria, "", text);
    mysql_chunks_begin(&chunks, maria->socket, "shop", "item");
}

Test(mysql_chunk, all_rows_in_the_order_of_the_primary_key)
{
    given("id INT PRIMARY KEY, name VARCHAR(40)");
    sql("INSERT INTO item VALUES (3, 'c'), (-1, 'a'), (2, 'b'), (10, NULL), (1000, 'é')");
    mysql_chunks_read(&chunks, 2);
    mysql_chunks_expect(
        &chunks, "id=-1 name=a\nid=2 name=b\n--\nid=3 name=c\nid=10 name=NULL\n--\nid=1000 name=é\n-- end\n");
}

Test(mysql_chunk, an_empty_table)
{
    given("id INT PRIMARY KEY");
    mysql_chunks_read(&chunks, 2);
    mysql_chunks_expect(&chunks, "-- end\n");
}

Test(mysql_chunk, says_what_it_saw_and_where_that_ends)
{
    given("id INT PRIMARY KEY");
    sql("INSERT INTO item VALUES (1); INSERT INTO item VALUES (2)");
    mysql_chunks_read(&chunks, 10);
    cr_expect(mysql_chunks_sees(&chunks, "0-1-3"));
    cr_expect(mysql_chunks_sees(&chunks, "0-1-4"));
    cr_expect_not(mysql_chunks_sees(&chunks, "0-1-5"));
    cr_expect(mysql_chunks_reached(&chunks, "mariadb:0-1-4"));
    cr_expect(mysql_chunks_reached(&chunks, "mariadb:0-1-5;log=binlog.000001/1/1"));
    cr_expect_not(mysql_chunks_reached(&chunks, "mariadb:0-1-3"));
}
