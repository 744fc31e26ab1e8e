/* Erasure: what a customer asks to be forgotten goes, in small steps, and stays away. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_erasure, .timeout = 240);

#define REQUEST "request_id=R-1 customer_id=crm:C-1 status=requested"
#define BOOKING "id=1 status=hold note=secret customer_id=site:9"
#define NOTHING "\"states\":{},\"timeline\":[]}"

static void link_two(struct story *story)
{
    story_write(story, "0/10", "identity", "linked", "system=site source_id=9 customer_id=crm:C-1");
    story_write(story, "0/20", "customer", "created", "customer_id=crm:C-1 email=secret");
    story_write(story, "0/30", "booking", "created", BOOKING);
    story_write(story, "0/40", "basket", "created",
                "basket_id=7 customer_id=crm:C-1 status=open value=secret");
    story_write(story, "0/50", "booking", "created", "id=2 status=hold customer_id=site:8");
}

static void assert_gone(struct story *story, const char *ref)
{
    cr_assert(strstr(story_customer(story, ref), NOTHING), "%s", story_customer(story, ref));
    cr_assert_not(server_redis_integer(
        story->redis, "EXISTS cdc:timeline:{customer}:%s cdc:entities:{customer}:%s cdc:links:{customer}:%s",
        ref, ref, ref));
}

/* Nothing in the whole store says the word. */
static void assert_unsaid(struct story *story, const char *word)
{
    char *all = story_everything(story, true);

    cr_assert_null(strstr(all, word), "\"%s\" in:\n%s", word, all);
    free(all);
}

