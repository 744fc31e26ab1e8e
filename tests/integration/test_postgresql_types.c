/* Every type that the PostgreSQL source knows, in the lexical form of its kind, from the stream and from a sample alike. */
#include "integration/pgtest.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pgtest t;

static void done(void)
{
    pgtest_fini(&t);
}

TestSuite(postgresql_types, .fini = done, .timeout = 120);

/* A literal of a type, and the kind and text that it must become. */
static const struct sample {
    const char *type, *literal, *kind, *text;
} samples[] = {
    {"bool", "true", "boolean", "true"},
    {"bool", "false", "boolean", "false"},
    {"int2", "-32768", "integer", "-32768"},
    {"int4", "2147483647", "integer", "2147483647"},
    {"int8", "-9223372036854775808", "integer", "-9223372036854775808"},
    {"oid", "4294967295", "integer", "4294967295"},
    {"xid", "7", "integer", "7"},
    {"cid", "7", "integer", "7"},
    {"xid8", "18446744073709551615", "integer", "18446744073709551615"},
    {"numeric(12,4)", "-0.5", "decimal", "-0.5000"},
    {"numeric", "12345678901234567890.123456789012345678901", "decimal",
     "12345678901234567890.123456789012345678901"},
    {"numeric", "NaN", "decimal", "NaN"},
    {"numeric", "-Infinity", "decimal", "-Infinity"},
    {"float4", "0.1", "float", "0.1"},
    {"float8", "0.1", "float", "0.1"},
    {"float8", "1e20", "float", "1e+20"},
    {"float8", "-Infinity", "float", "-Infinity"},
    {"float8", "5e-324", "float", "5e-324"},
    {"money", "1234567.8", "decimal", "1234567.80"},
    {"money", "-0.05", "decimal", "-0.05"},
    {"text", "", "text", ""},
    {"text", "Gr\xc3\xbc\xc3\x9f 'gott' \\ \"", "text", "Gr\xc3\xbc\xc3\x9f 'gott' \\ \""},
    {"varchar(10)", "abc", "text", "abc"},
    {"char(5)", "abc", "text", "abc"},
    {"name", "abc", "text", "abc"},
    {"\"char\"", "x", "text", "x"},
    {"bytea", "\\x00ff10", "bytes", "AP8Q"},
    {"bytea", "\\x", "bytes", ""},
    {"date", "2026-11-21", "date", "2026-11-21"},
    {"date", "infinity", "date", "infinity"},
    {"date", "0044-03-15 BC", "date", "0044-03-15 BC"},
    {"time", "18:30", "time", "18:30:00"},
    {"time", "18:30:00.000001", "time", "18:30:00.000001"},
    {"timetz", "18:30:00+02", "text", "18:30:00+02"},
    {"timestamp", "2026-11-21 18:30:00.5", "timestamp", "2026-11-21 18:30:00.5"},
    {"timestamptz", "2026-11-21 18:30:00.123456+09", "instant", "2026-11-21 09:30:00.123456"},
    {"timestamptz", "infinity", "instant", "infinity"},
    {"interval", "1 year 2 mons -3 days 04:05:06.789", "interval", "P1Y2M-3DT4H5M6.789S"},
    {"interval", "0", "interval", "PT0S"},
    {"uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"json", "{\"b\": 1,  \"a\": [null]}", "json", "{\"b\": 1,  \"a\": [null]}"},
    {"jsonb", "{\"b\": 1,  \"a\": [null]}", "json", "{\"a\": [null], \"b\": 1}"},
    {"jsonpath", "$.a[*]", "text", "$.\"a\"[*]"},
    {"xml", "<a>b</a>", "text", "<a>b</a>"},
    {"bit(3)", "101", "bits", "101"},
    {"varbit", "0110", "bits", "0110"},
    {"inet", "192.168.1.5/24", "text", "192.168.1.5/24"},
    {"cidr", "10.0.0.0/8", "text", "10.0.0.0/8"},
    {"macaddr", "08:00:2b:01:02:03", "text", "08:00:2b:01:02:03"},
    {"macaddr8", "08:00:2b:01:02:03:04:05", "text", "08:00:2b:01:02:03:04:05"},
    {"point", "(1,2)", "text", "(1,2)"},
    {"line", "{1,2,3}", "text", "{1,2,3}"},
    {"lseg", "[(1,2),(3,4)]", "text", "[(1,2),(3,4)]"},
    {"box", "(3,4),(1,2)", "text", "(3,4),(1,2)"},
    {"path", "((1,2),(3,4))", "text", "((1,2),(3,4))"},
    {"polygon", "((1,2),(3,4))", "text", "((1,2),(3,4))"},
    {"circle", "<(1,2),3>", "text", "<(1,2),3>"},
    {"tsvector", "a fat cat", "text", "'a' 'cat' 'fat'"},
    {"tsquery", "fat & cat", "text", "'fat' & 'cat'"},
    {"pg_lsn", "16/B374D848", "text", "16/B374D848"},
    {"pg_snapshot", "10:20:10,14", "text", "10:20:10,14"},
    {"int4range", "[1,5)", "text", "[1,5)"},
    {"tstzrange", "[2026-11-21 18:30+00,)", "text", "[\"2026-11-21 18:30:00+00\",)"},
    {"nummultirange", "{[1,2),[3,4)}", "text", "{[1,2),[3,4)}"},
    {"regclass", "pg_class", "text", "pg_class"},
    {"mood", "very good", "text", "very good"},
    {"pounds", "3.5", "decimal", "3.50"},
    {"dear_pounds", "3.5", "decimal", "3.50"},
    {"flag", "true", "boolean", "true"},
    {"place", "(1,\"a b\")", "text", "(1,\"a b\")"},
    {"floatrange", "[1.5,2]", "text", "[1.5,2]"},
    {"int4[]", "{1,NULL,-3}", "array", "[1,null,-3]"},
    {"int4[]", "{}", "array", "[]"},
    {"int4[]", "[0:1]={7,8}", "array", "[7,8]"},
    {"int4[]", "{{{1,2},{3,4}},{{5,6},{7,8}}}", "array", "[[[1,2],[3,4]],[[5,6],[7,8]]]"},
    {"text[]", "{a,\"b,\\\"c\\\" \\\\\",NULL,\"NULL\",\"\",\"{}\"}", "array",
     "[\"a\",\"b,\\\"c\\\" \\\\\",null,\"NULL\",\"\",\"{}\"]"},
    {"bool[]", "{t,f,NULL}", "array", "[true,false,null]"},
    {"numeric[]", "{1.50,NaN}", "array", "[1.50,\"NaN\"]"},
    {"float8[]", "{1e20,-Infinity}", "array", "[1e+20,\"-Infinity\"]"},
    {"bytea[]", "{\"\\\\x00ff10\",\"\\\\x\"}", "array", "[\"AP8Q\",\"\"]"},
    {"timestamptz[]", "{\"2026-11-21 18:30:00+01\"}", "array", "[\"2026-11-21 17:30:00\"]"},
    {"money[]", "{\"$1,234.50\"}", "array", "[1234.50]"},
    {"jsonb[]", "{\"{\\\"a\\\": \\\"b\\\\\\\\c\\\"}\"}", "array", "[{\"a\": \"b\\\\c\"}]"},
    {"uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "array",
     "[\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"]"},
    {"box[]", "{(3,4),(1,2);(7,8),(5,6)}", "array", "[\"(3,4),(1,2)\",\"(7,8),(5,6)\"]"},
    {"mood[]", "{\"very good\",bad}", "array", "[\"very good\",\"bad\"]"},
    {"pounds[]", "{3.5,4}", "array", "[3.50,4.00]"},
    {"place[]", "{\"(1,a)\"}", "array", "[\"(1,a)\"]"},
    {"int_list", "{1,2}", "array", "[1,2]"},
    {"int_list[]", "{\"{1,2}\"}", "array", "[\"{1,2}\"]"},
    {"int2vector", "1 2", "text", "1 2"},
};

enum { SAMPLES = sizeof samples / sizeof *samples };

static const char *const settings[] = {"datestyle=German, DMY", "intervalstyle=postgres_verbose",
                                       "timezone=Asia/Tokyo",   "extra_float_digits=0",
                                       "bytea_output=escape",   NULL};

static void create(struct cdc_buf *sql, struct cdc_buf *columns)
{
    cdc_buf_puts(
        sql, "CREATE TYPE mood AS ENUM ('bad', 'very good'); CREATE DOMAIN pounds AS numeric(8, 2);"
             "CREATE DOMAIN dear_pounds AS pounds CHECK (VALUE > 1); CREATE DOMAIN flag AS bool;"
             "CREATE TYPE place AS (id int, name text); CREATE TYPE floatrange AS RANGE (subtype = float8);"
             "CREATE DOMAIN int_list AS int[]; CREATE TABLE t (id int PRIMARY KEY");
    cdc_buf_puts(columns, "id");
    for (int i = 0; i < SAMPLES; i++) {
        cdc_buf_printf(sql, ", c%d %s", i, samples[i].type);
        cdc_buf_printf(columns, " c%d", i);
    }
    cdc_buf_puts(sql, "); CREATE PUBLICATION p FOR TABLE t");
}

static void insert(struct cdc_buf *sql)
{
    cdc_buf_puts(sql, "INSERT INTO t VALUES (1");
    for (int i = 0; i < SAMPLES; i++) {
        cdc_buf_puts(sql, ", '");
        for (const char *c = samples[i].literal; *c; c++)
            cdc_buf_printf(sql, *c == '\'' ? "''" : "%c", *c);
        cdc_buf_printf(sql, "'::%s", samples[i].type);
    }
    cdc_buf_puts(sql, ")");
}

static void compare(const struct cdc_row *row, const char *from)
{
    cr_assert_eq(row->relation->ncolumns, SAMPLES + 1);
    for (int i = 0; i < SAMPLES; i++) {
        const struct cdc_value *value = &row->after[i + 1];
        const char *kind = cdc_kind_name(row->relation->columns[i + 1].kind);
        cr_expect_eq(value->state, CDC_VALUE_PRESENT, "%s: %s has state %d", from, samples[i].type,
                     (int)value->state);
        cr_expect(cdc_slice_is(cdc_slice(value->ptr, value->len), samples[i].text),
                  "%s: %s '%s' became '%.*s', not '%s'", from, samples[i].type, samples[i].literal,
                  (int)value->len, value->ptr, samples[i].text);
        cr_expect_str_eq(kind, samples[i].kind, "%s: %s is %s", from, samples[i].type, kind);
    }
}

static int compare_sample(void *ctx, const struct cdc_row *row, struct cdc_err *err)
{
    (void)err;
    if (!row->after) {
        for (uint32_t i = 0; i < row->relation->ncolumns; i++)
            row->relation->columns[i].wanted = true;
        return 0;
    }
    compare(row, "sample");
    ++*(int *)ctx;
    return 0;
}

static void compare_streamed(void)
{
    struct cdc_item item = {.type = CDC_ITEM_NONE};

    while (item.type != CDC_ITEM_ROW) {
        cr_assert_eq(pgtest_next(&t, &item), 0, "%s", t.err.message);
        if (item.type == CDC_ITEM_NONE)
            cr_assert_eq(postgresql_source_ops.wait(t.source, 100, &t.err), 0);
    }
    compare(&item.row, "stream");
}

Test(postgresql_types, stream_and_sample_give_the_same_forms)
{
    struct cdc_buf sql = {0}, columns = {0};
    int rows = 0;

    create(&sql, &columns);
    pgtest_init(&t, settings, cdc_buf_str(&sql));
    /* more columns than pgtest_map() takes: the table reference of the sample is its own */
    t.tables[0] = (struct cdc_table_ref){.schema = "public", .name = "t"};
    t.params.ntables = 1;
    static const char *names[SAMPLES + 1];
    char *state = NULL, *copy = text_print("%s", cdc_buf_str(&columns));
    for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
        names[t.tables[0].ncolumns++] = word;
    t.tables[0].columns = names;
    pgtest_start(&t);
    cdc_buf_reset(&sql);
    insert(&sql);
    pgtest_sql(&t, cdc_buf_str(&sql));
    compare_streamed();
    cr_assert_eq(postgresql_source_ops.sample(t.source, &t.tables[0], 10, compare_sample, &rows, &t.err), 0,
                 "%s", t.err.message);
    cr_assert_eq(rows, 1);
    free(copy);
    cdc_buf_fini(&sql);
    cdc_buf_fini(&columns);
}

Test(postgresql_types, types_made_while_it_streams)
{
    pgtest_init(&t, NULL, "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id", "id");
    pgtest_start(&t);
    pgtest_sql(
        &t,
        "CREATE DOMAIN percent AS numeric(5, 1); CREATE TYPE state AS ENUM ('on', 'off');"
        "ALTER TABLE t ADD p percent, ADD s state, ADD pp percent[]; INSERT INTO t VALUES (1, 5, 'on', '{7}')");
    cr_assert_str_eq(pgtest_read(&t, "COMMIT"),
                     "BEGIN\n"
                     "RELATION public.t key id:integer* p:decimal s:text pp:array\n"
                     "INSERT public.t id=1 p=5.0 s=on pp=[7.0]\n"
                     "COMMIT\n");
}

Test(postgresql_types, a_type_that_is_gone_makes_its_values_invalid)
{
    pgtest_init(&t, NULL,
                "CREATE DOMAIN flag AS bool; CREATE TABLE t (id int PRIMARY KEY, f flag, v text);"
                "CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id", "id");
    pgtest_start(&t);
    pgtest_position(&t);
    pgtest_keep(&t);
    pgtest_sql(&t, "INSERT INTO t VALUES (1, true, 'a'), (2, NULL, 'b')");
    pgtest_sql(&t, "ALTER TABLE t DROP f; DROP DOMAIN flag");
    pgtest_start(&t);
    cr_assert(strstr(pgtest_read(&t, "COMMIT"),
                     "INSERT public.t id=1 f=!the column's type no longer exists in the catalogue v=a\n"
                     "INSERT public.t id=2 f=NULL v=b\n"),
              "%s", t.log.data);
}
