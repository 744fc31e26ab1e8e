/*
 * Tables read in chunks from a private MariaDB or MySQL: every row once and in the order of the key, whatever the key is made of; and
 * what a chunk says of its place in the stream.
 */
#include "lib/fail.h"
#include "lib/mysql_chunks.h"
#include "lib/mysql_stream.h"
#include "lib/process.h"
#include "lib/server_mariadb.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
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

/* A table of its own for each case: a server takes long to start. */
static void refill(const char *columns, const char *values)
{
    static char text[4000];

    snprintf(
        text, sizeof text,
        "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00', @@session.explicit_defaults_for_timestamp=1;"
        "DROP TABLE IF EXISTS item; CREATE TABLE item %s;"
        "INSERT INTO item VALUES %s",
        columns, values);
    sql(text);
    mysql_chunks_rewind(&chunks);
}

/* Each row alone, by its place; then nothing behind the last. */
static void check_places(const char *columns)
{
    struct cdc_buf all = {0};
    uint64_t rows = chunks.rows;

    cdc_buf_put_slice(&all, cdc_buf_slice(&chunks.lines));
    mysql_chunks_rewind(&chunks);
    for (uint64_t i = 0; i < rows; i++) {
        struct cdc_buf line = {0};

        cdc_buf_reset(&chunks.lines);
        chunks.request.rows = 1;
        mysql_chunks_next(&chunks);
        cdc_buf_put(&line, chunks.lines.data, chunks.lines.len - strlen("--\n"));
        cdc_buf_reset(&chunks.lines);
        chunks.request.exact = true;
        chunks.request.rows = 10;
        mysql_chunks_next(&chunks);
        chunks.request.exact = false;
        cdc_buf_puts(&line, "-- end\n");
        if (!cdc_slice_eq(cdc_buf_slice(&line), cdc_buf_slice(&chunks.lines)))
            fail("%s: at %s stands\n%s, not\n%s", columns, cdc_buf_str(&chunks.after),
                 cdc_buf_str(&chunks.lines), cdc_buf_str(&line));
        cdc_buf_fini(&line);
    }
    cdc_buf_fini(&all);
}

/* Whole, then with a boundary behind every row. */
static void check_table(const char *columns, const char *values, unsigned rows)
{
    struct cdc_buf whole = {0}, bits = {0};

    refill(columns, values);
    mysql_chunks_read(&chunks, 1000);
    cr_expect_eq(chunks.rows, rows, "%s: %u rows", columns, (unsigned)chunks.rows);
    cdc_buf_put(&whole, chunks.lines.data, chunks.lines.len - strlen("-- end\n"));
    mysql_chunks_rewind(&chunks);
    mysql_chunks_read(&chunks, 1);
    for (char *at = strtok((char *)cdc_buf_str(&chunks.lines), "\n"); at; at = strtok(NULL, "\n"))
        if (strncmp(at, "--", 2) != 0)
            cdc_buf_printf(&bits, "%s\n", at);
    if (!cdc_slice_eq(cdc_buf_slice(&whole), cdc_buf_slice(&bits)))
        fail("%s: whole\n%s\none by one\n%s", columns, cdc_buf_str(&whole), cdc_buf_str(&bits));
    mysql_chunks_rewind(&chunks);
    chunks.rows = rows;
    check_places(columns);
    cdc_buf_fini(&whole);
    cdc_buf_fini(&bits);
}

static void check_key(const char *columns, const char *values, unsigned rows)
{
    char definition[300];

    snprintf(definition, sizeof definition, "(%s)", columns);
    check_table(definition, values, rows);
}

