/*
 * `tributary run`, end to end: several entities of one table, several tables of one entity, filters, on_delete, private
 * fields, keys of several parts and with characters that must be encoded.
 */
#include "lib/json.h"
#include "lib/scene.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct scene scene;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_mapping, .fini = done, .timeout = 120);

static void given(const char *schema, const char *tables)
{
    scene_set(&scene, &(struct scene_options){.schema = schema, .tables = tables});
    scene_start(&scene);
}

Test(run_mapping, one_table_feeds_several_entities)
{
    struct stored_stream prices, stock;

    given("CREATE TABLE article (sku text PRIMARY KEY, price numeric(10, 2), quantity integer)",
          "  public.article:\n"
          "    - entity: price\n"
          "      key: {sku: sku, price_currency: {const: EUR}}\n"
          "      fields: {price: price}\n"
          "    - entity: inventory\n"
          "      key: {sku: sku}\n"
          "      fields: {quantity: quantity}\n");
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 9.90, 3)");
    scene_sql(&scene, "UPDATE article SET quantity = 0");
    scene_sql(&scene, "UPDATE article SET price = 9.50, quantity = 4");
    scene_settle(&scene);
    prices = scene_events(&scene, "price");
    stock = scene_events(&scene, "inventory");
    cr_assert_eq(prices.n, 2);
    cr_assert_eq(stock.n, 3);
    scene_expect(&prices.entries[1], "type", "price.changed");
    scene_expect(&stock.entries[1], "type", "inventory.depleted");
    scene_expect(&stock.entries[2], "type", "inventory.replenished");
    scene_expect_state(&scene, "{price}:A:-:-:EUR:-", "price=9.50 price_currency=EUR sku=A");
    scene_expect_state(&scene, "{inventory}:A:-", "quantity=4 sku=A");
    stored_stream_fini(&prices);
    stored_stream_fini(&stock);
    scene_end(&scene);
}

Test(run_mapping, events_of_one_row_have_ids_of_their_own)
{
    struct stored_stream prices;

    given("CREATE TABLE article (sku text PRIMARY KEY, net numeric(10, 2), gross numeric(10, 2))",
          "  public.article:\n"
          "    - entity: price\n"
          "      key: {sku: sku, price_currency: {const: EUR}, tier: {const: net}}\n"
          "      fields: {price: net}\n"
          "    - entity: price\n"
          "      key: {sku: sku, price_currency: {const: EUR}, tier: {const: gross}}\n"
          "      fields: {price: gross}\n");
    scene_sql(&scene, "INSERT INTO article SELECT i::text, i, i * 1.2 FROM generate_series(1, 100) i");
    scene_settle(&scene);
    prices = scene_events(&scene, "price"); /* checks that ids differ and rise */
    cr_assert_eq(prices.n, 200);
    scene_expect_state(&scene, "{price}:100:-:-:EUR:gross",
                       "price=120.00 price_currency=EUR sku=100 tier=gross");
    stored_stream_fini(&prices);
    scene_end(&scene);
}

Test(run_mapping, truncate_spares_the_states_of_other_tables)
{
    given(
        "CREATE TABLE east (sku text PRIMARY KEY, n integer); CREATE TABLE west (sku text PRIMARY KEY, n integer)",
        "  public.east: {entity: inventory, key: {sku: sku, location: {const: east}}, fields: {quantity: n}}\n"
        "  public.west: {entity: inventory, key: {sku: sku, location: {const: west}}, fields: {quantity: n}}\n");
    scene_sql(&scene, "INSERT INTO east VALUES ('A', 1), ('B', 2); INSERT INTO west VALUES ('A', 3)");
    scene_sql(&scene, "TRUNCATE east");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:A:east", NULL);
    scene_expect_state(&scene, "{inventory}:B:east", NULL);
    scene_expect_state(&scene, "{inventory}:A:west", "location=west quantity=3 sku=A");
    scene_end(&scene);
}

