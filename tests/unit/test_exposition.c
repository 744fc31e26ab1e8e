/* Prometheus' text format, and the numbers of a history. */
#include "http/exposition.h"
#include "http/history.h"

#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

TestSuite(exposition);
TestSuite(history);

static struct cdc_buf out;
static struct exposition to = {.out = &out, .connector = "cinema"};

static void expect(const char *text)
{
    cr_assert_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

Test(exposition, a_counter_with_labels_of_any_bytes)
{
    const struct exposition_label labels[] = {
        {"table", {"a\"b\\c\nd", 7}}, {"op", {"insert", 6}}, {NULL, {NULL, 0}}};

    exposition_family(&to, "rows_total", "counter", "Rows.");
    exposition_count(&to, labels, 18446744073709551615u);
    expect(
        "# HELP tributary_rows_total Rows.\n# TYPE tributary_rows_total counter\n"
        "tributary_rows_total{connector=\"cinema\",table=\"a\\\"b\\\\c\\nd\",op=\"insert\"} 18446744073709551615\n");
}

Test(exposition, gauges_are_whole_fractional_or_unknown)
{
    exposition_gauge(&to, "a", "A.", 3);
    exposition_gauge(&to, "b", "B.", 0.25);
    exposition_gauge(&to, "c", "C.", (double)NAN);
    expect("# HELP tributary_a A.\n# TYPE tributary_a gauge\ntributary_a{connector=\"cinema\"} 3\n"
           "# HELP tributary_b B.\n# TYPE tributary_b gauge\ntributary_b{connector=\"cinema\"} 0.25\n"
           "# HELP tributary_c C.\n# TYPE tributary_c gauge\ntributary_c{connector=\"cinema\"} NaN\n");
}

Test(exposition, a_histogram_is_cumulative)
{
    static const int64_t bounds[] = {1000, 250000};
    struct stats_histogram histogram = {.bounds = bounds, .n = 2};

    stats_observe(&histogram, 500, 2);
    stats_observe(&histogram, 100000, 1);
    stats_observe(&histogram, 3000000, 1);
    exposition_histogram(&to, "h_seconds", "H.", &histogram, 1e6);
    expect("# HELP tributary_h_seconds H.\n# TYPE tributary_h_seconds histogram\n"
           "tributary_h_seconds_bucket{connector=\"cinema\",le=\"0.001\"} 2\n"
           "tributary_h_seconds_bucket{connector=\"cinema\",le=\"0.25\"} 3\n"
           "tributary_h_seconds_bucket{connector=\"cinema\",le=\"+Inf\"} 4\n"
           "tributary_h_seconds_sum{connector=\"cinema\"} 3.101\n"
           "tributary_h_seconds_count{connector=\"cinema\"} 4\n");
}

Test(exposition, the_process_has_no_prefix)
{
    exposition_bare(&to, "process_open_fds", "gauge", "Open.", 7);
    expect("# HELP process_open_fds Open.\n# TYPE process_open_fds gauge\nprocess_open_fds 7\n");
}

Test(history, it_forgets_the_oldest_and_knows_rates)
{
    static struct history history;
    static struct history_sample samples[HISTORY_SAMPLES];

    cr_assert_eq(history_init(&history), 0);
    cr_assert(history_due(&history, 0));
    cr_assert_eq(history_rate(&history), 0);
    for (int i = 0; i < HISTORY_SAMPLES + 20; i++) {
        cr_assert(history_due(&history, (int64_t)i * HISTORY_STEP_MS));
        history_add(&history, (int64_t)i * HISTORY_STEP_MS, i, (uint64_t)i * 50);
        cr_assert_not(history_due(&history, (int64_t)i * HISTORY_STEP_MS + 1));
    }
    cr_assert_eq(history_copy(&history, samples), HISTORY_SAMPLES);
    cr_assert_eq(samples[0].lag_ms, 20);
    cr_assert_eq(samples[HISTORY_SAMPLES - 1].lag_ms, HISTORY_SAMPLES + 19);
    cr_assert(samples[1].rate > 10 - 1e-9 && samples[1].rate < 10 + 1e-9);
    cr_assert(history_rate(&history) > 10 - 1e-9 && history_rate(&history) < 10 + 1e-9);
    history_fini(&history);
}
