/*
 * Definitions that change under a running agent: by ALTER in every form, by the sequences of gh-ost and pt-online-schema-change,
 * and in two phases; with column names in the binlog and without.
 */
#include "lib/fail.h"
#include "lib/shop.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITES = 150 };

static struct shop shop;

static void done(void)
{
    shop_clean(&shop);
}

TestSuite(run_mysql_schema, .fini = done, .timeout = 120);

static const char *without_names(void)
{
    return server_mariadb_is_mysql() ? "MINIMAL" : "NO_LOG";
}

static void given(const char *metadata)
{
    char *setting = text_print("binlog-row-metadata=%s", metadata);

    shop_set(&shop, &(struct shop_options){.settings = (const char *const[]){setting, NULL}});
    free(setting);
    shop_start(&shop);
}

/* Rows are written one by one: inserted, then counted up; what a renaming disturbs is tried again. */
static const char WRITER[] =
    "CREATE PROCEDURE writes(n INT) BEGIN DECLARE i, ok INT DEFAULT 0; WHILE i < n DO SET i = i + 1, ok = 0;"
    " WHILE ok = 0 DO BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET ok = 0; SET ok = 1;"
    "  INSERT INTO item (id, name, stock) VALUES (i, 'n', i); END; END WHILE; SET ok = 0;"
    " WHILE ok = 0 DO BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET ok = 0; SET ok = 1;"
    "  UPDATE item SET stock = stock + 1000 WHERE id = i; END; END WHILE; DO SLEEP(0.002); END WHILE; END";

/* Runs statements that end in "//" in a client of their own. */
static pid_t client(const char *sql)
{
    char *socket = text_print("--socket=%s", shop.db->socket);
    pid_t pid = process_start((const char *const[]){"mariadb", "--no-defaults", "--user=root", socket,
                                                    "--delimiter=//", "-e", sql, "shop", NULL},
                              NULL);

    free(socket);
    return pid;
}

static pid_t begin_writes(void)
{
    char *call = text_print("CALL writes(%d)", WRITES);
    pid_t pid = client(WRITER);

    cr_assert_eq(process_wait(pid, SHOP_SOON_MS), 0);
    pid = client(call);
    free(call);
    return pid;
}

static bool some_written(void *ctx)
{
    (void)ctx;
    return atoi(shop_query(&shop, "SELECT COUNT(*) FROM item")) > WRITES / 5;
}

/*
 * Each row came twice, in order, and Redis holds what was written and committed last. That, not the table, is the measure: triggers on a
 * table that is being renamed may leave a change out of its copy.
 */
static void expect_all_writes(pid_t writer)
{
    char *ids = NULL;
    size_t len;
    FILE *out = open_memstream(&ids, &len);

    cr_assert_eq(process_wait(writer, SHOP_SOON_MS), 0, "the writer failed");
    shop_settle(&shop);
    for (int i = 1; i <= WRITES; i++)
        fprintf(out, "%s%d %d", i > 1 ? " " : "", i, i);
    cr_assert_eq(fclose(out), 0);
    shop_expect_subjects(&shop, ids);
    for (int i = 1; i <= WRITES; i++) {
        char fields[64];

        snprintf(fields, sizeof fields, "quantity=%d sku=%d", i + 1000, i);
        shop_expect_item(&shop, i, fields);
    }
    free(ids);
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), 0);
    shop_end(&shop);
}

static const char WAITER[] =
    "CREATE PROCEDURE wait_for_renamer() WHILE (SELECT COUNT(*) FROM information_schema.PROCESSLIST"
    " WHERE INFO LIKE 'RENAME TABLE%' AND STATE LIKE 'Waiting%') <> 1 DO DO SLEEP(0.01); END WHILE";

static bool is_locked(void *ctx)
{
    (void)ctx;
    return strcmp(shop_query(&shop, "SELECT IS_FREE_LOCK('locked')"), "0") == 0;
}