static const char ORDERS[] =
    "CREATE TABLE orders (id integer PRIMARY KEY, channel text, total numeric(8, 2))";

Test(run_mapping, rows_enter_and_leave_by_the_filter)
{
    struct stored_stream events;

    given(ORDERS, "  public.orders:\n"
                  "    entity: order\n"
                  "    key: {order_number: id}\n"
                  "    fields: {total: total, channel: channel}\n"
                  "    where: {channel: {not: test}}\n");
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 'web', 1), (2, 'test', 2), (3, NULL, 3)");
    scene_sql(&scene, "UPDATE orders SET total = 20 WHERE id = 2");
    scene_sql(&scene, "DELETE FROM orders WHERE id = 2");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", "channel=web order_number=1 total=1.00");
    scene_expect_state(&scene, "{order}:2", NULL);
    scene_expect_state(&scene, "{order}:3", "order_number=3 total=3.00");
    scene_sql(&scene, "UPDATE orders SET channel = 'test' WHERE id = 1");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", NULL);
    scene_sql(&scene, "UPDATE orders SET channel = 'shop' WHERE id = 1");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", "channel=shop order_number=1 total=1.00");
    events = scene_events(&scene, "order");
    cr_assert_eq(stored_stream_count(&events, "2"), 0);
    cr_assert_eq(stored_stream_count(&events, "1"), 3);
    scene_expect(stored_stream_about(&events, "1", 1), "type", "order.deleted");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_mapping, on_delete_may_set_fields_instead)
{
    struct stored_stream events;

    given(ORDERS, "  public.orders:\n"
                  "    entity: order\n"
                  "    key: {order_number: id}\n"
                  "    fields: {total: total, order_status: {const: processing}}\n"
                  "    on_delete: {set: {order_status: cancelled}}\n");
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 'web', 1)");
    scene_sql(&scene, "DELETE FROM orders");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", "order_number=1 order_status=cancelled total=1.00");
    events = scene_events(&scene, "order");
    cr_assert_eq(events.n, 2);
    scene_expect(&events.entries[1], "type", "order.cancelled");
    scene_expect(&events.entries[1], "previous", "{\"order_status\":\"processing\"}");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_mapping, on_delete_may_be_ignored)
{
    given(ORDERS,
          "  public.orders:\n"
          "    {entity: order, key: {order_number: id}, fields: {total: total}, on_delete: ignore}\n");
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 'web', 1)");
    scene_sql(&scene, "DELETE FROM orders");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", "order_number=1 total=1.00");
    scene_end(&scene);
}

