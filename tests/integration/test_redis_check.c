/* Rows and the lack of rows compared with the store: what is found, what is noted of it, and what is put right. */
#include "integration/redis_story.h"

#include <criterion/criterion.h>

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_check, .timeout = 240);

static void check(struct story *story, const char *entity, const char *row)
{
    story_event(story, CDC_EVENT_CHECK, entity, NULL, row, NULL);
}

static void absent(struct story *story, const char *entity, const char *key)
{
    story_event(story, CDC_EVENT_ABSENT, entity, "deleted", key, NULL);
}

static struct story *begin(bool note, bool repair)
{
    struct story *story = story_new();

    story_begin(story, "0/10");
    story_put(story, "booking", "created", "id=1 status=hold note=n customer_id=site:9", NULL);
    story_put(story, "booking", "created", "id=2 status=hold customer_id=site:9", NULL);
    story_put(story, "basket", "created", "basket_id=7 customer_id=site:9 status=open", NULL);
    story_finish(story);
    story->store->note = note;
    story->store->repair = repair;
    return story;
}

/* All findings: "missing booking booking 4|different …", with the names of fields and whether it was repaired behind. */
static const char *findings(struct story *story)
{
    redisReply *entries = server_redis_reply(story->redis, "XRANGE cdc:findings:cinema - +");
    static char all[2048];
    size_t at = 0;

    all[0] = '\0';
    for (size_t i = 0; i < entries->elements; i++) {
        redisReply *e = entries->element[i]->element[1];
        at += (size_t)snprintf(all + at, sizeof all - at, "%s", i ? "|" : "");
        for (size_t f = 0; f + 1 < e->elements; f += 2)
            at += (size_t)snprintf(all + at, sizeof all - at, "%s%s=%s", f ? " " : "", e->element[f]->str,
                                   e->element[f + 1]->str);
    }
    freeReplyObject(entries);
    return all;
}

static void assert_told(struct story *story, uint64_t checked, uint64_t missing, uint64_t different,
                        uint64_t extra)
{
    struct cdc_findings told;

    redis_sink_ops.findings(story->store->sink, &told);
    cr_assert_eq(told.checked, checked, "%llu", (unsigned long long)told.checked);
    cr_assert_eq(told.missing, missing, "%llu", (unsigned long long)told.missing);
    cr_assert_eq(told.different, different, "%llu", (unsigned long long)told.different);
    cr_assert_eq(told.extra, extra, "%llu", (unsigned long long)told.extra);
}

static bool is_member(struct story *story, const char *ref, const char *member)
{
    return server_redis_integer(story->redis, "SISMEMBER cdc:entities:{customer}:%s %s", ref, member) == 1;
}

Test(redis_check, what_is_as_it_must_be_is_left_alone)
{
    struct story *story = begin(true, true);
    char *was, *is;

    was = story_everything(story, true);
    story_begin(story, "run");
    for (int i = 0; i < 20; i++) { /* often enough for code to be made */
        check(story, "booking", "id=1 status=hold note=n customer_id=site:9");
        check(story, "booking", "id=2 status=hold customer_id=site:9");
        check(story, "booking", "id=1 status=hold note=? customer_id=?");
        check(story, "basket", "basket_id=7 customer_id=site:9 status=open");
    }
    absent(story, "booking", "id=3");
    story_finish(story);
    is = story_everything(story, true);
    cr_assert_str_eq(is, was);
    assert_told(story, 81, 0, 0, 0);
    cr_assert_null(store_acquired(story->store, "snapshot:found:run:booking:missing"));
    free(was);
    free(is);
    story_free(story);
}

