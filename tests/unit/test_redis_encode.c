/* Encoding: the bytes of each kind of record. */
#include "unit/redis_events.h"

#include "redis/body.h"
#include "redis/unpack.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

TestSuite(redis_encode);

#define FRAME(count, names)                                                                                  \
    "0('\xb4"                                                                                                \
    "cdc:state:{booking}:\xb4"                                                                               \
    "cdc:events:{booking}\xc2\xa7"                                                                           \
    "booking\xc2\xc2" count names "')"
#define ATTRIBUTES "'1' '0/10:1' 'booking.created' '2026-11-21T18:30:00.000000Z' '77' "

Test(redis_encode, plain_values_go_without_names)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "hold", NULL, "12.50");
    e.event.customer = cdc_slice_str("site:9");
    events_encode(&e);
    events_encode(&e);
    redis_sink_ops.mark_last(&e.body, e.last);
    cr_assert_str_eq(
        events_shown(&e),
        FRAME("\x03", "\xa2id\xa6status\xa5price\xa4note") "18(" ATTRIBUTES "'site:9' '1' 'hold' '12.50')"
                                                           "19(" ATTRIBUTES "'site:9' '1' 'hold' '12.50')");
    events_fini(&e);
}

Test(redis_encode, an_update_says_what_was_there_before)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "paid", "x", "12.50");
    events_before(&e, "1", "ho\"ld", NULL, "12.50");
    events_encode(&e);
    cr_assert_str_eq(
        events_shown(&e),
        FRAME(
            "\x04",
            "\xa2id\xa6status\xa4note\xa5price") "20(" ATTRIBUTES
                                                 "'{\"status\":\"ho\\\"ld\",\"note\":null}' '1' 'paid' 'x' '12.50')");
    events_fini(&e);
}

/* The operations of a body, in order. */
static const char *operations(struct events *e)
{
    struct cdc_slice records = redis_body_records(&e->body);
    struct cdc_reader r = cdc_reader(records.ptr, records.len);

    cdc_buf_reset(&e->text);
    while (cdc_reader_left(&r) && !r.failed) {
        uint64_t n = redis_unpack_number(&r);
        cdc_buf_printf(&e->text, "%llu ", (unsigned long long)redis_unpack_number(&r));
        while (n--)
            redis_unpack(&r);
    }
    cr_assert_not(r.failed);
    return cdc_buf_str(&e->text);
}

static void give_rules(struct events *e, const struct cdc_rules *rules)
{
    struct cdc_err err;

    redis_sink_ops.unprepare(&e->shape);
    e->shape.rules = rules;
    cr_assert_eq(redis_sink_ops.prepare(e->sink, &e->shape, &err), 0);
}

/* An entity with rules: its state is looked at before and after, whatever the record; only the record itself can be the last. */
Test(redis_encode, rules_stand_around_every_record)
{
    static const struct cdc_rules none = {.role = CDC_ROLE_NONE};
    struct events e;

    events_init(&e);
    give_rules(&e, &none);
    events_after(&e, "1", "hold", "x", "1");
    events_encode(&e);
    redis_sink_ops.mark_last(&e.body, e.last);
    e.event.op = CDC_EVENT_MERGE;
    events_encode(&e);
    e.event.op = CDC_EVENT_DELETE;
    events_encode(&e);
    cr_assert_str_eq(operations(&e), "0 7 0 25 8 7 0 2 8 7 3 8 ");
    cr_assert_eq(redis_body_prefix(&e.body).silent, 1);
    events_fini(&e);
}

Test(redis_encode, links_and_moves_to_another_customer_go_in_pairs)
{
    static const struct cdc_rules link = {.role = CDC_ROLE_LINK};
    struct events e;

    events_init(&e);
    events_after(&e, "1", "hold", "x", "1");
    e.event.customer = cdc_slice_str("site:2");
    e.event.customer_before = cdc_slice_str("site:1");
    events_encode(&e);
    cr_assert_str_eq(operations(&e), "0 1 ");
    cdc_buf_reset(&e.body);
    e.event.customer_before = cdc_slice(NULL, 0);
    give_rules(&e, &link);
    events_encode(&e);
    cr_assert_str_eq(operations(&e), "0 7 1 8 ");
    cr_assert_eq(redis_body_prefix(&e.body).silent, 0);
    events_fini(&e);
}

