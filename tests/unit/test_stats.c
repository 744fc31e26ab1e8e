/* Derived figures: lag, flow, histograms, reasons. */
#include "pipeline/stats.h"

#include <criterion/criterion.h>

#include <stdio.h>

#include "cdc/clock.h"

TestSuite(stats);

enum { BEAT_MS = 1000, SECOND_US = 1000000 };

static struct stats stats;

static void is_about(int64_t lag_ms, int64_t wanted_ms)
{
    cr_assert(lag_ms >= wanted_ms && lag_ms < wanted_ms + 1000, "lag is %lld ms, not %lld", (long long)lag_ms,
              (long long)wanted_ms);
}

Test(stats, lag_is_not_known_before_anything_came)
{
    cr_assert_eq(stats_lag_ms(&stats, BEAT_MS, 0), -1);
}

Test(stats, an_idle_database_has_no_lag)
{
    stats.applied_commit_us = cdc_wall_us() - (int64_t)86400 * SECOND_US;
    stats.caught_up_ms = cdc_now_ms();
    cr_assert_eq(stats_lag_ms(&stats, BEAT_MS, 0), 0);
}

Test(stats, a_change_that_waits_is_the_lag)
{
    stats.applied_commit_us = cdc_wall_us() - (int64_t)86400 * SECOND_US;
    stats.caught_up_ms = cdc_now_ms();
    is_about(stats_lag_ms(&stats, BEAT_MS, cdc_wall_us() - 7 * SECOND_US), 7000);
}

Test(stats, a_silent_source_lags_since_the_store_was_complete)
{
    stats.applied_commit_us = cdc_wall_us() - (int64_t)86400 * SECOND_US;
    stats.complete_us = cdc_wall_us() - 30 * SECOND_US;
    is_about(stats_lag_ms(&stats, BEAT_MS, 0), 30000);
}

Test(stats, a_clock_that_is_ahead_makes_no_negative_lag)
{
    cr_assert_eq(stats_lag_ms(&stats, BEAT_MS, cdc_wall_us() + 60 * SECOND_US), 0);
}

Test(stats, flow_needs_both_sides_and_a_proof)
{
    cr_assert_not(stats_flows(&stats, BEAT_MS));
    stats.leader = stats.source_up = stats.sink_up = 1;
    cr_assert_not(stats_flows(&stats, BEAT_MS));
    stats.through_ms = cdc_now_ms();
    cr_assert(stats_flows(&stats, BEAT_MS));
    stats.source_up = 0;
    cr_assert_not(stats_flows(&stats, BEAT_MS));
    stats.source_up = 1;
    stats.through_ms -= 60000;
    cr_assert_not(stats_flows(&stats, BEAT_MS));
}

Test(stats, tables_are_found_by_shape)
{
    const struct cdc_shape shapes[] = {
        {.table = {"public.a", 8}}, {.table = {"public.b", 8}}, {.table = {"public.a", 8}}};

    cr_assert_eq(stats_init(&stats, shapes, 3), 0);
    cr_assert_eq(stats.ntables, 2);
    cr_assert_eq(stats.of_shape[0], stats.of_shape[2]);
    cr_assert(cdc_slice_is(stats.of_shape[1]->name, "public.b"));
    stats_fini(&stats);
}

Test(stats, histograms_have_closed_upper_bounds)
{
    cr_assert_eq(stats_init(&stats, NULL, 0), 0);
    stats_observe(&stats.batch_records, 0, 1);
    stats_observe(&stats.batch_records, 1, 1);
    stats_observe(&stats.batch_records, 2, 3);
    stats_observe(&stats.batch_records, 5000, 1);
    cr_assert_eq(stats.batch_records.buckets[0], 2);
    cr_assert_eq(stats.batch_records.buckets[1], 3);
    cr_assert_eq(stats.batch_records.buckets[stats.batch_records.n], 1);
    cr_assert_eq(stats.batch_records.sum, 5007);
    stats_observe(&stats.commit_to_store_us, -5, 1);
    cr_assert_eq(stats.commit_to_store_us.buckets[0], 1);
    cr_assert_eq(stats.commit_to_store_us.sum, 0);
    stats_fini(&stats);
}

Test(stats, histograms_fit)
{
    cr_assert_eq(stats_init(&stats, NULL, 0), 0);
    for (size_t i = 0; i < 3; i++) {
        const struct stats_histogram *h = (const struct stats_histogram *[]){
            &stats.commit_to_store_us, &stats.apply_us, &stats.batch_records}[i];
        cr_assert_lt(h->n, sizeof h->buckets / sizeof *h->buckets);
        for (size_t j = 1; j < h->n; j++)
            cr_assert_lt(h->bounds[j - 1], h->bounds[j]);
    }
    stats_fini(&stats);
}

Test(stats, reasons_are_few)
{
    static char words[STATS_REASONS + 4][8];

    for (unsigned i = 0; i < STATS_REASONS + 4; i++) {
        snprintf(words[i], sizeof words[i], "r%u", i);
        cr_assert_eq(stats_reason(&stats, cdc_slice_str(words[i])),
                     i < STATS_REASONS ? i : STATS_REASONS - 1);
    }
    cr_assert_eq(stats_reason(&stats, cdc_slice_str("r3")), 3);
    cr_assert_str_eq(stats.reasons[STATS_REASONS - 1], "other");
}

Test(stats, binlog_that_is_needed_is_kept_for_less_the_further_behind_one_is)
{
    cr_assert_eq(stats_purge_ms(&stats, 0), -1, "the server purges nothing by itself");
    stats.keep_ms = 10000;
    cr_assert_eq(stats_purge_ms(&stats, -1), -1, "the lag is not known");
    cr_assert_eq(stats_purge_ms(&stats, 0), 10000);
    cr_assert_eq(stats_purge_ms(&stats, 9999), 1);
    cr_assert_eq(stats_purge_ms(&stats, 20000), 0);
}
