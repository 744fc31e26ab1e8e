/* Dates and times to canonical text. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/moment.h"

static struct work work;
static struct zone *london;

static void init(void)
{
    cr_assert_eq(zone_open(&london, "Europe/London", NULL), 0);
}

static void fini(void)
{
    zone_free(london);
    cdc_arena_fini(&work.arena);
}

typedef int (*moment_fn)(struct work *, enum moment_clock, struct zone *, struct cdc_slice,
                         struct cdc_slice *);

static const char *run(moment_fn fn, enum moment_clock clock, struct zone *zone, const char *text)
{
    static char out[128];
    struct cdc_slice result;

    if (fn(&work, clock, zone, cdc_slice_str(text), &result)) {
        cr_assert_eq(work.reason, WORK_TIME);
        snprintf(out, sizeof out, "%.*s", CDC_ARG(work.why));
        return out;
    }
    snprintf(out, sizeof out, "%.*s", CDC_ARG(result));
    return out;
}

Test(moment, local_times_go_through_the_zone, .init = init, .fini = fini)
{
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, london, "2026-07-01 12:00:00.5"),
                     "2026-07-01T11:00:00.500000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, london, "2026-11-21 18:30:00"),
                     "2026-11-21T18:30:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, NULL, "2026-07-01 12:00:00"),
                     "2026-07-01T12:00:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, london, "2026-07-01 00:30:00"),
                     "2026-06-30T23:30:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, london, "2026-03-29 01:30:00"),
                     "does not exist in Europe/London");
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, london, "2026-07-01 12:00:00+01"),
                     "has an offset, which a zone-less time cannot have");
}

Test(moment, a_date_is_its_midnight, .init = init, .fini = fini)
{
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, london, "2026-07-01"), "2026-06-30T23:00:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_LOCAL, NULL, "2026-07-01"), "2026-07-01T00:00:00.000000Z");
}

Test(moment, instants_are_utc_already, .init = init, .fini = fini)
{
    cr_assert_str_eq(run(moment_time, MOMENT_UTC, london, "2026-07-01 12:00:00.123456"),
                     "2026-07-01T12:00:00.123456Z");
    cr_assert_str_eq(run(moment_time, MOMENT_UTC, NULL, "2026-07-01 12:00:00"),
                     "2026-07-01T12:00:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_UTC, london, "2026-07-01 12:00:00+00"),
                     "2026-07-01T12:00:00.000000Z");
}

Test(moment, text_by_people, .init = init, .fini = fini)
{
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, london, "2026-07-01T12:00:00+02:00"),
                     "2026-07-01T10:00:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, london, "2026-07-01T12:00:00Z"),
                     "2026-07-01T12:00:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, london, "2026-07-01 12:00"),
                     "2026-07-01T11:00:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, london, "tomorrow"),
                     "is not a date or time of the years 1 to 9999");
}

Test(moment, the_years_have_ends, .init = init, .fini = fini)
{
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, NULL, "0001-01-01T00:30:00+01:00"),
                     "is outside the years 1 to 9999");
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, NULL, "9999-12-31T23:30:00-01:00"),
                     "is outside the years 1 to 9999");
    cr_assert_str_eq(run(moment_time, MOMENT_FREE, NULL, "0001-01-01T00:30:00-01:00"),
                     "0001-01-01T01:30:00.000000Z");
    cr_assert_str_eq(run(moment_time, MOMENT_UTC, NULL, "infinity"), "is infinite");
    cr_assert_str_eq(run(moment_date, MOMENT_UTC, london, "9999-12-31 23:59:59"), "9999-12-31");
}

Test(moment, dates, .init = init, .fini = fini)
{
    cr_assert_str_eq(run(moment_date, MOMENT_LOCAL, london, "2026-07-01"), "2026-07-01");
    cr_assert_str_eq(run(moment_date, MOMENT_LOCAL, london, "2026-07-01 23:59:59"), "2026-07-01");
    cr_assert_str_eq(run(moment_date, MOMENT_UTC, london, "2026-07-01 23:30:00"), "2026-07-02",
                     "summer time");
    cr_assert_str_eq(run(moment_date, MOMENT_UTC, NULL, "2026-07-01 23:30:00"), "2026-07-01");
    cr_assert_str_eq(run(moment_date, MOMENT_UTC, london, "2026-12-01 23:30:00"), "2026-12-01");
    cr_assert_str_eq(run(moment_date, MOMENT_FREE, london, "2026-07-01T00:30:00+02:00"), "2026-06-30");
    cr_assert_str_eq(run(moment_date, MOMENT_FREE, london, "2026-07-01T00:30:00"), "2026-07-01");
    cr_assert_str_eq(run(moment_date, MOMENT_LOCAL, london, "0000-00-00"), "is not a date of the calendar");
    cr_assert_str_eq(run(moment_date, MOMENT_LOCAL, london, "2026-07-01 24:00:00"), "is not a time of day");
}
