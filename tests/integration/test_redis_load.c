/* Loading rows that were read from their tables: states without events, and the progress that is stored with them. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(redis_load, .timeout = 240);

static void load(struct story *story, const char *entity, const char *type, const char *row)
{
    story_event(story, CDC_EVENT_LOAD, entity, type, row, NULL);
}

/* One batch with one row. */
static void load_one(struct story *story, const char *tx, const char *entity, const char *row)
{
    story_begin(story, tx);
    load(story, entity, NULL, row);
    story_finish(story);
}

static bool is_member(struct story *story, const char *ref, const char *member)
{
    return server_redis_integer(story->redis, "SISMEMBER cdc:entities:{customer}:%s %s", ref, member) == 1;
}

Test(redis_load, a_row_becomes_a_state_and_no_event)
{
    struct story *story = story_new();
    struct store *store = story->store;

    story_begin(story, "first");
    load(story, "booking", NULL, "id=1 status=hold note=a\"b customer_id=site:9");
    load(story, "price", NULL, "sku=A channel=web price=1");
    story_finish(story);
    cr_assert_str_eq(store_state(store, "1", "status"), "hold");
    cr_assert_str_eq(store_state(store, "1", "note"), "a\"b");
    cr_assert_str_eq(store_state(store, "1", "_source"), "cinema");
    cr_assert_str_eq(store_state(store, "1", "_seq"), "first:1");
    cr_assert_str_eq(store_state(store, "1", "_time"), "2026-11-21T18:30:00.000000Z");
    cr_assert(is_member(story, "site:9", "booking:1"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:events:{booking}"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:timeline:{customer}:site:9"));
    cr_assert_str_eq(server_redis_hget(story->redis, "cdc:state:{price}:A:web:-:-:-", "price"), "1");
    story_free(story);
}

Test(redis_load, null_fields_go_and_unavailable_ones_stay)
{
    struct story *story = story_new();
    struct store *store = story->store;

    story_write(story, "0/10", "booking", "created", "id=1 status=hold note=n customer_id=site:9");
    server_redis_do(story->redis, "HSET cdc:state:{booking}:1 _due x");
    load_one(story, "a", "booking", "id=1 status=~ note=? customer_id=?");
    cr_assert_null(store_state(store, "1", "status"));
    cr_assert_str_eq(store_state(store, "1", "note"), "n");
    cr_assert_str_eq(store_state(store, "1", "customer_id"), "site:9");
    cr_assert_str_eq(store_state(store, "1", "_due"), "x");
    cr_assert(is_member(story, "site:9", "booking:1"));
    load_one(story, "b", "booking", "id=1 status=paid customer_id=~");
    cr_assert_str_eq(store_state(store, "1", "status"), "paid");
    cr_assert_null(store_state(store, "1", "note"));
    cr_assert_null(store_state(store, "1", "customer_id"));
    cr_assert_not(is_member(story, "site:9", "booking:1"));
    cr_assert_eq(store_entries(store), 1);
    story_free(story);
}

Test(redis_load, the_index_follows_to_another_customer)
{
    struct story *story = story_new();

    story_write(story, "0/10", "booking", "created", "id=1 customer_id=site:9");
    load_one(story, "a", "booking", "id=1 customer_id=site:8");
    cr_assert_not(is_member(story, "site:9", "booking:1"));
    cr_assert(is_member(story, "site:8", "booking:1"));
    load_one(story, "b", "booking", "id=1 status=paid customer_id=?");
    cr_assert(is_member(story, "site:8", "booking:1"));
    load_one(story, "c", "customer", "customer_id=site:8 email=x");
    cr_assert(is_member(story, "site:8", "customer:site:8"));
    story_free(story);
}

/* With snapshot.events: an event each, like a PUT's. */
Test(redis_load, a_type_makes_an_event)
{
    struct story *story = story_new();
    struct store *store = story->store;

    story_begin(story, "first");
    load(story, "booking", "snapshot", "id=1 status=hold note=a\"b customer_id=site:9");
    load(story, "booking", "snapshot", "id=2 status=hold note=?");
    story_finish(story);
    cr_assert_eq(store_entries(store), 2);
    cr_assert_str_eq(store_entry(store, 0, "type"), "booking.snapshot");
    cr_assert_str_eq(store_entry(store, 0, "id"), "cinema:first:1");
    cr_assert_str_eq(store_entry(store, 0, "data"),
                     "{\"id\":\"1\",\"status\":\"hold\",\"note\":\"a\\\"b\",\"customer_id\":\"site:9\"}");
    cr_assert_str_eq(store_entry(store, 0, "customer"), "site:9");
    cr_assert_null(store_entry(store, 0, "previous"));
    cr_assert_null(store_entry(store, 0, "txlast"));
    cr_assert_str_eq(store_entry(store, 1, "unavailable"), "note");
    cr_assert_str_eq(store_entry(store, 1, "txlast"), "1");
    cr_assert_eq(server_redis_integer(story->redis, "XLEN cdc:timeline:{customer}:site:9"), 1);
    story_free(story);
}

