/* What the PostgreSQL source makes of row changes: operations, replica identities, large values, changes of the table. */
#include "integration/pgtest.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct pgtest t;

static void done(void)
{
    pgtest_fini(&t);
}

TestSuite(postgresql_changes, .fini = done, .timeout = 120);

static void start(const char *schema, const char *columns)
{
    pgtest_init(&t, NULL, schema);
    pgtest_sql(&t, "CREATE PUBLICATION p FOR ALL TABLES");
    pgtest_map(&t, "t", columns, "id");
    pgtest_start(&t);
}

Test(postgresql_changes, insert_update_delete)
{
    start("CREATE TABLE t (id int PRIMARY KEY, v text)", "id v");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a'), (2, ''), (3, NULL)");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer* v:text\n"
                                                "INSERT public.t id=1 v=a\n"
                                                "INSERT public.t id=2 v=\n"
                                                "INSERT public.t id=3 v=NULL\n"
                                                "COMMIT\n");
    pgtest_sql(
        &t,
        "UPDATE t SET v = 'b' WHERE id = 1; UPDATE t SET id = 9 WHERE id = 2; DELETE FROM t WHERE id = 3");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "UPDATE public.t id=1 v=b\n"
                                                "UPDATE public.t before key id=2 v=? after id=9 v=\n"
                                                "DELETE public.t before key id=3 v=?\n"
                                                "COMMIT\n");
}

Test(postgresql_changes, a_transaction_carries_its_ids_and_time)
{
    const char *line;

    start("CREATE TABLE t (id int PRIMARY KEY)", "id");
    line = server_postgresql_query(
        t.pg, "postgres",
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) "
        "SELECT pg_current_xact_id(), extract(epoch FROM clock_timestamp())::bigint FROM x");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"),
                     "BEGIN\nRELATION public.t key id:integer*\nINSERT public.t id=1\nCOMMIT\n");
    cr_assert_eq(strtoul(line, NULL, 10), strtoul(t.tx_xid, NULL, 10));
    cr_assert_lt(llabs(strtoll(strchr(line, '|') + 1, NULL, 10) - (long long)(t.commit_us / 1000000)), 3);
    cr_assert_lt(postgresql_source_ops.compare(cdc_slice_str(t.tx_id), cdc_buf_slice(&t.position)), 0);
}

Test(postgresql_changes, replica_identity_full)
{
    start("CREATE TABLE t (id int PRIMARY KEY, v text); ALTER TABLE t REPLICA IDENTITY FULL", "id v");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'; DELETE FROM t");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t full id:integer* v:text*\n"
                                                "INSERT public.t id=1 v=a\n"
                                                "UPDATE public.t before full id=1 v=a after id=1 v=b\n"
                                                "DELETE public.t before full id=1 v=b\n"
                                                "COMMIT\n");
}

Test(postgresql_changes, replica_identity_by_index)
{
    start("CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL UNIQUE, v text);"
          "ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key",
          "id code v");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'x', 'a'); UPDATE t SET code = 'y'; DELETE FROM t");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"),
                     "BEGIN\n"
                     "RELATION public.t key id:integer code:text* v:text\n"
                     "INSERT public.t id=1 code=x v=a\n"
                     "UPDATE public.t before key id=? code=x v=? after id=1 code=y v=a\n"
                     "DELETE public.t before key id=? code=y v=?\n"
                     "COMMIT\n");
}

Test(postgresql_changes, replica_identity_nothing)
{
    pgtest_init(&t, NULL,
                "CREATE TABLE t (id int, v text); ALTER TABLE t REPLICA IDENTITY NOTHING;"
                "CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert')");
    t.config.publication = "q";
    pgtest_sql(&t, "CREATE PUBLICATION q FOR TABLE t WITH (publish = 'insert, update, delete, truncate')");
    pgtest_map(&t, "t", "id v", "id");
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a')");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t nothing id:integer v:text\n"
                                                "INSERT public.t id=1 v=a\n"
                                                "COMMIT\n");
}