Test(redis_erasure, a_request_erases_every_linked_reference)
{
    struct story *story = story_new();
    size_t last;

    link_two(story);
    story_write(story, "0/60", "erasure", "requested", REQUEST);
    story_tend(story, STORY_TIME_MS);
    assert_gone(story, "crm:C-1");
    assert_gone(story, "site:9");
    assert_unsaid(story, "secret");
    assert_unsaid(story, "site:9");
    cr_assert(strstr(story_customer(story, "site:8"), "\"booking\":{\"2\""));
    cr_assert_not(server_redis_exists(story->redis, "cdc:due:cinema"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:erasing:cinema"));
    last = story_entries(story, "erasure") - 1;
    cr_assert_str_eq(story_entry(story, "erasure", last, "type"), "erasure.completed");
    cr_assert_str_eq(story_entry(story, "erasure", last, "id"), "cinema:0/60:1:completed");
    cr_assert(
        strstr(
            story_entry(story, "erasure", last, "data"),
            "{\"request_id\":\"R-1\",\"references\":\"2\",\"states\":\"4\",\"events\":\"4\",\"timelines\":\"2\","
            "\"dead_letters\":\"0\",\"complete\":\"true\",\"completed_at\":\"20"),
        "%s", story_entry(story, "erasure", last, "data"));
    cr_assert(server_redis_hget(story->redis, "cdc:state:{erasure}:R-1", "_erased"));
    /* the request comes again: it is done */
    story_write(story, "0/70", "erasure", "updated", "request_id=R-1 customer_id=crm:C-1 status=in_progress");
    story_tend(story, STORY_TIME_MS);
    cr_assert_eq(story_entries(story, "erasure"), last + 2);
    story_free(story);
}

/* Replays, a new snapshot, rows that come late, in full or in part: nothing is written and nothing is told. */
Test(redis_erasure, what_was_erased_does_not_come_back)
{
    struct story *story = story_new();
    size_t bookings;

    link_two(story);
    story_write(story, "0/60", "erasure", "requested", REQUEST);
    story_tend(story, STORY_TIME_MS);
    bookings = story_entries(story, "booking");
    story_begin(story, "0/70");
    story_put(story, "booking", "created", BOOKING, NULL);
    story_put(story, "booking", "changed", "id=1 status=paid note=secret customer_id=site:9", BOOKING);
    story_put(story, "booking", "changed", "id=1 status=pa\"id note=secret customer_id=site:9", NULL);
    story_put(story, "booking", "changed", "id=1 status=late note=secret customer_id=?", NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", BOOKING, NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=1 status=late note=secret customer_id=?",
                NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=9 note=secret customer_id=site:9", NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=9 status=late note=secret customer_id=?",
                NULL);
    story_event(story, CDC_EVENT_DELETE, "booking", "deleted", NULL, BOOKING);
    story_event(story, CDC_EVENT_DELETE, "booking", "deleted", "id=1", NULL);
    story_put(story, "customer", "created", "customer_id=crm:C-1 email=secret", NULL);
    story_put(story, "identity", "linked", "system=site source_id=9 customer_id=crm:C-77", NULL);
    story_put(story, "basket", "created", "basket_id=7 customer_id=crm:C-1 status=open value=secret", NULL);
    story_put(story, "basket", "created", "basket_id=8 customer_id=crm:C-1 status=open value=secret", NULL);
    story_put(story, "booking", "created", "id=3 customer_id=site:8", NULL);
    story_finish(story);
    assert_gone(story, "crm:C-1");
    assert_gone(story, "site:9");
    assert_gone(story, "crm:C-77");
    assert_unsaid(story, "secret");
    cr_assert_eq(story_entries(story, "booking"), bookings + 1);
    cr_assert_str_eq(story_entry(story, "booking", bookings, "subject"), "3");
    cr_assert_str_eq(story_entry(story, "booking", bookings, "txlast"), "1");
    cr_assert_not(server_redis_exists(story->redis, "cdc:due:cinema"));
    /* a state may belong to somebody else afterwards */
    story_write(story, "0/80", "booking", "created", "id=1 status=hold customer_id=site:8");
    cr_assert(strstr(story_customer(story, "site:8"), "\"1\":{"));
    story_begin(story, "0/90");
    story_put(story, "booking", "changed", "id=1 status=hold note=new customer_id=?", NULL);
    story_finish(story);
    cr_assert(strstr(story_customer(story, "site:8"), "\"note\":\"new\""));
    story_free(story);
}

/* What was somebody else's, and is now of somebody forgotten, goes as well. */
Test(redis_erasure, what_goes_over_to_somebody_erased_is_not_kept)
{
    struct story *story = story_new();

    link_two(story);
    story_write(story, "0/60", "erasure", "requested", REQUEST);
    story_tend(story, STORY_TIME_MS);
    story_write(story, "0/70", "booking", "created", "id=3 status=hold customer_id=site:8");
    story_begin(story, "0/80");
    story_put(story, "booking", "changed", "id=2 status=hold customer_id=site:9",
              "id=2 status=hold customer_id=site:8");
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=3 status=hold customer_id=site:9", NULL);
    story_finish(story);
    cr_assert_eq(server_redis_integer(story->redis, "EXISTS cdc:state:{booking}:2 cdc:state:{booking}:3"), 0);
    assert_gone(story, "site:9");
    story_free(story);
}

/* The request, and more of the customer, in one batch, and while the work is under way. */
Test(redis_erasure, what_comes_with_the_request_goes_too)
{
    struct story *story = story_new();
    struct cdc_err err;

    link_two(story);
    story_begin(story, "0/60");
    story_put(story, "booking", "created", "id=4 note=secret customer_id=site:9", NULL);
    story_put(story, "erasure", "requested", REQUEST, NULL);
    story_put(story, "booking", "created", "id=5 note=secret customer_id=site:9", NULL);
    story_put(story, "booking", "changed", "id=4 note=secret2 customer_id=site:9",
              "id=4 note=secret customer_id=site:9");
    story_finish(story);
    cr_assert_eq(server_redis_integer(story->redis, "EXISTS cdc:state:{booking}:5"), 0);
    cr_assert_eq(server_redis_integer(story->redis, "EXISTS cdc:state:{booking}:4"), 1);
    cr_assert_eq(story_try_tend(story, STORY_TIME_MS, &err), 0);
    story_begin(story, "0/70");
    story_put(story, "booking", "changed", "id=4 note=secret3 customer_id=site:9", NULL);
    story_finish(story);
    story_tend(story, STORY_TIME_MS);
    assert_gone(story, "site:9");
    assert_unsaid(story, "secret");
    story_free(story);
}

Test(redis_erasure, a_rejected_request_lifts_its_marks)
{
    struct story *story = story_new();

    link_two(story);
    story_write(story, "0/60", "erasure", "requested", REQUEST);
    story_write(story, "0/70", "erasure", "updated", "request_id=R-1 customer_id=crm:C-1 status=rejected");
    cr_assert_not(server_redis_exists(story->redis, "cdc:erasing:cinema"));
    story_tend(story, STORY_TIME_MS);
    cr_assert(strstr(story_customer(story, "crm:C-1"), "\"booking\":{\"1\""));
    /* also when the work is done */
    story_write(story, "0/80", "erasure", "requested", REQUEST);
    story_tend(story, STORY_TIME_MS);
    assert_gone(story, "site:9");
    story_write(story, "0/90", "erasure", "updated", "request_id=R-2 customer_id=crm:C-1 status=rejected");
    story_write(story, "0/A0", "booking", "created", BOOKING);
    assert_gone(story, "site:9");
    story_write(story, "0/B0", "erasure", "updated", "request_id=R-1 customer_id=crm:C-1 status=rejected");
    story_write(story, "0/C0", "booking", "created", BOOKING);
    cr_assert(strstr(story_customer(story, "site:9"), "\"booking\":{\"1\""));
    story_free(story);
}

static void write_many(struct story *story, int n, const char *ref)
{
    char row[96];

    for (int i = 0; i < n; i++) {
        if (i % 250 == 0)
            story_begin(story, "0/10");
        snprintf(row, sizeof row, "id=%s-%d note=%s customer_id=site:%s", ref, i % 700,
                 strcmp(ref, "9") ? "x" : "secret", ref);
        story_put(story, "booking", "created", row, NULL);
        if (i % 250 == 249 || i == n - 1)
            story_finish(story);
    }
}

/* Thousands of entries, with a timeline that knows them all and with one that was cut. */
static void erase_many(uint64_t timeline_max_len)
{
    struct story *story = story_new_with(timeline_max_len, NULL);
    unsigned calls;

    write_many(story, 3000, "9");
    write_many(story, 500, "8");
    story_begin(story, "0/30");
    story_put(story, "booking", "changed", "id=9-1 note=x customer_id=site:8",
              "id=9-1 note=secret customer_id=site:9");
    store_reject(story->store, "bad_value", "9-2");
    store_reject(story->store, "bad_value", "8-2");
    story_finish(story);
    story_write(story, "0/60", "erasure", "requested", "request_id=R-1 customer_id=site:9 status=requested");
    calls = story_tend(story, STORY_TIME_MS);
    assert_gone(story, "site:9");
    assert_unsaid(story, "secret");
    cr_assert_eq(story_entries(story, "booking"), 500);
    cr_assert_eq(server_redis_integer(story->redis, "XLEN cdc:dlq:cinema"), 1);
    cr_assert_gt(calls, 20);
    cr_assert(strstr(story_entry(story, "erasure", 1, "data"), "\"states\":\"699\",\"events\":\"3001\""),
              "%s", story_entry(story, "erasure", 1, "data"));
    story_free(story);
}

Test(redis_erasure, thousands_of_events_go_by_the_timeline)
{
    erase_many(100000);
}

Test(redis_erasure, a_cut_timeline_is_made_good_by_looking_everywhere)
{
    erase_many(100);
}

Test(redis_erasure, without_timelines_everything_is_looked_at)
{
    erase_many(0);
}

/* Redis goes away in the middle: the work is in the store, and goes on. */
Test(redis_erasure, work_under_way_goes_on_after_a_new_start)
{
    struct story *story = story_new();
    struct cdc_err err;

    write_many(story, 2000, "9");
    story_write(story, "0/60", "erasure", "requested", "request_id=R-1 customer_id=site:9 status=requested");
    for (int i = 0; i < 5; i++)
        cr_assert_eq(story_try_tend(story, STORY_TIME_MS, &err), 0);
    server_redis_do(story->redis, "CLIENT KILL TYPE normal SKIPME yes");
    store_connect(story->store);
    story_tend(story, STORY_TIME_MS);
    assert_gone(story, "site:9");
    assert_unsaid(story, "secret");
    cr_assert_eq(story_entries(story, "erasure"), 2);
    story_free(story);
}

/* A key of another type at every turn: named, and after it is mended the erasure ends, with one event. */
Test(redis_erasure, a_foreign_key_only_delays_it)
{
    static const char *const keys[] = {"cdc:timeline:{customer}:site:9",
                                       "cdc:entities:{customer}:crm:C-1",
                                       "cdc:links:{customer}:crm:C-1",
                                       "cdc:events:{customer}",
                                       "cdc:erased:{customer}",
                                       "cdc:state:{erasure}:R-1",
                                       "cdc:due:cinema",
                                       "cdc:erasing:cinema",
                                       "cdc:events:{erasure}"};
    struct cdc_err err = {0};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct story *story = story_new();
        int rc = 0;
        link_two(story);
        story_write(story, "0/60", "erasure", "requested", REQUEST);
        server_redis_do(story->redis, "RENAME %s aside", keys[i]);
        server_redis_do(story->redis, "SET %s mine", keys[i]);
        do
            rc = story_try_tend(story, STORY_TIME_MS, &err);
        while (rc == 0 && redis_sink_ops.tending(story->store->sink));
        cr_assert_eq(rc, -1, "%s", keys[i]);
        cr_assert(strstr(err.message, keys[i]), "%s does not name %s", err.message, keys[i]);
        server_redis_do(story->redis, "RENAME aside %s", keys[i]);
        store_connect(story->store);
        cr_assert_null(store_checkpoint(story->store, "broken"));
        story_tend(story, STORY_TIME_MS);
        assert_gone(story, "crm:C-1");
        assert_unsaid(story, "secret");
        cr_assert_eq(story_entries(story, "erasure"), 2, "%s", keys[i]);
        story_free(story);
    }
}
