/* The customer's story: timelines, the index of entities, and the answer over all of it. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_timeline, .timeout = 120);

#define BOOKINGS "cdc:entities:{customer}:site:9"

static long long timeline(struct story *story, const char *ref)
{
    return server_redis_integer(story->redis, "XLEN cdc:timeline:{customer}:%s", ref);
}

static bool in_index(struct story *story, const char *ref, const char *member)
{
    return server_redis_integer(story->redis, "SISMEMBER cdc:entities:{customer}:%s %s", ref, member) == 1;
}

/* Every kind of write of a state with a customer, and what it does to story and index. */
Test(redis_timeline, every_event_of_a_customer_is_in_the_timeline)
{
    struct story *story = story_new();

    story_begin(story, "0/10");
    story_put(story, "booking", "created", "id=1 status=hold customer_id=site:9", NULL);
    story_put(story, "booking", "changed", "id=1 status=paid customer_id=site:9",
              "id=1 status=hold customer_id=site:9");
    story_put(story, "booking", "changed", "id=1 status=pa\"id customer_id=site:9", NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=1 status=done customer_id=site:9", NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=2 status=new customer_id=site:9", NULL);
    story_put(story, "booking", "created", "id=3 status=nobody", NULL);
    story_finish(story);
    cr_assert_eq(timeline(story, "site:9"), 5);
    cr_assert(in_index(story, "site:9", "booking:1"));
    cr_assert(in_index(story, "site:9", "booking:2"));
    cr_assert_eq(server_redis_integer(story->redis, "SCARD " BOOKINGS), 2);
    story_begin(story, "0/20");
    story_event(story, CDC_EVENT_DELETE, "booking", "deleted", "id=1", NULL);
    story_event(story, CDC_EVENT_DELETE, "booking", "deleted", NULL, "id=2 status=new customer_id=site:9");
    story_finish(story);
    cr_assert_eq(timeline(story, "site:9"), 7);
    cr_assert_not(server_redis_exists(story->redis, BOOKINGS));
    story_free(story);
}

/* An update, a merge and an insert over another's state move it; both see the event that moved it. */
Test(redis_timeline, a_state_that_moves_to_another_customer_is_in_both_timelines)
{
    struct story *story = story_new();

    story_write(story, "0/10", "booking", "created", "id=1 customer_id=site:1");
    story_begin(story, "0/20");
    story_put(story, "booking", "changed", "id=1 customer_id=site:2", "id=1 customer_id=site:1");
    story_finish(story);
    cr_assert_eq(timeline(story, "site:1"), 2);
    cr_assert_eq(timeline(story, "site:2"), 1);
    cr_assert_not(in_index(story, "site:1", "booking:1"));
    story_begin(story, "0/30");
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=1 customer_id=site:3", NULL);
    story_finish(story);
    cr_assert_eq(timeline(story, "site:2"), 2);
    cr_assert_eq(timeline(story, "site:3"), 1);
    cr_assert_not(in_index(story, "site:2", "booking:1"));
    story_write(story, "0/40", "booking", "created", "id=1 customer_id=site:4");
    cr_assert(in_index(story, "site:4", "booking:1"));
    cr_assert(strstr(story_customer(story, "site:4"), "\"booking\":{\"1\":"));
    cr_assert(strstr(story_customer(story, "site:3"), "\"states\":{}"), "%s",
              story_customer(story, "site:3"));
    story_begin(story, "0/50");
    story_put(story, "booking", "changed", "id=1", "id=1 customer_id=site:4");
    story_finish(story);
    cr_assert_not(in_index(story, "site:4", "booking:1"));
    cr_assert_eq(timeline(story, "site:4"), 2);
    story_begin(story, "0/60");
    story_put(story, "booking", "changed", "id=1 customer_id=site:4", "id=1");
    story_finish(story);
    cr_assert(in_index(story, "site:4", "booking:1"));
    story_free(story);
}

Test(redis_timeline, an_entry_leads_to_its_event)
{
    struct story *story = story_new();
    const char *answer;

    story_write(story, "0/10", "booking", "created", "id=1 status=hold customer_id=site:9");
    story_begin(story, "0/20");
    story_put(story, "booking", "changed", "id=1 status=paid customer_id=site:9",
              "id=1 status=hold customer_id=site:9");
    story_finish(story);
    answer = story_customer(story, "site:9");
    cr_assert(strstr(answer,
                     "{\"customer\":\"site:9\",\"references\":[\"site:9\"],\"states\":{\"booking\":{\"1\":"
                     "{\"_seq\":\"0/20:1\",\"_source\":\"cinema\",\"_time\":\"2026-11-21T18:30:00.000000Z\","
                     "\"customer_id\":\"site:9\",\"id\":\"1\",\"status\":\"paid\"}}},"
                     "\"timeline\":[{\"time\":\"2026-11-21T18:30:00.000000Z\",\"entity\":\"booking\","
                     "\"type\":\"booking.changed\",\"subject\":\"1\",\"customer\":\"site:9\","
                     "\"id\":\"cinema:0/20:1\",\"event\":\"") == answer,
              "%s", answer);
    cr_assert(strstr(answer, "\"data\":{\"id\":\"1\",\"status\":\"paid\",\"customer_id\":\"site:9\"},"
                             "\"previous\":{\"status\":\"hold\"}},{\"time\""),
              "%s", answer);
    server_redis_do(story->redis, "XTRIM cdc:events:{booking} MAXLEN 0");
    answer = story_customer(story, "site:9");
    cr_assert(strstr(answer, "\"type\":\"booking.created\""), "%s", answer);
    cr_assert_null(strstr(answer, "\"data\""), "%s", answer);
    story_free(story);
}

