#include "postgresql/pgstatement.h"

#include <criterion/criterion.h>

static struct cdc_buf sql;

static void done(void)
{
    cdc_buf_fini(&sql);
}

static const struct cdc_source_config config = {
    .user = "reader", .database = "cinema", .slot = "s", .publication = "p"};
static const struct cdc_table_ref ref = {
    .schema = "public", .name = "t", .ncolumns = 2, .columns = (const char *const[]){"v", "twice"}};
static struct pgcatalog_column columns[] = {
    {.name = "id", .key = true, .ordering = true}, {.name = "v"}, {.name = "twice", .generated = 's'}};
static const struct pgcatalog_table table = {
    .ref = &ref, .exists = true, .kind = 'r', .identity = 'd', .ncolumns = 3, .columns = columns};

static const struct pgstatement_context v0 = {&config, 0, false}, v14 = {&config, 140000, false},
                                        v15 = {&config, 150000, false}, v18 = {&config, 180000, false};

static const char *text(void)
{
    const char *at = cdc_buf_str(&sql);

    cdc_buf_reset(&sql);
    return at;
}

Test(pgstatement, role, .fini = done)
{
    pgstatement_create_role(&sql, &v15);
    cr_assert_str_eq(
        text(), "CREATE ROLE \"reader\" LOGIN REPLICATION; -- then give it the configuration's password: "
                "\\password \"reader\"");
    pgstatement_grant_connect(&sql, &v15);
    cr_assert_str_eq(text(), "GRANT CONNECT ON DATABASE \"cinema\" TO \"reader\";");
    pgstatement_grant_usage(&sql, &v15, "public");
    cr_assert_str_eq(text(), "GRANT USAGE ON SCHEMA \"public\" TO \"reader\";");
    pgstatement_grant_select(&sql, &v15, &table);
    cr_assert_str_eq(text(), "GRANT SELECT (\"v\", \"twice\", \"id\") ON \"public\".\"t\" TO \"reader\";");
}

Test(pgstatement, a_publication_names_columns_where_it_can, .fini = done)
{
    struct pgcatalog_table full = table, blank = {.ref = &ref};

    full.identity = 'f';
    pgstatement_add_table(&sql, &v14, &table);
    cr_assert_str_eq(text(), "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"t\";");
    pgstatement_add_table(&sql, &v15, &table);
    cr_assert_str_eq(text(), "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"t\" (\"v\", \"id\");");
    pgstatement_add_table(&sql, &v18, &table);
    cr_assert_str_eq(text(),
                     "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"t\" (\"v\", \"twice\", \"id\");");
    pgstatement_add_table(&sql, &v15, &full);
    cr_assert_str_eq(text(), "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"t\";");
    pgstatement_add_table(&sql, &v15, &blank);
    cr_assert_str_eq(text(), "ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"t\";");
}

Test(pgstatement, a_row_filter_is_kept, .fini = done)
{
    struct pgcatalog_table filtered = table;

    filtered.filter = "(id > 5)";
    pgstatement_replace_table(&sql, &v15, &filtered);
    cr_assert_str_eq(
        text(),
        "BEGIN; ALTER PUBLICATION \"p\" DROP TABLE \"public\".\"t\"; ALTER PUBLICATION \"p\" ADD TABLE "
        "\"public\".\"t\" (\"v\", \"id\") WHERE ((id > 5)); COMMIT;");
}

Test(pgstatement, full_identity_and_a_list_do_not_go_together, .fini = done)
{
    struct pgcatalog_table listed = table;

    pgstatement_identity_full(&sql, &v15, &table);
    cr_assert_str_eq(text(), "ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL;");
    listed.listed = true;
    pgstatement_identity_full(&sql, &v15, &listed);
    cr_assert_str_eq(
        text(),
        "BEGIN; ALTER PUBLICATION \"p\" DROP TABLE \"public\".\"t\"; ALTER PUBLICATION \"p\" ADD TABLE "
        "\"public\".\"t\"; ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL; COMMIT;");
}

Test(pgstatement, publications, .fini = done)
{
    struct pgcatalog_table tables[2] = {table, table};
    struct pgcatalog catalog = {.ntables = 2, .tables = tables};

    pgstatement_create_publication(&sql, &v0, &catalog);
    cr_assert_str_eq(text(), "CREATE PUBLICATION \"p\" FOR TABLE \"public\".\"t\", \"public\".\"t\" WITH "
                             "(publish_via_partition_root = true);");
    tables[1].identity = 'f';
    cr_assert(pgstatement_needs_generated(&v18, &tables[1]));
    cr_assert_not(pgstatement_needs_generated(&v15, &tables[1]));
    pgstatement_create_publication(&sql, &v18, &catalog);
    cr_assert_str_eq(
        text(),
        "CREATE PUBLICATION \"p\" FOR TABLE \"public\".\"t\" (\"v\", \"twice\", \"id\"), \"public\".\"t\" WITH "
        "(publish_via_partition_root = true, publish_generated_columns = stored);");
}

Test(pgstatement, slots, .fini = done)
{
    struct pgstatement_context standby = v18;

    standby.standby = true;
    pgstatement_create_slot(&sql, &v15);
    cr_assert_str_eq(text(), "SELECT pg_create_logical_replication_slot('s', 'pgoutput');");
    pgstatement_create_slot(&sql, &v18);
    cr_assert_str_eq(text(), "SELECT pg_create_logical_replication_slot('s', 'pgoutput', failover => true);");
    pgstatement_create_slot(&sql, &standby);
    cr_assert_str_eq(text(), "SELECT pg_create_logical_replication_slot('s', 'pgoutput');");
}
