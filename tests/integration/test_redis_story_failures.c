/* A batch that fails at any key of the customer's story: nothing is half done, and mended it does what it would have done. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(redis_story_failures, .timeout = 240);

static void before(struct story *story)
{
    story_begin(story, "0/10");
    story_put(story, "identity", "linked", "system=site source_id=9 customer_id=crm:C-1", NULL);
    story_put(story, "price", "created", "sku=A channel=web price=1", NULL);
    story_put(story, "basket", "created", "basket_id=7 customer_id=site:9 status=open", NULL);
    story_put(story, "booking", "created", "id=1 status=hold customer_id=site:9", NULL);
    story_put(story, "booking", "created", "id=2 status=hold customer_id=site:9", NULL);
    story_put(story, "erasure", "requested", "request_id=R-0 customer_id=old:1 status=requested", NULL);
    story_finish(story);
    story_tend(story, 0);
}

/* One of everything. What fails comes sooner or later than other things that must be taken back. */
static void fill(struct story *story)
{
    story_begin(story, "0/20");
    story_put(story, "booking", "created", "id=3 status=hold customer_id=site:7", NULL);
    story_put(story, "identity", "unlinked",
              "system=site source_id=9 customer_id=crm:C-1 link_status=unlinked",
              "system=site source_id=9 customer_id=crm:C-1");
    story_put(story, "identity", "linked", "system=site source_id=8 customer_id=crm:C-2", NULL);
    story_put(story, "price", "created", "sku=A channel=till price=2", NULL);
    story_put(story, "basket", "created", "basket_id=8 customer_id=site:7 status=open", NULL);
    story_put(story, "basket", "converted", "basket_id=7 customer_id=site:9 status=converted", NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=1 status=paid customer_id=site:7", NULL);
    story_event(story, CDC_EVENT_DELETE, "booking", "deleted", "id=2", NULL);
    story_event(story, CDC_EVENT_MERGE, "booking", "changed", "id=5 status=paid customer_id=site:6", NULL);
    story_put(story, "erasure", "requested", "request_id=R-1 customer_id=crm:C-2 status=requested", NULL);
    story_put(story, "booking", "created", "id=4 status=hold customer_id=site:5", NULL);
    store_commit(story->store);
}

static char *without_failure(bool states)
{
    struct story *story = story_new();
    char *all;

    before(story);
    fill(story);
    store_apply(story->store);
    all = story_everything(story, states);
    story_free(story);
    return all;
}

/* What a failed batch may leave: states of PUTs without rules, and their place in the index; nothing else. */
static void fail_at(const char *key, const char *wanted)
{
    struct story *story = story_new();
    struct cdc_err err;
    char *was, *is;
    bool existed;

    before(story);
    was = story_everything(story, false);
    existed = server_redis_exists(story->redis, key);
    if (existed)
        server_redis_do(story->redis, "RENAME %s aside", key);
    server_redis_do(story->redis, "SET %s mine", key);
    fill(story);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(store_try(story->store, &err), -1, "%s", key);
        cr_assert_eq(err.class, CDC_ERR_FATAL, "%s", err.message);
        cr_assert(strstr(err.message, key), "%s does not name %s", err.message, key);
        store_connect(story->store);
        cr_assert_null(store_checkpoint(story->store, "broken"));
    }
    server_redis_do(story->redis, "DEL %s", key);
    if (existed)
        server_redis_do(story->redis, "RENAME aside %s", key);
    is = story_everything(story, false);
    cr_assert_str_eq(is, was, "%s:\n%s\n-- instead of --\n%s", key, is, was);
    free(is);
    store_apply(story->store);
    is = story_everything(story, true);
    cr_assert_str_eq(is, wanted, "%s:\n%s\n-- instead of --\n%s", key, is, wanted);
    free(is);
    free(was);
    story_free(story);
}

Test(redis_story_failures, a_foreign_key_takes_all_of_it_back)
{
    static const char *const keys[] = {
        "cdc:timeline:{customer}:site:7",
        "cdc:timeline:{customer}:site:5",
        "cdc:timeline:{customer}:site:9",
        "cdc:entities:{customer}:site:7",
        "cdc:entities:{customer}:site:5",
        "cdc:entities:{customer}:site:6",
        "cdc:links:{customer}:crm:C-1",
        "cdc:links:{customer}:crm:C-2",
        "cdc:links:{customer}:site:8",
        "cdc:agreement:{price}:A:*:*:-:-",
        "cdc:divergences:{price}",
        "cdc:due:cinema",
        "cdc:erased:{customer}",
        "cdc:erasing:cinema",
        "cdc:state:{booking}:4",
        "cdc:state:{identity}:site:8",
        "cdc:events:{price}",
        "cdc:events:{erasure}",
    };
    char *wanted = without_failure(true);

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        fail_at(keys[i], wanted);
    free(wanted);
}
