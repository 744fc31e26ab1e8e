/* Records of rows that were read from their table: their bytes, and what people are told of them. */
#include "unit/redis_events.h"

#include "redis/body.h"

#include <criterion/criterion.h>

#include <stdio.h>

TestSuite(redis_rows);

#define FRAME(count, names)                                                                                  \
    "0('\xb4"                                                                                                \
    "cdc:state:{booking}:\xb4"                                                                               \
    "cdc:events:{booking}\xc2\xa7"                                                                           \
    "booking\xc2\xc2" count names "')"
#define TIME "'2026-11-21T18:30:00.000000Z' "

static void begin(struct events *e, enum cdc_event_op op)
{
    events_init(e);
    e->event.op = op;
    e->event.type = cdc_slice(NULL, 0);
}

/* Whatever the values hold: nothing makes JSON of them. */
Test(redis_rows, a_load_is_bare_values_behind_a_frame)
{
    struct events e;

    begin(&e, CDC_EVENT_LOAD);
    events_after(&e, "1", "a\"b", NULL, "2");
    events_encode(&e);
    e.event.customer = cdc_slice_str("site:9");
    events_encode(&e);
    cr_assert_str_eq(events_shown(&e),
                     FRAME("\x03", "\xa2id\xa6status\xa5price\xa4note") "9(0 1 '1' '0/10:1' " TIME
                                                                        "false '1' 'a\"b' '2')"
                                                                        "9(0 1 '1' '0/10:1' " TIME
                                                                        "'site:9' '1' 'a\"b' '2')");
    cr_assert_eq(redis_body_prefix(&e.body).silent, 0);
    cr_assert_str_eq(events_described(&e),
                     "HSET cdc:state:{booking}:1 id 1 status 'a\"b' price 2 _source cinema _time "
                     "2026-11-21T18:30:00.000000Z _seq 0/10:1\n"
                     "HSET cdc:state:{booking}:1 id 1 status 'a\"b' price 2 _source cinema _time "
                     "2026-11-21T18:30:00.000000Z _seq 0/10:1\n");
    events_fini(&e);
}

Test(redis_rows, a_load_with_a_type_brings_its_event)
{
    struct events e;

    begin(&e, CDC_EVENT_LOAD);
    e.event.type = cdc_slice_str("booking.snapshot");
    e.event.customer = cdc_slice_str("site:9");
    events_after(&e, "1", "hold", NULL, "?");
    events_encode(&e);
    redis_sink_ops.mark_last(&e.body, e.last);
    cr_assert(strstr(events_shown(&e), "10(1 1 '1' '0/10:1' 'booking.snapshot' " TIME
                                       "'77' 'site:9' true 'price' '{\"id\":\"1\",\"status\":\"hold\"}' "
                                       "'\xa4note' 2 'id' '1' 'status' 'hold')"),
              "%s", events_shown(&e));
    cr_assert(strstr(events_described(&e), "HDEL cdc:state:{booking}:1 note  # if there was a state\n"));
    cr_assert(strstr(events_described(&e), "type booking.snapshot "), "%s", events_described(&e));
    events_fini(&e);
}

Test(redis_rows, a_check_gives_null_as_false_and_its_table_only_to_be_noted)
{
    struct events e;

    begin(&e, CDC_EVENT_CHECK);
    events_after(&e, "1", "?", NULL, "2");
    e.event.repair = true;
    events_encode(&e);
    e.event.note = e.event.existing_only = true;
    events_encode(&e);
    cr_assert_str_eq(events_shown(&e),
                     FRAME("\x03", "\xa2id\xa4note\xa5price") "11(0 1 '1' '0/10:1' " TIME
                                                              "false 2 false '1' false '2')"
                                                              "11(0 1 '1' '0/10:1' " TIME
                                                              "false 7 'public.r' '1' false '2')");
    cr_assert_eq(redis_body_prefix(&e.body).silent, 0);
    cr_assert_str_eq(
        events_described(&e),
        "HMGET cdc:state:{booking}:1 id note price  # and what differs from the row is put right with "
        "HSET and HDEL\n"
        "HMGET cdc:state:{booking}:1 id note price  # and what differs from the row is put right with "
        "HSET and HDEL\n"
        "# and XADD cdc:findings:cinema if they differ\n"
        "# nothing at all if there is no state\n");
    events_fini(&e);
}

