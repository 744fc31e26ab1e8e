/* Calendar and clock readings: what is read, what is refused, and that counting goes both ways. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "map/civil.h"

static const char *parse(const char *text, struct civil *c)
{
    return civil_parse(cdc_slice_str(text), c);
}

static void assert_time(const char *text, const char *expected)
{
    char out[CIVIL_TIME_TEXT + 1] = "";
    struct civil c;
    const char *wrong = parse(text, &c);

    cr_assert_null(wrong, "%s: %s", text, wrong);
    civil_print_time(&c, out);
    cr_assert_str_eq(out, expected);
}

Test(civil, every_written_form_is_read)
{
    assert_time("2026-11-21", "2026-11-21T00:00:00.000000Z");
    assert_time("2026-11-21 18:30:00", "2026-11-21T18:30:00.000000Z");
    assert_time("2026-11-21T18:30:00", "2026-11-21T18:30:00.000000Z");
    assert_time("2026-11-21t18:30:00z", "2026-11-21T18:30:00.000000Z");
    assert_time("2026-11-21 18:30", "2026-11-21T18:30:00.000000Z");
    assert_time("2026-11-21 18:30:59.1", "2026-11-21T18:30:59.100000Z");
    assert_time("2026-11-21 18:30:59.12345", "2026-11-21T18:30:59.123450Z");
    assert_time("2026-11-21 18:30:59.123456", "2026-11-21T18:30:59.123456Z");
    assert_time("2026-11-21 18:30:59.123456999", "2026-11-21T18:30:59.123456Z");
    assert_time("0001-01-01 00:00:00", "0001-01-01T00:00:00.000000Z");
    assert_time("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999Z");
    assert_time("2000-02-29", "2000-02-29T00:00:00.000000Z");
}

static void assert_offset(const char *text, bool has, int seconds)
{
    struct civil c;

    cr_assert_null(parse(text, &c), "%s", text);
    cr_assert_eq(c.has_offset, has, "%s", text);
    cr_assert_eq(c.offset_s, seconds, "%s", text);
}

Test(civil, offsets_are_read_and_nothing_else_has_one)
{
    assert_offset("2026-11-21 18:30:00", false, 0);
    assert_offset("2026-11-21", false, 0);
    assert_offset("2026-11-21T18:30:00Z", true, 0);
    assert_offset("2026-11-21T18:30:00+01:00", true, 3600);
    assert_offset("2026-11-21T18:30:00-0330", true, -12600);
    assert_offset("2026-11-21 18:30:00+02", true, 7200);
    assert_offset("2026-11-21 18:30+05:45", true, 20700);
    assert_offset("2026-11-21 18:30:00.5-11", true, -39600);
}

Test(civil, what_is_no_date_or_time_is_refused)
{
    static const char *const bad[] = {
        "",
        "2",
        "2026",
        "2026-11",
        "2026-11-2",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0000-01-01",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-04-31",
        "2026-02-29",
        "1900-02-29",
        "2100-02-29",
        "2026/11/21",
        "21-11-2026",
        "2026-11-21T",
        "2026-11-21 ",
        "2026-11-21 18",
        "2026-11-21 18:",
        "2026-11-21 18:3",
        "2026-11-21 18:30:",
        "2026-11-21 18:30:0",
        "2026-11-21 18:30:00.",
        "2026-11-21 24:00:00",
        "2026-11-21 23:60:00",
        "2026-11-21 23:59:60",
        "2026-12-31T23:59:60Z",
        "2026-11-21 18:30:00 BC",
        "0044-03-15 BC",
        "10000-01-01",
        "-2026-11-21",
        "+2026-11-21",
        "infinity",
        "-infinity",
        "2026-11-21X18:30:00",
        "2026-11-21 18:30:00+",
        "2026-11-21 18:30:00+1",
        "2026-11-21 18:30:00+24:00",
        "2026-11-21 18:30:00+01:60",
        "2026-11-21 18:30:00+01:",
        "2026-11-21 18:30:00+01:0",
        "2026-11-21 18:30:00Zx",
        "2026-11-21Z",
        "2026-11-21 18:30:00 +01",
        "2026-11-21  18:30:00",
        " 2026-11-21",
        "2026-11-21 18:30:00.12a",
        "2026-1a-21",
        "2o26-11-21",
        "2026-11-2l",
        "2026-11-21 1a:30:00",
        "now",
        "18:30:00",
        "2026-11-21 -1:30:00",
    };
    struct civil c;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not_null(parse(bad[i], &c), "\"%s\" was read", bad[i]);
    cr_assert_str_eq(parse("infinity", &c), "is infinite");
    cr_assert_str_eq(parse("-infinity", &c), "is infinite");
    cr_assert_str_eq(parse("0000-00-00", &c), "is not a date of the calendar");
    cr_assert_str_eq(parse("2026-11-21 24:00:00", &c), "is not a time of day");
}

Test(civil, nothing_is_read_behind_the_end)
{
    static const char text[] = "2026-11-21T18:30:59.123456+01:00";
    struct civil c;

    for (size_t n = 0; n < sizeof text; n++) {
        char *exact = malloc(n ? n : 1); /* the sanitizer guards its end */
        memcpy(exact, text, n);
        (void)civil_parse(cdc_slice(exact, n), &c);
        free(exact);
    }
}

Test(civil, every_day_of_the_calendar_counts_both_ways)
{
    int64_t day = -719162; /* 0001-01-01 */
    struct civil c, back;

    for (int year = 1; year <= 9999; year++)
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned d = 1; d <= civil_month_days(year, month); d++, day++) {
                c = (struct civil){.year = year, .month = month, .day = d};
                if (civil_seconds(&c) != day * 86400)
                    cr_assert_fail("%04d-%02u-%02u is not day %lld", year, month, d, (long long)day);
                civil_from_seconds(day * 86400 + 86399, &back);
                if (back.year != year || back.month != month || back.day != d || back.hour != 23 ||
                    back.minute != 59 || back.second != 59)
                    cr_assert_fail("day %lld is not %04d-%02u-%02u", (long long)day, year, month, d);
            }
    cr_assert_eq(day, 2932897);
}

Test(civil, seconds_agree_with_the_c_library)
{
    unsigned long seed = 7;
    struct civil c;
    struct tm tm;

    for (int i = 0; i < 100000; i++) {
        time_t t;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        t = (time_t)((long)(seed >> 20) % 250000000000 - 62000000000);
        gmtime_r(&t, &tm);
        civil_from_seconds(t, &c);
        cr_assert(c.year == tm.tm_year + 1900 && c.month == (unsigned)tm.tm_mon + 1 &&
                      c.day == (unsigned)tm.tm_mday && c.hour == (unsigned)tm.tm_hour &&
                      c.minute == (unsigned)tm.tm_min && c.second == (unsigned)tm.tm_sec,
                  "%lld", (long long)t);
        cr_assert_eq(civil_seconds(&c), t);
    }
}

Test(civil, a_date_prints_alone)
{
    struct civil c = {.year = 987, .month = 6, .day = 5};
    char out[CIVIL_DATE_TEXT + 1] = "";

    civil_print_date(&c, out);
    cr_assert_str_eq(out, "0987-06-05");
}
