/* Words of SQL statements. */
#include <criterion/criterion.h>

#include "mysql/statement.h"

TestSuite(mysql_statement);

static void check(const char *text, enum my_statement_kind kind, const char *schema, const char *name)
{
    struct my_statement s = my_statement_read(cdc_slice_str(text));

    cr_expect_eq(s.kind, kind, "%s: kind %d", text, (int)s.kind);
    cr_expect(cdc_slice_is(s.schema, schema), "%s: schema \"%.*s\"", text, CDC_ARG(s.schema));
    cr_expect(cdc_slice_is(s.name, name), "%s: name \"%.*s\"", text, CDC_ARG(s.name));
}

Test(mysql_statement, ends_of_transactions)
{
    check("BEGIN", MY_STATEMENT_BEGIN, "", "");
    check("begin", MY_STATEMENT_BEGIN, "", "");
    check("START TRANSACTION", MY_STATEMENT_BEGIN, "", "");
    check("COMMIT", MY_STATEMENT_COMMIT, "", "");
    check("ROLLBACK", MY_STATEMENT_ROLLBACK, "", "");
    check(" /* a */ rollback work", MY_STATEMENT_ROLLBACK, "", "");
    check("SAVEPOINT `s1`", MY_STATEMENT_SAVEPOINT, "", "s1");
    check("ROLLBACK TO `s1`", MY_STATEMENT_ROLLBACK_TO, "", "s1");
    check("ROLLBACK WORK TO SAVEPOINT s1", MY_STATEMENT_ROLLBACK_TO, "", "s1");
}

Test(mysql_statement, xa)
{
    check("XA START X'6b31',X'62',7", MY_STATEMENT_XA_START, "", "X'6b31',X'62',7");
    check("XA END X'6b31',X'62',7", MY_STATEMENT_XA_END, "", "X'6b31',X'62',7");
    check("XA COMMIT X'6b31',X'',1", MY_STATEMENT_XA_COMMIT, "", "X'6b31',X'',1");
    check("XA ROLLBACK X'6b31',X'',1", MY_STATEMENT_XA_ROLLBACK, "", "X'6b31',X'',1");
    check("XA RECOVER", MY_STATEMENT_OTHER, "", "");
}

Test(mysql_statement, truncate)
{
    check("TRUNCATE item", MY_STATEMENT_TRUNCATE, "", "item");
    check("truncate table shop.item", MY_STATEMENT_TRUNCATE, "shop", "item");
    check("TRUNCATE TABLE `shop` . `it``em`", MY_STATEMENT_TRUNCATE, "shop", "it``em");
    check("/* job 7 */ TRUNCATE -- now\n TABLE # really\n`item`", MY_STATEMENT_TRUNCATE, "", "item");
    check("TRUNCATE TABLE \"item\"", MY_STATEMENT_TRUNCATE, "", "item");
}

Test(mysql_statement, changes_of_rows)
{
    static const char *const changes[] = {"INSERT INTO t VALUES (1)",
                                          "replace t values (1)",
                                          "UPDATE t SET a = 1",
                                          "DELETE FROM t",
                                          "LOAD DATA INFILE 'x' INTO TABLE t",
                                          "WITH c AS (SELECT 1) UPDATE t SET a = 1",
                                          "SELECT `shop`.`f`()",
                                          "/*!50000 insert */ into t values (1)",
                                          "CREATE TABLE t SELECT * FROM o",
                                          "CREATE OR REPLACE TABLE t (a int) AS SELECT 1",
                                          "ALTER TABLE t DROP PARTITION p1",
                                          "ALTER TABLE t TRUNCATE PARTITION ALL",
                                          "ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE u",
                                          "ALTER TABLE t IMPORT TABLESPACE"};

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        check(changes[i], MY_STATEMENT_CHANGE, "", "");
}