/* gh-ost: a shadow table is filled, the rest of it while writers wait, and both change their names before these go on. */
static void migrate_like_gh_ost(const char *alter, const char *columns)
{
    char *copy = text_print("REPLACE INTO _item_gho (%s) SELECT %s FROM item", columns, columns);
    char *prepare = text_print("CREATE TABLE _item_gho LIKE item; ALTER TABLE _item_gho %s;"
                               "CREATE TABLE _item_ghc (id INT AUTO_INCREMENT PRIMARY KEY, hint VARCHAR(64));"
                               "INSERT INTO _item_ghc (hint) VALUES ('copy'); %s LOCK IN SHARE MODE",
                               alter, copy);
    pid_t locker, renamer;

    locker = client(WAITER);
    cr_assert_eq(process_wait(locker, SHOP_SOON_MS), 0);
    shop_sql(&shop, prepare);
    locker = client(
        "LOCK TABLES item READ// DO GET_LOCK('locked', 10)// CALL wait_for_renamer()// UNLOCK TABLES//");
    wait_until("the lock", is_locked, NULL, SHOP_SOON_MS);
    shop_sql(&shop, copy);
    renamer = client("RENAME TABLE item TO _item_del, _item_gho TO item");
    cr_assert_eq(process_wait(renamer, SHOP_SOON_MS), 0);
    cr_assert_eq(process_wait(locker, SHOP_SOON_MS), 0);
    shop_sql(&shop, "DROP TABLE _item_del, _item_ghc");
    free(copy);
    free(prepare);
}

static void gh_ost(const char *metadata)
{
    pid_t writer;

    given(metadata);
    writer = begin_writes();
    wait_until("rows", some_written, NULL, SHOP_SOON_MS);
    migrate_like_gh_ost("ADD COLUMN note VARCHAR(20) DEFAULT 'x' AFTER id, MODIFY stock BIGINT",
                        "id, name, stock");
    expect_all_writes(writer);
}

Test(run_mysql_schema, gh_ost_with_names_in_the_binlog)
{
    gh_ost("FULL");
}

Test(run_mysql_schema, gh_ost_without_names_in_the_binlog)
{
    gh_ost(without_names());
}

/* pt-online-schema-change: triggers copy what is written meanwhile. */
static void pt_osc(const char *metadata)
{
    pid_t writer;

    given(metadata);
    writer = begin_writes();
    wait_until("rows", some_written, NULL, SHOP_SOON_MS);
    shop_sql(
        &shop,
        "CREATE TABLE _item_new LIKE item; ALTER TABLE _item_new ADD COLUMN note INT FIRST, MODIFY name VARCHAR(300);"
        "CREATE TRIGGER pt_osc_ins AFTER INSERT ON item FOR EACH ROW REPLACE INTO _item_new (id, name, stock)"
        " VALUES (NEW.id, NEW.name, NEW.stock);"
        "CREATE TRIGGER pt_osc_upd AFTER UPDATE ON item FOR EACH ROW REPLACE INTO _item_new (id, name, stock)"
        " VALUES (NEW.id, NEW.name, NEW.stock);"
        "CREATE TRIGGER pt_osc_del AFTER DELETE ON item FOR EACH ROW DELETE IGNORE FROM _item_new WHERE id <=> OLD.id;"
        "INSERT LOW_PRIORITY IGNORE INTO _item_new (id, name, stock) SELECT id, name, stock FROM item LOCK IN SHARE MODE;"
        "ANALYZE TABLE _item_new;"
        "RENAME TABLE item TO _item_old, _item_new TO item;"
        "DROP TABLE IF EXISTS _item_old; DROP TRIGGER IF EXISTS pt_osc_ins; DROP TRIGGER IF EXISTS pt_osc_upd;"
        "DROP TRIGGER IF EXISTS pt_osc_del");
    expect_all_writes(writer);
}

Test(run_mysql_schema, pt_online_schema_change_with_names_in_the_binlog)
{
    pt_osc("FULL");
}

Test(run_mysql_schema, pt_online_schema_change_without_names_in_the_binlog)
{
    pt_osc("MINIMAL");
}