Test(mysql_chunk, keys_of_numbers)
{
    given("id INT");
    check_key("id TINYINT PRIMARY KEY", "(-128),(-1),(0),(1),(127)", 5);
    check_key("id INT(5) ZEROFILL PRIMARY KEY", "(0),(42),(100000)", 3);
    check_key("id BIGINT PRIMARY KEY",
              "(-9223372036854775808),(-9007199254740993),(9223372036854775807),(9223372036854775806)", 4);
    check_key("id BIGINT UNSIGNED PRIMARY KEY",
              "(0),(9223372036854775808),(18446744073709551615),(18446744073709551614)", 4);
    check_key(
        "id DECIMAL(65,30) PRIMARY KEY",
        "(-12345678901234567890123456789012345.123456789012345678901234567890),(0),(0.000000000000000000000000000001),"
        "(12345678901234567890123456789012345.123456789012345678901234567891),"
        "(12345678901234567890123456789012345.123456789012345678901234567890)",
        5);
    check_key("id FLOAT PRIMARY KEY",
              "(0.1),(-0.1),(0),(1e-37),(3.4e38),(-3.4e38),(16777216),(16777218),(0.3333333)", 9);
    check_key("id DOUBLE PRIMARY KEY",
              "(0.1),(-0.1),(0),(1e-300),(1.7e308),(0.30000000000000004),(0.3),(9007199254740993)", 8);
    check_key("id YEAR PRIMARY KEY", "(0),(1901),(1970),(2155)", 4);
    check_key("id BIT(64) PRIMARY KEY", "(0),(1),(255),(18446744073709551615),(9223372036854775808)", 5);
    check_key("id BIT(3) PRIMARY KEY", "(0),(1),(7)", 3);
}

Test(mysql_chunk, keys_of_times)
{
    given("id INT");
    check_key("id DATE PRIMARY KEY",
              "('0000-00-00'),('2026-00-00'),('2026-02-31'),('1000-01-01'),('9999-12-31'),('2026-03-01')", 6);
    check_key("id DATETIME PRIMARY KEY",
              "('0000-00-00 00:00:00'),('2026-02-31 01:02:03'),('9999-12-31 23:59:59')", 3);
    check_key(
        "id DATETIME(6) PRIMARY KEY",
        "('2026-01-01 00:00:00.000001'),('2026-01-01 00:00:00'),('2026-01-01 00:00:00.1'),('2026-01-01 00:00:00.000002')",
        4);
    check_key(
        "id TIMESTAMP(3) PRIMARY KEY",
        "('2026-10-25 00:30:00.001'),('2026-10-25 01:30:00'),('1970-01-01 00:00:01'),('2038-01-19 03:14:07')",
        4);
    check_key("id TIMESTAMP PRIMARY KEY", "('0000-00-00 00:00:00'),('2026-10-25 01:30:00')", 2);
    check_key("id TIME PRIMARY KEY", "('-838:59:59'),('-00:00:01'),('00:00:00'),('23:59:59'),('838:59:59')",
              5);
    check_key("id TIME(6) PRIMARY KEY",
              "('-00:00:01.5'),('-00:00:01.500001'),('00:00:00.000001'),('100:00:00')", 4);
}

Test(mysql_chunk, keys_of_text)
{
    given("id INT");
    check_key("id VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY",
              "('a'),('B'),('c'),('É'),('f'),(''),('😀'),('it''s'),('\\\\'),('ß')", 10);
    check_key("id VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY",
              "('a'),('Ä b'),('æ'),('z'),('Ж'),('日本')", 6);
    check_key("id VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY", "('a'),('A'),('á'),('b')", 4);
    check_key("id CHAR(5) COLLATE utf8mb4_general_ci PRIMARY KEY", "('a'),('b  '),('a b'),('a\tb')", 4);
    check_key("id VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY", "('a'),('É'),('f'),('ÿ'),('ß')", 5);
    check_key("id VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY",
              "('ad'),('ä'),('af'),('z')", 4);
    check_key("id VARCHAR(20) CHARACTER SET ucs2 PRIMARY KEY", "('a'),('B'),('日本')", 3);
    check_key("id VARCHAR(20) CHARACTER SET sjis PRIMARY KEY", "('a'),('表'),('日本')", 3);
    check_key("id TEXT, PRIMARY KEY (id(3))", "('abc'),('abd'),('ab'),('')", 4);
    if (server_mariadb_is_mysql())
        check_key("id VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY", "('a'),('a '),('b'),('A b')", 4);
    else
        check_key("id VARCHAR(20) COLLATE utf8mb4_general_nopad_ci PRIMARY KEY", "('a'),('a '),('b'),('A b')",
                  4);
}

