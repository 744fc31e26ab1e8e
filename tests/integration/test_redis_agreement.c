/* Prices that must agree across channels: told once when they no longer do, and once when they do again. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(redis_agreement, .timeout = 120);

#define WEB  "sku=SKU-1 channel=web price_currency=GBP price="
#define TILL "sku=SKU-1 channel=till location=4 price_currency=GBP price="

static long long diverged(struct story *story)
{
    return server_redis_integer(story->redis, "ZCARD cdc:divergences:{price}");
}

Test(redis_agreement, a_difference_is_told_once_and_its_end_too)
{
    struct story *story = story_new();

    story_write(story, "0/10", "price", "created", WEB "12.50");
    story_write(story, "0/20", "price", "created", TILL "12.5");
    cr_assert_eq(story_entries(story, "price"), 2);
    cr_assert_eq(diverged(story), 0);
    story_write(story, "0/30", "price", "changed", TILL "13.00");
    cr_assert_eq(story_entries(story, "price"), 4);
    cr_assert_str_eq(story_entry(story, "price", 3, "type"), "price.diverged");
    cr_assert_str_eq(story_entry(story, "price", 3, "id"), "cinema:0/30:1:diverged");
    cr_assert_str_eq(story_entry(story, "price", 3, "subject"), "SKU-1:*:*:GBP:-");
    cr_assert_str_eq(story_entry(story, "price", 3, "time"), "2026-11-21T18:30:00.000000Z");
    cr_assert_str_eq(
        story_entry(story, "price", 3, "data"),
        "{\"fields\":\"price\",\"values\":[{\"subject\":\"SKU-1:till:4:GBP:-\",\"source\":\"cinema\","
        "\"price\":\"13.00\"},{\"subject\":\"SKU-1:web:-:GBP:-\",\"source\":\"cinema\","
        "\"price\":\"12.50\"}]}");
    cr_assert_null(story_entry(story, "price", 3, "tx"));
    cr_assert_eq(diverged(story), 1);
    cr_assert_str_eq(
        server_redis_text(story->redis,
                          "ZSCORE cdc:divergences:{price} cdc:agreement:{price}:SKU-1:*:*:GBP:-"),
        "1795285800000");
    story_write(story, "0/40", "price", "changed", TILL "14.00");
    cr_assert_eq(story_entries(story, "price"), 5);
    story_write(story, "0/50", "price", "changed", WEB "14");
    cr_assert_eq(story_entries(story, "price"), 7);
    cr_assert_str_eq(story_entry(story, "price", 6, "type"), "price.converged");
    cr_assert_eq(diverged(story), 0);
    story_free(story);
}

/* Other currencies, skus and tiers are other prices. */
Test(redis_agreement, only_what_differs_in_channel_and_place_is_compared)
{
    struct story *story = story_new();

    story_write(story, "0/10", "price", "created", WEB "12.50");
    story_write(story, "0/20", "price", "created", "sku=SKU-1 channel=web price_currency=EUR price=14");
    story_write(story, "0/30", "price", "created", "sku=SKU-2 channel=web price_currency=GBP price=14");
    story_write(story, "0/40", "price", "created",
                "sku=SKU-1 channel=web price_currency=GBP tier=staff price=9");
    cr_assert_eq(story_entries(story, "price"), 4);
    story_free(story);
}

Test(redis_agreement, numbers_are_compared_as_numbers)
{
    static const char *const same[] = {"12.5", "+12.50", "012.500", "12.5000000000000000000000000000"};
    static const char *const zero[] = {"0", "-0", "0.00", "+.0", "-000.000"};
    struct story *story = story_new();
    char row[120];

    story_begin(story, "0/10");
    for (int i = 0; i < 4; i++) {
        snprintf(row, sizeof row, "sku=A channel=c%d price=%s", i, same[i]);
        story_put(story, "price", "created", row, NULL);
    }
    for (int i = 0; i < 5; i++) {
        snprintf(row, sizeof row, "sku=B channel=c%d price=%s", i, zero[i]);
        story_put(story, "price", "created", row, NULL);
    }
    story_finish(story);
    cr_assert_eq(diverged(story), 0);
    story_write(story, "0/20", "price", "created", "sku=A channel=x price=-12.5");
    story_write(story, "0/30", "price", "created", "sku=B channel=x price=0.001");
    cr_assert_eq(diverged(story), 2);
    story_free(story);
}

/* A transaction that changes all prices tells of no difference; one that leaves one out does. */
Test(redis_agreement, a_transaction_counts_as_a_whole)
{
    struct story *story = story_new();

    story_begin(story, "0/10");
    story_put(story, "price", "created", WEB "12", NULL);
    story_put(story, "price", "created", TILL "12", NULL);
    story_finish(story);
    story_begin(story, "0/20");
    story_put(story, "price", "changed", WEB "13", NULL);
    story_put(story, "price", "changed", TILL "13", NULL);
    story_finish(story);
    cr_assert_eq(story_entries(story, "price"), 4);
    cr_assert_eq(diverged(story), 0);
    story_free(story);
}

Test(redis_agreement, a_price_that_goes_no_longer_disagrees)
{
    struct story *story = story_new();

    story_write(story, "0/10", "price", "created", WEB "12");
    story_write(story, "0/20", "price", "created", TILL "13");
    cr_assert_eq(diverged(story), 1);
    story_begin(story, "0/30");
    story_event(story, CDC_EVENT_DELETE, "price", "expired",
                "sku=SKU-1 channel=till location=4 price_currency=GBP", NULL);
    story_finish(story);
    cr_assert_eq(diverged(story), 0);
    cr_assert_str_eq(story_entry(story, "price", 4, "id"), "cinema:0/30:1:converged");
    story_write(story, "0/40", "price", "created", TILL "13");
    cr_assert_eq(diverged(story), 1);
    story_sweep(story, "price");
    cr_assert_eq(diverged(story), 0);
    cr_assert_str_eq(server_redis_text(story->redis, "KEYS cdc:agreement:*"), "");
    cr_assert_str_eq(story_entry(story, "price", 7, "type"), "price.converged");
    cr_assert_eq(story_entries(story, "price"), 8);
    story_sweep(story, "price");
    cr_assert_eq(story_entries(story, "price"), 8);
    story_free(story);
}

Test(redis_agreement, an_event_shows_at_most_twenty_values)
{
    struct story *story = story_new();
    char row[80];

    story_begin(story, "0/10");
    for (int i = 0; i < 30; i++) {
        snprintf(row, sizeof row, "sku=A channel=web location=%d price=%d", i, i);
        story_put(story, "price", "created", row, NULL);
    }
    story_finish(story);
    cr_assert_eq(story_entries(story, "price"), 31);
    cr_assert(strstr(story_entry(story, "price", 30, "data"), "}],\"more\":\"10\"}"), "%s",
              story_entry(story, "price", 30, "data"));
    story_free(story);
}
