/* Values of row images, by type. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/value.h"

TestSuite(mysql_value);

static struct my_value_space space;
static struct my_charset utf8, binary;

static void check(struct my_column column, const char *hex, enum cdc_value_state state, const char *text)
{
    struct cdc_value value = {.state = CDC_VALUE_UNWANTED};

    cdc_arena_reset(&space.arena);
    if (!column.charset)
        column.charset = &utf8;
    my_value_decode(&column, mysql_hex(hex), &space, &value);
    cr_expect_eq(value.state, state, "%s: %d", text, (int)value.state);
    if (value.state == CDC_VALUE_PRESENT)
        cr_expect(cdc_slice_is(cdc_slice(value.ptr, value.len), text), "\"%.*s\", not \"%s\"", (int)value.len,
                  value.ptr, text);
    if (value.state == CDC_VALUE_INVALID)
        cr_expect(value.len > 10, "says why");
}

static void present(struct my_column column, const char *hex, const char *text)
{
    check(column, hex, CDC_VALUE_PRESENT, text);
}

static void invalid(struct my_column column, const char *hex)
{
    check(column, hex, CDC_VALUE_INVALID, "");
}

static void set_up(void)
{
    my_charset_init(&utf8, "utf8mb4");
    my_charset_init(&binary, "binary");
    cdc_arena_init(&space.arena, 1 << 20);
    cdc_buf_init(&space.text, 1 << 20);
}

static void tear_down(void)
{
    cdc_arena_fini(&space.arena);
    cdc_buf_fini(&space.text);
}

#define COLUMN(...) ((struct my_column){__VA_ARGS__})

Test(mysql_value, integers, .init = set_up, .fini = tear_down)
{
    present(COLUMN(.type = MY_TYPE_TINY), "80", "-128");
    present(COLUMN(.type = MY_TYPE_TINY, .is_unsigned = true), "80", "128");
    present(COLUMN(.type = MY_TYPE_SHORT), "ffff", "-1");
    present(COLUMN(.type = MY_TYPE_INT24), "000080", "-8388608");
    present(COLUMN(.type = MY_TYPE_INT24, .is_unsigned = true), "ffffff", "16777215");
    present(COLUMN(.type = MY_TYPE_LONG), "00000080", "-2147483648");
    present(COLUMN(.type = MY_TYPE_LONGLONG), "0000000000000080", "-9223372036854775808");
    present(COLUMN(.type = MY_TYPE_LONGLONG, .is_unsigned = true), "ffffffffffffffff",
            "18446744073709551615");
    present(COLUMN(.type = MY_TYPE_YEAR), "65", "2001");
    present(COLUMN(.type = MY_TYPE_YEAR), "00", "0");
    present(COLUMN(.type = MY_TYPE_BIT, .bits = 11), "0005", "00000000101");
}

Test(mysql_value, other_numbers, .init = set_up, .fini = tear_down)
{
    present(COLUMN(.type = MY_TYPE_FLOAT), "cdcccc3d", "0.1");
    present(COLUMN(.type = MY_TYPE_DOUBLE), "9a9999999999b93f", "0.1");
    present(COLUMN(.type = MY_TYPE_DOUBLE), "0000000000000080", "0"); /* servers differ in showing -0 */
    present(COLUMN(.type = MY_TYPE_DECIMAL, .precision = 10, .scale = 2), "8000000232", "2.50");
    invalid(COLUMN(.type = MY_TYPE_DECIMAL, .precision = 10, .scale = 2), "80000002ff");
}

Test(mysql_value, text_and_bytes, .init = set_up, .fini = tear_down)
{
    present(COLUMN(.type = MY_TYPE_VARCHAR), "c3a9", "é");
    present(COLUMN(.type = MY_TYPE_BLOB), "", "");
    present(COLUMN(.type = MY_TYPE_BLOB, .charset = &binary, .meaning = MY_MEANING_BYTES), "00ff", "AP8=");
    present(COLUMN(.type = MY_TYPE_STRING, .size = 4, .charset = &binary, .meaning = MY_MEANING_BYTES),
            "6162", "YWIAAA==");
    present(COLUMN(.type = MY_TYPE_VARCHAR, .charset = &binary, .meaning = MY_MEANING_BYTES), "", "");
    present(COLUMN(.type = MY_TYPE_BLOB_COMPRESSED), "00616263", "abc");
    invalid(COLUMN(.type = MY_TYPE_BLOB_COMPRESSED), "8a");
}