Test(mysql_chunk, keys_of_bytes_and_labels)
{
    given("id INT");
    check_key("id VARBINARY(10) PRIMARY KEY", "(''),(0x00),(0x0000),(0x27),(0xff00),('a'),('A')", 7);
    check_key("id BINARY(4) PRIMARY KEY", "(''),(0x01),(0x00000001),('ab')", 4);
    check_key("id BLOB, PRIMARY KEY (id(4))", "(0x00),(0x01ff),('b')", 3);
    check_key("id ENUM('z','y','x','') PRIMARY KEY", "('x'),('z'),('y'),('')", 4);
    check_key("id SET('d','c','b','a') PRIMARY KEY", "('d'),('d,c'),(''),('a'),('b,a'),('c')", 6);
    check_key("id ENUM('z','y') CHARACTER SET latin1, n INT, PRIMARY KEY (id, n)",
              "('z',2),('z',1),('y',0),('y',5)", 4);
    if (server_mariadb_is_mysql())
        return;
    check_key(
        "id UUID PRIMARY KEY",
        "('00000000-0000-1000-8000-000000000000'),('ffffffff-ffff-4fff-bfff-ffffffffffff'),('6ba7b810-9dad-11d1-80b4-00c04fd430c8')",
        3);
    check_key("id INET6 PRIMARY KEY", "('::'),('::1'),('2001:db8::1'),('::ffff:192.0.2.1')", 4);
    check_key("id INET4 PRIMARY KEY", "('0.0.0.0'),('192.0.2.1'),('255.255.255.255')", 3);
}

Test(mysql_chunk, keys_of_several_columns)
{
    given("id INT");
    check_key("id INT, b VARCHAR(5), PRIMARY KEY (id, b)", "(1,'b'),(1,'a'),(0,'z'),(2,''),(2,'C'),(2,'b')",
              6);
    check_key(
        "id INT, b VARCHAR(5), c DATE, PRIMARY KEY (b, c, id)",
        "(1,'b','2026-01-01'),(2,'b','2026-01-01'),(0,'B','2026-01-02'),(0,'a','2026-01-03'),(0,'c','2025-01-01')",
        5);
    check_key(
        "id INT, b INT NOT NULL, c INT, d INT NOT NULL, UNIQUE u1 (c), UNIQUE u2 (b, d), UNIQUE u3 (d, b, id)",
        "(NULL,1,NULL,1),(5,1,NULL,2),(5,0,7,9)", 3);
    check_table("(id INT, b INT, PRIMARY KEY (id, b)) PARTITION BY HASH (b) PARTITIONS 3",
                "(1,1),(1,2),(1,3),(2,0),(0,9),(0,1)", 6);
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

/* A commit that is in the binlog, and that no new read sees: it waits for a replica that there is not. */
static void given_commits_that_wait(void)
{
    sql(server_mariadb_is_mysql()
            ? "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';"
              "SET GLOBAL rpl_semi_sync_source_enabled = 1, GLOBAL rpl_semi_sync_source_timeout = 600000"
            : "SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC, GLOBAL rpl_semi_sync_master_timeout = 600000,"
              "GLOBAL rpl_semi_sync_master_enabled = 1");
}

static void let_commits_go(void)
{
    sql(server_mariadb_is_mysql() ? "SET GLOBAL rpl_semi_sync_source_enabled = 0"
                                  : "SET GLOBAL rpl_semi_sync_master_enabled = 0");
}

static pid_t begin_sql(const char *statements)
{
    char socket[200];

    snprintf(socket, sizeof socket, "--socket=%s", maria->socket);
    return process_start((const char *const[]){"mariadb", "--no-defaults", "--user=root", socket, "-e",
                                               statements, "shop", NULL},
                         &(struct process_options){.output = NULL});
}

static bool is_no_longer_early(void *ctx)
{
    (void)ctx;
    mysql_chunks_rewind(&chunks);
    mysql_chunks_next(&chunks);
    return chunks.outcome == CDC_CHUNK_READ;
}

Test(mysql_chunk, a_commit_in_the_binlog_that_is_not_visible_yet)
{
    char position[300];
    pid_t client;

    given("id INT PRIMARY KEY");
    mysql_stream_init(&stream, maria->socket, "shop.item");
    mysql_stream_begin(&stream, "");
    sql("INSERT INTO item VALUES (1)");
    given_commits_that_wait();
    client = begin_sql("INSERT INTO item VALUES (2)");
    mysql_stream_until(&stream, "insert shop.item id=2\ncommit mariadb:0-1-4\n");
    snprintf(position, sizeof position, "%s", cdc_buf_str(&stream.position));

    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\n-- end\n");
    cr_expect(mysql_chunks_sees(&chunks, "0-1-3"));
    cr_expect_not(mysql_chunks_sees(&chunks, "0-1-4"));
    cr_expect_not(mysql_chunks_reached(&chunks, "mariadb:0-1-2"));
    cr_expect(mysql_chunks_reached(&chunks, position));

    chunks.request.since = cdc_slice_str(position);
    mysql_chunks_rewind(&chunks);
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "-- early\n");
    let_commits_go();
    cr_expect_eq(process_wait(client, 20000), 0);
    wait_until("the commit", is_no_longer_early, NULL, 20000);
    mysql_chunks_expect(&chunks, "id=1\nid=2\n-- end\n");
    cr_expect(mysql_chunks_sees(&chunks, "0-1-4"));
    cr_expect(mysql_chunks_reached(&chunks, position));
}

