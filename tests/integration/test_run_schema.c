/*
 * `tributary run`, end to end: the tables change while the agent runs, and rows come that cannot be mapped. What cannot be
 * mapped becomes a dead letter that says why; everything else goes on.
 */
#include "lib/scene.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct scene scene;

static void given(void)
{
    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE orders (id integer PRIMARY KEY, number text, state text,"
                      " total numeric(8, 2), note text); ALTER TABLE orders REPLICA IDENTITY FULL;"
                      "CREATE TABLE article (sku text PRIMARY KEY, quantity integer)",
            .tables =
                "  public.orders:\n"
                "    entity: order\n"
                "    key: {order_number: number}\n"
                "    fields:\n"
                "      total: total\n"
                "      order_status: {column: state, values: {N: processing, D: delivered}}\n"
                "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: quantity}}\n"});
    scene_start(&scene);
}

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_schema, .init = given, .fini = done, .timeout = 120);

/* There is one dead letter, of table orders, for a reason that names `column`, without the value `secret`. */
static void expect_one_reject(const char *column, const char *secret)
{
    struct stored_stream rejects = scene_rejects(&scene);
    const struct stored_record *reject = &rejects.entries[0];
    char *all;

    cr_assert_eq(rejects.n, 1, "%zu dead letters", rejects.n);
    scene_expect(reject, "table", "public.orders");
    cr_assert(stored_record_get(reject, "reason") && *stored_record_get(reject, "reason"));
    all = stored_record_print(reject);
    cr_assert(strstr(all, column), "no %s in %s", column, all);
    cr_assert(!strstr(all, secret), "%s in %s", secret, all);
    cr_assert(!agent_log_contains(&scene.agent, secret), "%s is in the log", secret);
    free(all);
    stored_stream_fini(&rejects);
}

Test(run_schema, a_value_outside_the_map_is_a_dead_letter)
{
    scene_sql(&scene,
              "INSERT INTO orders VALUES (1, 'A1', 'N', 1), (2, 'A2', 'Wrong-9', 2), (3, 'A3', 'D', 3)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A1",
                       "order_number=A1 order_status=processing source_order_status=N total=1.00");
    scene_expect_state(&scene, "{order}:A2", NULL);
    scene_expect_state(&scene, "{order}:A3",
                       "order_number=A3 order_status=delivered source_order_status=D total=3.00");
    expect_one_reject("state", "Wrong-9");
    scene_end(&scene);
}

Test(run_schema, a_key_that_is_null_is_a_dead_letter)
{
    scene_sql(&scene, "INSERT INTO orders VALUES (1, NULL, 'N', 77.77), (2, 'A2', 'N', 2)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A2",
                       "order_number=A2 order_status=processing source_order_status=N total=2.00");
    expect_one_reject("number", "77.77");
    scene_end(&scene);
}

Test(run_schema, a_new_column_does_not_disturb)
{
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 1)");
    scene_sql(&scene, "ALTER TABLE article ADD colour text DEFAULT 'red'");
    scene_sql(&scene, "INSERT INTO article VALUES ('B', 2, 'blue')");
    scene_sql(&scene, "UPDATE article SET quantity = 3 WHERE sku = 'A'");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:A:-", "quantity=3 sku=A");
    scene_expect_state(&scene, "{inventory}:B:-", "quantity=2 sku=B");
    scene_end(&scene);
}

Test(run_schema, columns_may_move_and_change_their_type)
{
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 1)");
    scene_sql(&scene,
              "ALTER TABLE article ADD first integer; ALTER TABLE article ALTER quantity TYPE bigint");
    scene_sql(&scene, "INSERT INTO article VALUES ('B', 5000000000, 7)");
    scene_sql(&scene, "ALTER TABLE article DROP quantity; ALTER TABLE article ADD quantity integer");
    scene_sql(&scene, "INSERT INTO article (sku, quantity) VALUES ('C', 9)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:B:-", "quantity=5000000000 sku=B");
    scene_expect_state(&scene, "{inventory}:C:-", "quantity=9 sku=C");
    scene_end(&scene);
}