Test(mysql_value, mariadbs_own_types, .init = set_up, .fini = tear_down)
{
    present(COLUMN(.type = MY_TYPE_STRING, .size = 16, .charset = &binary, .meaning = MY_MEANING_UUID),
            "6b1b36cb0e6b11f1b3fa02fc00000001", "6b1b36cb-0e6b-11f1-b3fa-02fc00000001");
    present(COLUMN(.type = MY_TYPE_STRING, .size = 16, .charset = &binary, .meaning = MY_MEANING_UUID), "",
            "00000000-0000-0000-0000-000000000000");
    present(COLUMN(.type = MY_TYPE_STRING, .size = 16, .charset = &binary, .meaning = MY_MEANING_INET6),
            "20010db8000000000000000000000001", "2001:db8::1");
    present(COLUMN(.type = MY_TYPE_STRING, .size = 4, .charset = &binary, .meaning = MY_MEANING_INET4), "0a",
            "10.0.0.0");
    invalid(COLUMN(.type = MY_TYPE_STRING, .size = 16, .charset = &binary, .meaning = MY_MEANING_UNKNOWN),
            "0a");
}

Test(mysql_value, enums_and_sets, .init = set_up, .fini = tear_down)
{
    struct cdc_slice labels[] = {{"new", 3}, {"sold", 4}, {"", 0}};

    present(COLUMN(.type = MY_TYPE_ENUM, .labels = {3, labels}), "02", "sold");
    present(COLUMN(.type = MY_TYPE_ENUM, .labels = {3, labels}), "0100", "new");
    present(COLUMN(.type = MY_TYPE_ENUM, .labels = {3, labels}), "00", "");
    invalid(COLUMN(.type = MY_TYPE_ENUM, .labels = {3, labels}), "04");
    present(COLUMN(.type = MY_TYPE_SET, .labels = {2, labels}), "03", "new,sold");
    present(COLUMN(.type = MY_TYPE_SET, .labels = {2, labels}), "02", "sold");
    present(COLUMN(.type = MY_TYPE_SET, .labels = {2, labels}), "00", "");
    present(COLUMN(.type = MY_TYPE_SET, .labels = {3, labels}), "04", "");
    invalid(COLUMN(.type = MY_TYPE_SET, .labels = {2, labels}), "04");
}

Test(mysql_value, structured_types, .init = set_up, .fini = tear_down)
{
    present(COLUMN(.type = MY_TYPE_JSON), "0401", "true");
    invalid(COLUMN(.type = MY_TYPE_JSON), "ff");
    present(COLUMN(.type = MY_TYPE_VECTOR), "0000803f 00002040", "[1,2.5]");
    present(COLUMN(.type = MY_TYPE_VECTOR), "", "[]");
    invalid(COLUMN(.type = MY_TYPE_VECTOR), "00");
    present(COLUMN(.type = MY_TYPE_GEOMETRY), "00000000 01 01000000 000000000000f03f 0000000000000040",
            "POINT(1 2)");
    invalid(COLUMN(.type = MY_TYPE_GEOMETRY), "00");
}

Test(mysql_value, what_is_too_large_is_said_to_be, .init = set_up, .fini = tear_down)
{
    cdc_arena_fini(&space.arena);
    cdc_arena_init(&space.arena, 1);
    invalid(COLUMN(.type = MY_TYPE_LONG), "00000000");
    invalid(COLUMN(.type = MY_TYPE_BLOB, .charset = &binary, .meaning = MY_MEANING_BYTES), "00ff");
}

Test(mysql_value, partial_json_needs_the_document_before, .init = set_up, .fini = tear_down)
{
    struct cdc_value value;

    my_value_decode_json_diff(cdc_slice(NULL, 0), mysql_hex("0001240204 01"), &space, &value);
    cr_expect_eq(value.state, CDC_VALUE_INVALID);
    cr_expect(strstr(value.ptr, "binlog_row_image=FULL"));
}