Test(redis_timeline, who_is_unknown_has_an_empty_story)
{
    struct story *story = story_new();

    cr_assert_str_eq(story_customer(story, "site:0"),
                     "{\"customer\":\"site:0\",\"references\":[\"site:0\"],\"states\":{},\"timeline\":[]}");
    cr_assert_str_eq(story_consent(story, "site:0", "marketing", NULL), "none");
    story_free(story);
}

/* As many as a till's walk-in customers: the answer says that it is not all. */
Test(redis_timeline, of_a_reference_of_very_many_things_a_part_is_told)
{
    struct story *story = story_new();

    story_write(story, "0/10", "booking", "created", "id=1 status=hold customer_id=site:9");
    cr_assert_null(strstr(story_customer(story, "site:9"), "more_states"));
    server_redis_do(
        story->redis, "EVAL %s 0",
        "for i = 1, 3000 do redis.call('SADD', 'cdc:entities:{customer}:site:9', 'order:' .. i) end");
    cr_assert(strstr(story_customer(story, "site:9"), "\"more_states\":\"true\""));
    cr_assert_str_eq(story_consent(story, "site:9", "marketing", "e:mail"), "none");
    story_free(story);
}

Test(redis_timeline, timelines_are_capped_and_answers_too)
{
    struct story *story = story_new_with(200, NULL);
    char row[80];

    for (int t = 0; t < 10; t++) {
        story_begin(story, "0/10");
        for (int i = 0; i < 60; i++) {
            snprintf(row, sizeof row, "id=%d note=t%d customer_id=site:9", t * 60 + i, t);
            story_put(story, "booking", "created", row, NULL);
        }
        story_finish(story);
    }
    cr_assert_geq(timeline(story, "site:9"), 200);
    cr_assert_leq(timeline(story, "site:9"), 300);
    cr_assert(strstr(story_customer(story, "site:9"), ",\"more_states\":\"true\",\"timeline\":"));
    cr_assert_eq(story_entries(story, "booking"), 600);
    cr_assert_str_eq(
        server_redis_text(story->redis, "FCALL_RO tributary_customer 1 cdc:links:{customer}:site:1 0"),
        "{\"customer\":\"site:1\",\"references\":[\"site:1\"],\"states\":{},\"timeline\":[]}");
    story_free(story);
}

Test(redis_timeline, no_timelines_are_kept_when_their_length_is_0)
{
    struct story *story = story_new_with(0, NULL);

    story_write(story, "0/10", "booking", "created", "id=1 customer_id=site:9");
    cr_assert_eq(timeline(story, "site:9"), 0);
    cr_assert(in_index(story, "site:9", "booking:1"));
    story_free(story);
}

Test(redis_timeline, a_swept_table_leaves_the_index)
{
    struct story *story = story_new();

    story_write(story, "0/10", "booking", "created", "id=1 customer_id=site:9");
    story_write(story, "0/20", "basket", "created", "basket_id=1 status=open customer_id=site:9");
    story_sweep(story, "booking");
    cr_assert_not(in_index(story, "site:9", "booking:1"));
    cr_assert(in_index(story, "site:9", "basket:1"));
    story_sweep(story, "basket");
    cr_assert_not(server_redis_exists(story->redis, BOOKINGS));
    cr_assert_not(server_redis_exists(story->redis, "cdc:due:cinema"));
    story_free(story);
}

/* Programs: the reader's line of the set-up script is enough for the answers, and for nothing else. */
Test(redis_timeline, a_reader_may_ask)
{
    struct story *story = story_new();

    story_write(story, "0/10", "identity", "linked", "system=loyalty source_id=M-1 customer_id=crm:C-1");
    story_write(story, "0/20", "booking", "created", "id=1 customer_id=loyalty:M-1");
    story_write(
        story, "0/30", "consent", "granted",
        "customer_id=crm:C-1 purpose=marketing status=granted collected_at=2026-01-01T00:00:00.000000Z");
    store_grant(story->store, "tributary-reader");
    server_redis_do(story->redis, "AUTH tributary-reader " STORE_PASSWORD);
    cr_assert(strstr(story_customer(story, "crm:C-1"), "\"booking\":{\"1\""));
    cr_assert_str_eq(story_consent(story, "loyalty:M-1", "marketing", "email"), "granted");
    story_free(story);
}

Test(redis_timeline, the_latest_consent_of_any_reference_counts)
{
    struct story *story = story_new();

    story_write(story, "0/10", "identity", "linked", "system=loyalty source_id=M-1 customer_id=crm:C-1");
    story_begin(story, "0/20");
    story_put(story, "consent", "granted",
              "customer_id=crm:C-1 purpose=marketing status=granted collected_at=2026-01-01T00:00:00.000000Z",
              NULL);
    story_put(story, "consent", "withdrawn",
              "customer_id=loyalty:M-1 purpose=marketing channel=email status=withdrawn "
              "collected_at=2026-02-01T00:00:00.000000Z",
              NULL);
    story_put(
        story, "consent", "granted",
        "customer_id=crm:C-1 purpose=surveys channel=sms status=granted collected_at=2026-03-01T00:00:00.000000Z",
        NULL);
    story_finish(story);
    cr_assert_str_eq(story_consent(story, "crm:C-1", "marketing", "email"), "withdrawn");
    cr_assert_str_eq(story_consent(story, "crm:C-1", "marketing", "sms"), "granted");
    cr_assert_str_eq(story_consent(story, "crm:C-1", "marketing", NULL), "granted");
    cr_assert_str_eq(story_consent(story, "loyalty:M-1", "surveys", "sms"), "granted");
    cr_assert_str_eq(story_consent(story, "loyalty:M-1", "surveys", "email"), "none");
    story_free(story);
}
