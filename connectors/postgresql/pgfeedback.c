/*
 * Feedback to the server (pgfeedback.h). Layout (PostgreSQL documentation, "Streaming Replication Protocol"), integers big
 * endian, time in microseconds since 2000-01-01 UTC:
 *
 *   Standby status update  'r' written:8 flushed:8 applied:8 time:8 reply:1
 *
 * `flushed` is what makes the server forget; it is only ever what was confirmed. An idle server that is told often enough
 * never needs to say anything; so after a while we ask for a reply, to tell an idle server from one that hangs.
 */
#include "postgresql/pgfeedback.h"

#define EPOCH_2000_US   INT64_C(946684800000000)
#define MAX_INTERVAL_MS 10000
#define MIN_GAP_MS      20  /* between two messages that bring a new position */
#define URGED_GAP_MS    500 /* between two questions of a server that shuts down, at most */
#define URGED_TIMES     8
#define PING_MS         30000
#define SILENCE_MS      180000 /* decoding a large transaction of others may keep a server busy for a while */

void pgfeedback_start(struct pgfeedback *fb, uint64_t floor, int64_t heartbeat_ms, int64_t timeout_ms,
                      int64_t now)
{
    int64_t interval = heartbeat_ms > 0 && heartbeat_ms < MAX_INTERVAL_MS ? heartbeat_ms : MAX_INTERVAL_MS;

    if (timeout_ms > 0 && interval > timeout_ms / 3)
        interval = timeout_ms / 3;
    *fb = (struct pgfeedback){
        .floor = floor, .interval_ms = interval > 0 ? interval : 1, .heard_ms = now, .pinged_ms = now};
}

void pgfeedback_receive(struct pgfeedback *fb, uint64_t lsn)
{
    if (lsn > fb->received)
        fb->received = lsn;
}

void pgfeedback_confirm(struct pgfeedback *fb, uint64_t lsn)
{
    if (lsn <= fb->confirmed)
        return;
    fb->confirmed = lsn;
    fb->news = true;
}

void pgfeedback_ask(struct pgfeedback *fb, uint64_t lsn, int64_t now)
{
    if (lsn != fb->asked_at || now - fb->asked_ms > URGED_GAP_MS) {
        fb->asked_at = lsn;
        fb->asked = 0;
        fb->asked_since_ms = now;
    }
    fb->asked_ms = now;
    fb->asked++;
    /* at once, but not in a race with a server that asks again at once */
    fb->reply_ms = fb->asked < URGED_TIMES ? now : now + MIN_GAP_MS;
}

void pgfeedback_hear(struct pgfeedback *fb, int64_t now)
{
    if (fb->heard)
        fb->heard_ms = now;
    fb->heard = false;
}

int64_t pgfeedback_due_ms(const struct pgfeedback *fb)
{
    int64_t due = fb->sent_ms + (fb->news ? MIN_GAP_MS : fb->interval_ms);

    if (fb->interval_ms < due - fb->sent_ms)
        due = fb->sent_ms + fb->interval_ms;
    return fb->reply_ms && fb->reply_ms < due ? fb->reply_ms : due;
}

static unsigned char *put_be64(unsigned char *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (unsigned char)value;
    return at + 8;
}

void pgfeedback_encode(struct pgfeedback *fb, int64_t now, int64_t wall_us,
                       unsigned char out[PGFEEDBACK_BYTES])
{
    uint64_t flushed = fb->confirmed >= fb->floor ? fb->confirmed : 0; /* 0 says nothing */
    uint64_t written = fb->received > flushed ? fb->received : flushed;
    unsigned char *at = out;

    *at++ = 'r';
    at = put_be64(at, written);
    at = put_be64(at, flushed);
    at = put_be64(at, flushed);
    at = put_be64(at, (uint64_t)(wall_us - EPOCH_2000_US));
    *at = now - fb->heard_ms >= PING_MS && now - fb->pinged_ms >= PING_MS;
    if (*at)
        fb->pinged_ms = now;
    fb->news = false;
    fb->reply_ms = 0;
    fb->sent_ms = now;
}

bool pgfeedback_is_urged(const struct pgfeedback *fb, int64_t now, int64_t patience_ms)
{
    return fb->asked >= URGED_TIMES && now - fb->asked_ms <= URGED_GAP_MS &&
           now - fb->asked_since_ms >= patience_ms;
}

bool pgfeedback_is_silent(const struct pgfeedback *fb, int64_t now)
{
    return now - fb->heard_ms > SILENCE_MS && fb->pinged_ms > fb->heard_ms;
}
