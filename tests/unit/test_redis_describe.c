/* What `preview` shows of a batch. */
#include "unit/redis_events.h"

#include <criterion/criterion.h>

TestSuite(redis_describe);

Test(redis_describe, a_put_is_the_two_commands_that_it_amounts_to)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "on hold", "it's", "1");
    e.event.customer = cdc_slice_str("site:9");
    events_encode(&e);
    redis_sink_ops.mark_last(&e.body, e.last);
    cr_assert_str_eq(
        events_described(&e),
        "HSET cdc:state:{booking}:1 id 1 status 'on hold' note 'it\\'s' price 1 _source cinema "
        "_time 2026-11-21T18:30:00.000000Z _seq 0/10:1\n"
        "XADD cdc:events:{booking} * id cinema:0/10:1 type booking.created source /tributary/cinema subject 1 "
        "time 2026-11-21T18:30:00.000000Z data "
        "'{\"id\":\"1\",\"status\":\"on hold\",\"note\":\"it\\'s\",\"price\":\"1\"}' customer site:9 tx 77 txlast 1\n");
    events_fini(&e);
}

Test(redis_describe, a_delete_a_drop_and_a_merge)
{
    struct events e;

    events_init(&e);
    events_after(&e, "1", "hold", NULL, NULL);
    e.event.op = CDC_EVENT_MERGE;
    events_encode(&e);
    e.event.op = CDC_EVENT_DROP;
    events_encode(&e);
    events_before(&e, "1", "hold", NULL, NULL);
    e.event.op = CDC_EVENT_DELETE;
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "HSET cdc:state:{booking}:1 id 1 status hold  # what differs"),
              "%s", events_described(&e));
    cr_assert(strstr(events_described(&e), "# if there is a state:\nUNLINK cdc:state:{booking}:1\n"), "%s",
              events_described(&e));
    cr_assert(strstr(events_described(&e), "data {} previous '{\"id\":\"1\",\"status\":\"hold\"}'"), "%s",
              events_described(&e));
    events_fini(&e);
}

Test(redis_describe, a_truncation_and_a_dead_letter)
{
    struct events e;
    struct cdc_err err;
    struct cdc_reject reject = {
        .reason = {"bad_value", 9}, .detail = {"no", 2}, .table = {"public.r", 8}, .ordinal = 3};

    events_init(&e);
    reject.tx = &e.tx;
    cr_assert_eq(redis_sink_ops.truncate(e.sink, &e.shape, &e.tx, 2, &e.body, &e.last, &err), 0);
    cr_assert_eq(redis_sink_ops.reject(e.sink, &reject, &e.body, &err), 0);
    cr_assert(strstr(events_described(&e), "type booking.truncated"), "%s", events_described(&e));
    cr_assert(strstr(events_described(&e),
                     "XADD cdc:dlq:cinema * id cinema:0/10:3 reason bad_value table public.r detail no time"),
              "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_describe, a_shared_entity_shows_its_table)
{
    struct events e;
    struct cdc_err err;

    events_init(&e);
    redis_sink_ops.unprepare(&e.shape);
    e.shape.shared = true;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &e.shape, &err), 0);
    events_after(&e, "1", "hold", NULL, NULL);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "_table public.r"), "%s", events_described(&e));
    events_fini(&e);
}

static const struct cdc_slice story_names[] = {{"id", 2}, {"customer_id", 11}, {"status", 6}, {"note", 4}};

static void give(struct events *e, const struct cdc_rules *rules)
{
    struct cdc_err err;

    redis_sink_ops.unprepare(&e->shape);
    e->config.timeline_max_len = 500;
    e->shape.names = story_names;
    e->shape.rules = rules;
    cr_assert_eq(redis_sink_ops.prepare(e->sink, &e->shape, &err), 0);
    events_after(e, "1", "site:2", "hold", "x");
    e->event.customer = cdc_slice_str("site:2");
}