Test(redis_rows, absence_may_stay_silent)
{
    struct events e;

    begin(&e, CDC_EVENT_ABSENT);
    e.event.type = cdc_slice_str("booking.deleted");
    e.event.note = true;
    events_encode(&e);
    redis_sink_ops.mark_last(&e.body, e.last);
    cr_assert(
        strstr(events_shown(&e), "12(1 1 '1' '0/10:1' 'booking.deleted' " TIME "'77' false 1 'public.r')"),
        "%s", events_shown(&e));
    cr_assert_eq(redis_body_prefix(&e.body).silent, 1);
    cr_assert(strstr(events_described(&e), "# if there is a state that cinema made of this table:\n"
                                           "UNLINK cdc:state:{booking}:1\n"),
              "%s", events_described(&e));
    cr_assert(strstr(events_described(&e), "# only looked at: nothing is put right\n"), "%s",
              events_described(&e));
    events_fini(&e);
}

/* Rules follow from states: a loaded one is watched as any; the others see to it themselves, if they write at all. */
Test(redis_rows, rules_stand_around_a_load_only)
{
    static const struct cdc_rules none = {.role = CDC_ROLE_NONE};
    struct events e;
    struct cdc_err err;

    begin(&e, CDC_EVENT_LOAD);
    redis_sink_ops.unprepare(&e.shape);
    e.shape.rules = &none;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &e.shape, &err), 0);
    events_after(&e, "1", NULL, NULL, NULL);
    events_encode(&e);
    cr_assert(strstr(events_shown(&e), ")9(0 2 '1' "), "%s", events_shown(&e));
    cr_assert(strstr(events_shown(&e), ")8('0/10:1' "), "%s", events_shown(&e));
    cdc_buf_reset(&e.body);
    e.event.op = CDC_EVENT_CHECK;
    events_encode(&e);
    e.event.op = CDC_EVENT_ABSENT;
    events_encode(&e);
    cr_assert_not(strstr(events_shown(&e), ")7("), "%s", events_shown(&e));
    cr_assert_not(strstr(events_shown(&e), ")8("), "%s", events_shown(&e));
    events_fini(&e);
}

/* More fields than a mask tells apart, and more than generated code takes. */
Test(redis_rows, wide_rows_go_with_names)
{
    enum { WIDE = 70 };
    char text[WIDE][16];
    struct cdc_slice names[WIDE];
    struct cdc_field fields[WIDE];
    struct events e;
    struct cdc_err err;

    begin(&e, CDC_EVENT_LOAD);
    redis_sink_ops.unprepare(&e.shape);
    for (int i = 0; i < WIDE; i++) {
        snprintf(text[i], sizeof text[i], "f%d", i);
        names[i] = cdc_slice_str(text[i]);
        fields[i] = (struct cdc_field){.after = {"v", 1}, .after_state = CDC_VALUE_PRESENT};
    }
    e.shape.nfields = WIDE;
    e.shape.names = names;
    e.event.fields = fields;
    cr_assert_eq(redis_sink_ops.prepare(e.sink, &e.shape, &err), 0);
    events_encode(&e);
    e.event.op = CDC_EVENT_CHECK;
    events_encode(&e);
    cr_assert(strstr(events_described(&e), "HSET cdc:state:{booking}:1 f0 v f1 v "), "%s",
              events_described(&e));
    cr_assert(strstr(events_described(&e), " f69  # and what differs"), "%s", events_described(&e));
    events_fini(&e);
}