Test(redis_load, a_table_that_shares_its_entity_is_named)
{
    struct story *story = story_new();
    struct cdc_shape *shape = &story->shapes[0];
    struct cdc_err err;

    redis_sink_ops.unprepare(shape);
    shape->shared = true;
    cr_assert_eq(redis_sink_ops.prepare(story->store->sink, shape, &err), 0);
    story_begin(story, "a");
    load(story, "booking", NULL, "id=1 status=hold");
    load(story, "booking", "snapshot", "id=2 status=hold");
    story_finish(story);
    cr_assert_str_eq(store_state(story->store, "1", "_table"), "booking");
    cr_assert_str_eq(store_state(story->store, "2", "_table"), "booking");
    story_free(story);
}

Test(redis_load, rows_of_the_erased_do_not_come_back)
{
    struct story *story = story_new();
    struct store *store = story->store;

    story_write(story, "0/10", "booking", "created", "id=1 customer_id=site:9");
    story_write(story, "0/20", "erasure", "requested", "request_id=R customer_id=site:9 status=requested");
    story_tend(story, STORY_TIME_MS);
    story_write(story, "0/30", "booking", "created", "id=5 customer_id=site:7");
    story_begin(story, "a");
    load(story, "booking", NULL, "id=1 status=hold customer_id=site:9");
    load(story, "booking", NULL, "id=2 status=hold customer_id=site:9");
    load(story, "booking", "snapshot", "id=3 status=hold customer_id=site:9");
    load(story, "booking", NULL, "id=5 status=hold customer_id=site:9");
    load(story, "booking", NULL, "id=4 status=hold customer_id=site:8");
    story_finish(story);
    cr_assert_not(store_has_state(store, "1"));
    cr_assert_not(store_has_state(store, "2"));
    cr_assert_not(store_has_state(store, "3"));
    cr_assert_not(store_has_state(store, "5"));
    cr_assert(store_has_state(store, "4"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:entities:{customer}:site:9"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:entities:{customer}:site:7"));
    cr_assert_eq(store_entries(store), 1);
    load_one(story, "b", "booking", "id=1 status=hold");
    cr_assert_not(store_has_state(store, "1"));
    load_one(story, "c", "booking", "id=1 status=hold customer_id=site:8");
    cr_assert(store_has_state(store, "1"));
    story_free(story);
}

/* Links, agreement, what is due and erasures follow from states, whoever writes them. */
Test(redis_load, rules_hold_for_loaded_rows)
{
    struct story *story = story_new();

    story_begin(story, "a");
    load(story, "identity", NULL, "system=site source_id=9 customer_id=crm:C-1");
    load(story, "price", NULL, "sku=A channel=web price=1");
    load(story, "price", NULL, "sku=A channel=till price=2");
    load(story, "basket", NULL, "basket_id=7 customer_id=site:9 status=open");
    load(story, "booking", NULL, "id=1 status=hold customer_id=old:1");
    load(story, "erasure", NULL, "request_id=R-0 customer_id=old:1 status=requested");
    story_finish(story);
    cr_assert_eq(server_redis_integer(story->redis, "SISMEMBER cdc:links:{customer}:crm:C-1 site:9"), 1);
    cr_assert_eq(server_redis_integer(story->redis, "ZCARD cdc:divergences:{price}"), 1);
    cr_assert_eq(server_redis_integer(story->redis, "ZCARD cdc:due:cinema"), 1);
    story_tend(story, STORY_TIME_MS);
    cr_assert_not(store_has_state(story->store, "1"));
    story_free(story);
}

static void before(struct story *story)
{
    story_begin(story, "0/10");
    story_put(story, "booking", "created", "id=1 status=hold customer_id=site:9", NULL);
    story_put(story, "booking", "created", "id=2 status=hold note=x customer_id=site:9", NULL);
    story_put(story, "basket", "created", "basket_id=7 customer_id=site:9 status=open", NULL);
    story_put(story, "booking", "created", "id=6 status=hold", NULL);
    store_progress(story->store, "snapshot:job", "began");
    store_progress(story->store, "snapshot:old", "1");
    story_finish(story);
}

