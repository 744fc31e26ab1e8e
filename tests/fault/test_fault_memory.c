/*
 * P6 on MariaDB and MySQL: a transaction of many rows (FAULT_ROWS says how many; 5000000 is the full run), and rows of 100 MB, go
 * through an agent of the default limits.memory whose resident memory never exceeds it.
 */
#include "lib/agent.h"
#include "lib/fail.h"
#include "lib/server_mariadb.h"
#include "lib/server_redis.h"
#include "lib/stored.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MB = 64, ROWS = 1000000, SETTLE_MS = 600000 };

static struct server_mariadb *maria;
static struct server_redis *redis;
static struct agent agent;

static void sql(const char *text)
{
    server_mariadb_sql(maria, "shop", text);
}

/* "INSERT INTO `what` FROM numbers n;", the numbers being from `first` to `last`: each server has a way of its own. */
static char *insert_numbers(const char *what, int first, int last)
{
    if (server_mariadb_is_mysql())
        return text_print(
            "SET SESSION cte_max_recursion_depth = %d; INSERT INTO %s FROM (WITH RECURSIVE r (n) AS "
            "(SELECT %d UNION ALL SELECT n + 1 FROM r WHERE n < %d) SELECT n FROM r) numbers;",
            last, what, first, last);
    return text_print("INSERT INTO %s FROM (SELECT seq AS n FROM seq_%d_to_%d) numbers;", what, first, last);
}

/* Large packets are allowed. A server of its own for each test, because the peak is the process's. */
static void given(void)
{
    maria = server_mariadb_start((const char *const[]){"max-allowed-packet=256M",
                                                       "loose-innodb-log-file-size=512M",
                                                       "loose-innodb-redo-log-capacity=1200M", NULL});
    redis = server_redis_start(NULL);
    agent_init(&agent);
    server_mariadb_sql(maria, "", "CREATE DATABASE shop;");
    sql("CREATE TABLE stock (sku integer PRIMARY KEY, on_hand integer);"
        "CREATE TABLE article (sku integer PRIMARY KEY, picture longblob, name text, body longtext);"
        "CREATE TABLE marker (id integer PRIMARY KEY);");
}

static void run(void)
{
    char *config = text_print(
        "version: 1\nconnector: shop\n"
        "source: {type: mysql, host: %s, user: root, server_id: 7101}\n"
        "redis: {url: \"unix://%s\", stream: {max_len: 1000}}\n"
        "snapshot: {mode: never}\ntables:\n"
        "  shop.stock: {entity: inventory, key: {sku: sku}, fields: {quantity: on_hand}}\n"
        "  shop.article: {entity: product, key: {sku: sku}, fields: {name: name, description: body}}\n"
        "  shop.marker: {entity: request, key: \"marker-${id}\", fields: {subject: {const: m}}}\n",
        maria->socket, redis->socket);

    agent_start(&agent, config);
    agent_wait_log(&agent, "streaming from mysql", 20000);
    free(config);
}

static void done(void)
{
    agent_fini(&agent);
    server_redis_stop(redis);
    server_mariadb_stop(maria);
}

TestSuite(fault_memory, .init = given, .fini = done, .timeout = 900);

static bool marker_came(void *number)
{
    char key[64];

    cr_assert(agent_runs(&agent), "the agent ended by itself\n%s", agent_log(&agent));
    snprintf(key, sizeof key, "cdc:state:{request}:marker-%d", *(int *)number);
    return server_redis_exists(redis, key);
}

static void settle(int number)
{
    char *insert = text_print("INSERT INTO marker VALUES (%d);", number);

    sql(insert);
    wait_until("the last change is in Redis", marker_came, &number, SETTLE_MS);
    free(insert);
}

static void expect_peak(const char *what)
{
    long mb = agent_peak_mb(&agent);

    fprintf(stderr, "%s: peak %ld MB\n", what, mb);
    cr_assert_leq(mb, LIMIT_MB);
}

static const char *state_field(const char *key, const char *field)
{
    const char *value = server_redis_hget(redis, key, field);

    return value ? value : "";
}

static void expect_reject(size_t i, size_t n, const char *key)
{
    struct stored_stream stream;
    char *text;

    stored_stream_read(&stream, redis, "cdc:dlq:shop");
    cr_assert_eq(stream.n, n, "%zu dead letters, not %zu", stream.n, n);
    text = stored_record_print(&stream.entries[i]);
    cr_expect(strstr(text, key), "%s", text);
    cr_expect(strstr(text, "limits.memory"), "%s", text);
    cr_expect(strstr(text, "column=body"), "%s", text);
    cr_expect_lt(strlen(text), 4096);
    free(text);
    stored_stream_fini(&stream);
}

static int rows_wanted(void)
{
    const char *text = getenv("FAULT_ROWS");

    return text && *text ? atoi(text) : ROWS;
}

static void load_one_transaction(int rows)
{
    char *kept = insert_numbers("stock SELECT n, 1", 1, rows),
         *gone = insert_numbers("stock SELECT n, 2", rows + 1, rows + rows / 2),
         *all = text_print("START TRANSACTION; %s SAVEPOINT half; %s ROLLBACK TO half; COMMIT;", kept, gone);

    sql(all);
    free(kept);
    free(gone);
    free(all);
}