/* Each step: a change of the table, and how item n is inserted then. */
static const char *const steps[][2] = {
    {"ADD COLUMN last INT", "(id, stock) VALUES"},
    {"ADD COLUMN first TEXT FIRST, ALGORITHM=COPY", "(id, stock) VALUES"},
    {"ADD COLUMN middle ENUM('a','b') AFTER id", "(id, stock) VALUES"},
    {"DROP COLUMN name", "(id, stock) VALUES"},
    {"MODIFY stock BIGINT UNSIGNED", "(id, stock) VALUES"},
    {"MODIFY stock SMALLINT FIRST", "(id, stock) VALUES"},
    {"MODIFY stock DECIMAL(9,0) AFTER middle", "(id, stock) VALUES"},
    {"CHANGE last name VARCHAR(10), CHANGE middle last INT", "(id, stock) VALUES"},
    {"MODIFY stock VARCHAR(30)", "(id, stock) VALUES"},
    {"MODIFY stock INT, ADD UNIQUE (stock), ADD INDEX (id, stock)", "(id, stock) VALUES"},
    {"DROP COLUMN first, DROP COLUMN last, DROP COLUMN name", "VALUES"},
    {"ADD COLUMN g INT AS (stock * 2) STORED", "(id, stock) VALUES"},
    {"ADD COLUMN v INT AS (stock * 2) VIRTUAL FIRST", "(id, stock) VALUES"},
};

enum { STEPS = sizeof steps / sizeof *steps };

static void take_steps(bool settle)
{
    for (int i = 0; i < STEPS; i++) {
        char *sql = text_print("ALTER TABLE item %s; INSERT INTO item %s (%d, %d)", steps[i][0], steps[i][1],
                               i + 1, 100 + i);

        shop_sql(&shop, sql);
        free(sql);
        if (settle)
            shop_settle(&shop);
    }
}

static void expect_all_steps(void)
{
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3 4 5 6 7 8 9 10 11 12 13");
    shop_expect_same(&shop);
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), 0);
    shop_end(&shop);
}

Test(run_mysql_schema, alter_with_names_in_the_binlog)
{
    given("FULL");
    take_steps(true);
    expect_all_steps();
}

/* Names of then, though the table is another by now. */
Test(run_mysql_schema, alter_with_names_in_the_binlog_while_the_agent_is_away)
{
    given("FULL");
    shop_pause(&shop);
    take_steps(false);
    shop_start(&shop);
    expect_all_steps();
}

Test(run_mysql_schema, alter_without_names_in_the_binlog)
{
    given(without_names());
    take_steps(true);
    expect_all_steps();
}

Test(run_mysql_schema, alter_with_types_in_the_binlog)
{
    given("MINIMAL");
    take_steps(true);
    expect_all_steps();
}

static void expect_rejects(long long n)
{
    cr_assert_eq(server_redis_integer(shop.redis, "XLEN cdc:dlq:shop"), n, "%s", agent_log(&shop.agent));
}

static void without_the_column(const char *metadata, const char *take, const char *give_back)
{
    given(metadata);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1)");
    shop_sql(&shop, take);
    shop_sql(&shop, "INSERT INTO item (id, name) VALUES (2, 'private')");
    shop_settle(&shop);
    shop_expect_item(&shop, 1, "quantity=1 sku=1");
    shop_expect_item(&shop, 2, NULL);
    expect_rejects(1);
    cr_assert(agent_log_contains(&shop.agent, "stock"));
    cr_assert(!agent_log_contains(&shop.agent, "private"));
    shop_sql(&shop, give_back);
    shop_sql(&shop, "INSERT INTO item (id, stock) VALUES (3, 3)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 3");
    expect_rejects(1);
    shop_end(&shop);
}

Test(run_mysql_schema, a_mapped_column_that_is_dropped_makes_dead_letters)
{
    without_the_column("FULL", "ALTER TABLE item DROP stock", "ALTER TABLE item ADD stock INT");
}

Test(run_mysql_schema, a_mapped_column_that_is_renamed_makes_dead_letters)
{
    without_the_column(without_names(), "ALTER TABLE item CHANGE stock amount INT",
                       "ALTER TABLE item CHANGE amount stock INT");
}