Test(postgresql_changes, unchanged_large_values_are_unavailable)
{
    start(
        "CREATE TABLE t (id int PRIMARY KEY, big text, v text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL",
        "id big v");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, repeat('x', 10000), 'a')");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=1 big=xxxxxxxx..(10000) v=a\n"));
    pgtest_sql(&t, "UPDATE t SET v = 'b'");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "UPDATE public.t id=1 big=? v=b\n"));
    pgtest_sql(&t, "UPDATE t SET big = NULL");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "UPDATE public.t id=1 big=NULL v=b\n"));
}

Test(postgresql_changes, the_full_old_row_tells_unchanged_large_values)
{
    start(
        "CREATE TABLE t (id int PRIMARY KEY, big bytea, v text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "id big v");
    pgtest_sql(&t, "INSERT INTO t SELECT 1, decode(repeat('00', 3000), 'hex'), 'a'; UPDATE t SET v = 'b'");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "UPDATE public.t before full id=1 big=AAAAAAAA..(4000) v=a "
                                                "after id=1 big=AAAAAAAA..(4000) v=b\n"));
}

Test(postgresql_changes, a_large_key_is_never_unavailable)
{
    /* the column is out of line and unchanged, so the server sends it in the old key only */
    start(
        "CREATE TABLE t (id int, big text, v text, PRIMARY KEY (id, big)); ALTER TABLE t ALTER big SET STORAGE EXTERNAL",
        "id big v");
    pgtest_sql(
        &t,
        "INSERT INTO t SELECT 1, string_agg(md5(g::text), '' ORDER BY g), 'a' FROM generate_series(1, 79) g");
    pgtest_read(&t, "COMMIT");
    pgtest_sql(&t, "UPDATE t SET v = 'b'");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "after id=1 big=c4ca4238..(2528) v=b\n"), "%s", t.log.data);
}

Test(postgresql_changes, a_value_of_20_mb)
{
    start("CREATE TABLE t (id int PRIMARY KEY, v text, raw bytea)", "id v raw");
    pgtest_sql(
        &t, "INSERT INTO t VALUES (1, repeat('0123456789', 2000000), decode(repeat('ff', 3000000), 'hex'))");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"),
                     "INSERT public.t id=1 v=01234567..(20000000) raw=////////..(4000000)\n"));
    pgtest_sql(&t, "INSERT INTO t VALUES (2, 'after it', '')");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.t id=2 v=after it raw=\n"));
}

Test(postgresql_changes, truncate_is_one_item_per_table)
{
    start("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t)",
          "id");
    pgtest_sql(&t, "INSERT INTO t VALUES (1); TRUNCATE t, u; INSERT INTO t VALUES (2)");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer*\n"
                                                "INSERT public.t id=1\n"
                                                "RELATION public.t key id:integer*\n"
                                                "RELATION public.u key id:integer* t:integer\n"
                                                "TRUNCATE public.t\n"
                                                "TRUNCATE public.u\n"
                                                "INSERT public.t id=2\n"
                                                "COMMIT\n");
}

Test(postgresql_changes, the_table_changes_while_it_streams)
{
    start("CREATE TABLE t (id int PRIMARY KEY, v text)", "id v");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a')");
    pgtest_read(&t, "COMMIT");
    pgtest_sql(&t, "ALTER TABLE t ADD n numeric(8, 2) DEFAULT 7; INSERT INTO t VALUES (2, 'b', 1.5)");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer* v:text n:decimal\n"
                                                "INSERT public.t id=2 v=b n=1.50\n"
                                                "COMMIT\n");
    pgtest_sql(&t, "ALTER TABLE t DROP v; ALTER TABLE t RENAME n TO amount; INSERT INTO t VALUES (3, 2)");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer* amount:decimal\n"
                                                "INSERT public.t id=3 amount=2.00\n"
                                                "COMMIT\n");
    pgtest_sql(&t, "ALTER TABLE t RENAME TO elsewhere; INSERT INTO elsewhere VALUES (4, 2)");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.elsewhere key id:integer* amount:decimal\n"
                                                "INSERT public.elsewhere id=4 amount=2.00\n"
                                                "COMMIT\n");
    pgtest_sql(&t, "ALTER TABLE elsewhere ALTER amount TYPE text; INSERT INTO elsewhere VALUES (5, 'x')");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "RELATION public.elsewhere key id:integer* amount:text\n"));
}