Test(mysql_statement, everything_else)
{
    static const char *const others[] = {"",
                                         "CREATE TABLE t (a int)",
                                         "CREATE VIEW v AS SELECT 1",
                                         "ALTER TABLE t ADD COLUMN insert_time int",
                                         "ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (3))",
                                         "DROP TABLE t",
                                         "RENAME TABLE t TO u",
                                         "GRANT SELECT ON t TO u",
                                         "FLUSH TABLES",
                                         "ANALYZE TABLE t",
                                         "'INSERT'",
                                         "/* INSERT",
                                         "`INSERT`"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        check(others[i], MY_STATEMENT_OTHER, "", "");
}

static bool names(const char *text, const char *table)
{
    return my_statement_names(cdc_slice_str(text), cdc_slice_str(table));
}

Test(mysql_statement, names_of_tables)
{
    cr_expect(names("ALTER TABLE item ADD x int", "item"));
    cr_expect(names("ALTER TABLE `shop`.`Item` ADD x int", "item"));
    cr_expect(names("RENAME TABLE a TO b, c TO item", "item"));
    cr_expect(names("/*!40000 ALTER TABLE item DISABLE KEYS */", "item"));
    cr_expect(names("/*M!100100 ALTER TABLE item ADD x int */", "item"));
    cr_expect(names("INSERT INTO \"item\" VALUES (1)", "item"));
    cr_expect_not(names("ALTER TABLE items ADD x int", "item"));
    cr_expect_not(names("ALTER TABLE other COMMENT 'item'", "item"));
    cr_expect_not(names("ALTER TABLE other /* item */", "item"));
    cr_expect_not(names("ALTER TABLE other -- item", "item"));
    cr_expect_not(names("INSERT INTO other VALUES ('it\\'s', 'item''item')", "item"));
    cr_expect(names("INSERT INTO other VALUES ('x\\\\') , item", "item"));
}

static bool defines(const char *text)
{
    return my_statement_defines(cdc_slice_str(text), cdc_slice_str("item"));
}

Test(mysql_statement, what_may_give_a_table_other_columns)
{
    cr_expect(defines("ALTER TABLE item ADD x int"));
    cr_expect(defines("alter /* gh-ost */ table `shop`.`item` add x int"));
    cr_expect(defines("SET STATEMENT max_statement_time=0 FOR ALTER TABLE item ADD x int"));
    cr_expect(defines("RENAME TABLE item TO _item_old, _item_new TO item"));
    cr_expect(defines("RENAME TABLES a TO b, c TO item"));
    cr_expect(defines("DROP TABLE IF EXISTS `item` /* generated by server */"));
    cr_expect(defines("CREATE TABLE item (id int)"));
    cr_expect(defines("CREATE OR REPLACE TABLE IF NOT EXISTS shop.item (id int)"));
    cr_expect(defines("CREATE TABLE `shop`.`item` LIKE other"));
    cr_expect_not(defines("CREATE TABLE other LIKE item"));
    cr_expect_not(defines("CREATE TABLE shop.other LIKE shop.item"));
    cr_expect_not(defines("CREATE TABLE other (item_id int, item int REFERENCES item (id))"));
    cr_expect_not(defines("CREATE UNIQUE INDEX i ON item (id)"));
    cr_expect_not(defines(
        "CREATE DEFINER=`root`@`localhost` TRIGGER t AFTER INSERT ON item FOR EACH ROW REPLACE INTO x VALUES (1)"));
    cr_expect_not(defines("DROP TRIGGER IF EXISTS item"));
    cr_expect_not(defines("DROP INDEX i ON item"));
    cr_expect_not(defines("CREATE OR REPLACE VIEW v AS SELECT * FROM item"));
    cr_expect_not(defines("ANALYZE TABLE item"));
    cr_expect_not(defines("OPTIMIZE TABLE item"));
    cr_expect_not(defines("GRANT SELECT ON item TO u"));
    cr_expect_not(defines("ALTER TABLE other ADD x int"));
}

Test(mysql_statement, foreign_keys_that_cascade)
{
    struct cdc_buf parents = {0};

    my_statement_cascades(
        cdc_slice_str(
            "CREATE TABLE `item` (\n  `id` int(11) NOT NULL COMMENT 'REFERENCES x ON DELETE CASCADE',\n"
            "  CONSTRAINT `a` FOREIGN KEY (`a`, `b`) REFERENCES `one` (`a`, `b`) ON DELETE CASCADE,\n"
            "  CONSTRAINT `b` FOREIGN KEY (`c`) REFERENCES `two` (`c`),\n"
            "  CONSTRAINT `c` FOREIGN KEY (`d`) REFERENCES `no` (`d`) ON DELETE NO ACTION ON UPDATE RESTRICT,\n"
            "  CONSTRAINT `d` FOREIGN KEY (`e`) REFERENCES `far`.`three` (`e`) ON UPDATE SET NULL\n"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"),
        &parents);
    cr_expect_str_eq(cdc_buf_str(&parents), "one, three");
    cdc_buf_fini(&parents);
}

static bool moves(const char *text)
{
    return my_statement_moves_columns(cdc_slice_str(text), cdc_slice_str("item"));
}

Test(mysql_statement, what_may_move_columns)
{
    cr_expect(moves("ALTER TABLE item CHANGE a b int, CHANGE b a int"));
    cr_expect(moves("ALTER TABLE shop.item MODIFY a int FIRST"));
    cr_expect(moves("ALTER TABLE `item` MODIFY COLUMN a int AFTER b"));
    cr_expect(moves("ALTER TABLE item RENAME COLUMN a TO b"));
    cr_expect(moves("ALTER TABLE item DROP a, ADD b int"));
    cr_expect(moves("RENAME TABLE item TO _item_del, _item_gho TO item"));
    cr_expect(moves("CREATE OR REPLACE TABLE item (b int, a int)"));
    cr_expect_not(moves("ALTER TABLE item ADD INDEX (a), DROP INDEX b, DROP PRIMARY KEY, RENAME KEY c TO d"));
    cr_expect_not(moves("ALTER TABLE item MODIFY a bigint NOT NULL DEFAULT 3 COMMENT 'first after change'"));
    cr_expect_not(moves("ALTER TABLE item ALTER a DROP DEFAULT, ENGINE=InnoDB"));
    cr_expect_not(moves("CREATE INDEX i ON item (a)"));
}