#define NOTED(ref)                                                                                           \
    "\nXADD cdc:timeline:{customer}:" ref " MAXLEN ~ 500 * entity booking event ID type booking.created "    \
    "subject 1 time 2026-11-21T18:30:00.000000Z  # ID: of the entry above\n"

Test(redis_describe, a_customers_story_is_shown)
{
    struct events e;

    events_init(&e);
    give(&e, NULL);
    events_encode(&e);
    cr_assert(
        strstr(events_described(&e), "\nSADD cdc:entities:{customer}:site:2 booking:1\nXADD cdc:events"),
        "%s", events_described(&e));
    cr_assert(strstr(events_described(&e), NOTED("site:2")), "%s", events_described(&e));
    cdc_buf_reset(&e.body);
    events_before(&e, "1", "site:1", "hold", "x");
    e.event.customer_before = cdc_slice_str("site:1");
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "\nSADD cdc:entities:{customer}:site:2 booking:1\n"
                                           "SREM cdc:entities:{customer}:site:1 booking:1\n"),
              "%s", events_described(&e));
    cr_assert(strstr(events_described(&e), NOTED("site:1")), "%s", events_described(&e));
    cdc_buf_reset(&e.body);
    e.event.op = CDC_EVENT_DELETE;
    e.event.customer_before = cdc_slice(NULL, 0);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "\nSREM cdc:entities:{customer}:site:2 booking:1\n"), "%s",
              events_described(&e));
    events_fini(&e);
}

Test(redis_describe, rules_are_said)
{
    static const bool truth[] = {true, false};
    static const struct cdc_slice status = {"status", 6}, hold = {"hold", 4};
    const struct cdc_rules link = {.role = CDC_ROLE_LINK}, erasure = {.role = CDC_ROLE_ERASURE},
                           both = {.agreement = {.nfields = 1,
                                                 .fields = &status,
                                                 .decimal = truth,
                                                 .nparts = 2,
                                                 .across = truth,
                                                 .diverged = {"booking.diverged", 16},
                                                 .converged = {"booking.converged", 17}},
                                   .due = {.type = {"booking.lapsed", 14},
                                           .field = status,
                                           .nvalues = 1,
                                           .values = &hold,
                                           .after_ms = 60000}};
    struct events e;

    events_init(&e);
    give(&e, &link);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "\n# and SADD or SREM cdc:links:{customer}:"), "%s",
              events_described(&e));
    cr_assert(strstr(events_described(&e), NOTED("1")), "%s", events_described(&e));
    cdc_buf_reset(&e.body);
    give(&e, &erasure);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "\n# and this customer is erased"), "%s", events_described(&e));
    cr_assert_null(strstr(events_described(&e), "timeline"), "%s", events_described(&e));
    cdc_buf_reset(&e.body);
    give(&e, &both);
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "\n# and booking.diverged or booking.converged, if"), "%s",
              events_described(&e));
    cr_assert(
        strstr(events_described(&e), "\n# and ZADD or ZREM cdc:due:cinema: when booking.lapsed is due\n"),
        "%s", events_described(&e));
    events_fini(&e);
}

/* Every cut of a batch: an error or a shorter description, never a read past the end (the sanitizers watch). */
Test(redis_describe, a_batch_cut_anywhere_does_no_harm)
{
    struct events e;
    struct cdc_err err;
    struct cdc_buf out = {.limit = 0};

    events_init(&e);
    events_after(&e, "1", "a\"b", NULL, "1");
    events_encode(&e);
    e.event.op = CDC_EVENT_MERGE;
    events_encode(&e);
    e.event.op = CDC_EVENT_DELETE;
    events_encode(&e);
    for (size_t whole = e.body.len; e.body.len > 0; e.body.len--) {
        cdc_buf_reset(&out);
        if (redis_sink_ops.describe(e.sink, &e.body, &out, &err) == 0)
            continue;
        cr_assert_lt(e.body.len, whole);
        cr_assert_eq(err.class, CDC_ERR_FATAL);
    }
    cdc_buf_fini(&out);
    events_fini(&e);
}