Test(run_mapping, private_fields_leave_only_as_the_rules_allow)
{
    struct stored_stream events;
    const char *mail, *data;
    char *first;

    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE member (id integer PRIMARY KEY, first text, last text, mail text,"
                            " phone text)",
                  .top = "pii: {key: 0123456789abcdef0123456789abcdef}\n",
                  .tables = "  public.member:\n"
                            "    entity: customer\n"
                            "    key: {customer_id: id}\n"
                            "    fields:\n"
                            "      given_name: {column: first, pii: \"truncate:1\"}\n"
                            "      family_name: {column: last, pii: drop}\n"
                            "      email: {column: mail, pii: hmac}\n"
                            "      telephone: {column: phone, pii: mask}\n"});
    scene_start(&scene);
    scene_sql(&scene,
              "INSERT INTO member VALUES (1, 'Zo\u00eb', 'Winterbottom', 'zoe@example.org', '0441234567'),"
              " (2, '\u00c9mile', 'Winterbottom', 'zoe@example.org', '0441234567')");
    scene_settle(&scene);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{customer}:booking-site:2", "given_name"),
                     "\u00c9");
    cr_assert_null(server_redis_hget(scene.redis, "cdc:state:{customer}:booking-site:1", "family_name"));
    mail = server_redis_hget(scene.redis, "cdc:state:{customer}:booking-site:1", "email");
    cr_assert(mail && !strstr(mail, "zoe"));
    first = strdup(mail);
    mail = server_redis_hget(scene.redis, "cdc:state:{customer}:booking-site:2", "email");
    cr_assert_str_eq(mail, first, "the same address has two hashes");
    free(first);
    events = scene_events(&scene, "customer");
    for (size_t i = 0; i < events.n; i++) {
        data = stored_record_get(&events.entries[i], "data");
        cr_assert(!strstr(data, "Winterbottom") && !strstr(data, "example.org") &&
                  !strstr(data, "0441234567"));
    }
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_mapping, values_in_keys_are_encoded)
{
    struct stored_stream events;

    given("CREATE TABLE stock (sku text, place text, n integer, PRIMARY KEY (sku, place))",
          "  public.stock: {entity: inventory, key: {sku: sku, location: place}, fields: {quantity: n}}\n");
    scene_sql(&scene, "INSERT INTO stock VALUES ('a:b', '50% {off}', 1), ('\u00fc', '', 2)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:a%3Ab:50%25%20%7Boff%7D",
                       "location=50% {off} quantity=1 sku=a:b");
    events = scene_events(&scene, "inventory");
    scene_expect(&events.entries[0], "subject", "a%3Ab:50%25%20%7Boff%7D");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_mapping, names_need_not_be_plain)
{
    given(
        "CREATE SCHEMA \"Sales Dept\"; CREATE TABLE \"Sales Dept\".\"Order\"\"s\" (\"The Id\" integer PRIMARY KEY,"
        " \"select\" numeric(6, 2)); GRANT USAGE ON SCHEMA \"Sales Dept\" TO tributary;"
        " GRANT SELECT ON \"Sales Dept\".\"Order\"\"s\" TO tributary",
        "  'Sales Dept.\"Order\"\"s\"': {entity: order, key: {order_number: The Id}, fields: {total: select}}\n");
    scene_sql(&scene, "INSERT INTO \"Sales Dept\".\"Order\"\"s\" VALUES (1, 2.5)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", "order_number=1 total=2.50");
    scene_end(&scene);
}

Test(run_mapping, a_partitioned_table_is_one_table)
{
    struct stored_stream events;

    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE orders (id integer, total numeric(6, 2), PRIMARY KEY (id))"
                      " PARTITION BY RANGE (id);"
                      "CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (0) TO (100);"
                      "CREATE TABLE orders_high PARTITION OF orders FOR VALUES FROM (100) TO (200)",
            .publication = "FOR ALL TABLES WITH (publish_via_partition_root = true)",
            .tables = "  public.orders: {entity: order, key: {order_number: id}, fields: {total: total}}\n"});
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 1), (101, 2)");
    scene_sql(&scene, "UPDATE orders SET id = 102 WHERE id = 1");
    scene_sql(&scene, "CREATE TABLE orders_top PARTITION OF orders FOR VALUES FROM (200) TO (300);"
                      " INSERT INTO orders VALUES (201, 3)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:1", NULL);
    scene_expect_state(&scene, "{order}:101", "order_number=101 total=2.00");
    scene_expect_state(&scene, "{order}:102", "order_number=102 total=1.00");
    scene_expect_state(&scene, "{order}:201", "order_number=201 total=3.00");
    events = scene_events(&scene, "order");
    cr_assert_eq(events.n, 5);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_mapping, a_database_need_not_be_utf8)
{
    scene_set(
        &scene,
        &(struct scene_options){
            .database = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
            .schema = "CREATE TABLE member (id integer PRIMARY KEY, name text)",
            .tables =
                "  public.member: {entity: customer, key: {customer_id: id}, fields: {given_name: name}}\n"});
    scene_start(&scene);
    scene_sql(&scene, "SET client_encoding = 'UTF8'");
    scene_sql(&scene, "INSERT INTO member VALUES (1, 'Zo\u00eb \u00c6')");
    scene_settle(&scene);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{customer}:booking-site:1", "given_name"),
                     "Zo\u00eb \u00c6");
    scene_end(&scene);
}