Test(postgresql_changes, rows_of_yesterday_are_read_with_the_table_of_yesterday)
{
    start("CREATE TABLE t (id int PRIMARY KEY, a text, b int)", "id");
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a', 2)");
    pgtest_read(&t, "COMMIT");
    pgtest_keep(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (2, 'x', 3)");
    pgtest_sql(&t, "ALTER TABLE t DROP a; ALTER TABLE t RENAME b TO c; ALTER TABLE t ADD d bool");
    pgtest_sql(&t, "VACUUM");
    pgtest_sql(&t, "INSERT INTO t VALUES (3, 4, true)");
    pgtest_start(&t);
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer* a:text b:integer\n"
                                                "INSERT public.t id=2 a=x b=3\n"
                                                "COMMIT\n");
    cr_assert(strstr(pgtest_read(&t, "INSERT"), "RELATION public.t key id:integer* c:integer d:boolean\n"
                                                "INSERT public.t id=3 c=4 d=true\n"),
              "%s", t.log.data);
}

Test(postgresql_changes, partitions_come_as_their_root)
{
    pgtest_init(&t, NULL,
                "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
                "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);"
                "CREATE TABLE t2 (v text, gone int, id int NOT NULL); ALTER TABLE t2 DROP gone;"
                "ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20);"
                "CREATE PUBLICATION p FOR TABLE t WITH (publish_via_partition_root = true)");
    pgtest_map(&t, "t", "id v", "id");
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'a'), (11, 'b'); UPDATE t SET id = 12 WHERE id = 1");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer* v:text\n"
                                                "RELATION public.t1 key id:integer* v:text\n"
                                                "INSERT public.t id=1 v=a\n"
                                                "RELATION public.t key id:integer* v:text\n"
                                                "RELATION public.t2 key v:text id:integer*\n"
                                                "INSERT public.t id=11 v=b\n"
                                                "DELETE public.t before key id=1 v=?\n"
                                                "INSERT public.t id=12 v=a\n"
                                                "COMMIT\n");
}

Test(postgresql_changes, columns_that_nobody_wants_are_not_given_out)
{
    pgtest_init(&t, NULL, "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id v", "id");
    t.wanted = false;
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1, 'secret'); UPDATE t SET id = 2");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer* v:text\n"
                                                "INSERT public.t id=- v=-\n"
                                                "UPDATE public.t before key id=- v=- after id=- v=-\n"
                                                "COMMIT\n");
}

Test(postgresql_changes, messages_savepoints_and_prepared_transactions)
{
    pgtest_init(&t, (const char *const[]){"max_prepared_transactions=2", NULL},
                "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id", "id");
    pgtest_start(&t);
    pgtest_sql(&t,
               "BEGIN; SELECT pg_logical_emit_message(true, 'x', 'y'); INSERT INTO t VALUES (1); SAVEPOINT a;"
               "INSERT INTO t VALUES (2); ROLLBACK TO a; INSERT INTO t VALUES (3); COMMIT");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\n"
                                                "RELATION public.t key id:integer*\n"
                                                "INSERT public.t id=1\n"
                                                "INSERT public.t id=3\n"
                                                "COMMIT\n");
    pgtest_sql(&t, "BEGIN; INSERT INTO t VALUES (4); PREPARE TRANSACTION 'two'");
    pgtest_sql(&t, "INSERT INTO t VALUES (5)");
    pgtest_sql(&t, "COMMIT PREPARED 'two'");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\nINSERT public.t id=5\nCOMMIT\n");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"), "BEGIN\nINSERT public.t id=4\nCOMMIT\n");
}

Test(postgresql_changes, odd_names)
{
    pgtest_init(&t, NULL,
                "CREATE TABLE \"a \"\"b\\c'd\" (\"Id\" int PRIMARY KEY, \"select\" text);"
                "CREATE PUBLICATION \"p \"\"q\\'\" FOR TABLE \"a \"\"b\\c'd\"");
    t.config.publication = "p \"q\\'";
    t.config.slot = "odd_0";
    pgtest_map(&t, "a \"b\\c'd", "Id select", "Id");
    pgtest_start(&t);
    pgtest_sql(&t, "INSERT INTO \"a \"\"b\\c'd\" VALUES (1, 'x')");
    cr_assert(strstr(pgtest_read(&t, "COMMIT"), "INSERT public.a \"b\\c'd Id=1 select=x\n"));
}
