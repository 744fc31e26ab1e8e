/* The order of a table's rows: places as text, and the SQL that is made of them. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "mysql/chunk_key.h"

TestSuite(mysql_chunk_key);

enum { COLUMNS = 12 };

static const struct my_catalog_column catalog[COLUMNS] = {
    {.name = {"i", 1}, .column_type = {"int", 3}},
    {.name = {"d", 1}, .column_type = {"decimal(5,2)", 12}},
    {.name = {"f", 1}, .column_type = {"double", 6}},
    {.name = {"t", 1}, .column_type = {"datetime(6)", 11}, .nullable = true},
    {.name = {"a`b", 3},
     .column_type = {"varchar(9)", 10},
     .charset = {"latin1", 6},
     .collation = {"latin1_bin", 10}},
    {.name = {"x", 1}, .column_type = {"varbinary(9)", 12}},
    {.name = {"e", 1}, .column_type = {"enum('a')", 9}, .charset = {"utf8mb4", 7}},
    {.name = {"b", 1}, .column_type = {"bit(3)", 6}},
    {.name = {"u", 1}, .column_type = {"uuid", 4}},
    {.name = {"j", 1}, .column_type = {"json", 4}},
    {.name = {"evil", 4}, .column_type = {"varchar(9)", 10}, .charset = {"latin1 X", 8}},
    {.name = {"s", 1}, .column_type = {"set('a')", 8}}};
static struct my_column columns[COLUMNS] = {{.type = MY_TYPE_LONG},
                                            {.type = MY_TYPE_DECIMAL},
                                            {.type = MY_TYPE_DOUBLE},
                                            {.type = MY_TYPE_DATETIME2},
                                            {.type = MY_TYPE_VARCHAR},
                                            {.type = MY_TYPE_VARCHAR, .meaning = MY_MEANING_BYTES},
                                            {.type = MY_TYPE_ENUM},
                                            {.type = MY_TYPE_BIT},
                                            {.type = MY_TYPE_STRING, .meaning = MY_MEANING_UUID},
                                            {.type = MY_TYPE_JSON},
                                            {.type = MY_TYPE_VARCHAR},
                                            {.type = MY_TYPE_SET}};
static const char *const entity[] = {"a`b", "t"};
static const struct cdc_table_ref table = {
    .schema = "shop", .name = "item", .nkeys = 2, .key_columns = entity};
static struct my_relation relation;
static struct my_key key;
static struct cdc_buf sql;

static int choose(const char *index, const char *names)
{
    struct cdc_slice list[8];
    unsigned n = 0;
    struct cdc_err err = {0};
    int rc;

    relation = (struct my_relation){.table = &table, .columns = columns};
    relation.public.ncolumns = COLUMNS;
    relation.now = (struct my_catalog_table){
        .exists = true, .ncolumns = COLUMNS, .columns = (struct my_catalog_column *)catalog};
    for (; *names; names += strcspn(names, ","), names += *names == ',')
        list[n++] = cdc_slice(names, strcspn(names, ","));
    rc = my_key_choose(&key, &relation, cdc_slice_str(index), list, n, &err);
    cr_expect(rc == 0 || (err.class == CDC_ERR_CONFIG && err.hint[0]));
    return rc;
}

/* The place with these values. */
static int parse(const char *values, struct my_key_place *place)
{
    static char text[300];
    struct cdc_err err = {0};
    int rc;

    snprintf(text, sizeof text, "%016llx:%s", (unsigned long long)key.digest, values);
    rc = my_key_parse_place(&key, cdc_slice_str(text), place, &err);
    cr_expect(rc == 0 || err.class == CDC_ERR_DATA);
    return rc;
}

static void check_where(const char *values, bool at, const char *expected)
{
    struct my_key_place place;

    cr_assert_eq(values ? parse(values, &place) : 0, 0, "%s", values);
    cdc_buf_reset(&sql);
    my_key_put_where(&key, values ? &place : NULL, at, &sql);
    cr_expect_str_eq(cdc_buf_str(&sql), expected);
}

