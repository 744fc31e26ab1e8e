/* The printed configuration reads back as the same configuration. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config/config_print.h"
#include "config_fixture.h"
#include "lib/fail.h"

TestSuite(config_print);

Test(config_print, every_right_example_prints_as_expected_and_reads_back)
{
    char **names = fixture_names("good");
    size_t n = 0;

    for (; names[n]; n++) {
        char *text = fixture_read("good", names[n], ".yaml"),
             *expected = fixture_read("good", names[n], ".expected");
        char *said, *printed, *again;
        struct config *config = fixture_parse(text, 0, &said);

        if (!config)
            fail("%s: %s", names[n], said);
        cr_expect_str_empty(said, "%s: %s", names[n], said);
        free(said);
        printed = config_fixture_print(config);
        cr_expect_str_eq(printed, expected, "%s:\n%s", names[n], printed);
        config_free(config);
        config = fixture_parse(printed, 0, &said);
        if (!config)
            fail("%s, printed: %s", names[n], said);
        again = config_fixture_print(config);
        cr_expect_str_eq(again, printed, "%s", names[n]);
        config_free(config);
        free(text);
        free(expected);
        free(said);
        free(printed);
        free(again);
    }
    fixture_free_names(names);
    cr_assert_geq(n, 4, "the examples are gone");
}

Test(config_print, no_secret_is_printed)
{
    char *said, *printed;
    struct config *config = fixture_parse(
        "version: 1\nconnector: a\npii: {key: sesame-sesame-sesame}\n"
        "source: {type: postgresql, host: h, database: d, user: u, password: sesame}\n"
        "redis: {url: 'redis://me:sesame@h'}\ntables: {t: {entity: order, key: id, fields: {total: t}}}\n",
        0, &said);

    cr_assert_not_null(config, "%s", said);
    cr_assert_str_eq(config->redis.password, "sesame");
    printed = config_fixture_print(config);
    cr_assert_not(strstr(printed, "sesame"));
    config_free(config);
    free(printed);
    free(said);
}

static char *scalar(const char *text)
{
    char *printed;
    size_t size;
    FILE *out = open_memstream(&printed, &size);

    config_print_text(text, out);
    fclose(out);
    return printed;
}

Test(config_print, words_that_others_misread_are_quoted)
{
    static const char *const quoted[] = {"",    "null", "NULL", "true", "No", "on", "y",   "010", "1e3", "-1",
                                         "a b", "a:b",  "#a",   "~",    "*a", "!a", "{a}", "a,b", "ä"};
    static const char *const plain[] = {"a",   "cinema-bookings", "/run/x.sock", "a.b_c",
                                        "off", "Europe/London"};

    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        char *printed = scalar(quoted[i]);
        cr_expect_eq(printed[0], '"', "%s", quoted[i]);
        free(printed);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char *printed = scalar(plain[i]);
        cr_expect_str_eq(printed, plain[i]);
        free(printed);
    }
}

Test(config_print, quotes_and_control_bytes_are_escaped)
{
    char *printed = scalar("a\"b\\c\nd\x7f");

    cr_assert_str_eq(printed, "\"a\\\"b\\\\c\\x0Ad\\x7F\"");
    free(printed);
}