Test(run_mysql_schema, a_mapped_column_that_is_dropped_may_stop_the_agent)
{
    shop_set(&shop, &(struct shop_options){.top = "on_reject: stop\n"});
    shop_start(&shop);
    shop_sql(
        &shop,
        "INSERT INTO item VALUES (1, 'a', 1); ALTER TABLE item DROP stock; INSERT INTO item VALUES (2, 'b')");
    shop_expect_stop(&shop, SHOP_CONFIG, "\"stock\"", "shop.item");
    shop_expect_subjects(&shop, "1");
}

/* What the binlog does not name cannot be told any more once the table is another: nothing of it is guessed. */
static void away_without_names(const char *change, const char *said)
{
    given(without_names());
    shop_pause(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, NULL, 1)");
    shop_sql(&shop, change);
    shop_expect_refusal(&shop, SHOP_GAP, said, "binlog_row_metadata=FULL");
    shop_expect_refusal(&shop, SHOP_GAP, said, "checkpoint CONFIG reset --yes");
    shop_expect_item(&shop, 1, NULL);
    shop_forget(&shop);
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item (id, stock) VALUES (2, 2)");
    shop_settle(&shop);
    shop_expect_item(&shop, 2, "quantity=2 sku=2");
    shop_end(&shop);
}

Test(run_mysql_schema, another_number_of_columns_than_the_binlog_has)
{
    away_without_names("ALTER TABLE item DROP name",
                       "rows in the binlog have 3 columns, the table now has 2");
}

Test(run_mysql_schema, other_types_than_the_binlog_has)
{
    away_without_names("ALTER TABLE item MODIFY name DATE",
                       "its column 2 is VARCHAR in the binlog, and now date \"name\"");
}

Test(run_mysql_schema, another_order_than_the_binlog_has)
{
    away_without_names("ALTER TABLE item MODIFY name VARCHAR(200) AFTER stock", "its column 2 is");
}

Test(run_mysql_schema, a_swap_behind_the_agents_back)
{
    away_without_names(
        "CREATE TABLE new (id INT PRIMARY KEY, stock INT); RENAME TABLE item TO old, new TO item",
        "rows in the binlog have 3 columns");
}

/* Number and types of the columns are as before, so the mistake shows only when the stream comes to the statement: then it is said. */
static void same_shape(const char *change, int status)
{
    shop_set(&shop, &(struct shop_options){.item = "(id INT PRIMARY KEY, spare INT, stock INT)"});
    shop_sql(&shop, "SET GLOBAL binlog_row_metadata = MINIMAL");
    shop_start(&shop);
    shop_pause(&shop);
    shop_sql(&shop, "INSERT INTO item (id, spare, stock) VALUES (1, 900, 5)");
    shop_sql(&shop, change);
    shop_sql(&shop, "INSERT INTO item (id, spare, stock) VALUES (2, 900, 5)");
    if (status) {
        shop_expect_refusal(&shop, status, "columns were moved or renamed", "binlog_row_metadata=FULL");
    } else {
        shop_start(&shop);
        shop_settle(&shop);
        shop_expect_item(&shop, 1, "quantity=5 sku=1");
        shop_expect_item(&shop, 2, "quantity=5 sku=2");
    }
    shop_end(&shop);
}

Test(run_mysql_schema, another_order_of_the_same_types)
{
    same_shape("ALTER TABLE item MODIFY stock INT AFTER id", SHOP_GAP);
}

Test(run_mysql_schema, names_that_change_places)
{
    same_shape("ALTER TABLE item CHANGE stock spare INT, CHANGE spare stock INT", SHOP_GAP);
}

Test(run_mysql_schema, what_moves_no_column_stops_nothing)
{
    same_shape(
        "ALTER TABLE item ADD INDEX (spare), MODIFY stock INT NOT NULL DEFAULT 3; OPTIMIZE TABLE item; CREATE INDEX s ON item (stock)",
        SHOP_OK);
}

static const char *const two_phases[] = {"binlog-alter-two-phase=ON", NULL};

