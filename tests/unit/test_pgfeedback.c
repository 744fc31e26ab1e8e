#include "postgresql/pgfeedback.h"

#include <criterion/criterion.h>

#include "cdc/reader.h"

static struct pgfeedback fb;

static struct sent {
    uint64_t written, flushed, applied, time;
    uint8_t reply;
} sent;

static void encode(int64_t now)
{
    unsigned char out[PGFEEDBACK_BYTES];
    struct cdc_reader r = cdc_reader(out, sizeof out);

    pgfeedback_encode(&fb, now, INT64_C(946684800000000) + 42, out);
    cr_assert_eq(cdc_read_u8(&r), 'r');
    sent.written = cdc_read_be64(&r);
    sent.flushed = cdc_read_be64(&r);
    sent.applied = cdc_read_be64(&r);
    sent.time = cdc_read_be64(&r);
    sent.reply = cdc_read_u8(&r);
    cr_assert_not(r.failed);
    cr_assert_eq(cdc_reader_left(&r), 0);
}

Test(pgfeedback, says_only_what_was_confirmed)
{
    pgfeedback_start(&fb, 100, 1000, 60000, 0);
    pgfeedback_receive(&fb, 500);
    encode(0);
    cr_assert_eq(sent.written, 500);
    cr_assert_eq(sent.flushed, 0);
    cr_assert_eq(sent.time, 42);
    cr_assert_eq(sent.reply, 0);
    pgfeedback_confirm(&fb, 300);
    pgfeedback_confirm(&fb, 200);
    encode(0);
    cr_assert_eq(sent.flushed, 300);
    cr_assert_eq(sent.applied, 300);
    cr_assert_eq(sent.written, 500);
}

Test(pgfeedback, never_tells_the_slot_less_than_it_knows)
{
    pgfeedback_start(&fb, 100, 1000, 60000, 0);
    pgfeedback_confirm(&fb, 99);
    encode(0);
    cr_assert_eq(sent.flushed, 0);
    pgfeedback_confirm(&fb, 100);
    encode(0);
    cr_assert_eq(sent.flushed, 100);
}

Test(pgfeedback, is_due_once_a_heartbeat_or_when_there_is_news)
{
    pgfeedback_start(&fb, 0, 1000, 60000, 0);
    encode(5000);
    cr_assert_eq(pgfeedback_due_ms(&fb), 6000);
    pgfeedback_confirm(&fb, 7);
    cr_assert_leq(pgfeedback_due_ms(&fb), 5100);
    encode(5050);
    cr_assert_eq(pgfeedback_due_ms(&fb), 6050);
    pgfeedback_confirm(&fb, 7);
    cr_assert_eq(pgfeedback_due_ms(&fb), 6050, "the same position is no news");
}

Test(pgfeedback, the_interval_fits_the_servers_patience)
{
    pgfeedback_start(&fb, 0, 60000, 0, 0);
    cr_assert_eq(fb.interval_ms, 10000);
    pgfeedback_start(&fb, 0, 1000, 600, 0);
    cr_assert_eq(fb.interval_ms, 200);
    pgfeedback_start(&fb, 0, 1000, 1, 0);
    cr_assert_geq(fb.interval_ms, 1);
}

Test(pgfeedback, a_reply_goes_out_at_once)
{
    pgfeedback_start(&fb, 0, 1000, 60000, 0);
    encode(5000);
    pgfeedback_ask(&fb, 10, 5100);
    cr_assert_eq(pgfeedback_due_ms(&fb), 5100);
    encode(5100);
    cr_assert_eq(pgfeedback_due_ms(&fb), 6100);
}

Test(pgfeedback, a_server_that_asks_again_and_again_shuts_down)
{
    int64_t now = 5000;

    pgfeedback_start(&fb, 0, 1000, 60000, 0);
    encode(now);
    for (int i = 0; i < 20; i++) {
        pgfeedback_ask(&fb, 10, now);
        now = pgfeedback_due_ms(&fb);
        encode(now);
        now++;
    }
    cr_assert(pgfeedback_is_urged(&fb, now, 0));
    cr_assert_gt(now, 5100, "it is not a race");
    cr_assert_not(pgfeedback_is_urged(&fb, now, 2000));
    while (now < 7100) {
        pgfeedback_ask(&fb, 10, now);
        now += 20;
    }
    cr_assert(pgfeedback_is_urged(&fb, now, 2000));
    cr_assert_not(pgfeedback_is_urged(&fb, now + 1000, 2000), "it has stopped asking");
}

Test(pgfeedback, rare_questions_and_moving_ones_are_not_a_shutdown)
{
    pgfeedback_start(&fb, 0, 1000, 60000, 0);
    for (int64_t now = 0; now < 20000; now += 600)
        pgfeedback_ask(&fb, 10, now);
    cr_assert_not(pgfeedback_is_urged(&fb, 20000, 0));
    for (int64_t now = 30000; now < 33000; now += 5)
        pgfeedback_ask(&fb, (uint64_t)now, now);
    cr_assert_not(pgfeedback_is_urged(&fb, 33000, 0));
}

Test(pgfeedback, a_server_that_says_nothing_is_asked_and_then_given_up)
{
    pgfeedback_start(&fb, 0, 1000, 60000, 0);
    encode(29999);
    cr_assert_eq(sent.reply, 0);
    encode(30000);
    cr_assert_eq(sent.reply, 1);
    encode(31000);
    cr_assert_eq(sent.reply, 0, "not every time");
    encode(60000);
    cr_assert_eq(sent.reply, 1);
    cr_assert_not(pgfeedback_is_silent(&fb, 180000));
    cr_assert(pgfeedback_is_silent(&fb, 180001));
    fb.heard = true;
    pgfeedback_hear(&fb, 180002);
    cr_assert_not(pgfeedback_is_silent(&fb, 180003));
    encode(181000);
    cr_assert_eq(sent.reply, 0);
}

Test(pgfeedback, silence_that_nobody_listened_to_does_not_count)
{
    pgfeedback_start(&fb, 0, 1000, 60000, 0);
    cr_assert_not(pgfeedback_is_silent(&fb, 1000000), "nothing was asked");
}
