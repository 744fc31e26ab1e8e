/* JSON: what is accepted, what is stripped, how deep. */
#include <criterion/criterion.h>

#include "map/json.h"

static struct work work;

static void fini(void)
{
    cdc_arena_fini(&work.arena);
}

static const char *compact(const char *text)
{
    static char out[2048];
    struct cdc_slice result;

    if (json_compact(&work, cdc_slice_str(text), &result))
        return "refused";
    cr_assert_lt(result.len, sizeof out);
    memcpy(out, result.ptr, result.len);
    out[result.len] = '\0';
    return out;
}

Test(json, white_space_between_tokens_goes, .fini = fini)
{
    cr_assert_str_eq(compact(" { \"a\" : [ 1 , 2.50,\n\t{ } , [ ] ] , \"b c\" : \" x \" } "),
                     "{\"a\":[1,2.50,{},[]],\"b c\":\" x \"}");
    cr_assert_str_eq(compact("[1, 2]"), "[1,2]");
    cr_assert_str_eq(compact(" 1"), "1");
    cr_assert_str_eq(compact("1 \r\n"), "1");
    cr_assert_str_eq(compact("\"  \""), "\"  \"");
    cr_assert_str_eq(compact("{\"a\" :1}"), "{\"a\":1}");
}

Test(json, compact_text_is_not_copied, .fini = fini)
{
    static const char text[] =
        "{\"a\":[1,-0.5e+3,true,false,null,\"\\u00e9 \\\\ \\\" \\/\\b\\f\\n\\r\\t\"],\"b\":{}}";
    struct cdc_slice out;

    cr_assert_eq(json_compact(&work, cdc_slice_str(text), &out), 0);
    cr_assert_eq(out.ptr, text);
    cr_assert_eq(out.len, strlen(text));
}

Test(json, every_kind_of_value_stands_alone, .fini = fini)
{
    static const char *const good[] = {"1",
                                       "-1",
                                       "0",
                                       "-0",
                                       "0.0",
                                       "1e5",
                                       "1E-5",
                                       "1.5e+5",
                                       "true",
                                       "false",
                                       "null",
                                       "\"\"",
                                       "\"a\"",
                                       "[]",
                                       "{}",
                                       "\"\xc3\xa9\"",
                                       "[[]]",
                                       "{\"\":{}}",
                                       "{\"a\":1,\"a\":2}"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert_str_eq(compact(good[i]), good[i]);
}

Test(json, what_is_not_json_is_refused, .fini = fini)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[,]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "[1 2]",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "1,",
        "tru",
        "truE",
        "nul",
        "fals",
        "True",
        "nan",
        "NaN",
        "Infinity",
        "-",
        "+1",
        "01",
        "-01",
        "1.",
        ".1",
        "1e",
        "1e+",
        "0x1",
        "--1",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\",
        "\"\t\"",
        "\"\n\"",
        "'a'",
        "[\"a\":1]",
        "{[]}",
        "{\"a\":1}}",
        "[]]",
        "{}{}",
        "\xef\xbb\xbf[]",
        "/**/1",
        "[1]//",
        "\"a\"b",
        "nullnull",
        "{\"a\":{\"b\":1}",
        ":",
        ",",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        work.reason = WORK_OK;
        cr_assert_str_eq(compact(bad[i]), "refused", "\"%s\"", bad[i]);
        cr_assert_eq(work.reason, WORK_BAD_VALUE);
    }
    cr_assert_str_eq(compact("\"\xff\""), "refused");
    cr_assert_eq(work.reason, WORK_UTF8);
}

Test(json, a_nul_byte_is_no_escape, .fini = fini)
{
    struct cdc_slice out;

    cr_assert_eq(json_compact(&work, cdc_slice("\"\\\0\"", 4), &out), -1);
    cr_assert_eq(json_compact(&work, cdc_slice("\"\0\"", 3), &out), -1);
    cr_assert_eq(json_compact(&work, cdc_slice("1\0", 2), &out), -1);
}

static const char *nested(size_t depth, char open, char close)
{
    static char text[1024];

    memset(text, open, depth);
    memset(text + depth, close, depth);
    text[2 * depth] = '\0';
    return text;
}

Test(json, depth_has_a_limit, .fini = fini)
{
    char text[JSON_DEPTH_MAX * 6];

    cr_assert_str_eq(compact(nested(JSON_DEPTH_MAX, '[', ']')), nested(JSON_DEPTH_MAX, '[', ']'));
    cr_assert_str_eq(compact(nested(JSON_DEPTH_MAX + 1, '[', ']')), "refused");
    cr_assert(strstr(work.why.ptr, "deeper"));
    for (size_t i = 0; i < JSON_DEPTH_MAX; i++)
        memcpy(text + i * 5, i % 2 ? "{\"\": " : "[   {", 5);
    text[JSON_DEPTH_MAX * 5] = '\0';
    cr_assert_str_eq(compact(text), "refused");
}

Test(json, objects_and_arrays_close_as_they_opened, .fini = fini)
{
    cr_assert_str_eq(compact("[{\"a\":[{\"b\":[[{}]]}]},{\"c\":{\"d\":[]}}]"),
                     "[{\"a\":[{\"b\":[[{}]]}]},{\"c\":{\"d\":[]}}]");
    cr_assert_str_eq(compact("[{\"a\":[{\"b\":[[{]}]}]}]"), "refused");
}

Test(json, nothing_is_read_behind_the_end, .fini = fini)
{
    static const char text[] = "{\"a\\u00e9\":[true,false,null,-1.5e+10,\"\\\\\\\"x\"]}";
    struct cdc_slice out;

    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        cr_assert_neq(json_compact(&work, cdc_slice(exact, n), &out), 0, "%zu bytes", n);
        free(exact);
    }
}

Test(json, a_value_larger_than_a_row_may_be_says_so, .fini = fini)
{
    static char text[256 * 1024];
    struct cdc_slice out;

    memset(text, ' ', sizeof text);
    text[0] = '1';
    cdc_arena_init(&work.arena, 128 * 1024);
    cr_assert_eq(json_compact(&work, cdc_slice(text, sizeof text), &out), -1);
    cr_assert_eq(work.reason, WORK_TOO_LARGE);
}

Test(json, numbers_and_quotes, .fini = fini)
{
    struct cdc_slice out;

    cr_assert(json_is_number(cdc_slice_str("-12.50")));
    cr_assert(json_is_number(cdc_slice_str("1e+20")));
    cr_assert_not(json_is_number(cdc_slice_str("NaN")));
    cr_assert_not(json_is_number(cdc_slice_str("")));
    cr_assert_not(json_is_number(cdc_slice_str("+1")));
    cr_assert_not(json_is_number(cdc_slice_str("12x")));
    cr_assert_eq(json_quote(&work, cdc_slice_str("2026-11-21"), &out), 0);
    cr_assert(cdc_slice_is(out, "\"2026-11-21\""));
    cr_assert_eq(json_quote(&work, cdc_slice_str(""), &out), 0);
    cr_assert(cdc_slice_is(out, "\"\""));
    cr_assert_eq(json_quote(&work, cdc_slice_str("a\"b"), &out), -1);
    cr_assert_eq(json_quote(&work, cdc_slice_str("a\\b"), &out), -1);
    cr_assert_eq(json_quote(&work, cdc_slice_str("a\nb"), &out), -1);
    cr_assert_eq(json_quote(&work, cdc_slice_str("\xc3\xa9"), &out), -1);
}
