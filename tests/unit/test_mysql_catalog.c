/* Type texts of the catalogue; mapped tables by name; quotation; values of samples. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "mysql/catalog.h"
#include "mysql/column.h"
#include "mysql/sample_value.h"
#include "mysql/sql.h"
#include "mysql/tables.h"

TestSuite(mysql_catalog);

static void check_labels(const char *type, const char *expected)
{
    struct cdc_buf out = {0};
    struct my_labels labels;
    struct cdc_arena arena;

    cdc_arena_init(&arena, 1 << 16);
    cr_assert_eq(my_catalog_labels(cdc_slice_str(type), &arena, &labels), 0);
    for (uint32_t i = 0; i < labels.n; i++) {
        cdc_buf_puts(&out, i ? "|" : "");
        cdc_buf_put_slice(&out, labels.text[i]);
    }
    cr_expect_str_eq(cdc_buf_str(&out), expected);
    cdc_buf_fini(&out);
    cdc_arena_fini(&arena);
}

Test(mysql_catalog, labels)
{
    check_labels("enum('a','b')", "a|b");
    check_labels("set('x')", "x");
    check_labels("enum('it''s','','a,b','ä')", "it's||a,b|ä");
    check_labels("enum('''')", "'");
    check_labels("enum('back\\\\slash','\\n\\r','\\\\n','\\\\''s')", "back\\slash|\n\r|\\n|\\'s");
    check_labels("int(11)", "");
    check_labels("enum('broken", "");
}

static bool is_unsigned(const char *data_type, const char *column_type)
{
    struct my_catalog_column column = {.data_type = cdc_slice_str(data_type),
                                       .column_type = cdc_slice_str(column_type)};

    return my_catalog_is_unsigned(&column);
}

Test(mysql_catalog, signs_and_types)
{
    cr_expect(is_unsigned("int", "int(10) unsigned"));
    cr_expect(is_unsigned("decimal", "decimal(5,2) unsigned zerofill"));
    cr_expect(is_unsigned("year", "year(4)"));
    cr_expect_not(is_unsigned("int", "int(11)"));
    cr_expect_not(is_unsigned("enum", "enum('unsigned')"));
    cr_expect_eq(my_catalog_type(cdc_slice_str("varchar")), MY_TYPE_VARCHAR);
    cr_expect_eq(my_catalog_type(cdc_slice_str("hologram")), 0);
    cr_expect(my_catalog_type_fits(cdc_slice_str("datetime"), MY_TYPE_DATETIME));
    cr_expect(my_catalog_type_fits(cdc_slice_str("text"), MY_TYPE_BLOB_COMPRESSED));
    cr_expect_not(my_catalog_type_fits(cdc_slice_str("int"), MY_TYPE_LONGLONG));
}

static struct my_relation *find(const struct my_tables *tables, const char *schema, const char *name)
{
    return my_tables_find(tables, cdc_slice_str(schema), cdc_slice_str(name));
}

Test(mysql_catalog, mapped_tables_by_name_and_number)
{
    static const struct cdc_table_ref refs[] = {{"shop", "Item", 0, NULL, 0, NULL},
                                                {"shop", "other", 0, NULL, 0, NULL},
                                                {"shopi", "tem", 0, NULL, 0, NULL}};
    struct cdc_source_params params = {.ntables = 3, .tables = refs};
    struct my_relation *relation = NULL;
    struct my_tables tables;

    cr_assert_eq(my_tables_init(&tables, &params), 0);
    cr_expect_eq(find(&tables, "shop", "Item"), &tables.relations[0]);
    cr_expect_eq(find(&tables, "shopi", "tem"), &tables.relations[2]);
    cr_expect_null(find(&tables, "shop", "item"));
    cr_expect_null(find(&tables, "sho", "pItem"));
    my_tables_fold_case(&tables, true);
    cr_expect_eq(find(&tables, "SHOP", "item"), &tables.relations[0]);
    cr_expect_not(my_tables_active(&tables, 7, &relation));
    for (uint64_t id = 0; id < MY_ACTIVE_MAX; id++)
        cr_assert(my_tables_activate(&tables, id, id == 7 ? &tables.relations[1] : NULL));
    cr_expect_not(my_tables_activate(&tables, MY_ACTIVE_MAX, NULL));
    cr_expect(my_tables_activate(&tables, 3, &tables.relations[0])); /* known already */
    cr_expect(my_tables_active(&tables, 7, &relation) && relation == &tables.relations[1]);
    cr_expect(my_tables_active(&tables, 8, &relation) && !relation);
    my_tables_deactivate(&tables);
    cr_expect_not(my_tables_active(&tables, 7, &relation));
    my_tables_fini(&tables);
}

