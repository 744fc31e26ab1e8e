/* Records of rows that were read from their table: their bytes, and what people are told of them. */
#include "unit/redis_events.h"

#include "redis/body.h"

#include <criterion/criterion.h>

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
