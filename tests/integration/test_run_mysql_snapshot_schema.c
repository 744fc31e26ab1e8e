/*
 * Tables of MariaDB and MySQL that are altered while they are loaded, while the agent is away in the middle of it and while it runs: in the end each state is
 * its row, or the load of that table alone has failed and says why.
 */
#include "integration/snapshot_watch.h"
#include "lib/fail.h"
#include "lib/shop.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 20000 };

static struct shop shop;
static struct snapshot_watch watch;

static void done(void)
{
    shop_clean(&shop);
}

TestSuite(run_mysql_snapshot_schema, .fini = done, .timeout = 240);

static void given(void)
{
    char *fill = text_print("INSERT INTO item SELECT seq, REPEAT('x', 50), seq FROM seq_1_to_%d", ROWS);

    shop_set(
        &shop,
        &(struct shop_options){
            .settings = (const char *const[]){"binlog_row_metadata=FULL", NULL},
            .schema = "CREATE TABLE shelf (id INT PRIMARY KEY, quantity INT);"
                      "INSERT INTO shelf VALUES (1, 1);",
            .tables =
                "  shop.shelf: {entity: message, key: {message_id: id}, fields: {campaign: quantity}}\n"});
    shop_replace(&shop, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 200}");
    watch = (struct snapshot_watch){shop.redis, &shop.agent, "cdc:checkpoint:shop"};
    server_mariadb_sequence(shop.db, "shop", 1, ROWS);
    shop_sql(&shop, fill);
    free(fill);
    shop_start(&shop);
}

/* The agent goes when the load is somewhere in the table. */
static void stop_in_the_middle(void)
{
    struct progress p;

    snapshot_watch_rows(&watch, "shop.item", 1000);
    shop_pause(&shop);
    p = snapshot_watch_progress(&watch, "shop.item");
    cr_assert(p.state == PROGRESS_RUNNING && p.rows < ROWS, "the load was too fast");
    progress_fini(&p);
}

static void expect_loaded(void)
{
    snapshot_watch_state(&watch, "shop.item", PROGRESS_DONE);
    shop_settle(&shop);
    shop_expect_same(&shop);
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), 0);
    snapshot_watch_command(&watch, 0, (const char *const[]){"verify", NULL});
    shop_end(&shop);
}

Test(run_mysql_snapshot_schema, columns_come_go_move_and_change_their_type)
{
    given();
    stop_in_the_middle();
    shop_sql(&shop,
             "UPDATE item SET stock = stock + 70000 WHERE id % 100 = 3; DELETE FROM item WHERE id % 1000 = 4;"
             "ALTER TABLE item ADD first INT DEFAULT 7 FIRST, MODIFY stock BIGINT AFTER id, DROP name;"
             "UPDATE item SET stock = 5000000000 WHERE id % 100 = 5;"
             "INSERT INTO item (id, stock) VALUES (500001, 1), (-1, NULL);"
             "ALTER TABLE item CHANGE stock amount BIGINT, ADD stock VARCHAR(20);"
             "UPDATE item SET stock = id % 7; ALTER TABLE item DROP amount, MODIFY stock INT FIRST");
    shop_start(&shop);
    expect_loaded();
}

Test(run_mysql_snapshot_schema, altered_again_and_again_while_it_is_read)
{
    unsigned alters = 0;
    struct progress p;
    bool over;

    given();
    do {
        shop_sql(&shop, alters % 2
                            ? "ALTER TABLE item DROP more, MODIFY stock INT FIRST;"
                              "UPDATE item SET stock = stock + 1 WHERE id % 500 = 1"
                            : "ALTER TABLE item ADD more INT DEFAULT 3 FIRST, MODIFY stock BIGINT AFTER name;"
                              "UPDATE item SET stock = -id WHERE id % 500 = 2");
        p = snapshot_watch_progress(&watch, "shop.item");
        over = p.state == PROGRESS_DONE;
        progress_fini(&p);
        alters++;
    } while (!over && alters < 20);
    cr_assert_gt(alters, 1, "the load was too fast");
    expect_loaded();
}

Test(run_mysql_snapshot_schema, a_mapped_column_that_disappears_ends_the_load_of_its_table_alone)
{
    struct progress p;

    given();
    stop_in_the_middle();
    shop_sql(&shop, "ALTER TABLE item DROP stock");
    shop_start(&shop);
    snapshot_watch_state(&watch, "shop.item", PROGRESS_FAILED);
    p = snapshot_watch_progress(&watch, "shop.item");
    cr_assert(strstr(p.why, "stock"), "%s", p.why);
    progress_fini(&p);
    shop_sql(&shop, "UPDATE shelf SET quantity = 2");
    shop_settle(&shop);
    cr_assert_str_eq(server_redis_hget(shop.redis, "cdc:state:{message}:1", "campaign"), "2");
    shop_sql(&shop, "ALTER TABLE item ADD stock INT; UPDATE item SET stock = id % 9");
    shop_pause(&shop);
    shop_start(&shop);
    snapshot_watch_again(&watch, "shop.item");
    expect_loaded();
}

/* The rows that lie before the place where the load stood, in the new key's order, are not missed. */
Test(run_mysql_snapshot_schema, another_primary_key)
{
    given();
    stop_in_the_middle();
    shop_sql(&shop,
             "ALTER TABLE item ADD other INT NOT NULL DEFAULT 0; UPDATE item SET other = 100000 - id;"
             "ALTER TABLE item DROP PRIMARY KEY, ADD PRIMARY KEY (other);"
             "UPDATE item SET stock = stock + 70000 WHERE id % 100 = 3; DELETE FROM item WHERE id % 1000 = 4;"
             "INSERT INTO item (id, stock, other) VALUES (500001, 1, 1)");
    shop_start(&shop);
    expect_loaded();
}
