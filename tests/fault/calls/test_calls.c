/* Every call of the system, of a library and for memory fails once in an agent that works (trial.h). */
#include "fault/calls/trial.h"
#include "lib/certificate.h"
#include "lib/fail.h"
#include "lib/process.h"
#include "lib/scene.h"
#include "lib/shop.h"

#include <criterion/criterion.h>

#include <stdbool.h>
#include <stdlib.h>

TestSuite(calls, .timeout = 1200);

static struct certificate certificate;
static struct scene scene;
static struct shop shop;
static char *options[8];

static void forget_options(void)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        free(options[i]);
    certificate_fini(&certificate);
}

static void done_scene(void)
{
    scene_clean(&scene);
    forget_options();
}

static void done_shop(void)
{
    shop_clean(&shop);
    forget_options();
}

static void insert_article(unsigned n)
{
    server_postgresql_sqlf(scene.pg, "cinema", "INSERT INTO article VALUES (%u, %u)", n, n);
}

/* `tls` also to Redis. */
static struct trial given_scene(bool tls)
{
    unsigned tls_port = process_free_port(), port = process_free_port();
    char *socket, *url;

    certificate_init(&certificate);
    options[0] = text_print("tls-port=%u", tls_port);
    options[1] = text_print("tls-cert-file=%s", certificate.path);
    options[2] = text_print("tls-key-file=%s", certificate.key);
    options[3] = text_print("tls-ca-cert-file=%s", certificate.path);
    options[4] = text_print("tls-auth-clients=no");
    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE article (sku integer PRIMARY KEY, quantity integer)",
            .tables =
                "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: quantity}}\n",
            .http_port = port,
            .redis_settings = (const char *const *)options});
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: always}");
    socket = text_print("  url: unix://%s\n", scene.redis->socket);
    url = text_print("  url: rediss://127.0.0.1:%u/0\n  tls_ca: %s\n", tls_port, certificate.path);
    if (tls)
        scene_replace(&scene, socket, url);
    free(socket);
    free(url);
    return (struct trial){.agent = &scene.agent,
                          .redis = scene.redis,
                          .http_port = port,
                          .table = "public.article",
                          .insert = insert_article};
}

static void try_scene(const char *name, bool tls, const char *where)
{
    struct trial trial = given_scene(tls);

    trial.name = name;
    trial.where = where;
    trial_init(&trial);
    trial_each(&trial);
    trial_end(&trial);
    scene_end(&scene);
}

Test(calls, of_the_agent, .fini = done_scene)
{
    try_scene("agent", false, "agent/");
}

Test(calls, of_the_connector_to_postgresql, .fini = done_scene)
{
    try_scene("PostgreSQL", false, "connectors/postgresql/");
}

Test(calls, of_the_connector_to_redis, .fini = done_scene)
{
    try_scene("Redis", false, "connectors/redis/");
}

Test(calls, of_the_transport_to_redis_with_tls, .fini = done_scene)
{
    try_scene("Redis, TLS", true, "connectors/redis/transport.c");
}

static void insert_item(unsigned n)
{
    char *sql = text_print("INSERT INTO item VALUES (%u, REPEAT('ž', 150), %u)", n, n);

    shop_sql(&shop, sql);
    free(sql);
}

static struct trial given_shop(bool tls)
{
    unsigned port = process_free_port();
    char *socket, *tcp;

    certificate_init(&certificate);
    options[0] = text_print("ssl-cert=%s", certificate.path);
    options[1] = text_print("ssl-key=%s", certificate.key);
    options[2] = text_print("log-bin-compress=ON");
    options[3] = text_print("log-bin-compress-min-len=10");
    options[5] = text_print("http: {listen: \"127.0.0.1:%u\"}\n", port);
    shop_set(
        &shop,
        &(struct shop_options){
            .settings = (const char *const *)options,
            .item = "(id INT PRIMARY KEY, name VARCHAR(200) CHARACTER SET latin2, stock INT)",
            .mapping =
                "    entity: inventory\n    key: {sku: id}\n    fields: {quantity: stock, unit_code: name}\n",
            .top = options[5]});
    shop_sql(&shop, "CREATE USER tributary@'%'; GRANT REPLICATION SLAVE ON *.* TO tributary@'%';"
                    "GRANT SELECT ON shop.* TO tributary@'%'");
    shop_replace(&shop, "snapshot: {mode: never}", "snapshot: {mode: always}");
    socket = text_print("  host: %s\n", shop.db->socket);
    tcp = text_print("  host: 127.0.0.1\n  port: %u\n  tls: require\n", shop.db->port);
    if (tls)
        shop_replace(&shop, socket, tcp);
    free(socket);
    free(tcp);
    return (struct trial){.agent = &shop.agent,
                          .redis = shop.redis,
                          .http_port = port,
                          .table = "shop.item",
                          .insert = insert_item};
}

static void try_shop(const char *name, bool tls, const char *where)
{
    struct trial trial = given_shop(tls);

    trial.name = name;
    trial.where = where;
    trial_init(&trial);
    trial_each(&trial);
    trial_end(&trial);
    shop_end(&shop);
}

Test(calls, of_the_connector_to_mysql, .fini = done_shop)
{
    try_shop("MariaDB", false, "connectors/mysql/");
}

Test(calls, of_the_reader_of_binlogs_with_tls, .fini = done_shop)
{
    try_shop("MariaDB, TLS", true, "connectors/mysql/wire.c");
}
