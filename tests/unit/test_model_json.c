/* The form of JSON texts. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "model/model.h"

TestSuite(model_json);

static bool valid(const char *text)
{
    return model_json_valid(text, strlen(text));
}

Test(model_json, good_texts)
{
    static const char *const good[] = {"null",
                                       "true",
                                       " false ",
                                       "0",
                                       "-0",
                                       "12",
                                       "1.5e-3",
                                       "1E+9",
                                       "\"\"",
                                       "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"",
                                       "\"ä\"",
                                       "[]",
                                       "[ ]",
                                       "[1, [2, {}], \"x\"]",
                                       "{}",
                                       "{ }",
                                       "{\"a\": {\"b\": [null]}, \"a\": 1}",
                                       "\t\r\n[1]\n"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(valid(good[i]), "%s", good[i]);
}

Test(model_json, bad_texts)
{
    static const char *const bad[] = {"",       " ",         "nul",    "nulll",   "True",        "01",
                                      "-",      "1.",        ".5",     "1e",      "1e+",         "+1",
                                      "0x1",    "\"",        "\"a",    "\"\\x\"", "\"\\u12g4\"", "\"\\u12",
                                      "\"\n\"", "[",         "[1",     "[1,",     "[1,]",        "[,1]",
                                      "[1 2]",  "{",         "{\"a\"", "{\"a\":", "{\"a\":1",    "{\"a\":1,}",
                                      "{a:1}",  "{\"a\" 1}", "1 2",    "[] []",   "]",           "}",
                                      "'a'",    "NaN",       "// x\n1"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(valid(bad[i]), "%s", bad[i]);
}

Test(model_json, every_cut_is_bad)
{
    static const char text[] = "{\"a\": [1.5, \"b\\u00e4\", {\"c\": null}], \"d\": true}";

    cr_assert(valid(text));
    for (size_t len = 0; len < strlen(text); len++) {
        char *cut = malloc(len ? len : 1); /* so that a sanitizer sees a step too far */
        memcpy(cut, text, len);
        cr_expect_not(model_json_valid(cut, len), "%zu", len);
        free(cut);
    }
}

Test(model_json, depth_is_bounded)
{
    char text[2 * 65 + 1] = "";

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    cr_assert(model_json_valid(text, 128));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    cr_assert_not(model_json_valid(text, 130));
}
