/*
 * Tables of PostgreSQL that are altered while they are loaded, in the middle of it and again and again: in the end each state is its row,
 * or the load of that table alone has failed and says why.
 */
#include "integration/snapshot_table.h"
#include "lib/fail.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 20000 };

static struct scene scene;
static struct snapshot_table table;

static void done(void)
{
    snapshot_table_fini(&table);
    scene_clean(&scene);
}

TestSuite(run_snapshot_schema, .fini = done, .timeout = 240);

#define ASKS(...) snapshot_watch_command(&table.watch, 0, (const char *const[]){__VA_ARGS__, NULL})

static void given(void)
{
    char *schema =
             text_print("%s; CREATE TABLE shelf (id integer PRIMARY KEY, quantity integer)", SNAPSHOT_SCHEMA),
         *tables = text_print("%s%s", SNAPSHOT_SHELF, SNAPSHOT_MAPPING);

    scene_set(&scene, &(struct scene_options){.schema = schema, .tables = tables});
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 200}");
    snapshot_table_init(&table, &scene, ROWS);
    scene_sql(&scene, "INSERT INTO shelf VALUES (1, 1)");
    scene_start(&scene);
    free(schema);
    free(tables);
}

static void go_on(void)
{
    ASKS("snapshot", "resume");
}

static void expect_loaded(void)
{
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    snapshot_table_compare(&table);
    cr_assert_eq(scene_rejects(&scene).n, 0);
    ASKS("verify");
    scene_end(&scene);
}

#define SOME_CHANGES                                                                                         \
    "UPDATE article SET quantity = quantity + 70000 WHERE sku % 100 = 3;"                                    \
    "DELETE FROM article WHERE sku % 1000 = 4;"                                                              \
    "INSERT INTO article (quantity, sku, note) VALUES (1, 500001, 'new'), (2, -1, NULL);"

Test(run_snapshot_schema, columns_come_go_move_and_change_their_type)
{
    given();
    snapshot_table_pause(&table);
    scene_sql(&scene, SOME_CHANGES "ALTER TABLE article ADD first text DEFAULT 'x';"
                                   "ALTER TABLE article ALTER quantity TYPE bigint;"
                                   "UPDATE article SET quantity = 5000000000 WHERE sku % 100 = 5;"
                                   "ALTER TABLE article RENAME quantity TO amount;"
                                   "ALTER TABLE article ADD quantity smallint;"
                                   "UPDATE article SET quantity = sku % 7;"
                                   "ALTER TABLE article DROP amount, DROP first");
    go_on();
    expect_loaded();
}

Test(run_snapshot_schema, altered_again_and_again_while_it_is_read)
{
    unsigned alters = 0;
    struct progress p;
    bool over;

    given();
    do {
        scene_sql(&scene, alters % 2
                              ? "ALTER TABLE article DROP more, ALTER quantity TYPE integer;"
                                "UPDATE article SET quantity = quantity + 1 WHERE sku % 500 = 1"
                              : "ALTER TABLE article ADD more text DEFAULT 'm', ALTER quantity TYPE bigint;"
                                "UPDATE article SET note = 'm' WHERE sku % 500 = 2");
        p = snapshot_watch_progress(&table.watch, "public.article");
        over = p.state == PROGRESS_DONE;
        progress_fini(&p);
        alters++;
    } while (!over && alters < 20);
    cr_assert_gt(alters, 2, "the load was too fast");
    expect_loaded();
}

static void without_the_column(const char *take, const char *give_back)
{
    struct progress p;

    given();
    snapshot_table_pause(&table);
    scene_sql(&scene, take);
    go_on();
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_FAILED);
    p = snapshot_watch_progress(&table.watch, "public.article");
    cr_assert(strstr(p.why, "quantity"), "%s", p.why);
    progress_fini(&p);
    scene_sql(&scene, "UPDATE shelf SET quantity = 2");
    scene_settle(&scene);
    scene_expect_state(&scene, "{message}:shelf-1", "campaign=2 message_id=shelf-1");
    scene_sql(&scene, give_back);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_start(&scene);
    snapshot_watch_again(&table.watch, "public.article");
    expect_loaded();
}

Test(run_snapshot_schema, a_mapped_column_that_is_dropped_ends_the_load_of_its_table_alone)
{
    without_the_column("ALTER TABLE article DROP quantity",
                       "ALTER TABLE article ADD quantity integer; UPDATE article SET quantity = sku % 9");
}

Test(run_snapshot_schema, a_mapped_column_that_is_renamed_ends_it_as_well)
{
    without_the_column("ALTER TABLE article RENAME quantity TO amount",
                       "ALTER TABLE article RENAME amount TO quantity");
}

/* The rows of the new key's order that lie before the place where the load stood are not missed. */
Test(run_snapshot_schema, another_primary_key)
{
    given();
    snapshot_table_pause(&table);
    scene_sql(&scene, "ALTER TABLE article REPLICA IDENTITY FULL, DROP CONSTRAINT article_pkey,"
                      " ADD other integer NOT NULL DEFAULT 0; UPDATE article SET other = 100000 - sku;"
                      "ALTER TABLE article ADD PRIMARY KEY (other)");
    scene_sql(&scene, "UPDATE article SET quantity = quantity + 70000 WHERE sku % 100 = 3;"
                      "DELETE FROM article WHERE sku % 1000 = 4;"
                      "INSERT INTO article (quantity, sku, note, other) VALUES (1, 500001, 'new', 1)");
    go_on();
    expect_loaded();
}

/* Another table takes its place and name. What was loaded of the one before is gone once the table is loaded anew. */
Test(run_snapshot_schema, a_table_that_is_renamed_and_replaced)
{
    given();
    snapshot_table_pause(&table);
    scene_sql(&scene, "BEGIN; ALTER TABLE article RENAME TO old;"
                      "CREATE TABLE article (quantity bigint, note text, sku integer PRIMARY KEY);"
                      "GRANT SELECT ON article TO tributary; UPDATE old SET quantity = -9 WHERE sku < 50;"
                      "INSERT INTO article SELECT i * 3, 'n', i FROM generate_series(900, 2000) i; COMMIT");
    go_on();
    snapshot_watch_state(&table.watch, "public.article", PROGRESS_DONE);
    scene_settle(&scene);
    scene_expect_state(&scene, "{inventory}:900:-", "quantity=2700 sku=900 unit_code=n");
    scene_expect_state(&scene, "{inventory}:2000:-", "quantity=6000 sku=2000 unit_code=n");
    cr_assert_str_neq(server_redis_hget(scene.redis, "cdc:state:{inventory}:7:-", "quantity"), "-9");
    ASKS("snapshot", "start", "--table", "article");
    expect_loaded();
}
