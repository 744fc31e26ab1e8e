/* What time brings about: baskets that stay as they are. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(redis_due, .timeout = 120);

#define OPEN "basket_id=7 customer_id=shop:1 status=open value=20"
#define NOW  STORY_TIME_MS
#define DUE  "cdc:due:cinema"

static const char *score(struct story *story)
{
    return server_redis_text(story->redis, "ZSCORE " DUE " basket:7");
}

Test(redis_due, an_event_comes_when_it_is_due_and_only_once)
{
    struct story *story = story_new();

    story_write(story, "0/10", "basket", "created", OPEN);
    cr_assert_str_eq(score(story), "1795289400000");
    story_tend(story, NOW + STORY_HOUR_MS - 1);
    cr_assert_eq(story_entries(story, "basket"), 1);
    story_tend(story, NOW + STORY_HOUR_MS);
    cr_assert_eq(story_entries(story, "basket"), 2);
    cr_assert_str_eq(story_entry(story, "basket", 1, "type"), "basket.abandoned");
    cr_assert_str_eq(story_entry(story, "basket", 1, "id"), "cinema:0/10:1:abandoned");
    cr_assert_str_eq(story_entry(story, "basket", 1, "time"), "2026-11-21T19:30:00.000000Z");
    cr_assert_str_eq(story_entry(story, "basket", 1, "customer"), "shop:1");
    cr_assert(strstr(story_entry(story, "basket", 1, "data"), "\"value\":\"20\""));
    cr_assert_null(strstr(story_entry(story, "basket", 1, "data"), "\"_"), "%s",
                   story_entry(story, "basket", 1, "data"));
    cr_assert(strstr(story_customer(story, "shop:1"), "\"type\":\"basket.abandoned\""));
    cr_assert_str_eq(server_redis_text(story->redis, "HGET cdc:state:{basket}:7 _due"),
                     "2026-11-21T19:30:00.000000Z");
    story_tend(story, NOW + 10 * STORY_HOUR_MS);
    cr_assert_eq(story_entries(story, "basket"), 2);
    cr_assert_not(server_redis_exists(story->redis, DUE));
    story_free(story);
}

Test(redis_due, a_basket_that_is_bought_or_gone_is_not_abandoned)
{
    struct story *story = story_new();

    story_write(story, "0/10", "basket", "created", OPEN);
    story_write(story, "0/20", "basket", "converted", "basket_id=7 customer_id=shop:1 status=converted");
    cr_assert_not(server_redis_exists(story->redis, DUE));
    story_write(story, "0/30", "basket", "created", OPEN);
    story_begin(story, "0/40");
    story_event(story, CDC_EVENT_DELETE, "basket", "deleted", "basket_id=7", NULL);
    story_finish(story);
    cr_assert_not(server_redis_exists(story->redis, DUE));
    story_tend(story, NOW + 2 * STORY_HOUR_MS);
    cr_assert_eq(story_entries(story, "basket"), 4);
    story_free(story);
}

/* The time of the source's own field counts, and every change of it puts the moment off. */
Test(redis_due, every_change_counts_from_its_own_time)
{
    struct story *story = story_new();

    story_write(story, "0/10", "basket", "created", OPEN " updated_at=2026-11-21T12:00:00.000000Z");
    cr_assert_str_eq(score(story), "1795266000000");
    story_begin(story, "0/20");
    story_event(
        story, CDC_EVENT_MERGE, "basket", "updated",
        "basket_id=7 customer_id=shop:1 status=checkout value=? updated_at=2026-11-21T13:00:00.500000Z",
        NULL);
    story_finish(story);
    cr_assert_str_eq(score(story), "1795269600500");
    story_tend(story, 1795266000000);
    cr_assert_eq(story_entries(story, "basket"), 2);
    story_tend(story, 1795269600500);
    cr_assert_eq(story_entries(story, "basket"), 3);
    /* told; a change that does not move the moment does not tell it again, one that moves it does */
    story_write(story, "0/30", "basket", "updated",
                "basket_id=7 customer_id=shop:1 status=open value=30 updated_at=2026-11-21T13:00:00.500000Z");
    story_tend(story, NOW);
    cr_assert_eq(story_entries(story, "basket"), 4);
    story_write(story, "0/40", "basket", "updated",
                "basket_id=7 customer_id=shop:1 status=open value=30 updated_at=2026-11-21T14:00:00.000000Z");
    cr_assert_null(server_redis_hget(story->redis, "cdc:state:{basket}:7", "_due"));
    story_tend(story, NOW);
    cr_assert_eq(story_entries(story, "basket"), 6);
    story_free(story);
}

