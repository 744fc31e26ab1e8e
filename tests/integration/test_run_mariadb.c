/* End to end from a private MariaDB: what a shop's stock table becomes in Redis, and that kills lose and repeat nothing. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/agent.h"
#include "lib/server_mariadb.h"
#include "lib/server_redis.h"
#include "lib/stored.h"
#include "lib/wait.h"

#define EVENTS "cdc:events:{inventory}"

static struct server_mariadb *maria;
static struct server_redis *redis;
static struct agent agent;

static void sql(const char *text)
{
    server_mariadb_sql(maria, "shop", text);
}

static void given(void)
{
    char config[2048];

    maria = server_mariadb_start(NULL);
    redis = server_redis_start(NULL);
    server_mariadb_sql(maria, "", "CREATE DATABASE shop;");
    sql("CREATE TABLE stock (sku varchar(20), branch varchar(20), on_hand int unsigned NOT NULL, "
        "PRIMARY KEY (sku, branch));");
    snprintf(config, sizeof config,
             "version: 1\nconnector: shop\n"
             "source: {type: mysql, host: %s, database: shop, user: root, server_id: 7101}\n"
             "redis: {url: \"unix://%s\"}\n"
             "tables:\n  shop.stock:\n    entity: inventory\n    key: {sku: sku, location: branch}\n"
             "    fields: {quantity: on_hand}\n",
             maria->socket, redis->socket);
    agent_init(&agent);
    agent_start(&agent, config);
    agent_wait_log(&agent, "streaming from mysql", 20000);
}

static bool has_events(void *n)
{
    return server_redis_integer(redis, "XLEN %s", EVENTS) >= *(const long long *)n;
}

static void await_events(long long n)
{
    wait_until("events in the stream", has_events, &n, 60000);
}

static void clean(void)
{
    agent_fini(&agent);
    server_redis_stop(redis);
    server_mariadb_stop(maria);
}

Test(run_mariadb, rows_become_states_and_events, .fini = clean)
{
    struct stored_stream stream = {0};
    struct stored_record *state;
    char *text;

    given();
    sql("INSERT INTO stock VALUES ('A', 'north', 4000000000); UPDATE stock SET on_hand = 0;");
    sql("START TRANSACTION; INSERT INTO stock VALUES ('B', 'north', 7); INSERT INTO stock VALUES ('C', 'south', 8); COMMIT;");
    sql("START TRANSACTION; INSERT INTO stock VALUES ('D', 'north', 1); ROLLBACK; DELETE FROM stock WHERE sku = 'B';");
    await_events(5);
    stored_stream_read(&stream, redis, EVENTS);
    cr_assert_eq(stream.n, 5);
    cr_assert_str_eq(stored_record_get(&stream.entries[0], "type"), "inventory.created");
    cr_assert_str_eq(stored_record_get(&stream.entries[1], "type"), "inventory.depleted");
    cr_assert_str_eq(stored_record_get(&stream.entries[1], "previous"), "{\"quantity\":\"4000000000\"}");
    cr_assert_null(stored_record_get(&stream.entries[2], "txlast"));
    cr_assert_str_eq(stored_record_get(&stream.entries[3], "txlast"), "1");
    cr_assert_str_eq(stored_record_get(&stream.entries[4], "type"), "inventory.deleted");
    state = stored_hash_read(redis, "cdc:state:{inventory}:A:north");
    text = stored_record_print(state);
    cr_assert_str_eq(text, "location=north quantity=0 sku=A");
    cr_assert_not(server_redis_exists(redis, "cdc:state:{inventory}:B:north"));
    free(text);
    stored_record_free(state);
    stored_stream_fini(&stream);
    cr_assert_eq(agent_stop(&agent), 0);
}

static void repeat_check(void *ctx, const struct stored_record *entry)
{
    long long *next = ctx;
    char want[32];

    snprintf(want, sizeof want, "S%lld:north", ++*next);
    cr_assert_str_eq(stored_record_get(entry, "subject"), want, "an event is lost, repeated or out of order");
}

Test(run_mariadb, kills_and_rotations_lose_and_repeat_nothing, .fini = clean)
{
    char insert[128];
    long long seen = 0;

    given();
    for (int i = 1; i <= 200; i++) {
        snprintf(insert, sizeof insert, "INSERT INTO stock VALUES ('S%d', 'north', %d);%s", i, i,
                 i % 50 == 0 ? " FLUSH BINARY LOGS;" : "");
        sql(insert);
        if (i % 25 == 0) {
            agent_kill(&agent);
            agent_run(&agent);
        }
    }
    server_mariadb_restart(maria);
    sql("INSERT INTO stock VALUES ('S201', 'north', 201);");
    await_events(201);
    cr_assert_eq(stored_stream_each(redis, EVENTS, repeat_check, &seen), 201);
    cr_assert_eq(agent_stop(&agent), 0);
}
