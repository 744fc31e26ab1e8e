/* Printing of times, against the C library's own calendar. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cdc/clock.h"

static const char *print(int64_t us)
{
    static char text[CDC_TIME_TEXT];

    return cdc_time_print(us, text);
}

Test(clock, known_times)
{
    cr_assert_str_eq(print(0), "1970-01-01T00:00:00.000000Z");
    cr_assert_str_eq(print(-1), "1969-12-31T23:59:59.999999Z");
    cr_assert_str_eq(print(1795285800000000), "2026-11-21T18:30:00.000000Z");
    cr_assert_str_eq(print(951827696789012), "2000-02-29T12:34:56.789012Z");
    cr_assert_str_eq(print(253402300799999999), "9999-12-31T23:59:59.999999Z");
    cr_assert_str_eq(print(253402300800000000), "", "the year 10000 has no RFC 3339 form");
}

Test(clock, agrees_with_the_library)
{
    srand(7);
    for (int i = 0; i < 100000; i++) {
        int64_t s = ((int64_t)rand() << 8 | (rand() & 0xff)) % 200000000000 - 60000000000;
        time_t t = (time_t)s;
        struct tm tm;
        char want[64];
        gmtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
        if (tm.tm_year + 1900 < 1000)
            continue; /* strftime does not pad the year */
        cr_assert_str_eq(print(s * 1000000), want);
        cr_assert_eq(cdc_days_from_civil(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday),
                     (s - (((s % 86400) + 86400) % 86400)) / 86400);
    }
}

Test(clock, monotonic)
{
    int64_t a = cdc_now_us();

    cr_assert_leq(a, cdc_now_us());
    cr_assert_leq(a / 1000, cdc_now_ms());
}
