#include "postgresql/pgvalue.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct pgvalue_space space;
static struct cdc_err err;

static void init(void)
{
    pgvalue_space_init(&space);
}

static void done(void)
{
    pgvalue_space_fini(&space);
}

static struct cdc_value convert(uint32_t oid, const char *text)
{
    struct cdc_value value = {text, (uint32_t)strlen(text), CDC_VALUE_PRESENT};
    /* a block of exactly its size, so that the sanitizer sees a read behind it */
    char *copy = malloc(value.len ? value.len : 1);

    memcpy(copy, text, value.len);
    value.ptr = copy;
    cr_assert_eq(pgvalue_convert(pgtype_builtin(oid), &value, &space, &err), 0);
    if (value.ptr >= copy && value.ptr <= copy + value.len)
        value.ptr = text + (value.ptr - copy);
    free(copy);
    return value;
}

static void expect(uint32_t oid, const char *text, const char *result)
{
    struct cdc_value value = convert(oid, text);

    cr_expect_eq(value.state, CDC_VALUE_PRESENT, "%s: %.*s", text, (int)value.len, value.ptr);
    cr_expect(cdc_slice_is(cdc_slice(value.ptr, value.len), result), "%s became %.*s", text, (int)value.len,
              value.ptr);
}

static void refuse(uint32_t oid, const char *text)
{
    struct cdc_value value = convert(oid, text);

    cr_expect_eq(value.state, CDC_VALUE_INVALID, "%s became %.*s", text, (int)value.len, value.ptr);
    cr_assert_gt(value.len, 10, "a reason is given");
    cr_expect(!strstr(value.ptr, text) || !*text, "the reason does not tell the value");
}

enum { BOOL = 16, BYTEA = 17, INT4 = 23, TEXT = 25, MONEY = 790, TIMESTAMPTZ = 1184, INT4_ARRAY = 1007 };

Test(pgvalue, booleans, .init = init, .fini = done)
{
    expect(BOOL, "t", "true");
    expect(BOOL, "f", "false");
    refuse(BOOL, "true");
    refuse(BOOL, "");
}

Test(pgvalue, bytes, .init = init, .fini = done)
{
    expect(BYTEA, "\\x", "");
    expect(BYTEA, "\\x00", "AA==");
    expect(BYTEA, "\\x00ff", "AP8=");
    expect(BYTEA, "\\x00ff10", "AP8Q");
    expect(BYTEA, "\\x666f6f626172", "Zm9vYmFy");
    expect(BYTEA, "\\xfbefbe", "++++"); /* the two letters above 61 */
    expect(BYTEA, "\\xffffff", "////");
    refuse(BYTEA, "");
    refuse(BYTEA, "\\");
    refuse(BYTEA, "\\x0");
    refuse(BYTEA, "\\x0g");
    refuse(BYTEA, "\\xFF");
    refuse(BYTEA, "abcd");
}

Test(pgvalue, instants, .init = init, .fini = done)
{
    expect(TIMESTAMPTZ, "2026-11-21 18:30:00.5+00", "2026-11-21 18:30:00.5");
    expect(TIMESTAMPTZ, "infinity", "infinity");
    expect(TIMESTAMPTZ, "0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC");
    expect(TIMESTAMPTZ, "+00", "+00");
}

Test(pgvalue, money, .init = init, .fini = done)
{
    expect(MONEY, "$0.00", "0.00");
    expect(MONEY, "$1,234,567.80", "1234567.80");
    expect(MONEY, "-$0.05", "-0.05");
    refuse(MONEY, "");
    refuse(MONEY, "$");
    refuse(MONEY, "12,50 \xe2\x82\xac");
    refuse(MONEY, "$1-2");
    refuse(MONEY, ".5");
}

Test(pgvalue, arrays, .init = init, .fini = done)
{
    expect(INT4_ARRAY, "{1,NULL}", "[1,null]");
    refuse(INT4_ARRAY, "1,2");
}

Test(pgvalue, text_is_not_touched, .init = init, .fini = done)
{
    expect(TEXT, "t", "t");
    expect(INT4, "5", "5");
}

Test(pgvalue, a_type_that_is_gone, .init = init, .fini = done)
{
    struct pgtype gone = {.form = PGTYPE_UNKNOWN};
    struct cdc_value value = {"x", 1, CDC_VALUE_PRESENT};

    cr_assert_eq(pgvalue_convert(&gone, &value, &space, &err), 0);
    cr_assert_eq(value.state, CDC_VALUE_INVALID);
}

Test(pgvalue, a_large_array_does_not_keep_its_memory, .init = init, .fini = done)
{
    size_t n = 3000000;
    char *text = malloc(n + 1);
    struct cdc_value value = {text, (uint32_t)n, CDC_VALUE_PRESENT};

    memset(text, '1', n);
    for (size_t i = 0; i < n; i += 2)
        text[i] = ',';
    text[0] = '{';
    text[n - 1] = '}';
    text[n - 2] = '7';
    cr_assert_eq(pgvalue_convert(pgtype_builtin(INT4_ARRAY), &value, &space, &err), 0);
    cr_assert_eq(value.state, CDC_VALUE_PRESENT);
    cr_assert_eq(value.ptr[value.len - 1], ']');
    cr_assert_leq(space.scratch.cap, 1024 * 1024);
    free(text);
}
