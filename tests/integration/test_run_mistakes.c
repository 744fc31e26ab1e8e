/*
 * What an operator is told who makes a mistake: the tables of conf/operations.md are compared with what `tributary check` and `run`
 * say when the mistake is made, on real servers.
 */
#include "mistakes.h"

#include "lib/disk.h"
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/shop.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DISK_MB = 16, SOON_MS = 15000 };

static struct scene scene;
static struct shop shop;
static struct disk disk;
static struct mistakes mistakes;

static void done(void)
{
    mistakes_fini(&mistakes);
    scene_clean(&scene);
    shop_clean(&shop);
    disk_fini(&disk);
}

TestSuite(run_mistakes, .fini = done, .timeout = 240);

/* A text in which a piece, which is in it once, is another. The caller frees it. */
static char *with(const char *text, const char *piece, const char *instead)
{
    const char *at = strstr(text, piece);

    if (!at || strstr(at + 1, piece))
        fail("\"%s\" is not once in the configuration", piece);
    return text_print("%.*s%s%s", (int)(at - text), text, instead, at + strlen(piece));
}

static void add_changed(const char *what, const char *config, const char *piece, const char *instead)
{
    char *changed = with(config, piece, instead);

    mistakes_add(&mistakes, what, changed);
    free(changed);
}

/* ---- PostgreSQL, and Redis ---- */

static void given_a_cinema(void)
{
    char port[16];

    disk_init(&disk, DISK_MB);
    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE stock (sku text PRIMARY KEY, on_hand integer)",
            .tables = "  public.stock: {entity: inventory, key: {sku: sku}, fields: {quantity: on_hand}}\n",
            .source = "  password: right\n  timezone: UTC\n",
            .redis_disk = &disk});
    mistakes_init(&mistakes);
    snprintf(port, sizeof port, "%u", scene.pg->port);
    mistakes_name(&mistakes, scene.redis->socket, "SOCKET");
    mistakes_name(&mistakes, scene.pg->host, "HOST");
    mistakes_name(&mistakes, port, "PORT");
    scene_start(&scene); /* so that slot and checkpoint are there */
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    mistakes_none(&mistakes, scene.config);
}

static void mistake_the_password(void)
{
    scene_sql(&scene, "ALTER ROLE tributary PASSWORD 'right'");
    server_postgresql_hba(scene.pg, "local all postgres trust\nlocal all,replication all scram-sha-256\n");
    add_changed("A wrong password", scene.config, "password: right", "password: wrong");
    server_postgresql_hba(scene.pg, "local all,replication all trust\n");
}

static void mistake_the_rights(void)
{
    scene_sql(&scene, "ALTER ROLE tributary NOREPLICATION");
    mistakes_add(&mistakes, "A role that may not replicate", scene.config);
    scene_sql(&scene, "ALTER ROLE tributary REPLICATION; REVOKE SELECT ON stock FROM tributary");
    mistakes_add(&mistakes, "A table that the role may not read", scene.config);
    scene_sql(&scene, "GRANT SELECT ON stock TO tributary");
}

static void mistake_the_slot(void)
{
    char *receiver = server_postgresql_program(scene.pg, "pg_recvlogical"),
         *conninfo =
             text_print("host=%s port=%u dbname=cinema user=tributary application_name=pg_recvlogical",
                        scene.pg->host, scene.pg->port);
    pid_t other = process_start((const char *const[]){receiver, "-d", conninfo, "-S", "tributary_cinema",
                                                      "--start", "-f", "/dev/null", "-o", "proto_version=1",
                                                      "-o", "publication_names=tributary_cinema", NULL},
                                NULL);

    scene_await_streaming(&scene);
    mistakes_name(&mistakes, scene_query(&scene, "SELECT active_pid FROM pg_replication_slots"), "PID");
    mistakes_add(&mistakes, "A slot that another program reads", scene.config);
    process_end(other, SIGKILL, 1000);
    scene_await_not_streaming(&scene);
    free(receiver);
    free(conninfo);
}