static void fill(struct story *story)
{
    story_begin(story, "a");
    load(story, "identity", NULL, "system=site source_id=9 customer_id=crm:C-1");
    load(story, "booking", NULL, "id=1 status=paid customer_id=site:8");
    load(story, "booking", NULL, "id=3 status=hold customer_id=site:7");
    load(story, "booking", NULL, "id=6 status=hold note=a customer_id=site:7");
    load(story, "booking", "snapshot", "id=4 status=hold customer_id=site:7");
    load(story, "basket", NULL, "basket_id=7 customer_id=site:8 status=converted");
    load(story, "price", NULL, "sku=A channel=web price=1");
    load(story, "booking", NULL, "id=5 status=hold customer_id=site:5");
    store_progress(story->store, "snapshot:job", "half");
    store_progress(story->store, "snapshot:new", "1");
    store_progress(story->store, "snapshot:old", "");
    store_commit(story->store);
}

static void assert_progress(struct story *story, const char *job, bool old)
{
    struct store *store = story->store;

    store_connect(store);
    cr_assert_str_eq(store_acquired(store, "snapshot:job"), job);
    cr_assert_eq(store_acquired(store, "snapshot:old") != NULL, old);
    cr_assert_eq(store_acquired(store, "snapshot:new") != NULL, !old);
    cr_assert_null(store_acquired(store, "position"));
}

static void fail_at(const char *key, const char *wanted)
{
    struct story *story = story_new();
    struct cdc_err err;
    char *was, *is;
    bool existed;

    before(story);
    was = story_everything(story, true);
    existed = server_redis_exists(story->redis, key);
    if (existed)
        server_redis_do(story->redis, "RENAME %s aside", key);
    server_redis_do(story->redis, "SET %s mine", key);
    fill(story);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(store_try(story->store, &err), -1, "%s", key);
        cr_assert_eq(err.class, CDC_ERR_FATAL, "%s", err.message);
        cr_assert(strstr(err.message, key), "%s does not name %s", err.message, key);
        assert_progress(story, "began", true);
        cr_assert_null(store_checkpoint(story->store, "broken"));
    }
    server_redis_do(story->redis, "DEL %s", key);
    if (existed)
        server_redis_do(story->redis, "RENAME aside %s", key);
    is = story_everything(story, true);
    cr_assert_str_eq(is, was, "%s:\n%s\n-- instead of --\n%s", key, is, was);
    free(is);
    store_apply(story->store);
    is = story_everything(story, true);
    cr_assert_str_eq(is, wanted, "%s:\n%s\n-- instead of --\n%s", key, is, wanted);
    assert_progress(story, "half", false);
    free(is);
    free(was);
    story_free(story);
}

/* New states, and those that were another customer's, with their index and the progress. */
Test(redis_load, a_foreign_key_takes_all_of_it_back)
{
    static const char *const keys[] = {
        "cdc:state:{booking}:5",
        "cdc:entities:{customer}:site:5",
        "cdc:entities:{customer}:site:9",
        "cdc:agreement:{price}:A:*:*:-:-",
        "cdc:due:cinema",
        "cdc:links:{customer}:crm:C-1",
        "cdc:timeline:{customer}:site:7",
    };
    struct story *story = story_new();
    char *wanted;

    before(story);
    fill(story);
    store_apply(story->store);
    wanted = story_everything(story, true);
    story_free(story);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        fail_at(keys[i], wanted);
    free(wanted);
}

Test(redis_load, progress_is_read_back_and_the_last_word_counts)
{
    struct story *story = story_new();
    struct store *store = story->store;
    struct cdc_checkpoint peeked = {.ordinal = 0};
    struct cdc_err err;

    story_begin(story, "a");
    store_progress(store, "snapshot:a", "1");
    store_progress(store, "snapshot:a", "");
    store_progress(store, "snapshot:b", "");
    store_progress(store, "snapshot:b", "2");
    store_progress(store, "snapshot:c", "x\ny");
    story_finish(story);
    store_connect(store);
    cr_assert_null(store_acquired(store, "snapshot:a"));
    cr_assert_str_eq(store_acquired(store, "snapshot:b"), "2");
    cr_assert_str_eq(store_acquired(store, "snapshot:c"), "x\ny");
    cr_assert_eq(redis_sink_ops.peek(store->sink, &peeked, &err), 0);
    cr_assert_eq(peeked.progress.len, store->checkpoint.progress.len);
    cr_assert_str_eq(cdc_buf_str(&peeked.position), "a");
    cdc_checkpoint_fini(&peeked);
    story_free(story);
}
