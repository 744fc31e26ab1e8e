/*
 * The usual scene of an end-to-end test from a binlog (shop.h). Markers are rows of a table of their own, mapped to `request`;
 * because an agent applies in commit order, whatever was committed before a marker is in Redis when the marker is.
 */
#include "lib/shop.h"

#include "lib/fail.h"
#include "lib/stored.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 60000, SUBJECTS_MAX = 4096 };

static const char ITEM[] = "(id INT PRIMARY KEY, name VARCHAR(200), stock INT)";
static const char MAPPING[] = "    entity: inventory\n    key: {sku: id}\n    fields: {quantity: stock}\n";
static const char ACCOUNT[] =
    "CREATE USER tributary@localhost; GRANT REPLICATION SLAVE ON *.* TO tributary@localhost;"
    "GRANT SELECT ON shop.* TO tributary@localhost;";

static const char *or_else(const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

static char *shop_config(const struct shop *shop, const struct shop_options *options)
{
    return text_print(
        "version: 1\n"
        "connector: shop\n"
        "source:\n"
        "  type: mysql\n"
        "  host: %s\n"
        "  user: tributary\n"
        "  server_id: 7101\n"
        "redis: {url: \"unix://%s\"}\n"
        "snapshot: {mode: never}\n"
        "%s"
        "tables:\n"
        "  shop.marker: {entity: request, key: {request_id: id}, fields: {place: {const: marker}}}\n"
        "  shop.item:\n%s"
        "%s",
        shop->db->socket, shop->redis->socket, or_else(options->top, ""), or_else(options->mapping, MAPPING),
        or_else(options->tables, ""));
}

void shop_furnish(struct server_mariadb *db, const struct shop_options *options)
{
    char *tables = text_print("CREATE TABLE marker (id INT PRIMARY KEY); CREATE TABLE item %s; %s",
                              or_else(options->item, ITEM), or_else(options->schema, ""));

    server_mariadb_sql(db, "", "CREATE DATABASE shop");
    server_mariadb_sql(db, "shop", tables);
    server_mariadb_sql(db, "", ACCOUNT);
    free(tables);
}

void shop_set(struct shop *shop, const struct shop_options *options)
{
    static const struct shop_options none;

    options = options ? options : &none;
    memset(shop, 0, sizeof *shop);
    shop->db = server_mariadb_start(options->settings);
    shop->redis = server_redis_start(NULL);
    agent_init(&shop->agent);
    shop_furnish(shop->db, options);
    shop->config = shop_config(shop, options);
    agent_configure(&shop->agent, shop->config);
}

void shop_replace(struct shop *shop, const char *piece, const char *with)
{
    char *at = strstr(shop->config, piece), *config;

    if (!at || strstr(at + 1, piece))
        fail("\"%s\" is not once in the configuration", piece);
    config = text_print("%.*s%s%s", (int)(at - shop->config), shop->config, with, at + strlen(piece));
    free(shop->config);
    shop->config = config;
    agent_configure(&shop->agent, config);
}

struct server_mariadb *shop_move(struct shop *shop, struct server_mariadb *to)
{
    struct server_mariadb *from = shop->db;

    shop_replace(shop, from->socket, to->socket);
    shop->db = to;
    return from;
}

static bool has_checkpoint(void *ctx)
{
    const struct shop *shop = ctx;

    return server_redis_hget(shop->redis, "cdc:checkpoint:shop", "position") != NULL;
}

/* An agent that is stopped before it has stored where it began begins anew the next time, and passes over what comes between. */
void shop_start(struct shop *shop)
{
    agent_log_clear(&shop->agent);
    agent_run(&shop->agent);
    agent_wait_log(&shop->agent, "streaming from mysql", SHOP_SOON_MS);
    wait_until("the first checkpoint", has_checkpoint, shop, SHOP_SOON_MS);
}

void shop_pause(struct shop *shop)
{
    int status = agent_stop(&shop->agent);

    if (status)
        fail("the agent ended with status %d\n%s", status, agent_log(&shop->agent));
}

void shop_end(struct shop *shop)
{
    if (shop->agent.pid)
        shop_pause(shop);
    shop_clean(shop);
}

void shop_clean(struct shop *shop)
{
    agent_fini(&shop->agent);
    server_redis_stop(shop->redis);
    server_mariadb_stop(shop->db);
    free(shop->config);
    memset(shop, 0, sizeof *shop);
}

void shop_expect_stop(struct shop *shop, int status, const char *what, const char *remedy)
{
    int found = agent_wait_exit(&shop->agent, SHOP_SOON_MS);
    const char *log = agent_log(&shop->agent);

    cr_assert_eq(found, status, "status %d, not %d\n%s", found, status, log);
    cr_assert(strstr(log, what), "\"%s\" is not said:\n%s", what, log);
    cr_assert(strstr(log, remedy), "\"%s\" is not said:\n%s", remedy, log);
}

void shop_expect_refusal(struct shop *shop, int status, const char *what, const char *remedy)
{
    agent_log_clear(&shop->agent);
    agent_run(&shop->agent);
    shop_expect_stop(shop, status, what, remedy);
}

void shop_forget(struct shop *shop)
{
    int status = agent_command(
        &shop->agent, (const char *const[]){"checkpoint", shop->agent.config, "reset", "--yes", NULL});

    if (status)
        fail("the checkpoint cannot be reset: status %d\n%s", status, agent_log(&shop->agent));
}

void shop_sql(struct shop *shop, const char *sql)
{
    server_mariadb_sql(shop->db, "shop", sql);
}

const char *shop_query(struct shop *shop, const char *sql)
{
    return server_mariadb_query(shop->db, "shop", sql);
}

struct marker {
    struct shop *shop;
    char key[64];
};

static bool marker_came(void *ctx)
{
    struct marker *marker = ctx;

    if (!agent_runs(&marker->shop->agent))
        fail("the agent ended\n%s", agent_log(&marker->shop->agent));
    return server_redis_exists(marker->shop->redis, marker->key);
}

void shop_settle(struct shop *shop)
{
    struct marker marker = {.shop = shop};
    char sql[80];

    snprintf(sql, sizeof sql, "INSERT INTO marker VALUES (%u)", ++shop->markers);
    shop_sql(shop, sql);
    snprintf(marker.key, sizeof marker.key, "cdc:state:{request}:%u", shop->markers);
    wait_until(marker.key, marker_came, &marker, SETTLE_MS);
}

void shop_expect_item(struct shop *shop, int id, const char *fields)
{
    char *key = text_print("cdc:state:{inventory}:%d:-", id), *found;
    struct stored_record *state = stored_hash_read(shop->redis, key);

    found = stored_record_print(state);
    cr_assert_str_eq(found, or_else(fields, ""), "item %d\n   is: %s\n not: %s", id, found,
                     or_else(fields, "absent"));
    stored_record_free(state);
    free(found);
    free(key);
}

struct subjects {
    char text[SUBJECTS_MAX];
    size_t len;
};

static void add_subject(void *ctx, const struct stored_record *event)
{
    struct subjects *subjects = ctx;
    const char *subject = stored_record_get(event, "subject");

    if (!subject || subjects->len + strlen(subject) + 2 > sizeof subjects->text)
        fail("an event without a subject, or too many");
    subjects->len += (size_t)sprintf(subjects->text + subjects->len, "%s%.*s", subjects->len ? " " : "",
                                     (int)strcspn(subject, ":"), subject);
}

void shop_expect_subjects(struct shop *shop, const char *ids)
{
    struct subjects found = {.len = 0};

    stored_stream_each(shop->redis, "cdc:events:{inventory}", add_subject, &found);
    cr_assert_str_eq(found.text, ids, "events are about\n     %s\nnot: %s\n%s", found.text, ids,
                     agent_log(&shop->agent));
}

void shop_expect_same(struct shop *shop)
{
    char *rows = text_print("%s\n", shop_query(shop, "SELECT id, IFNULL(stock, '') FROM item ORDER BY id")),
         *save = NULL;
    long long states = 0, n = 0;

    for (char *line = strtok_r(rows, "\n", &save); line; line = strtok_r(NULL, "\n", &save), n++) {
        char *stock = strchr(line, '\t') + 1,
             *key = text_print("cdc:state:{inventory}:%.*s:-", (int)(stock - 1 - line), line);
        const char *found = server_redis_hget(shop->redis, key, "quantity");

        cr_assert_str_eq(or_else(found, ""), stock, "%s: %s in Redis, %s in the table", key,
                         or_else(found, "absent"), stock);
        cr_assert(server_redis_exists(shop->redis, key), "%s is missing", key);
        free(key);
    }
    states = server_redis_integer(shop->redis, "EVAL %s 0",
                                  "return #redis.call('KEYS', 'cdc:state:{inventory}:*')");
    cr_assert_eq(states, n, "%lld states for %lld rows", states, n);
    free(rows);
}

struct purge {
    struct shop *shop;
    const char *log;
};

static bool is_purged(void *ctx)
{
    const struct purge *purge = ctx;
    char *sql = text_print("PURGE BINARY LOGS TO '%s'; SHOW BINARY LOGS", purge->log);
    bool gone = strncmp(shop_query(purge->shop, sql), purge->log, strlen(purge->log)) == 0;

    free(sql);
    return gone;
}

void shop_purge(struct shop *shop, const char *log)
{
    wait_until("the purge", is_purged, &(struct purge){shop, log}, 10000);
}