Test(mysql_chunk, without_a_unique_key_the_entity_key_is_the_order)
{
    given("id VARCHAR(10), n INT");
    sql("INSERT INTO item VALUES ('b', 1), ('B', 2), (NULL, 3), ('a', 4), ('b', 5), ('á', 6), ('A', 7), ('A ', 8)");
    mysql_chunks_read(&chunks, 100);
    cr_expect_eq(chunks.rows, 7, "NULLs are left out");
    mysql_chunks_rewind(&chunks);
    mysql_chunks_read(&chunks, 1);
    cr_expect_eq(chunks.rows, 6, "what is not the same byte for byte comes; rows with one key count as one");
    chunks.table.nkeys = 0;
    mysql_chunks_rewind(&chunks);
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "PRIMARY KEY");
}

Test(mysql_chunk, bytes_bound_a_chunk)
{
    given("id INT PRIMARY KEY, name VARCHAR(3000)");
    server_mariadb_sequence(maria, "shop", 1, 2000);
    sql("INSERT INTO item SELECT seq, REPEAT('x', 2000) FROM seq_1_to_2000");
    chunks.request.bytes = 10000;
    chunks.quiet = true;
    mysql_chunks_next(&chunks);
    cr_expect_eq(chunks.chunk.rows, 5);
    cr_expect_not(chunks.chunk.end);
    mysql_chunks_read(&chunks, 1000);
    cr_expect_eq(chunks.rows, 2000);
    chunks.request.bytes = 1;
    mysql_chunks_rewind(&chunks);
    mysql_chunks_next(&chunks);
    cr_expect_eq(chunks.chunk.rows, 1);
}

Test(mysql_chunk, what_each_returns_ends_the_reading)
{
    given("id INT PRIMARY KEY");
    sql("INSERT INTO item VALUES (1), (2), (3)");
    chunks.stop = 2;
    cr_expect_eq(mysql_chunks_try(&chunks), 7);
    mysql_chunks_expect(&chunks, "id=1\n");
    chunks.stop = 0;
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\nid=2\nid=3\n-- end\n");
}