Test(redis_check, what_is_not_is_noted_by_names_only)
{
    struct story *story = begin(true, false);
    char *was, *is;

    story_begin(story, "run:1");
    check(story, "booking", "id=1 status=paid customer_id=site:8");
    check(story, "booking", "id=4 status=secret");
    check(story, "booking", "id=5 status=secret");
    absent(story, "basket", "basket_id=7");
    store_commit(story->store);
    was = story_everything(story, true);
    store_apply(story->store);
    cr_assert_str_eq(
        findings(story),
        "run=run:1 table=booking entity=booking key=1 kind=different repaired=0 fields=status note customer_id|"
        "run=run:1 table=booking entity=booking key=4 kind=missing repaired=0|"
        "run=run:1 table=booking entity=booking key=5 kind=missing repaired=0|"
        "run=run:1 table=basket entity=basket key=7 kind=extra repaired=0");
    server_redis_do(story->redis, "DEL cdc:findings:cinema");
    is = story_everything(story, true);
    cr_assert_str_eq(is, was);
    assert_told(story, 4, 2, 1, 1);
    store_connect(story->store);
    cr_assert_str_eq(store_acquired(story->store, "snapshot:found:run:1:booking:missing"), "2");
    cr_assert_str_eq(store_acquired(story->store, "snapshot:found:run:1:booking:different"), "1");
    cr_assert_str_eq(store_acquired(story->store, "snapshot:found:run:1:basket:extra"), "1");
    story_begin(story, "run:1");
    check(story, "booking", "id=4 status=secret");
    store_progress(story->store, "snapshot:found:run:1:basket:extra", "");
    story_finish(story);
    store_connect(story->store);
    cr_assert_str_eq(store_acquired(story->store, "snapshot:found:run:1:booking:missing"), "3");
    cr_assert_null(store_acquired(story->store, "snapshot:found:run:1:basket:extra"));
    free(was);
    free(is);
    story_free(story);
}

Test(redis_check, repair_puts_right_what_differs)
{
    struct story *story = begin(true, true);
    struct store *store = story->store;

    server_redis_do(story->redis, "HSET cdc:state:{booking}:1 _other 1");
    story_begin(story, "run");
    check(story, "booking", "id=1 status=paid customer_id=site:8");
    check(story, "booking", "id=2 status=hold customer_id=site:9");
    check(story, "booking", "id=4 status=hold customer_id=site:7");
    check(story, "booking", "id=5 status=hold");
    check(story, "basket", "basket_id=7 customer_id=site:9 status=converted");
    check(story, "price", "sku=A channel=web price=1");
    check(story, "price", "sku=A channel=till price=2");
    story_finish(story);
    cr_assert_str_eq(store_state(store, "1", "status"), "paid");
    cr_assert_null(store_state(store, "1", "note"));
    cr_assert_str_eq(store_state(store, "1", "_other"), "1");
    cr_assert_str_eq(store_state(store, "1", "_seq"), "run:1");
    cr_assert_str_eq(store_state(store, "2", "_seq"), "0/10:2");
    cr_assert_str_eq(store_state(store, "4", "status"), "hold");
    cr_assert_str_eq(store_state(store, "5", "status"), "hold");
    cr_assert_not(is_member(story, "site:9", "booking:1"));
    cr_assert(is_member(story, "site:8", "booking:1"));
    cr_assert(is_member(story, "site:7", "booking:4"));
    cr_assert_eq(server_redis_integer(story->redis, "ZCARD cdc:due:cinema"), 0);
    cr_assert_eq(server_redis_integer(story->redis, "ZCARD cdc:divergences:{price}"), 1);
    cr_assert_eq(store_entries(store), 2);
    cr_assert(strstr(findings(story), "key=1 kind=different repaired=1 fields=status note customer_id|"));
    cr_assert(strstr(findings(story), "key=4 kind=missing repaired=1|"));
    assert_told(story, 7, 4, 2, 0);
    story_free(story);
}