/* What is erased may follow in the same batch, and then emits nothing. */
Test(redis_encode, a_request_to_erase_makes_its_batch_silent)
{
    static const struct cdc_rules erasure = {.role = CDC_ROLE_ERASURE};
    struct events e;

    events_init(&e);
    give_rules(&e, &erasure);
    events_after(&e, "1", "requested", NULL, NULL);
    events_encode(&e);
    cr_assert_str_eq(operations(&e), "0 7 0 24 8 ");
    cr_assert_eq(redis_body_prefix(&e.body).silent, 1);
    events_fini(&e);
}

Test(redis_encode, what_json_must_escape_goes_in_pairs)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "a\"b", NULL, NULL);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "data '{\"id\":\"1\",\"status\":\"a\\\\\"b\"}'"), "%s",
              events_described(&e));
    cr_assert(strstr(events_described(&e), "HDEL cdc:state:{booking}:1 note price  # if there was a state"),
              "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_encode, an_update_to_null_takes_the_field_away)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "hold", NULL, NULL);
    events_before(&e, "1", "hold", "x", NULL);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "HDEL cdc:state:{booking}:1 note\n"), "%s", events_described(&e));
    cr_assert(strstr(events_described(&e), "previous '{\"note\":\"x\"}'"), "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_encode, unavailable_values_are_named)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "hold", "?", "?");
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "unavailable 'note price'"), "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_encode, frames_are_defined_once_in_each_body)
{
    struct events e;
    uint32_t frames;

    events_init(&e);
    for (int i = 0; i < 3; i++) {
        events_after(&e, "1", "hold", NULL, "1");
        events_encode(&e);
        events_after(&e, "1", "hold", "x", "1");
        events_encode(&e);
    }
    frames = redis_body_prefix(&e.body).nframes;
    cr_assert_eq(frames, 2);
    cdc_buf_reset(&e.body);
    events_encode(&e);
    cr_assert_eq(redis_body_prefix(&e.body).nframes, 1);
    cr_assert_eq(memcmp(events_shown(&e), "0(", 2), 0);
    events_fini(&e);
}

/* More patterns of NULL than code is to be made for: the others go in pairs, which need one frame. */
Test(redis_encode, more_patterns_than_frames_go_in_pairs)
{
    struct cdc_slice names[8];
    struct cdc_field fields[8];
    struct events e;
    struct cdc_err err;
    const char *text = "abcdefgh";

    events_init(&e);
    redis_sink_ops.unprepare(&e.shape);
    for (size_t i = 0; i < 8; i++)
        names[i] = cdc_slice(text + i, 1);
    e.shape.nfields = 8;
    e.shape.names = names;
    e.event.fields = fields;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &e.shape, &err), 0);
    for (unsigned mask = 1; mask < 256; mask++) {
        for (size_t i = 0; i < 8; i++)
            fields[i] = (struct cdc_field){.after = {"v", 1},
                                           .after_state = mask >> i & 1 ? CDC_VALUE_PRESENT : CDC_VALUE_NULL};
        events_encode(&e);
    }
    cr_assert_eq(redis_body_prefix(&e.body).nframes, 8 + 1);
    cr_assert(strstr(events_described(&e), "HSET cdc:state:{booking}:1 a v c v h v _source cinema"), "%s",
              events_described(&e));
    events_fini(&e);
}

Test(redis_encode, a_merge_gives_null_as_false_and_candidates_by_place)
{
    const struct cdc_candidate candidates[] = {
        {.field = 3, .has_from = true, .from = {"1", 1}, .type = {"t1", 2}},
        {.field = 1, .type = {"t2", 2}},
        {.field = 2, .type = {"t3", 2}}};
    struct events e;

    events_init(&e);
    events_after(&e, "1", "?", NULL, "2");
    e.event.op = CDC_EVENT_MERGE;
    e.event.ncandidates = 3;
    e.event.candidates = candidates;
    events_encode(&e);
    cr_assert_str_eq(
        events_shown(&e),
        FRAME("\x03", "\xa2id\xa4note\xa5price") "2(0 1 " ATTRIBUTES
                                                 "false 'status' '{\"id\":\"1\",\"price\":\"2\"}' '\x03\xa1"
                                                 "1\xa2t1\x02\xc2\xa2t3' false '1' false '2')");
    cr_assert_eq(redis_body_prefix(&e.body).silent, 1);
    events_fini(&e);
}

