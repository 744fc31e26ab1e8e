/* The replay window: nothing is confirmed before its time, everything is confirmed in the end. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "pipeline/window.h"

static struct window window;
static struct cdc_buf out;

static void record(const char *position, int64_t at_ms)
{
    cr_assert_eq(window_record(&window, cdc_slice_str(position), at_ms), 0);
}

static const char *take(int64_t now_ms)
{
    return window_take(&window, now_ms, &out) ? cdc_buf_str(&out) : "nothing";
}

static void fini(void)
{
    window_fini(&window);
    cdc_buf_fini(&out);
}

Test(window, without_a_window_the_newest_is_due_at_once, .fini = fini)
{
    window_init(&window, 0);
    record("0/1", 100);
    record("0/2", 100);
    record("0/3", 100);
    cr_assert_str_eq(take(100), "0/3");
    cr_assert_str_eq(take(200), "nothing");
}

Test(window, a_position_waits_for_the_window, .fini = fini)
{
    window_init(&window, 1000);
    record("0/1", 100);
    cr_assert_str_eq(take(1099), "nothing");
    cr_assert_str_eq(take(1100), "0/1");
    cr_assert_str_eq(take(5000), "nothing");
}

Test(window, the_last_position_of_a_burst_is_confirmed_in_the_end, .fini = fini)
{
    window_init(&window, 1000);
    for (int i = 0; i < 10000; i++) {
        char position[16];
        snprintf(position, sizeof position, "0/%d", i);
        record(position, 100 + i / 100); /* 100 ms in all */
    }
    cr_assert_str_eq(take(5000), "0/9999");
}

Test(window, steady_traffic_is_confirmed_steadily_and_never_early, .fini = fini)
{
    int64_t confirmed = -1;

    window_init(&window, 1000);
    for (int64_t now = 0; now < 10000; now += 10) {
        char position[32];
        const char *got;
        snprintf(position, sizeof position, "%lld", (long long)now);
        record(position, now);
        got = take(now);
        if (strcmp(got, "nothing") == 0)
            continue;
        confirmed = atoll(got);
        cr_assert_leq(confirmed, now - 1000);
        cr_assert_geq(confirmed, now - 1100, "confirmation lags by more than the window's spacing");
    }
    cr_assert_geq(confirmed, 8800);
}

Test(window, cleared_means_nothing_is_due, .fini = fini)
{
    window_init(&window, 0);
    record("0/1", 1);
    window_clear(&window);
    cr_assert_str_eq(take(100), "nothing");
}