static void mistake_the_number_of_agents(void)
{
    scene_start(&scene);
    scene_settle(&scene);
    mistakes_name(&mistakes, server_redis_text(scene.redis, "GET %s", "cdc:lease:cinema"), "AGENT");
    mistakes_add(&mistakes, "Two agents for one connector", scene.config);
    cr_assert_eq(agent_stop(&scene.agent), 0);
}

static bool could_not_save(void *ctx)
{
    (void)ctx;
    return strstr(server_redis_text(scene.redis, "INFO persistence"), "rdb_last_bgsave_status:err") != NULL;
}

static void mistake_the_disk(void)
{
    server_redis_do(scene.redis, "CONFIG SET save %s", "3600 1");
    disk_fill(&disk);
    server_redis_do(scene.redis, "BGSAVE");
    wait_until("Redis notices that its disk is full", could_not_save, NULL, SOON_MS);
    mistakes_add(&mistakes, "A Redis whose disk is full", scene.config);
    disk_relieve(&disk);
}

static void mistake_redis(void)
{
    server_redis_do(scene.redis, "REPLICAOF %s %d", "127.0.0.1", 1);
    mistakes_add(&mistakes, "A Redis that is read-only: a replica", scene.config);
    server_redis_do(scene.redis, "REPLICAOF NO ONE");
    mistake_the_disk();
    server_redis_down(scene.redis, SIGKILL);
    mistakes_add(&mistakes, "A Redis that cannot be reached", scene.config);
}

Test(run_mistakes, with_postgresql_and_redis)
{
    if (!mistakes_documented() || !disk_possible())
        cr_skip_test("the document is about other servers, or this machine does not let us mount a disk");
    given_a_cinema();
    add_changed("A typo in a key", scene.config, "snapshot: {mode: never}", "snapshot: {moode: never}");
    add_changed("A time zone that does not exist", scene.config, "timezone: UTC", "timezone: Europe/Londno");
    add_changed("A wrong column", scene.config, "{quantity: on_hand}", "{quantity: on_hnad}");
    mistake_the_password();
    mistake_the_rights();
    mistake_the_slot();
    mistake_the_number_of_agents();
    mistake_redis();
    mistakes_expect(&mistakes, "### With PostgreSQL, and with Redis");
}

/* ---- MariaDB ---- */

static void given_a_shop(void)
{
    shop_set(&shop, &(struct shop_options){.top = "http: {listen: \"off\"}\n"});
    mistakes_init(&mistakes);
    mistakes_name(&mistakes, shop.db->socket, "SOCKET");
    mistakes_none(&mistakes, shop.config);
}

static void mistake_the_number(void)
{
    char *second = with(shop.config, "connector: shop", "connector: shop2");

    shop_sql(&shop, "GRANT REPLICATION MASTER ADMIN ON *.* TO tributary@localhost");
    mistakes_none(&mistakes, second);
    shop_start(&shop);
    mistakes_add(&mistakes, "Two connectors with one `server_id`", second);
    free(second);
}

Test(run_mistakes, with_mariadb)
{
    if (!mistakes_documented())
        cr_skip_test("the document is about another server");
    given_a_shop();
    add_changed("A wrong column", shop.config, "quantity: stock", "quantity: stok");
    add_changed("A wrong password", shop.config, "  user: tributary\n",
                "  user: tributary\n  password: wrong\n");
    shop_sql(&shop, "REVOKE REPLICATION SLAVE ON *.* FROM tributary@localhost");
    mistakes_add(&mistakes, "An account that may not read the binlog", shop.config);
    shop_sql(&shop, "GRANT REPLICATION SLAVE ON *.* TO tributary@localhost;"
                    "REVOKE SELECT ON shop.* FROM tributary@localhost;"
                    "GRANT SELECT ON shop.marker TO tributary@localhost");
    mistakes_add(&mistakes, "A table that the account may not read", shop.config);
    shop_sql(&shop, "GRANT SELECT ON shop.* TO tributary@localhost");
    add_changed("The server's own `server_id`", shop.config, "server_id: 7101", "server_id: 1");
    mistake_the_number();
    mistakes_expect(&mistakes, "### With MariaDB");
    shop_end(&shop);
}