Test(redis_encode, only_what_may_stay_silent_marks_the_batch)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", NULL, NULL, NULL);
    events_encode(&e);
    e.event.op = CDC_EVENT_DELETE;
    events_encode(&e);
    cr_assert_eq(redis_body_prefix(&e.body).silent, 0);
    e.event.op = CDC_EVENT_DROP;
    events_encode(&e);
    cr_assert_eq(redis_body_prefix(&e.body).silent, 1);
    events_fini(&e);
}

Test(redis_encode, mark_last_changes_one_byte)
{
    struct events e;
    struct cdc_buf before = {.limit = 0};
    size_t different = 0;

    events_init(&e);
    events_after(&e, "1", "hold", "x", "1");
    events_encode(&e);
    cdc_buf_put_slice(&before, cdc_buf_slice(&e.body));
    redis_sink_ops.mark_last(&e.body, e.last);
    for (size_t i = 0; i < before.len; i++)
        different += before.data[i] != e.body.data[i];
    cr_assert_eq(different, 1);
    cr_assert(strstr(events_described(&e), " tx 77 txlast 1\n"), "%s", events_described(&e));
    redis_sink_ops.mark_last(&e.body, e.body.len);
    cdc_buf_fini(&before);
    events_fini(&e);
}

Test(redis_encode, ids_say_the_part_after_the_first)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "hold", "x", "1");
    e.event.ordinal = UINT64_MAX;
    e.event.part = 2;
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "id cinema:0/10:18446744073709551615.2 "), "%s",
              events_described(&e));
    events_fini(&e);
}

/* The operation of a PUT counts its frames: from the 15th on it has two bytes, and the mark is in the second. */
Test(redis_encode, mark_last_finds_the_bit_of_any_frame)
{
    struct cdc_slice names[9];
    struct cdc_field fields[9];
    struct events e;
    struct cdc_err err;

    events_init(&e);
    redis_sink_ops.unprepare(&e.shape);
    for (size_t i = 0; i < 9; i++)
        names[i] = cdc_slice(&"abcdefghi"[i], 1);
    e.shape.nfields = 9;
    e.shape.names = names;
    e.event.fields = fields;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &e.shape, &err), 0);
    for (unsigned mask = 1; mask < 512; mask++) {
        for (size_t i = 0; i < 9; i++)
            fields[i] = (struct cdc_field){
                .after = {"v", 1}, .after_state = mask >> i & 1 ? CDC_VALUE_PRESENT : CDC_VALUE_UNAVAILABLE};
        e.event.op = mask < 511 ? CDC_EVENT_MERGE : CDC_EVENT_PUT;
        events_encode(&e);
        redis_sink_ops.mark_last(&e.body, e.last);
    }
    size_t marks = 0;
    for (const char *at = events_described(&e); (at = strstr(at, " txlast 1")); at++)
        marks++;
    cr_assert_eq(marks, 511);
    events_fini(&e);
}

/* A body with a limit: what does not fit leaves no trace, and what was there can still be sent. */
Test(redis_encode, what_does_not_fit_leaves_the_body_as_it_was)
{
    struct events e;
    struct cdc_err err;
    size_t len;

    events_init(&e);
    events_after(&e, "1", "hold", "x", "1");
    events_encode(&e);
    len = e.body.len;
    for (e.body.limit = len; e.body.limit < len + 120; e.body.limit++) {
        events_after(&e, "1", "hold", NULL,
                     "a value that needs some room in the body, more than there is, by far: no");
        cr_assert_eq(redis_sink_ops.encode(e.sink, &e.event, &e.body, &e.last, &err), -1);
        cr_assert_eq(err.class, CDC_ERR_RETRY);
        cr_assert_eq(e.body.len, len);
        cr_assert_eq(redis_body_prefix(&e.body).nframes, 1);
    }
    e.body.limit = 0;
    events_encode(&e);
    cr_assert_eq(redis_body_prefix(&e.body).nframes, 2);
    cr_assert(strstr(events_described(&e), "price 'a value"), "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_encode, names_that_cannot_be_stored_are_refused)
{
    static const char *const wrong[] = {"", "_time", "a b", "a\"b", "a'b", "a\\b", "caf\xc3\xa9", "a\nb"};
    struct events e;
    struct cdc_err err;
    struct cdc_slice name;
    struct cdc_shape shape = {.entity = {"booking", 7}, .nfields = 1, .names = &name, .table = {"t", 1}};

    events_init(&e);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        name = cdc_slice_str(wrong[i]);
        cr_assert_eq(redis_sink_ops.prepare(e.sink, &shape, &err), -1);
        cr_assert_eq(err.class, CDC_ERR_CONFIG);
    }
    shape.nfields = 0;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &shape, &err), -1);
    shape.nfields = 1001;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &shape, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    events_fini(&e);
}