Test(mysql_chunk_key, the_condition_is_written_out)
{
    cr_assert_eq(choose("PRIMARY", "i"), 0);
    check_where("5", false, " WHERE t.`i` > 5");
    check_where("-5", true, " WHERE t.`i` = -5");
    check_where(NULL, false, "");
    cr_assert_eq(choose("PRIMARY", "i,d"), 0);
    check_where("5,1.50", false, " WHERE t.`i` >= 5 AND (t.`i` > 5 OR (t.`i` = 5 AND t.`d` > 1.50))");
    cr_assert_eq(choose("PRIMARY", "i,d,b"), 0);
    check_where(
        "1,2,3", false,
        " WHERE t.`i` >= 1 AND (t.`i` > 1 OR (t.`i` = 1 AND (t.`d` > 2 OR (t.`d` = 2 AND t.`b` > 3))))");
    check_where("1,2,3", true, " WHERE t.`i` = 1 AND t.`d` = 2 AND t.`b` = 3");
    cdc_buf_reset(&sql);
    my_key_put_order(&key, &sql);
    cr_expect_str_eq(cdc_buf_str(&sql), " ORDER BY t.`i`, t.`d`, t.`b`");
}

static void check_literal(const char *column, const char *value, const char *expected)
{
    char text[200];

    cr_assert_eq(choose("PRIMARY", column), 0);
    snprintf(text, sizeof text, " WHERE t.`%s` > %s", strcmp(column, "a`b") == 0 ? "a``b" : column, expected);
    check_where(value, false, text);
}

Test(mysql_chunk_key, literals)
{
    check_literal("i", "18446744073709551615", "18446744073709551615");
    check_literal("d", "-12.50", "-12.50");
    check_literal("f", "0.1", "0.1e0");
    check_literal("f", "-1.5e-300", "-1.5e-300");
    check_literal("f", "1e+20", "1e+20");
    check_literal("a`b", "E920", "_latin1 X'E920'");
    check_literal("a`b", "", "_latin1 X''");
    check_literal("x", "00FF", "X'00FF'");
    check_literal("e", "2", "2");
    check_literal("s", "9223372036854775809", "9223372036854775809");
    check_literal("u", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'");
}

/* Text is compared once more byte for byte, and NULL has no place. */
Test(mysql_chunk_key, without_an_index)
{
    cr_assert_eq(choose("", ""), 0);
    cr_expect_eq(key.nparts, 3);
    check_where(NULL, false, " WHERE t.`t` IS NOT NULL");
    check_where(
        "61,61,2026-01-02 03:04:05.000006", true,
        " WHERE t.`t` IS NOT NULL AND t.`a``b` = _latin1 X'61' AND CAST(t.`a``b` AS BINARY) = X'61' AND t.`t` = "
        "'2026-01-02 03:04:05.000006'");
}

Test(mysql_chunk_key, keys_that_cannot_be)
{
    cr_expect_eq(choose("PRIMARY", "j"), -1);
    cr_expect_eq(choose("PRIMARY", "nothing"), -1);
    cr_expect_eq(choose("PRIMARY", "evil"), -1, "a character set's name goes into SQL as it is");
}

Test(mysql_chunk_key, values_that_are_none)
{
    static const struct {
        const char *column, *value;
    } bad[] = {{"i", ""},       {"i", "-"},     {"i", "5 "},   {"i", "+5"},    {"i", "1e5"},   {"i", "5."},
               {"i", ".5"},     {"i", "0x5"},   {"i", "5,6"},  {"i", "NULL"},  {"i", "1--"},   {"d", "1.2.3"},
               {"f", "1e"},     {"f", "e5"},    {"f", "inf"},  {"f", "1e5.5"}, {"t", ""},      {"t", "'"},
               {"t", "2026\\"}, {"t", "now()"}, {"a`b", "6"},  {"a`b", "6g"},  {"a`b", "61'"}, {"x", "0x61"},
               {"u", "x"},      {"e", "a"},     {"b", "b'1'"}, {"a`b", "61 "}};
    struct my_key_place place;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(choose("PRIMARY", bad[i].column), 0);
        cr_expect_eq(parse(bad[i].value, &place), -1, "%s: %s", bad[i].column, bad[i].value);
    }
    cr_assert_eq(choose("PRIMARY", "i,d"), 0);
    cr_expect_eq(parse("1", &place), -1);
    cr_expect_eq(parse("1,2,3", &place), -1);
}

Test(mysql_chunk_key, another_key_has_other_places)
{
    uint64_t digest;

    cr_assert_eq(choose("PRIMARY", "i"), 0);
    digest = key.digest;
    cr_assert_eq(choose("u", "i"), 0);
    cr_expect_eq(key.digest, digest, "the index has another name only");
    cr_assert_eq(choose("PRIMARY", "d"), 0);
    cr_expect_neq(key.digest, digest);
    cr_assert_eq(choose("PRIMARY", "i,d"), 0);
    cr_expect_neq(key.digest, digest);
}