/* An entry that is older than the state, or names no state of ours, tells nothing. */
Test(redis_due, the_state_has_the_last_word)
{
    struct story *story = story_new();

    story_write(story, "0/10", "basket", "created", OPEN);
    server_redis_do(story->redis, "ZADD " DUE " 1000 basket:7 1000 basket:8 1000 nothing:1");
    story_tend(story, NOW);
    cr_assert_eq(story_entries(story, "basket"), 1);
    cr_assert_str_eq(score(story), "1795289400000");
    cr_assert_eq(server_redis_integer(story->redis, "ZCARD " DUE), 1);
    server_redis_do(story->redis, "HSET cdc:state:{basket}:7 _source another");
    story_tend(story, NOW + 2 * STORY_HOUR_MS);
    cr_assert_eq(story_entries(story, "basket"), 1);
    story_free(story);
}

Test(redis_due, many_at_once_come_in_small_steps)
{
    struct story *story = story_new();
    char row[80];

    story_begin(story, "0/10");
    for (int i = 0; i < 200; i++) {
        snprintf(row, sizeof row, "basket_id=%d status=open", i);
        story_put(story, "basket", "created", row, NULL);
    }
    story_finish(story);
    cr_assert_gt(story_tend(story, NOW + STORY_HOUR_MS), 5);
    cr_assert_eq(story_entries(story, "basket"), 400);
    story_free(story);
}

Test(redis_due, an_old_epoch_may_not_tend)
{
    struct story *story = story_new();
    struct cdc_err err;

    story_write(story, "0/10", "basket", "created", OPEN);
    server_redis_do(story->redis, "HINCRBY cdc:checkpoint:cinema epoch 1");
    cr_assert_eq(story_try_tend(story, NOW + STORY_HOUR_MS, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED, "%s", err.message);
    cr_assert_eq(story_entries(story, "basket"), 1);
    story_free(story);
}

/* A key of another type: nothing is half done, and after it is mended the event comes once. */
Test(redis_due, a_foreign_key_leaves_nothing_half_done)
{
    static const char *const keys[] = {
        "cdc:events:{basket}",  "cdc:timeline:{customer}:shop:1", DUE,
        "cdc:state:{basket}:7", "cdc:erased:{customer}",          "cdc:streams",
        "cdc:erasing:cinema"};
    struct cdc_err err;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct story *story = story_new();
        bool existed;
        story_write(story, "0/10", "basket", "created", OPEN);
        existed = server_redis_exists(story->redis, keys[i]);
        if (existed)
            server_redis_do(story->redis, "RENAME %s aside", keys[i]);
        server_redis_do(story->redis, "SET %s mine", keys[i]);
        cr_assert_eq(story_try_tend(story, NOW + STORY_HOUR_MS, &err), -1, "%s", keys[i]);
        cr_assert_eq(err.class, CDC_ERR_FATAL, "%s", err.message);
        cr_assert(strstr(err.message, keys[i]), "%s does not name %s", err.message, keys[i]);
        server_redis_do(story->redis, "DEL %s", keys[i]);
        if (existed)
            server_redis_do(story->redis, "RENAME aside %s", keys[i]);
        cr_assert_eq(story_entries(story, "basket"), 1);
        cr_assert_null(server_redis_hget(story->redis, "cdc:state:{basket}:7", "_due"));
        store_connect(story->store);
        story_tend(story, NOW + STORY_HOUR_MS);
        cr_assert_eq(story_entries(story, "basket"), 2, "%s", keys[i]);
        story_free(story);
    }
}
