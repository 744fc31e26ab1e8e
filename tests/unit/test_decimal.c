/* Decimal numbers as text: checking, normal form, moving the point. */
#include <criterion/criterion.h>

#include "map/decimal.h"

/* What is printed for a text, or "refused". */
static const char *shifted(const char *text, bool floating, int scale)
{
    static char out[1024];
    struct decimal d;
    size_t len;

    if (!decimal_parse(cdc_slice_str(text), floating, &d))
        return "refused";
    d.exponent += scale;
    cr_assert_leq(decimal_room(&d), sizeof out);
    len = decimal_print(&d, out);
    cr_assert_leq(len, decimal_room(&d), "%s by %d", text, scale);
    out[len] = '\0';
    cr_assert(decimal_is_canonical(cdc_slice(out, len)), "%s by %d gives %s", text, scale, out);
    return out;
}

Test(decimal, normal_form)
{
    static const char *const pairs[][2] = {
        {"0", "0"},
        {"12", "12"},
        {"12.50", "12.50"},
        {"-12.50", "-12.50"},
        {"+12.5", "12.5"},
        {"007", "7"},
        {"-007.10", "-7.10"},
        {"00.0", "0.0"},
        {"-0", "0"},
        {"-0.00", "0.00"},
        {"+0", "0"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"5.", "5"},
        {"0000", "0"},
        {"-0.01", "-0.01"},
        {"0.000", "0.000"},
        {"123456789012345678901234567890.123456789012345678901234567890",
         "123456789012345678901234567890.123456789012345678901234567890"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        cr_assert_str_eq(shifted(pairs[i][0], false, 0), pairs[i][1]);
}

Test(decimal, what_is_no_plain_number_is_refused)
{
    static const char *const bad[] = {"",      ".",        "-",         "+",   "-.",  "1.2.3",
                                      "1,5",   "1 ",       " 1",        "1e5", "0x1", "NaN",
                                      "nan",   "Infinity", "-Infinity", "--1", "+-1", "1-",
                                      "1_000", "12.5GBP",  "\xd9\xa1",  "1e",  "e5"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_str_eq(shifted(bad[i], false, 0), "refused", "\"%s\"", bad[i]);
}

Test(decimal, the_point_moves_left)
{
    cr_assert_str_eq(shifted("1250", false, -2), "12.50");
    cr_assert_str_eq(shifted("-1250", false, -2), "-12.50");
    cr_assert_str_eq(shifted("5", false, -2), "0.05");
    cr_assert_str_eq(shifted("50", false, -2), "0.50");
    cr_assert_str_eq(shifted("0", false, -2), "0.00");
    cr_assert_str_eq(shifted("-0", false, -2), "0.00");
    cr_assert_str_eq(shifted("12.5", false, -2), "0.125");
    cr_assert_str_eq(shifted("1234.5", false, -2), "12.345");
    cr_assert_str_eq(shifted("0.5", false, -3), "0.0005");
    cr_assert_str_eq(shifted("100", false, -2), "1.00");
}

Test(decimal, the_point_moves_right)
{
    cr_assert_str_eq(shifted("12", false, 2), "1200");
    cr_assert_str_eq(shifted("12.5", false, 2), "1250");
    cr_assert_str_eq(shifted("12.345", false, 2), "1234.5");
    cr_assert_str_eq(shifted("0.05", false, 1), "0.5");
    cr_assert_str_eq(shifted("0.05", false, 2), "5");
    cr_assert_str_eq(shifted("0.05", false, 3), "50");
    cr_assert_str_eq(shifted("0.00", false, 1), "0.0");
    cr_assert_str_eq(shifted("0.00", false, 2), "0");
    cr_assert_str_eq(shifted("0", false, 5), "0");
    cr_assert_str_eq(shifted("-0.010", false, 2), "-1.0");
    cr_assert_str_eq(shifted("12.00", false, 1), "120.0");
}

Test(decimal, an_exponent_is_written_out)
{
    static char long_one[512];

    cr_assert_str_eq(shifted("1e+20", true, 0), "100000000000000000000");
    cr_assert_str_eq(shifted("1.5e-07", true, 0), "0.00000015");
    cr_assert_str_eq(shifted("-1.5E3", true, 0), "-1500");
    cr_assert_str_eq(shifted("0e10", true, 0), "0");
    cr_assert_str_eq(shifted("-0e-3", true, 0), "0.000");
    cr_assert_str_eq(shifted("0.1", true, 0), "0.1");
    cr_assert_str_eq(shifted("1e+20", true, -2), "1000000000000000000");
    cr_assert_str_eq(shifted("1.25e2", true, -2), "1.25");
    memset(long_one, '0', 309);
    long_one[0] = '1';
    cr_assert_str_eq(shifted("1e308", true, 0), long_one);
    cr_assert_str_eq(shifted("5e-324", true, 0) + 320, "000005");
}

Test(decimal, an_exponent_has_its_form_and_its_limit)
{
    static const char *const bad[] = {"1e",       "1e+",       "1e-",           "1e1.5", "1e 5",
                                      "1e401",    "1e-401",    "1e99999999999", "e5",    "NaN",
                                      "Infinity", "-Infinity", "1e5x",          "1e+-5"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_str_eq(shifted(bad[i], true, 0), "refused", "\"%s\"", bad[i]);
}

Test(decimal, moving_there_and_back_is_nothing)
{
    static const char *const numbers[] = {"1250", "12.50", "-0.001", "999999999999999999.99", "1", "-100.0"};
    char first[256];

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (int by = 0; by <= 18; by++) {
            strcpy(first, shifted(numbers[i], false, -by));
            cr_assert_str_eq(shifted(first, false, by), numbers[i], "by %d", by);
        }
}

Test(decimal, the_quick_questions_agree_with_the_long_way)
{
    static const char *const texts[] = {"0",    "-0",    "1",    "-1", "01",  "1.",  ".1", "1.0",
                                        "-0.0", "-0.01", "+1",   "",   "-",   "a",   "1a", "1.a",
                                        "00",   "0.",    "0.00", "10", "1e5", "--1", "9",  "-9.9",
                                        "1.",   "1..",   "1.2.", "-.", "-01", "-10"};
    char own[64];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool same;
        strcpy(own, texts[i]);
        same = strcmp(shifted(own, false, 0), own) == 0;
        cr_assert_eq(decimal_is_canonical(cdc_slice_str(own)), same, "\"%s\"", own);
        cr_assert_eq(decimal_is_integer(cdc_slice_str(own)), same && !strchr(own, '.'), "\"%s\"", own);
    }
}