Test(run_mapping, an_enum_takes_only_the_words_of_the_model)
{
    struct stored_stream rejects;

    given("CREATE TABLE stock (sku text PRIMARY KEY, a text)",
          "  public.stock: {entity: inventory, key: {sku: sku}, fields: {availability: a}}\n");
    scene_sql(&scene,
              "INSERT INTO stock VALUES ('A', 'in_stock'), ('B', 'maybe'), ('C', NULL), ('D', 'IN_STOCK')");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:A:-", "availability=in_stock sku=A");
    scene_expect_state(&scene, "{inventory}:B:-", NULL);
    scene_expect_state(&scene, "{inventory}:C:-", "sku=C");
    rejects = scene_rejects(&scene);
    cr_assert_geq(rejects.n, 1);
    scene_expect(&rejects.entries[0], "key", "B:-");
    stored_stream_fini(&rejects);
    scene_end(&scene);
}

Test(run_mapping, a_reject_may_stop_the_agent)
{
    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE stock (sku text PRIMARY KEY, a text)",
            .top = "on_reject: stop\n",
            .tables = "  public.stock: {entity: inventory, key: {sku: sku}, fields: {availability: a}}\n"});
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO stock VALUES ('A', 'in_stock')");
    scene_sql(&scene, "INSERT INTO stock VALUES ('B', 'maybe')");
    scene_sql(&scene, "INSERT INTO stock VALUES ('C', 'in_stock')");
    cr_assert_eq(agent_wait_exit(&scene.agent, 15000), 1, "%s", agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, "public.stock"));
    scene_expect_state(&scene, "{inventory}:A:-", "availability=in_stock sku=A");
    scene_expect_state(&scene, "{inventory}:C:-", NULL);
    scene_replace(&scene, "on_reject: stop", "on_reject: dead_letter");
    scene_start(&scene);
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:C:-", "availability=in_stock sku=C");
    scene_end(&scene);
}

Test(run_mapping, one_json_field_of_several_columns)
{
    struct stored_stream products;

    given(
        "CREATE TABLE article (sku text PRIMARY KEY, colour text, weight numeric(8, 1), w integer, h integer, "
        "more jsonb, tags text[], fragile boolean, story text);"
        "ALTER TABLE article ALTER story SET STORAGE EXTERNAL",
        "  public.article:\n"
        "    entity: product\n"
        "    key: sku\n"
        "    fields:\n"
        "      specs:\n"
        "        json:\n"
        "          colour: colour\n"
        "          weight_g: {column: weight, as: number}\n"
        "          size: {json: {w: w, h: {column: h, as: number}}}\n"
        "          more: more\n"
        "          tags: tags\n"
        "          fragile: {column: fragile, as: boolean}\n"
        "          story: {column: story, pii: 'truncate:3'}\n");
    scene_sql(&scene,
              "INSERT INTO article VALUES ('A', 'say \"red\"', 12.5, 3, 4, '{\"b\": [1, 2]}', '{x,y}', true, "
              "repeat('long ', 2000))");
    scene_sql(&scene, "INSERT INTO article VALUES ('B', NULL, 1.0, NULL, NULL, NULL, NULL, false)");
    scene_sql(&scene, "INSERT INTO article VALUES ('C')");
    scene_settle(&scene);
    scene_expect_state(
        &scene, "{product}:A",
        "sku=A specs={\"colour\":\"say \\\"red\\\"\",\"weight_g\":12.5,\"size\":{\"w\":\"3\",\"h\":4},"
        "\"more\":{\"b\":[1,2]},\"tags\":[\"x\",\"y\"],\"fragile\":true,\"story\":\"lon\"}");
    scene_expect_state(&scene, "{product}:B", "sku=B specs={\"weight_g\":1.0,\"fragile\":false}");
    scene_expect_state(&scene, "{product}:C", "sku=C");
    scene_sql(&scene, "UPDATE article SET colour = 'blue' WHERE sku = 'A'"); /* its story is not sent */
    scene_sql(&scene, "UPDATE article SET w = 1 WHERE sku = 'B'");
    scene_settle(&scene);
    scene_expect_state(
        &scene, "{product}:A",
        "sku=A specs={\"colour\":\"say \\\"red\\\"\",\"weight_g\":12.5,\"size\":{\"w\":\"3\",\"h\":4},"
        "\"more\":{\"b\":[1,2]},\"tags\":[\"x\",\"y\"],\"fragile\":true,\"story\":\"lon\"}");
    scene_expect_state(&scene, "{product}:B",
                       "sku=B specs={\"weight_g\":1.0,\"size\":{\"w\":\"1\"},\"fragile\":false}");
    products = scene_events(&scene, "product");
    cr_assert_eq(products.n, 4, "what is unavailable has not changed");
    scene_expect(&products.entries[3], "previous",
                 "{\"specs\":\"{\\\"weight_g\\\":1.0,\\\"fragile\\\":false}\"}");
    stored_stream_fini(&products);
    scene_end(&scene);
}

