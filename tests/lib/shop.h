/*
 * The usual scene of an end-to-end test from a binlog: a private MariaDB or MySQL with database `shop`, a private Redis, and one
 * agent (connector `shop`, prefix `cdc`, server_id 7101) between them. Its account `tributary` may do what it must and no more.
 *
 *     static struct shop shop;
 *     shop_set(&shop, NULL);
 *     shop_start(&shop);
 *     shop_sql(&shop, "INSERT INTO item VALUES (1, 'tea', 5)");
 *     shop_settle(&shop);                 // everything that was committed is in Redis
 *     shop_expect_item(&shop, 1, "quantity=5 sku=1");
 *     shop_expect_subjects(&shop, "1");   // each event once, in order
 *     shop_end(&shop);
 *
 * Everything that goes wrong fails the test. Use it from the test's main thread.
 */
#ifndef TESTS_LIB_SHOP_H
#define TESTS_LIB_SHOP_H

#include "lib/agent.h"
#include "lib/server_mariadb.h"
#include "lib/server_redis.h"

enum { SHOP_OK = 0, SHOP_GAP = 5, SHOP_DENIED = 77, SHOP_CONFIG = 78, SHOP_SOON_MS = 45000 };

/* Every member may be NULL. */
struct shop_options {
    const char *const *settings; /* as in server_mariadb.h */
    const char
        *item; /* definition of table item instead of "(id INT PRIMARY KEY, name VARCHAR(200), stock INT)" */
    const char *schema; /* more SQL in database shop, before the agent */
    const char
        *mapping;       /* YAML of shop.item instead of: inventory, key {sku: id}, fields {quantity: stock} */
    const char *tables; /* YAML of more tables */
    const char *top;    /* YAML of the top level */
};

struct shop {
    struct server_mariadb *db;
    struct server_redis *redis;
    struct agent agent;
    char *config; /* what was written for the agent */
    unsigned markers;
};

/* Starts the servers, makes tables and account, writes the configuration. The agent does not run yet. */
void shop_set(struct shop *shop, const struct shop_options *options);
/* The schema and the account on a server; shop_set() did it on shop->db. */
void shop_furnish(struct server_mariadb *db, const struct shop_options *options);
/* Replaces a piece of the configuration, which must be in it once, and writes it anew. */
void shop_replace(struct shop *shop, const char *piece, const char *with);
/* The agent's next start, and everything below, is with this server. The old one is the caller's. */
struct server_mariadb *shop_move(struct shop *shop, struct server_mariadb *to);

/* Starts the agent, its log emptied, and waits until it streams. */
void shop_start(struct shop *shop);
/* Ends the agent, which must end with 0. */
void shop_pause(struct shop *shop);
/* The same, if it runs, and the servers. */
void shop_end(struct shop *shop);
/* For a suite's .fini: kills and removes what a failed test has left, with the agent's log. */
void shop_clean(struct shop *shop);
/* Starts the agent, which must end by itself with this status, having said these two texts. */
void shop_expect_refusal(struct shop *shop, int status, const char *what, const char *remedy);
/* The agent, which runs, must do so. */
void shop_expect_stop(struct shop *shop, int status, const char *what, const char *remedy);
/* `tributary checkpoint CONFIG reset --yes`, which must work. */
void shop_forget(struct shop *shop);

/* In database shop, as root. */
void shop_sql(struct shop *shop, const char *sql);
const char *shop_query(struct shop *shop, const char *sql);
/* Purges the binlogs before `log`, as soon as the server no longer thinks that the reader of before reads them. */
void shop_purge(struct shop *shop, const char *log);
/* Waits until everything that is committed is in Redis: a marker row is written, and must come through. */
void shop_settle(struct shop *shop);

/* The state of an item, as stored_record_print() has it; NULL: there must be none. */
void shop_expect_item(struct shop *shop, int id, const char *fields);
/* The ids of the items that inventory's events are about, in order, joined by blanks: "1 2 1". */
void shop_expect_subjects(struct shop *shop, const char *ids);
/* Redis holds an item for each row of table item, with its stock, and no other. */
void shop_expect_same(struct shop *shop);

#endif