Test(mysql_chunk, a_row_that_is_gone_is_not_at_its_place)
{
    given("id INT PRIMARY KEY");
    sql("INSERT INTO item VALUES (1), (2), (3)");
    chunks.request.rows = 2;
    mysql_chunks_next(&chunks);
    sql("DELETE FROM item WHERE id = 2");
    chunks.request.exact = true;
    mysql_chunks_next(&chunks);
    chunks.request.exact = false;
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\nid=2\n--\n-- end\nid=3\n-- end\n");
}

/* A chunk in the middle reads its rows, not those before them, and nothing is sorted. */
static void expect_a_range(const char *columns, const char *values)
{
    static const char status[] =
        "SELECT SUM(VARIABLE_VALUE) FROM %s WHERE VARIABLE_NAME IN ('Handler_read_next', "
        "'Handler_read_rnd_next', 'Sort_rows')";
    char question[300], definition[300];
    long before;

    snprintf(definition, sizeof definition, "(%s)", columns);
    refill(definition, "(0, 'x', 0)");
    snprintf(question, sizeof question,
             "DELETE FROM item; INSERT INTO item SELECT %s FROM seq_1_to_8000; ANALYZE TABLE item", values);
    sql(question);
    chunks.request.rows = 4000;
    chunks.quiet = true;
    mysql_chunks_next(&chunks);
    chunks.request.rows = 50;
    snprintf(question, sizeof question, status,
             server_mariadb_is_mysql() ? "performance_schema.global_status"
                                       : "information_schema.GLOBAL_STATUS");
    before = atol(server_mariadb_query(maria, "", question));
    for (int i = 0; i < 10; i++)
        mysql_chunks_next(&chunks);
    cr_expect_eq(chunks.rows, 4500);
    before = atol(server_mariadb_query(maria, "", question)) - before;
    cr_expect_lt(before, 30000, "%s: %ld reads for 500 rows", columns, before);
}

Test(mysql_chunk, chunks_are_ranges_of_the_key)
{
    given("id INT");
    server_mariadb_sequence(maria, "shop", 1, 8000);
    expect_a_range("id INT PRIMARY KEY, b VARCHAR(9), c INT", "seq, 'x', 1");
    expect_a_range("id INT, b VARCHAR(9), c INT, PRIMARY KEY (c, id)", "seq, 'x', 1 + seq DIV 6000");
    expect_a_range("id INT, b VARCHAR(9), c INT, PRIMARY KEY (c, b, id)",
                   "seq, CONCAT('k', seq DIV 7000), seq DIV 7500");
    expect_a_range("id INT NOT NULL, b VARCHAR(9) CHARACTER SET latin1 NOT NULL, c INT, UNIQUE (b, id)",
                   "seq, 'é', 1");
}

Test(mysql_chunk, a_table_altered_between_chunks)
{
    given("id INT PRIMARY KEY, a INT, b VARCHAR(10)");
    chunks.columns[1] = "a";
    chunks.table.ncolumns = 2;
    sql("INSERT INTO item VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z'), (4, 4, 'w')");
    chunks.request.rows = 1;
    mysql_chunks_next(&chunks);
    sql("ALTER TABLE item RENAME COLUMN a TO b, RENAME COLUMN b TO a");
    mysql_chunks_next(&chunks);
    sql("ALTER TABLE item ADD COLUMN c DECIMAL(5,2) NOT NULL DEFAULT 7.5 FIRST");
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1 a=1 b=x\n--\nid=2 b=2 a=y\n--\nc=7.50 id=3 b=3 a=z\n--\n");
    sql("ALTER TABLE item DROP COLUMN a");
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "shop.item has no column \"a\"");
    sql("ALTER TABLE item ADD COLUMN a INT, DROP PRIMARY KEY, ADD PRIMARY KEY (b)");
    mysql_chunks_expect_error(&chunks, CDC_ERR_DATA, "its key is another one");
    sql("DROP TABLE item");
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "item");
}

