/* `tributary init` on real catalogues: what it writes can be used as it is. */
#include "lib/agent.h"
#include "lib/fail.h"
#include "lib/process.h"
#include "lib/server_mariadb.h"
#include "lib/server_postgresql.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct agent agent;
static struct server_postgresql *pg;
static struct server_mariadb *maria;

static void clean(void)
{
    agent_fini(&agent);
    server_postgresql_stop(pg);
    server_mariadb_stop(maria);
}

TestSuite(init, .timeout = 120, .fini = clean);

/* The same tables on both engines. */
#define COMMON                                                                                                    \
    "CREATE TABLE stock (sku varchar(20), branch varchar(20), on_hand int, PRIMARY KEY (sku, branch));"           \
    "CREATE TABLE members (id int PRIMARY KEY, email varchar(80), first_name varchar(40), lang char(2));"         \
    "CREATE TABLE reservations (id bigint PRIMARY KEY, member_no int, state char(1), total_price numeric(10,2), " \
    "mail varchar(80), persons int);"                                                                             \
    "CREATE TABLE order_items (order_id int, line int, sku varchar(20), PRIMARY KEY (order_id, line));"           \
    "CREATE TABLE settings (name varchar(40) PRIMARY KEY, value varchar(40), phone varchar(20));"                 \
    "CREATE TABLE orders (order_no varchar(20), total numeric(10,2));"

static void expect(const char *text)
{
    cr_expect(strstr(agent_output(&agent), text), "not there: %s\nin:\n%s", text, agent_output(&agent));
}

/* Writes what init said as the configuration, and checks that as it is. */
static void check_as_it_is(void)
{
    char *said = strdup(agent_output(&agent));

    agent_configure(&agent, said);
    cr_assert_eq(agent_command(&agent, (const char *const[]){"check", "--no-connect", agent.config, NULL}), 0,
                 "%s\n%s", said, agent_log(&agent));
    free(said);
}

static void expect_common(const char *schema)
{
    char *stock = text_print("  %s.stock:\n    entity: inventory", schema),
         *settings = text_print("  # %s.settings:   # no entity comes near\n", schema),
         *items = text_print("  # %s.order_items:   # perhaps, but", schema),
         *orders = text_print("  # %s.orders:   # perhaps, but it has no primary key\n", schema);

    expect(stock);
    expect("    key: {sku: sku, location: branch}\n    fields:\n      quantity: on_hand\n");
    expect("entity: customer");
    expect("    key: {customer_id: id}\n");
    expect("      # email: {column: email, pii: mask}   # personal");
    expect("      # given_name: {column: first_name, pii: mask}   # personal");
    expect("    key: {reservation_id: id}\n");
    expect("-${id}\"}   # if other systems have such numbers, too\n");
    expect("      customer_id: member_no\n");
    expect("      # reservation_status: {column: state, values: {…: hold, ");
    expect("      total_price: total_price\n");
    expect("      party_size: persons\n");
    expect("      # email: {column: mail, pii: mask}");
    expect(settings);
    expect("looks personal)");
    expect(items);
    expect(orders);
    free(stock);
    free(settings);
    free(items);
    free(orders);
}

Test(init, postgresql)
{
    char *url;

    pg = server_postgresql_start(NULL);
    server_postgresql_sql(pg, "postgres", "CREATE DATABASE \"Shop_2024\"");
    server_postgresql_sql(
        pg, "Shop_2024",
        COMMON
        "CREATE SCHEMA \"odd.schema\";"
        "CREATE TABLE \"odd.schema\".\"Bonus \"\"x\"\"\" (\"null\" int PRIMARY KEY, points int, \"a ${b}\" text);"
        "CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);"
        "CREATE UNLOGGED TABLE unlogged_stock (sku text PRIMARY KEY, quantity int)");
    agent_init(&agent);
    url = text_print("postgresql://postgres@:%u/Shop_2024?host=%s", pg->port, pg->host);
    cr_assert_eq(agent_command(&agent, (const char *const[]){"init", "--from", url, NULL}), 0, "%s",
                 agent_log(&agent));
    expect("connector: shop-2024 ");
    expect("\n  user: tributary   #"); /* not the administrator who looks */
    expect_common("public");
    expect("\"\\\"odd.schema\\\".\\\"Bonus \\\"\\\"x\\\"\\\"\\\"\"");
    expect("parted");
    cr_expect_null(strstr(agent_output(&agent), "parted_1"));
    cr_expect_null(strstr(agent_output(&agent), "unlogged_stock"));
    check_as_it_is();
    free(url);
}

Test(init, mysql)
{
    char *url;

    maria = server_mariadb_start(NULL);
    server_mariadb_sql(maria, "", "CREATE DATABASE shop;");
    server_mariadb_sql(maria, "shop", COMMON "CREATE VIEW all_stock AS SELECT * FROM stock;");
    server_mariadb_sql(maria, "",
                       "CREATE DATABASE other; CREATE TABLE other.prices (id int PRIMARY KEY, price int);"
                       "CREATE USER looker IDENTIFIED BY 'sesame-7'; GRANT SELECT ON shop.* TO looker;");
    agent_init(&agent);
    setenv("TRIBUTARY_PASSWORD", "sesame-7", 1);
    url = text_print("mysql://looker@127.0.0.1:%u/shop", maria->port);
    cr_assert_eq(agent_command(&agent, (const char *const[]){"init", "--from", url, "--redis",
                                                             "redis://cache.example.org:6380/2", NULL}),
                 0, "%s", agent_log(&agent));
    expect("  type: mysql\n");
    expect("  user: looker ");
    expect("  password: ${env:TRIBUTARY_PASSWORD} ");
    expect("\n  server_id: 7");
    expect("  url: \"redis://cache.example.org:6380/2\"");
    expect_common("shop");
    cr_expect_null(strstr(agent_output(&agent), "all_stock"));
    cr_expect_null(strstr(agent_output(&agent), "other."));
    cr_expect_null(strstr(agent_output(&agent), "sesame"));
    check_as_it_is();
    unsetenv("TRIBUTARY_PASSWORD");
    free(url);
}

Test(init, what_cannot_be)
{
    static const struct {
        const char *url, *message;
        int status;
    } wrong[] = {
        {"oracle://x@y/z", "does not start with postgresql://", 78},
        {"postgresql://me:sesame-7@127.0.0.1/shop", "TRIBUTARY_PASSWORD", 78},
        {"postgresql://127.0.0.1", "names no database", 78},
        {"postgresql:///shop", "names no host", 78},
        {"mysql:///shop?sockt=/x", "has an unknown option", 78},
        {"postgresql:///shop?host=/nonexistent", "", 69},
    };

    agent_init(&agent);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        agent_log_clear(&agent);
        cr_expect_eq(agent_command(&agent, (const char *const[]){"init", "--from", wrong[i].url, NULL}),
                     wrong[i].status, "%s: %s", wrong[i].url, agent_log(&agent));
        cr_expect(agent_log_contains(&agent, wrong[i].message), "%s", agent_log(&agent));
        cr_expect_not(agent_log_contains(&agent, "sesame"));
    }
    cr_expect_eq(agent_command(&agent, (const char *const[]){"init", NULL}), 64);
}