/* An ALTER is announced before it begins and logged once more when it has ended; rows come in between. */
Test(run_mysql_schema, alter_in_two_phases)
{
    pid_t writer;

    if (server_mariadb_is_mysql())
        cr_skip_test("MySQL logs an ALTER once");
    shop_set(&shop, &(struct shop_options){.settings = two_phases});
    shop_start(&shop);
    writer = begin_writes();
    wait_until("rows", some_written, NULL, SHOP_SOON_MS);
    shop_sql(
        &shop,
        "ALTER TABLE item ADD COLUMN note INT FIRST; ALTER TABLE item MODIFY stock BIGINT, ALGORITHM=COPY;"
        "ALTER TABLE item ADD COLUMN other TEXT AFTER id, ALGORITHM=INPLACE, LOCK=NONE");
    cr_assert(strstr(shop_query(&shop, "SHOW BINLOG EVENTS"), "START ALTER"));
    expect_all_writes(writer);
}

/* Rows that come after the announcement still have the columns of before. */
Test(run_mysql_schema, alter_in_two_phases_without_names_in_the_binlog)
{
    pid_t writer;

    if (server_mariadb_is_mysql())
        cr_skip_test("MySQL logs an ALTER once");
    shop_set(&shop,
             &(struct shop_options){.settings = (const char *const[]){"binlog-alter-two-phase=ON",
                                                                      "binlog-row-metadata=NO_LOG", NULL}});
    shop_start(&shop);
    writer = begin_writes();
    wait_until("rows", some_written, NULL, SHOP_SOON_MS);
    shop_sql(&shop, "ALTER TABLE item ADD COLUMN note INT FIRST, ALGORITHM=INPLACE, LOCK=NONE");
    expect_all_writes(writer);
}

Test(run_mysql_schema, an_alter_in_two_phases_that_fails_and_a_restart_within_it)
{
    if (server_mariadb_is_mysql())
        cr_skip_test("MySQL logs an ALTER once");
    shop_set(&shop, &(struct shop_options){.settings = two_phases});
    shop_start(&shop);
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 7), (2, 'b', 7)");
    shop_settle(&shop);
    server_mariadb_sql(shop.db, "shop",
                       "DELIMITER //\nBEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;"
                       "ALTER TABLE item ADD UNIQUE u (stock), ALGORITHM=COPY; END//");
    cr_assert(strstr(shop_query(&shop, "SHOW BINLOG EVENTS"), "ROLLBACK ALTER"));
    shop_sql(&shop, "INSERT INTO item VALUES (3, 'c', 7)");
    shop_settle(&shop);
    shop_pause(&shop);
    shop_sql(&shop, "ALTER TABLE item DROP COLUMN name; INSERT INTO item VALUES (4, 4)");
    shop_start(&shop);
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3 4");
    shop_expect_same(&shop);
    shop_end(&shop);
}

/* What is called as the mapping says counts, whatever it was called before. */
Test(run_mysql_schema, a_renamed_table_is_another_table)
{
    given("FULL");
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1);"
                    "RENAME TABLE item TO old; CREATE TABLE item (stock BIGINT, id INT PRIMARY KEY);"
                    "INSERT INTO old VALUES (2, 'b', 2); INSERT INTO item VALUES (3, 33)");
    shop_settle(&shop);
    shop_expect_item(&shop, 2, NULL);
    shop_expect_item(&shop, 33, "quantity=3 sku=33");
    shop_sql(&shop, "DROP TABLE item; RENAME TABLE old TO item; INSERT INTO item VALUES (4, 'd', 4)");
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 33 4");
    shop_end(&shop);
}

/* The row's old image has all columns, so the entity may be called by any of them. */
Test(run_mysql_schema, another_primary_key)
{
    given("FULL");
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1), (2, 'b', 2);"
                    "ALTER TABLE item DROP PRIMARY KEY, ADD no INT AUTO_INCREMENT PRIMARY KEY;"
                    "UPDATE item SET id = 9 WHERE id = 1; DELETE FROM item WHERE id = 2");
    shop_settle(&shop);
    shop_expect_item(&shop, 1, NULL);
    shop_expect_item(&shop, 2, NULL);
    shop_expect_item(&shop, 9, "quantity=1 sku=9");
    shop_end(&shop);
}
