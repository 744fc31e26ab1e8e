/*
 * What we tell the server, and when: the Standby Status Update. Pure: time comes in as an argument, bytes go out into a
 * buffer; the stream does the sending.
 */
#ifndef PGFEEDBACK_H
#define PGFEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PGFEEDBACK_BYTES = 34 };

struct pgfeedback {
    uint64_t received;  /* everything before it has arrived */
    uint64_t confirmed; /* everything before it is safe: never more than confirm() was told */
    uint64_t floor;     /* what the slot knew at the start: it must not be told less */
    bool news;          /* `confirmed` is ahead of what was sent */
    int64_t sent_ms;
    int64_t interval_ms; /* at least so often */
    int64_t reply_ms;    /* when a reply that the server asked for must go out; 0: none is owed */
    uint64_t asked_at;   /* the position with which the server asks again and again */
    unsigned asked;      /* how often, one after the other */
    int64_t asked_ms, asked_since_ms;
    bool heard; /* something came from the server since pgfeedback_hear() */
    int64_t heard_ms, pinged_ms;
};

/* `heartbeat_ms` of the configuration, `timeout_ms` wal_sender_timeout (0: none). */
void pgfeedback_start(struct pgfeedback *fb, uint64_t floor, int64_t heartbeat_ms, int64_t timeout_ms,
                      int64_t now_ms);
void pgfeedback_receive(struct pgfeedback *fb, uint64_t lsn);
void pgfeedback_confirm(struct pgfeedback *fb, uint64_t lsn);
/* The server wants a reply; `lsn` is where it stands. */
void pgfeedback_ask(struct pgfeedback *fb, uint64_t lsn, int64_t now_ms);
/* Turns `heard` into a time, so that a message costs no look at the clock. Call it before asking what is due. */
void pgfeedback_hear(struct pgfeedback *fb, int64_t now_ms);
/* When the next message is due. */
int64_t pgfeedback_due_ms(const struct pgfeedback *fb);
/* Makes the message and counts it as sent. `wall_us`: microseconds since 1970. */
void pgfeedback_encode(struct pgfeedback *fb, int64_t now_ms, int64_t wall_us,
                       unsigned char out[PGFEEDBACK_BYTES]);
/*
 * A server that shuts down asks at once again after every reply, until all that it sent is confirmed; it waits for that as long
 * as we are connected. True once it does so; `patience_ms` later, it is time to let it go.
 */
bool pgfeedback_is_urged(const struct pgfeedback *fb, int64_t now_ms, int64_t patience_ms);

/* True when the server has not said a word for minutes, though it was asked to: its process hangs. */
bool pgfeedback_is_silent(const struct pgfeedback *fb, int64_t now_ms);

#endif
