#include "postgresql/pgtable.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static struct cdc_buf found;

static void done(void)
{
    cdc_buf_fini(&found);
}

static void add_finding(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    (void)ctx;
    cdc_buf_printf(&found, "%d %s => %s\n", (int)level, what, remedy ? remedy : "");
}

static const struct cdc_report report = {NULL, add_finding};
static const struct cdc_source_config config = {.user = "reader", .slot = "s", .publication = "p"};
static const struct pgstatement_context ctx = {&config, 150000, false};
static const struct pgcatalog_publication all = {true, false, true, true, true, true, true};
static const struct pgcatalog_server server = {.version = 150000};
static const struct cdc_table_ref ref = {.schema = "public",
                                         .name = "t",
                                         .ncolumns = 2,
                                         .columns = (const char *const[]){"id", "reservation_state"},
                                         .nkeys = 1,
                                         .key_columns = (const char *const[]){"id"}};
static struct pgcatalog_column columns[2];
static struct pgcatalog_table table;

static void init(void)
{
    columns[0] = (struct pgcatalog_column){
        .name = "id", .key = true, .ordering = true, .published = true, .readable = true};
    columns[1] = (struct pgcatalog_column){.name = "reservation_state", .published = true, .readable = true};
    table = (struct pgcatalog_table){.ref = &ref,
                                     .exists = true,
                                     .kind = 'r',
                                     .identity = 'f',
                                     .persistence = 'p',
                                     .usable = true,
                                     .has_primary = true,
                                     .member = true,
                                     .published = true,
                                     .ncolumns = 2,
                                     .columns = columns};
}

static void streamed(unsigned errors, const char *words)
{
    cdc_buf_reset(&found);
    cr_expect_eq(pgtable_report_streamed(&ctx, &table, &all, &report), errors, "%s", cdc_buf_str(&found));
    cr_expect(strstr(cdc_buf_str(&found), words), "%s", found.data);
}

static void usable(unsigned errors, const char *words)
{
    cdc_buf_reset(&found);
    cr_expect_eq(pgtable_report_usable(&ctx, &table, &server, &report), errors, "%s", cdc_buf_str(&found));
    cr_expect(strstr(cdc_buf_str(&found), words), "%s", found.data);
}

Test(pgtable, nothing_is_wrong, .init = init, .fini = done)
{
    streamed(0, "");
    usable(0, "");
    cr_assert_eq(found.len, 0);
}

Test(pgtable, names_that_are_nearly_right, .init = init, .fini = done)
{
    columns[1].name = "reservation_stat";
    streamed(1, "no column \"reservation_state\" (did you mean \"reservation_stat\"?)");
    columns[1].name = "colour";
    streamed(1, "no column \"reservation_state\" => correct");
}

Test(pgtable, what_the_stream_cannot_do_without, .init = init, .fini = done)
{
    columns[1].published = false;
    streamed(1, "is published without column");
    columns[1].generated = 's';
    streamed(1, "computes column");
    table.published = false;
    table.member = false;
    columns[1].generated = 0;
    streamed(1, "is not in publication p => ALTER PUBLICATION");
    table.root = "public.root";
    streamed(1, "is a partition of public.root");
    table.persistence = 'u';
    streamed(1, "unlogged");
    table.kind = 'v';
    streamed(1, "not a table");
    table.exists = false;
    streamed(1, "does not exist");
}

Test(pgtable, replica_identities, .init = init, .fini = done)
{
    table.identity = 'n';
    usable(1, "NOTHING: the server refuses updates and deletes of it while it is published => ALTER TABLE "
              "\"public\".\"t\" REPLICA IDENTITY DEFAULT;");
    table.identity = 'd';
    usable(0, "1 public.t sends no values from before an update");
    columns[0].key = false;
    usable(1, "makes keys of column \"id\"");
    table.has_primary = false;
    usable(1, "has no primary key");
    table.identity = 'f';
    columns[0].key = true;
    table.listed = true;
    usable(1, "lacks its replica identity");
}

Test(pgtable, rights, .init = init, .fini = done)
{
    columns[1].readable = false;
    usable(1, "GRANT SELECT (\"id\", \"reservation_state\") ON \"public\".\"t\" TO \"reader\";");
    columns[1].readable = true;
    table.usable = false;
    usable(1, "GRANT USAGE ON SCHEMA \"public\" TO \"reader\";");
    table.usable = true;
    table.row_security = true;
    usable(0, "2 public.t has row security");
}

Test(pgtable, publications, .init = init, .fini = done)
{
    struct pgcatalog catalog = {.ntables = 1, .tables = &table};
    struct pgcatalog_publication publication = {0};

    cr_expect_eq(pgtable_report_publication(&ctx, &catalog, &all, &report), 0);
    cr_expect_eq(pgtable_report_publication(&ctx, &catalog, &publication, &report), 1);
    publication = all;
    publication.truncate = false;
    cr_expect_eq(pgtable_report_publication(&ctx, &catalog, &publication, &report), 0, "a warning only");
    publication.insert = false;
    cr_expect_eq(pgtable_report_publication(&ctx, &catalog, &publication, &report), 1);
    cr_assert(strstr(cdc_buf_str(&found), "3 publication p leaves out inserts truncates"), "%s", found.data);
}