/* Shapes of more fields than a mask has bits, up to the limit. */
Test(redis_encode, wide_shapes_go_in_pairs)
{
    enum { WIDE = 1000 };
    static struct cdc_slice names[WIDE];
    static struct cdc_field fields[WIDE];
    static char text[WIDE][8];
    struct events e;
    struct cdc_err err;

    events_init(&e);
    redis_sink_ops.unprepare(&e.shape);
    for (int i = 0; i < WIDE; i++) {
        names[i] = cdc_slice(text[i], (size_t)snprintf(text[i], sizeof text[i], "f%d", i));
        fields[i] = (struct cdc_field){.after = {"v", 1},
                                       .after_state = i % 3 == 2 ? CDC_VALUE_UNAVAILABLE
                                                      : i % 3    ? CDC_VALUE_NULL
                                                                 : CDC_VALUE_PRESENT};
    }
    e.shape.nfields = WIDE;
    e.shape.names = names;
    e.event.fields = fields;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &e.shape, &err), 0);
    events_encode(&e);
    e.event.op = CDC_EVENT_MERGE;
    events_encode(&e);
    cr_assert(strstr(events_described(&e), " f999 v _source"), "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_encode, a_body_that_is_cut_goes_on_with_its_frames)
{
    struct events e;
    struct cdc_buf rest = {.limit = 0};
    size_t at, begin;
    char *whole;

    events_init(&e);
    events_after(&e, "1", "hold", "x", "1");
    events_encode(&e);
    events_after(&e, "1", "hold", NULL, "1");
    events_encode(&e);
    at = e.body.len;
    events_after(&e, "2", "hold", "x", "1");
    events_encode(&e);
    events_after(&e, "3", "hold", NULL, NULL);
    events_encode(&e);
    whole = strdup(events_described(&e));
    cr_assert_eq(redis_sink_ops.split(&e.body, at, &rest, &begin), 0);
    e.body.len = at;
    cr_assert_eq(memcmp(whole, events_described(&e), strlen(events_described(&e))), 0);
    at = strlen(events_described(&e));
    cdc_buf_fini(&e.body);
    e.body = rest;
    cr_assert_str_eq(events_described(&e), whole + at);
    cr_assert_gt(begin, sizeof(struct redis_body_prefix));
    /* and encoding goes on: the frames are known */
    at = redis_body_prefix(&e.body).nframes;
    events_after(&e, "4", "hold", "x", "1");
    events_encode(&e);
    cr_assert_eq(redis_body_prefix(&e.body).nframes, at);
    cr_assert(
        strstr(events_described(&e), "HSET cdc:state:{booking}:1 id 4 status hold note x price 1 _source"));
    free(whole);
    events_fini(&e);
}

Test(redis_encode, a_cut_at_a_place_that_is_none_is_refused)
{
    struct events e;
    struct cdc_buf rest = {.limit = 0};
    size_t begin;

    events_init(&e);
    cr_assert_eq(redis_sink_ops.split(&e.body, 0, &rest, &begin), -1);
    events_after(&e, "1", "hold", "x", "1");
    events_encode(&e);
    cr_assert_eq(redis_sink_ops.split(&e.body, e.body.len + 1, &rest, &begin), -1);
    cdc_buf_fini(&rest);
    events_fini(&e);
}