Test(mysql_chunk, a_place_is_not_trusted)
{
    static const char *const bad[] = {"x",         "0000000000000000:1",
                                      ":",         "0000000000000000",
                                      "5 OR 1=1",  "%s,",
                                      "%s OR 1=1", "%sx'",
                                      "%s;",       "-",
                                      "%s-",       "%s.",
                                      "%s "};
    char good[100], text[160];

    given("id INT PRIMARY KEY");
    sql("INSERT INTO item VALUES (1), (2), (3)");
    chunks.request.rows = 1;
    mysql_chunks_next(&chunks);
    snprintf(good, sizeof good, "%s", cdc_buf_str(&chunks.after));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *mark = strstr(bad[i], "%s");

        snprintf(text, sizeof text, "%s%s", mark ? good : bad[i], mark ? mark + 2 : "");
        mysql_chunks_go(&chunks, text);
        mysql_chunks_expect_error(&chunks, CDC_ERR_DATA, "its ");
    }
    mysql_chunks_go(&chunks, good);
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\n--\nid=2\n--\n");
}

Test(mysql_chunk, what_cannot_be_read_is_refused)
{
    given("id INT PRIMARY KEY");
    sql("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM; CREATE VIEW v AS SELECT * FROM item;"
        "CREATE TABLE g (id INT, p POINT NOT NULL); CREATE TABLE g2 (j JSON, id INT)");
    chunks.table.name = "m";
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "MyISAM");
    chunks.table.name = "v";
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "view");
    chunks.table.name = "nothing";
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "nothing");
    chunks.table.name = "g";
    chunks.columns[0] = "p";
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "PRIMARY KEY");
    chunks.table.name = "item";
    chunks.columns[0] = "id";
    mysql_chunks_next(&chunks);
}

Test(mysql_chunk, goes_on_after_the_connection_was_lost)
{
    given("id INT PRIMARY KEY");
    sql("INSERT INTO item VALUES (1), (2)");
    chunks.request.rows = 1;
    mysql_chunks_next(&chunks);
    server_mariadb_restart(maria);
    cr_expect_eq(mysql_chunks_try(&chunks), -1);
    cr_expect_eq(chunks.err.class, CDC_ERR_RETRY, "%s", chunks.err.message);
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\n--\nid=2\n--\n");
}

Test(mysql_chunk, about_how_many_rows_there_are)
{
    uint64_t rows = 0;

    given("id INT PRIMARY KEY");
    server_mariadb_sequence(maria, "shop", 1, 5000);
    sql("INSERT INTO item SELECT seq FROM seq_1_to_5000; ANALYZE TABLE item");
    cr_assert_eq(mysql_source_ops.estimate(chunks.source, &chunks.table, &rows, &chunks.err), 0, "%s",
                 chunks.err.message);
    cr_expect_gt(rows, 3000);
    cr_expect_lt(rows, 8000);
    chunks.table.name = "nothing";
    cr_expect_eq(mysql_source_ops.estimate(chunks.source, &chunks.table, &rows, &chunks.err), -1);
    cr_expect_eq(chunks.err.class, CDC_ERR_CONFIG);
}

/* The server's zone and isolation, and limits that sessions get, change nothing. */
Test(mysql_chunk, the_defaults_of_sessions_do_not_count)
{
    given("id TIMESTAMP PRIMARY KEY");
    sql("INSERT INTO item VALUES (FROM_UNIXTIME(1792886400)), (FROM_UNIXTIME(1792890000)), (FROM_UNIXTIME(1792893600));"
        "SET GLOBAL time_zone = '+05:00', GLOBAL sql_select_limit = 1");
    sql(server_mariadb_is_mysql() ? "SET GLOBAL transaction_isolation = 'SERIALIZABLE'"
                                  : "SET GLOBAL tx_isolation = 'SERIALIZABLE'");
    mysql_chunks_read(&chunks, 2);
    mysql_chunks_expect(
        &chunks, "id=2026-10-25 00:00:00\nid=2026-10-25 01:00:00\n--\nid=2026-10-25 02:00:00\n-- end\n");
}

