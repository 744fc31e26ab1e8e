/* The rule at the end of a time zone's file. */
#include <criterion/criterion.h>

#include "map/civil.h"
#include "map/posix_tz.h"

static struct posix_tz parse(const char *text)
{
    struct posix_tz tz;

    cr_assert_eq(posix_tz_parse(cdc_slice_str(text), &tz), 0, "%s", text);
    return tz;
}

static void assert_change(const struct posix_tz_date *date, int year, const char *expected)
{
    char out[CIVIL_TIME_TEXT + 1] = "";
    struct civil c;

    civil_from_seconds(posix_tz_change(date, year), &c);
    civil_print_time(&c, out);
    out[16] = '\0';
    cr_assert_str_eq(out, expected);
}

Test(posix_tz, a_zone_without_summer_time)
{
    struct posix_tz tz = parse("JST-9");

    cr_assert_eq(tz.standard_s, 9 * 3600);
    cr_assert_not(tz.has_summer);
    cr_assert_eq(parse("<-03>3").standard_s, -3 * 3600);
    cr_assert_eq(parse("<+0545>-5:45").standard_s, 20700);
    cr_assert_eq(parse("LMT1:02:03").standard_s, -3723);
    cr_assert_eq(parse("UTC0").standard_s, 0);
    cr_assert_eq(parse("XYZ+4").standard_s, -4 * 3600);
}

Test(posix_tz, the_weekday_form)
{
    struct posix_tz tz = parse("GMT0BST,M3.5.0/1,M10.5.0");

    cr_assert(tz.has_summer);
    cr_assert_eq(tz.summer_s, 3600);
    assert_change(&tz.start, 2026, "2026-03-29T01:00");
    assert_change(&tz.end, 2026, "2026-10-25T02:00");
    assert_change(&tz.start, 2024, "2024-03-31T01:00");
    tz = parse("EST5EDT,M3.2.0,M11.1.0");
    cr_assert_eq(tz.standard_s, -5 * 3600);
    cr_assert_eq(tz.summer_s, -4 * 3600);
    assert_change(&tz.start, 2026, "2026-03-08T02:00");
    assert_change(&tz.end, 2026, "2026-11-01T02:00");
    assert_change(&tz.start, 1969, "1969-03-09T02:00");
}

Test(posix_tz, days_of_the_year)
{
    struct posix_tz tz = parse("AAA3BBB,J60/0,J365/23");

    assert_change(&tz.start, 2023, "2023-03-01T00:00");
    assert_change(&tz.start, 2024, "2024-03-01T00:00");
    assert_change(&tz.end, 2024, "2024-12-31T23:00");
    tz = parse("AAA3BBB,59,0");
    assert_change(&tz.start, 2023, "2023-03-01T02:00");
    assert_change(&tz.start, 2024, "2024-02-29T02:00");
    assert_change(&tz.end, 2024, "2024-01-01T02:00");
}

Test(posix_tz, hours_beyond_the_day_and_before_it)
{
    struct posix_tz tz = parse("IST-2IDT,M3.4.4/26,M10.5.0");

    assert_change(&tz.start, 2026, "2026-03-27T02:00");
    tz = parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    assert_change(&tz.start, 2026, "2026-03-28T23:00");
    tz = parse("IST-1GMT0,M10.5.0,M3.5.0/1"); /* "summer" time lies behind standard time */
    cr_assert_eq(tz.standard_s, 3600);
    cr_assert_eq(tz.summer_s, 0);
}

Test(posix_tz, what_is_no_rule_is_refused)
{
    static const char *const bad[] = {
        "",
        "A",
        "AB0",
        "ABC",
        "<ABC",
        "<ABC>",
        "ABC25",
        "ABC1:60",
        "ABC1:",
        "ABC0DEF",
        "ABC0DE",
        "ABC0DEF,",
        "ABC0DEF,M3.5.0",
        "ABC0DEF,M3.5.0,",
        "ABC0DEF,M13.5.0,M10.5.0",
        "ABC0DEF,M0.5.0,M10.5.0",
        "ABC0DEF,M3.6.0,M10.5.0",
        "ABC0DEF,M3.0.0,M10.5.0",
        "ABC0DEF,M3.5.7,M10.5.0",
        "ABC0DEF,M3.5,M10.5.0",
        "ABC0DEF,J0,J365",
        "ABC0DEF,J366,J1",
        "ABC0DEF,366,1",
        "ABC0DEF,M3.5.0/168,M10.5.0",
        "ABC0DEF,M3.5.0/,M10.5.0",
        "ABC0DEF,M3.5.0,M10.5.0x",
        "ABC99999999999999999999",
        "ABC0DEF99,1,2",
        "ABC0DEF,M3.5.0;M10.5.0",
        "ABC--1",
    };
    struct posix_tz tz;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_neq(posix_tz_parse(cdc_slice_str(bad[i]), &tz), 0, "\"%s\" was read", bad[i]);
}

Test(posix_tz, nothing_is_read_behind_the_end)
{
    static const char text[] = "<+0545>-5:45:30BST,M3.5.0/-1:30,J365/23";
    struct posix_tz tz;

    for (size_t n = 1; n < sizeof text; n++) {
        char *exact = malloc(n);
        memcpy(exact, text, n);
        (void)posix_tz_parse(cdc_slice(exact, n), &tz);
        free(exact);
    }
}