/* As a resnapshot has it. */
Test(redis_check, repair_alone_notes_nothing)
{
    struct story *story = begin(false, true);

    story_begin(story, "run");
    check(story, "booking", "id=1 status=paid customer_id=site:8");
    story->store->existing_only = true;
    check(story, "booking", "id=4 status=hold");
    absent(story, "booking", "id=2");
    story_finish(story);
    cr_assert_str_eq(store_state(story->store, "1", "status"), "paid");
    cr_assert_not(store_has_state(story->store, "4"));
    cr_assert_not(store_has_state(story->store, "2"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:findings:cinema"));
    cr_assert_null(store_checkpoint(story->store, "snapshot:found:run:booking:different"));
    assert_told(story, 3, 0, 1, 1);
    story_free(story);
}

Test(redis_check, repair_removes_what_must_not_be)
{
    struct story *story = begin(true, true);
    struct store *store = story->store;

    server_redis_do(story->redis, "HSET cdc:state:{booking}:8 id 8 _source other");
    story_begin(story, "run");
    absent(story, "booking", "id=1");
    absent(story, "booking", "id=8");
    absent(story, "basket", "basket_id=7");
    story_event(story, CDC_EVENT_ABSENT, "booking", NULL, "id=2", NULL);
    story_finish(story);
    cr_assert_not(store_has_state(store, "1"));
    cr_assert_not(store_has_state(store, "2"));
    cr_assert(store_has_state(store, "8"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:entities:{customer}:site:9"));
    cr_assert_not(server_redis_exists(story->redis, "cdc:due:cinema"));
    cr_assert_eq(store_entries(store), 3);
    cr_assert_str_eq(store_entry(store, 2, "type"), "booking.deleted");
    cr_assert_str_eq(store_entry(store, 2, "id"), "cinema:run:1");
    cr_assert_str_eq(store_entry(store, 2, "customer"), "site:9");
    cr_assert(strstr(store_entry(store, 2, "previous"), "\"note\":\"n\""));
    cr_assert_str_eq(story_entry(story, "basket", 1, "txlast"), "1");
    assert_told(story, 4, 0, 0, 3);
    story_free(story);
}

Test(redis_check, only_states_of_the_very_table_are_extra)
{
    struct story *story = begin(true, true);
    struct cdc_shape *shape = &story->shapes[0];
    struct cdc_err err;

    redis_sink_ops.unprepare(shape);
    shape->shared = true;
    cr_assert_eq(redis_sink_ops.prepare(story->store->sink, shape, &err), 0);
    server_redis_do(story->redis, "HSET cdc:state:{booking}:1 _table booking");
    server_redis_do(story->redis, "HSET cdc:state:{booking}:2 _table another");
    story_begin(story, "run");
    absent(story, "booking", "id=1");
    absent(story, "booking", "id=2");
    check(story, "booking", "id=3");
    story_finish(story);
    cr_assert_not(store_has_state(story->store, "1"));
    cr_assert(store_has_state(story->store, "2"));
    cr_assert_str_eq(store_state(story->store, "3", "_table"), "booking");
    story_free(story);
}

Test(redis_check, what_the_erased_had_is_not_missed)
{
    struct story *story = begin(true, false);
    struct store *store = story->store;

    story_write(story, "0/20", "erasure", "requested", "request_id=R customer_id=site:9 status=requested");
    story_tend(story, STORY_TIME_MS);
    story_write(story, "0/30", "booking", "created", "id=5 customer_id=site:7");
    for (int repair = 0; repair < 2; repair++) {
        store->repair = repair;
        story_begin(story, "run");
        check(story, "booking", "id=1 status=hold customer_id=site:9");
        check(story, "booking", "id=1 status=hold");
        check(story, "basket", "basket_id=7 customer_id=site:9 status=open");
        story_finish(story);
        cr_assert_not(store_has_state(store, "1"));
    }
    assert_told(story, 6, 0, 0, 0);
    story_begin(story, "run");
    check(story, "booking", "id=5 customer_id=site:9");
    story_finish(story);
    cr_assert_not(store_has_state(store, "5"));
    assert_told(story, 7, 0, 1, 0);
    story_begin(story, "run");
    check(story, "booking", "id=1 customer_id=site:8");
    story_finish(story);
    cr_assert(store_has_state(store, "1"));
    story_free(story);
}

Test(redis_check, a_batch_that_was_applied_is_not_counted_again)
{
    struct story *story = begin(true, true);
    struct store *store = story->store;
    struct cdc_err err;

    story_begin(story, "run");
    check(story, "booking", "id=4 status=hold");
    store_commit(store);
    store->batch.number = store->applied + 1;
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    while (store->applied < store->batch.number)
        cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    cr_assert_str_eq(store_checkpoint(store, "snapshot:found:run:booking:missing"), "1");
    cr_assert_eq(server_redis_integer(story->redis, "XLEN cdc:findings:cinema"), 1);
    assert_told(story, 1, 1, 0, 0);
    story_free(story);
}

static void fill(struct story *story)
{
    story_begin(story, "run");
    check(story, "booking", "id=1 status=paid customer_id=site:8");
    check(story, "booking", "id=4 status=hold customer_id=site:7");
    absent(story, "booking", "id=2");
    check(story, "identity", "system=site source_id=9 customer_id=crm:C-1");
    check(story, "price", "sku=A channel=web price=1");
    check(story, "basket", "basket_id=7 customer_id=site:8 status=converted");
    absent(story, "basket", "basket_id=7");
    check(story, "booking", "id=5 status=hold customer_id=site:5");
    store_progress(story->store, "snapshot:job", "half");
    store_commit(story->store);
}

static void fail_at(const char *key, const char *wanted)
{
    struct story *story = begin(true, true);
    struct cdc_err err;
    char *was = story_everything(story, true), *is;
    bool existed = server_redis_exists(story->redis, key);

    if (existed)
        server_redis_do(story->redis, "RENAME %s aside", key);
    server_redis_do(story->redis, "SET %s mine", key);
    fill(story);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(store_try(story->store, &err), -1, "%s", key);
        cr_assert_eq(err.class, CDC_ERR_FATAL, "%s", err.message);
        cr_assert(strstr(err.message, key), "%s does not name %s", err.message, key);
        store_connect(story->store);
        cr_assert_eq(story->store->checkpoint.progress.len, 0);
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
    cr_assert_str_eq(store_checkpoint(story->store, "snapshot:found:run:booking:missing"), "2");
    free(is);
    free(was);
    story_free(story);
}

Test(redis_check, a_foreign_key_takes_all_of_it_back)
{
    static const char *const keys[] = {
        "cdc:state:{booking}:5",
        "cdc:state:{booking}:4",
        "cdc:entities:{customer}:site:5",
        "cdc:entities:{customer}:site:9",
        "cdc:findings:cinema",
        "cdc:agreement:{price}:A:*:*:-:-",
        "cdc:due:cinema",
        "cdc:timeline:{customer}:site:9",
        "cdc:events:{basket}",
    };
    struct story *story = begin(true, true);
    char *wanted;

    fill(story);
    store_apply(story->store);
    wanted = story_everything(story, true);
    story_free(story);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        fail_at(keys[i], wanted);
    free(wanted);
}

/* The counts are written before the checkpoint's last word. */
Test(redis_check, a_checkpoint_that_cannot_be_written_takes_the_counts_back)
{
    struct story *story = begin(true, true);
    struct cdc_err err;

    fill(story);
    server_redis_do(story->redis,
                    "ACL SETUSER tributary-writer resetkeys ~cdc:state:* ~cdc:events:* ~cdc:e* ~cdc:a* "
                    "~cdc:due:* ~cdc:findings:* ~cdc:timeline:* ~cdc:l* ~cdc:d* %%R~cdc:checkpoint:*");
    cr_assert_eq(store_try(story->store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED, "%s", err.message);
    cr_assert_null(store_checkpoint(story->store, "snapshot:found:run:booking:missing"));
    cr_assert_null(store_checkpoint(story->store, "broken"));
    cr_assert_eq(server_redis_integer(story->redis, "XLEN cdc:findings:cinema"), 0);
    server_redis_do(story->redis, "ACL SETUSER tributary-writer ~cdc:*");
    store_connect(story->store);
    store_apply(story->store);
    cr_assert_str_eq(store_checkpoint(story->store, "snapshot:found:run:booking:missing"), "2");
    story_free(story);
}

/* Findings are for the agent and who administers; they name keys. */
Test(redis_check, a_reader_sees_no_findings)
{
    struct story *story = begin(true, false);
    redisReply *reply;

    story_begin(story, "run");
    check(story, "booking", "id=4");
    story_finish(story);
    store_grant(story->store, "tributary-reader");
    server_redis_do(story->redis, "AUTH tributary-reader " STORE_PASSWORD);
    reply = server_redis_reply(story->redis, "XRANGE cdc:findings:cinema - +");
    cr_assert_eq(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    reply = server_redis_reply(story->redis, "XRANGE cdc:requests:cinema - +");
    cr_assert_eq(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
    story_free(story);
}

/* More fields than generated code takes, and rows that all lack other fields. */
Test(redis_check, wide_rows_and_rows_with_gaps_are_loaded_and_compared)
{
    enum { WIDE = 100, ROWS = 40 };
    static char text[WIDE][16];
    struct cdc_slice names[WIDE];
    struct cdc_field fields[WIDE];
    struct story *story = begin(true, true);
    struct store *store = story->store;
    struct cdc_shape shape = {.entity = {"wide", 4}, .nfields = WIDE, .names = names, .table = {"w", 1}};
    struct cdc_event event = {
        .shape = &shape, .fields = fields, .tx = &store->tx, .note = true, .repair = true};
    struct cdc_err err;
    char key[16];

    for (int i = 0; i < WIDE; i++) {
        snprintf(text[i], sizeof text[i], "f%d", i);
        names[i] = cdc_slice_str(text[i]);
    }
    for (int width = WIDE; width >= 20; width -= 80) {
        shape.nfields = (uint32_t)width;
        cr_assert_eq(redis_sink_ops.prepare(store->sink, &shape, &err), 0);
        for (int pass = 0; pass < 3; pass++) {
            story_begin(story, "run");
            event.op = pass ? CDC_EVENT_CHECK : CDC_EVENT_LOAD;
            for (int row = 0; row < ROWS; row++) {
                snprintf(key, sizeof key, "%d", row);
                event.key = cdc_slice_str(key);
                for (int i = 0; i < width; i++)
                    fields[i] = (struct cdc_field){.after = cdc_slice_str(text[i]),
                                                   .after_state =
                                                       i == row % 20 || (pass == 2 && i == 7) ? CDC_VALUE_NULL
                                                       : (i + row) % 9 == 0 && pass ? CDC_VALUE_UNAVAILABLE
                                                                                    : CDC_VALUE_PRESENT};
                cr_assert_eq(
                    redis_sink_ops.encode(store->sink, &event, &store->batch.body, &store->last, &err), 0);
            }
            story_finish(story);
        }
        redis_sink_ops.unprepare(&shape);
    }
    assert_told(story, (uint64_t)4 * ROWS, 0, 2 * (ROWS - 2), 0);
    cr_assert_str_eq(server_redis_text(story->redis, "HMGET cdc:state:{wide}:1 f0 f1 f7 f8"), "f0\n\n\nf8");
    cr_assert_eq(server_redis_integer(story->redis, "HLEN cdc:state:{wide}:7"), 3 + WIDE - 1);
    story_free(story);
}

/* The calls of agents that know nothing of progress, counts and findings. */
Test(redis_check, a_plain_batch_is_answered_with_its_number)
{
    struct story *story = begin(false, false);
    const char *epoch = store_checkpoint(story->store, "epoch");
    redisReply *reply;

    reply = server_redis_reply(
        story->redis,
        "FCALL tributary_apply 2 cdc:checkpoint:cinema cdc:dlq:cinema cinema %s 2 0/20 %s 0 "
        "2026-11-21T18:30:00.000000Z 0 0 %b",
        epoch, "", "\x01\x06\x00", (size_t)3);
    cr_assert_eq(reply->type, REDIS_REPLY_INTEGER);
    cr_assert_eq(reply->integer, 2);
    freeReplyObject(reply);
    cr_assert_str_eq(store_checkpoint(story->store, "position"), "0/20");
    story_free(story);
}