Test(mysql_chunk, prepared_xa_transactions_are_given_a_moment)
{
    char position[300];

    given("id INT PRIMARY KEY");
    mysql_stream_init(&stream, maria->socket, "shop.item");
    mysql_stream_begin(&stream, "");
    sql("XA START 'a'; INSERT INTO item VALUES (1); XA END 'a'; XA PREPARE 'a'");
    sql("INSERT INTO item VALUES (2)");
    mysql_stream_until(&stream, "insert shop.item id=2\ncommit");
    snprintf(position, sizeof position, "%s", cdc_buf_str(&stream.position));
    cr_assert(strstr(position, ";held="), "%s", position);
    chunks.request.since = cdc_slice_str(position);
    if (!server_mariadb_is_mysql()) {
        mysql_chunks_next(&chunks);
        mysql_chunks_expect(&chunks, "-- early\n");
    }
    wait_until("the chunk", is_no_longer_early, NULL, 20000);
    mysql_chunks_expect(&chunks, "id=2\n-- end\n");
    cr_expect(mysql_chunks_reached(&chunks, position));
    sql("XA COMMIT 'a'");
    mysql_stream_until(&stream, "insert shop.item id=1\ncommit");
    mysql_chunks_rewind(&chunks);
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\nid=2\n-- end\n");
    cr_expect_not(mysql_chunks_reached(&chunks, position));
    cr_expect(mysql_chunks_reached(&chunks, cdc_buf_str(&stream.position)));
}

Test(mysql_chunk, a_stream_by_file)
{
    char position[300];

    given("id INT PRIMARY KEY");
    sql("INSERT INTO item VALUES (1)");
    snprintf(position, sizeof position, "file:%s",
             server_mariadb_query(maria, "", server_mariadb_log_status()));
    *strchr(position, '\t') = ':';
    *strchr(position, '\t') = '\0';
    chunks.request.since = cdc_slice_str(position);
    if (server_mariadb_is_mysql()) {
        mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "by GTIDs");
        return;
    }
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1\n-- end\n");
    cr_expect_str_eq(cdc_buf_str(&chunks.chunk.visibility), position);
    cr_expect(mysql_chunks_sees(&chunks, "binlog.000001:4"));
    cr_expect_not(mysql_chunks_sees(&chunks, position + strlen("file:")));
    cr_expect(mysql_chunks_reached(&chunks, position));
    cr_expect_not(mysql_chunks_reached(&chunks, "file:binlog.000001:4"));
    cr_expect_not(mysql_chunks_reached(&chunks, "mariadb:0-1-100"));
    chunks.request.since = cdc_slice_str("file:binlog.000002:4");
    mysql_chunks_rewind(&chunks);
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "-- early\n");
}

Test(mysql_chunk, mysql_without_gtids_is_refused)
{
    if (!server_mariadb_is_mysql())
        cr_skip_test("MariaDB has GTIDs always");
    maria =
        server_mariadb_start((const char *const[]){"gtid-mode=OFF", "enforce-gtid-consistency=OFF", NULL});
    server_mariadb_sql(maria, "", "CREATE DATABASE shop; CREATE TABLE shop.item (id INT PRIMARY KEY)");
    mysql_chunks_begin(&chunks, maria->socket, "shop", "item");
    mysql_chunks_expect_error(&chunks, CDC_ERR_CONFIG, "ON_PERMISSIVE");
}

/* An account with SELECT on the table alone. */
Test(mysql_chunk, needs_no_right_but_to_read_the_table)
{
    uint64_t rows;

    given("id INT PRIMARY KEY, j JSON");
    sql("CREATE TABLE other (id INT); INSERT INTO item VALUES (1, '{}');"
        "CREATE USER reader IDENTIFIED BY 'secret'; GRANT SELECT ON shop.item TO reader");
    chunks.config.user = "reader";
    chunks.config.password = "secret";
    mysql_chunks_next(&chunks);
    mysql_chunks_expect(&chunks, "id=1 j={}\n-- end\n");
    cr_expect(mysql_chunks_sees(&chunks, "0-1-3"));
    cr_expect_eq(mysql_source_ops.estimate(chunks.source, &chunks.table, &rows, &chunks.err), 0, "%s",
                 chunks.err.message);
}