Test(run_schema, rows_without_a_mapped_column_are_dead_letters)
{
    scene_sql(&scene, "ALTER TABLE orders DROP total");
    scene_sql(&scene,
              "INSERT INTO orders VALUES (1, 'A1', 'N', 'private'); INSERT INTO article VALUES ('A', 1)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A1", NULL);
    scene_expect_state(&scene, "{inventory}:A:-", "quantity=1 sku=A");
    expect_one_reject("total", "private");
    scene_sql(&scene, "ALTER TABLE orders ADD total numeric(8, 2)");
    scene_sql(&scene, "UPDATE orders SET total = 5");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A1",
                       "order_number=A1 order_status=processing source_order_status=N total=5.00");
    scene_end(&scene);
}

Test(run_schema, a_renamed_table_is_another_table)
{
    scene_sql(&scene, "INSERT INTO article VALUES ('A', 1)");
    scene_sql(
        &scene,
        "ALTER TABLE article RENAME TO old; CREATE TABLE article (quantity bigint, sku text PRIMARY KEY)");
    scene_sql(&scene, "INSERT INTO old VALUES ('B', 2)");
    scene_sql(&scene, "INSERT INTO article VALUES (3, 'C')");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:B:-", NULL);
    scene_expect_state(&scene, "{inventory}:C:-", "quantity=3 sku=C");
    scene_sql(&scene, "DROP TABLE article; ALTER TABLE old RENAME TO article");
    scene_sql(&scene, "INSERT INTO article VALUES ('D', 4)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:D:-", "quantity=4 sku=D");
    scene_end(&scene);
}

Test(run_schema, a_transaction_may_change_tables_and_rows)
{
    scene_sql(&scene, "BEGIN; INSERT INTO article VALUES ('A', 1); ALTER TABLE article ADD colour text;"
                      " INSERT INTO article VALUES ('B', 2, 'red'); ALTER TABLE article DROP colour;"
                      " UPDATE article SET quantity = 8; COMMIT");
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:A:-", "quantity=8 sku=A");
    scene_expect_state(&scene, "{inventory}:B:-", "quantity=8 sku=B");
    scene_end(&scene);
}

Test(run_schema, rows_with_a_mapped_column_of_another_name_are_dead_letters)
{
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 'A1', 'N', 1)");
    scene_sql(&scene, "ALTER TABLE orders RENAME total TO sum");
    scene_sql(&scene, "INSERT INTO orders VALUES (2, 'A2', 'N', 2, 'private');"
                      "INSERT INTO article VALUES ('A', 1)");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A2", NULL);
    scene_expect_state(&scene, "{inventory}:A:-", "quantity=1 sku=A");
    expect_one_reject("total", "private");
    scene_sql(&scene, "ALTER TABLE orders RENAME sum TO total; UPDATE orders SET total = 7 WHERE id = 2");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A2",
                       "order_number=A2 order_status=processing source_order_status=N total=7.00");
    scene_end(&scene);
}

Test(run_schema, a_mapped_column_that_is_dropped_may_stop_the_agent)
{
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_replace(&scene, "\ntables:\n", "\non_reject: stop\ntables:\n");
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 'A1', 'N', 1)");
    scene_settle(&scene);
    scene_sql(&scene, "ALTER TABLE orders DROP total; INSERT INTO orders VALUES (2, 'A2', 'N', 'private')");
    cr_assert_eq(agent_wait_exit(&scene.agent, 30000), 78);
    cr_assert(agent_log_contains(&scene.agent, "\"total\""), "%s", agent_log(&scene.agent));
    cr_assert(agent_log_contains(&scene.agent, "public.orders"));
    cr_assert(!agent_log_contains(&scene.agent, "private"));
    scene_expect_state(&scene, "{order}:A1",
                       "order_number=A1 order_status=processing source_order_status=N total=1.00");
    scene_clean(&scene);
}

/* The old value of the entity's key does not come with an update any more: no state may stay behind as if nothing had moved. */
Test(run_schema, another_primary_key_may_hide_what_the_entity_is_called)
{
    scene_sql(&scene, "INSERT INTO orders VALUES (1, 'A1', 'N', 1)");
    scene_sql(&scene, "UPDATE orders SET number = 'A2';"
                      "ALTER TABLE orders REPLICA IDENTITY DEFAULT;"
                      "UPDATE orders SET number = 'A3', note = 'private'");
    scene_settle(&scene);
    scene_expect_state(&scene, "{order}:A1", NULL);
    scene_expect_state(&scene, "{order}:A2",
                       "order_number=A2 order_status=processing source_order_status=N total=1.00");
    scene_expect_state(&scene, "{order}:A3", NULL);
    expect_one_reject("number", "private");
    scene_end(&scene);
}