/* `preview` shows rows as they are, but nothing that a rule for personal data hides, wherever it stands. */
Test(run_mapping, preview_hides_what_is_protected_inside_json)
{
    given("CREATE TABLE article (sku text PRIMARY KEY, colour text, maker text);"
          "INSERT INTO article VALUES ('A', 'scarlet', 'Magdalena')",
          "  public.article:\n"
          "    entity: product\n"
          "    key: sku\n"
          "    fields: {specs: {json: {colour: colour, by: {json: {maker: {column: maker, pii: mask}}}}}}\n");
    cr_assert_eq(agent_command(&scene.agent, (const char *const[]){"preview", scene.agent.config, NULL}), 0);
    cr_assert(strstr(agent_output(&scene.agent), "scarlet"), "%s", agent_output(&scene.agent));
    cr_assert(strstr(agent_output(&scene.agent), "M********"), "%s", agent_output(&scene.agent));
    cr_assert_not(strstr(agent_output(&scene.agent), "Magdalena"));
    scene_end(&scene);
}

/* The tables of a model of one's own, shown; its errors, with their places. */
Test(run_mapping, schema_shows_a_model_of_ones_own)
{
    struct agent agent;
    char *path;

    agent_init(&agent);
    path = tempdir_write(
        &agent.dir, "own.yaml",
        "version: 1\nentities: {seat: {meaning: a seat, key: [id, shop], "
        "verbs: {insert: made, update: changed, delete: gone}, agree: {fields: [price], across: [shop]}, "
        "fields: {id: {type: string, meaning: i}, shop: {type: string, meaning: s}, "
        "price: {type: decimal, meaning: p}}}}\n");
    cr_assert_eq(agent_command(&agent, (const char *const[]){"schema", "--model", path, "seat", NULL}), 0);
    cr_assert(strstr(agent_output(&agent), "price must agree across shop => seat.diverged, seat.converged"));
    cr_assert_eq(agent_command(&agent, (const char *const[]){"schema", "--model", path, "booking", NULL}),
                 64);
    free(path);
    path = tempdir_write(&agent.dir, "bad.yaml", "version: 1\nentities: {seat: {links: true}}\n");
    cr_assert_eq(agent_command(&agent, (const char *const[]){"schema", "--model", path, NULL}), 78);
    cr_assert(agent_log_contains(&agent, "bad.yaml:2:26: error: entities.seat.links: "));
    cr_assert_neq(agent_command(&agent, (const char *const[]){"schema", "--model", "/nonexistent", NULL}), 0);
    free(path);
    agent_fini(&agent);
}