Test(mysql_catalog, quotation)
{
    struct cdc_buf sql = {0};

    my_sql_name(&sql, cdc_slice_str("odd`name"));
    my_sql_text(&sql, cdc_slice_str("it's \\ fine"));
    cr_expect_str_eq(cdc_buf_str(&sql), "`odd``name`'it\\'s \\\\ fine'");
    cdc_buf_fini(&sql);
}

static void check_sample(struct my_column column, const char *text, const char *expected)
{
    struct my_value_space space = {.text = {.limit = 1 << 16}};
    struct cdc_value value;

    cdc_arena_init(&space.arena, 1 << 16);
    my_sample_value(&column, cdc_slice_str(text), &space, &value);
    cr_expect_eq(value.state, text ? CDC_VALUE_PRESENT : CDC_VALUE_NULL);
    if (text)
        cr_expect(cdc_slice_is(cdc_slice(value.ptr, value.len), expected), "%s: %.*s", text, (int)value.len,
                  value.ptr);
    cdc_arena_fini(&space.arena);
    cdc_buf_fini(&space.text);
}

Test(mysql_catalog, values_of_samples)
{
    check_sample((struct my_column){.type = MY_TYPE_LONG}, NULL, "");
    check_sample((struct my_column){.type = MY_TYPE_LONG}, "0042", "42");
    check_sample((struct my_column){.type = MY_TYPE_LONG}, "-7", "-7");
    check_sample((struct my_column){.type = MY_TYPE_LONG}, "0", "0");
    check_sample((struct my_column){.type = MY_TYPE_YEAR}, "0000", "0");
    check_sample((struct my_column){.type = MY_TYPE_DECIMAL}, "007.50", "7.50");
    check_sample((struct my_column){.type = MY_TYPE_DECIMAL}, "0.50", "0.50");
    check_sample((struct my_column){.type = MY_TYPE_FLOAT}, "0.10000000149011612", "0.1");
    check_sample((struct my_column){.type = MY_TYPE_DOUBLE}, "1e20", "1e+20");
    check_sample((struct my_column){.type = MY_TYPE_BIT, .bits = 5}, "5", "00101");
    check_sample((struct my_column){.type = MY_TYPE_DATETIME2}, "2026-11-21 18:30:00.120",
                 "2026-11-21 18:30:00.12");
    check_sample((struct my_column){.type = MY_TYPE_DATETIME2}, "2026-11-21 18:30:00.000",
                 "2026-11-21 18:30:00");
    check_sample((struct my_column){.type = MY_TYPE_TIME2}, "-838:59:59.000000", "-838:59:59");
    check_sample((struct my_column){.type = MY_TYPE_TIME2}, "10:00:00", "10:00:00");
    check_sample((struct my_column){.type = MY_TYPE_VARCHAR, .meaning = MY_MEANING_BYTES}, "ab", "YWI=");
}

/* What an INSERT that does not name the column gets: its constant, "(null)", or "?" where that is not known. */
static void check_constant(bool mariadb, const char *text, const char *extra, const char *expected)
{
    struct my_catalog_column column = {.has_constant = true};
    char copy[64];

    snprintf(copy, sizeof copy, "%s", text ? text : "");
    my_catalog_set_constant(&column, text ? copy : NULL, text ? strlen(copy) : 0, cdc_slice_str(extra), true,
                            mariadb);
    if (!column.has_constant)
        cr_expect_str_eq("?", expected, "%s", text);
    else if (!column.constant.ptr)
        cr_expect_str_eq("(null)", expected, "%s", text);
    else
        cr_expect(cdc_slice_is(column.constant, expected), "%.*s", CDC_ARG(column.constant));
}

Test(mysql_catalog, constants)
{
    check_constant(true, "NULL", "", "(null)");
    check_constant(true, "-7", "", "-7");
    check_constant(true, "'it''s \\\\'", "", "it's \\");
    check_constant(true, "'NULL'", "", "NULL");
    check_constant(true, "''", "", "");
    check_constant(true, "current_timestamp()", "", "?");
    check_constant(true, "'a' + 'b'", "", "?");
    check_constant(true, "b'101'", "", "?");
    check_constant(true, NULL, "VIRTUAL GENERATED", "?");
    check_constant(false, NULL, "", "(null)");
    check_constant(false, "NULL", "", "NULL");
    check_constant(false, "it's", "", "it's");
    check_constant(false, "uuid()", "DEFAULT_GENERATED", "?");
}