/* Many rows, and half as many again that are rolled back to a savepoint. */
Test(fault_memory, a_transaction_of_many_rows)
{
    int rows = rows_wanted();
    char key[64];
    int64_t began, took;

    run();
    load_one_transaction(rows);
    began = cdc_now_ms();
    settle(1);
    took = cdc_now_ms() - began;
    fprintf(stderr, "%d rows of one transaction in %lld ms after its commit: %lld a second\n", rows,
            (long long)took, rows * 1000LL / (took + 1));
    snprintf(key, sizeof key, "cdc:state:{inventory}:%d:-", rows);
    cr_assert_str_eq(state_field(key, "quantity"), "1");
    snprintf(key, sizeof key, "cdc:state:{inventory}:%d:-", rows + 1);
    cr_assert_not(server_redis_exists(redis, key));
    cr_assert_gt(server_redis_integer(redis, "DBSIZE"), rows);
    expect_peak("many rows in one transaction");
    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}

/* In a column that nobody asked for: the row goes through as if it were small. */
Test(fault_memory, a_hundred_megabytes_in_a_column_that_is_not_mapped)
{
    run();
    sql("INSERT INTO article VALUES (1, repeat('p', 104857600), 'first', 'body');");
    sql("UPDATE article SET name = 'second';");
    settle(1);
    cr_assert_str_eq(state_field("cdc:state:{product}:1", "name"), "second");
    cr_assert_str_eq(state_field("cdc:state:{product}:1", "description"), "body");
    cr_assert_eq(server_redis_integer(redis, "XLEN cdc:dlq:shop"), 0);
    sql("DELETE FROM article;");
    settle(2);
    cr_assert_not(server_redis_exists(redis, "cdc:state:{product}:1"));
    expect_peak("100 MB that are not mapped");
    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}

/* In a mapped column: a dead letter with the reason; what follows goes on. */
Test(fault_memory, a_hundred_megabytes_in_a_mapped_column)
{
    run();
    sql("INSERT INTO article VALUES (1, NULL, 'small', 'body');");
    sql("START TRANSACTION; INSERT INTO article VALUES (2, NULL, 'large', repeat('b', 104857600));"
        "INSERT INTO article VALUES (3, NULL, 'after', 'body'); COMMIT;");
    settle(1);
    cr_assert_str_eq(state_field("cdc:state:{product}:1", "name"), "small");
    cr_assert_str_eq(state_field("cdc:state:{product}:3", "name"), "after");
    cr_assert_not(server_redis_exists(redis, "cdc:state:{product}:2"));
    expect_reject(0, 1, "2");
    sql("UPDATE article SET name = 'larger' WHERE sku = 2;");
    sql("UPDATE article SET body = 'now small' WHERE sku = 2;");
    settle(2);
    expect_reject(1, 2, "2");
    cr_assert_str_eq(state_field("cdc:state:{product}:2", "name"), "larger");
    cr_assert_str_eq(state_field("cdc:state:{product}:2", "description"), "now small");
    expect_peak("100 MB that are mapped");
    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}

/* Compressed, the same rows are small; what counts is what they become. MariaDB compresses events, MySQL transactions. */
Test(fault_memory, a_hundred_megabytes_compressed)
{
    char *noise;

    server_mariadb_sql(maria, "",
                       server_mariadb_is_mysql() ? "SET GLOBAL binlog_transaction_compression = ON;"
                                                 : "SET GLOBAL log_bin_compress = ON;");
    server_mariadb_sql(maria, "", "SET GLOBAL group_concat_max_len = 100000000;");
    run();
    sql("INSERT INTO article VALUES (1, repeat('p', 104857600), 'first', 'body');"
        "UPDATE article SET name = 'second';"
        "INSERT INTO article VALUES (2, NULL, 'large', repeat('b', 104857600));"
        "INSERT INTO article VALUES (3, NULL, 'after', 'body');");
    /* what hardly gets smaller: the compressed event is itself too large */
    noise = insert_numbers(
        "article SELECT 4, group_concat(concat(rand(), rand(), n) SEPARATOR ''), 'noise', 'body'", 1, 800000);
    sql(noise);
    free(noise);
    settle(1);
    cr_assert_str_eq(state_field("cdc:state:{product}:1", "name"), "second");
    cr_assert_str_eq(state_field("cdc:state:{product}:3", "name"), "after");
    expect_reject(0, 1, "2");
    cr_assert_str_eq(state_field("cdc:state:{product}:4", "name"), "noise");
    expect_peak("100 MB, compressed");
    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}

/* Just below what is kept: it must get through, under the ceiling. */
Test(fault_memory, values_that_fit)
{
    char *insert = insert_numbers("article SELECT n, NULL, 'fits', repeat('b', 8000000)", 1, 20);

    run();
    sql(insert);
    free(insert);
    sql("UPDATE article SET name = 'half', body = repeat('c', 3900000);");
    settle(1);
    cr_assert_eq(server_redis_integer(redis, "XLEN cdc:events:{product}"), 40);
    cr_assert_eq(server_redis_integer(redis, "HSTRLEN cdc:state:{product}:20 description"), 3900000);
    cr_assert_eq(server_redis_integer(redis, "XLEN cdc:dlq:shop"), 0);
    expect_peak("values of 8 MB");

    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}
