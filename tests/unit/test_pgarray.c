#include "postgresql/pgarray.h"

#include <criterion/criterion.h>

#include <string.h>

enum {
    BOOLS = 1000,
    BYTEAS = 1001,
    INTS = 1007,
    TEXTS = 1009,
    NUMERICS = 1231,
    INSTANTS = 1185,
    JSONS = 3807
};

static struct cdc_buf json;

static void done(void)
{
    cdc_buf_fini(&json);
}

static const char *converted(const struct pgtype *type, const char *text)
{
    const char *reason = NULL;

    cdc_buf_reset(&json);
    if (pgarray_to_json(type, cdc_slice_str(text), &json, &reason))
        return cdc_buf_str(&json);
    cr_assert_not_null(reason);
    return "refused";
}

static const char *of(uint32_t oid, const char *text)
{
    return converted(pgtype_builtin(oid), text);
}

Test(pgarray, lists, .fini = done)
{
    cr_expect_str_eq(of(INTS, "{}"), "[]");
    cr_expect_str_eq(of(INTS, "{1}"), "[1]");
    cr_expect_str_eq(of(INTS, "{-1,NULL,22}"), "[-1,null,22]");
    cr_expect_str_eq(of(INTS, "{{1,2},{3,4}}"), "[[1,2],[3,4]]");
    cr_expect_str_eq(of(INTS, "[0:1]={5,6}"), "[5,6]");
    cr_expect_str_eq(of(INTS, "[1:1][-2:-1]={{5,6}}"), "[[5,6]]");
    cr_expect_str_eq(of(INTS, "{{{{{{1}}}}}}"), "[[[[[[1]]]]]]");
}

Test(pgarray, elements, .fini = done)
{
    cr_expect_str_eq(of(TEXTS, "{a,\"b c\",\"\",\"NULL\",null}"), "[\"a\",\"b c\",\"\",\"NULL\",\"null\"]");
    cr_expect_str_eq(of(TEXTS, "{\"a\\\"b\\\\c\"}"), "[\"a\\\"b\\\\c\"]");
    cr_expect_str_eq(of(TEXTS, "{\"\n\t\r\x01\"}"), "[\"\\n\\t\\r\\u0001\"]");
    cr_expect_str_eq(of(TEXTS, "{Gr\xc3\xbc\xc3\x9f}"), "[\"Gr\xc3\xbc\xc3\x9f\"]");
    cr_expect_str_eq(of(NUMERICS, "{1.50,NaN,-Infinity}"), "[1.50,\"NaN\",\"-Infinity\"]");
    cr_expect_str_eq(of(BOOLS, "{t,f,NULL}"), "[true,false,null]");
    cr_expect_str_eq(of(BYTEAS, "{\"\\\\x00ff10\",\"\\\\x\",NULL}"), "[\"AP8Q\",\"\",null]");
    cr_expect_str_eq(of(INSTANTS, "{\"2026-11-21 18:30:00+00\",infinity}"),
                     "[\"2026-11-21 18:30:00\",\"infinity\"]");
    cr_expect_str_eq(of(JSONS, "{\"{\\\"a\\\": [1, \\\"\\\\\\\\n\\\"]}\",7}"), "[{\"a\": [1, \"\\\\n\"]},7]");
}

Test(pgarray, money_and_boxes, .fini = done)
{
    struct pgtype money = {.form = PGTYPE_ARRAY,
                           .element_form = PGTYPE_MONEY,
                           .element_kind = CDC_KIND_DECIMAL,
                           .delimiter = ','};
    struct pgtype box = {.form = PGTYPE_ARRAY, .element_kind = CDC_KIND_TEXT, .delimiter = ';'};

    cr_expect_str_eq(converted(&money, "{\"$1,234.50\",-$0.05}"), "[1234.50,-0.05]");
    cr_expect_str_eq(converted(&box, "{(3,4),(1,2);(7,8),(5,6)}"), "[\"(3,4),(1,2)\",\"(7,8),(5,6)\"]");
}

Test(pgarray, what_is_no_array_is_refused, .fini = done)
{
    static const char *const bad[] = {
        "",      "1",      "{",    "}",    "{1",     "{1,",      "{1,}",
        "{,1}",  "{1}}",   "{1}x", "{\"a", "{\"a\\", "{1 2,}",   "{{1}",
        "[0:1]", "[0:1]=", "{{}",  "{}{}", "{1,{}",  "{\"a\"b}", "{{{{{{{1}}}}}}}"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(of(TEXTS, bad[i]), "refused", "%s became %s", bad[i], json.data);
    cr_expect_str_eq(of(BOOLS, "{true}"), "refused");
    cr_expect_str_eq(of(BYTEAS, "{\"\\\\x0\"}"), "refused");
}

Test(pgarray, every_beginning_of_an_array_is_refused, .fini = done)
{
    static const char text[] = "[0:1][1:2]={{a,\"b\\\"c\"},{NULL,\"\"}}";
    char cut[sizeof text];

    for (size_t n = 0; n < sizeof text - 1; n++) {
        memcpy(cut, text, n);
        cut[n] = '\0';
        cr_expect_str_eq(of(TEXTS, cut), "refused", "%s", cut);
    }
}
