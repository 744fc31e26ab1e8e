/*
 * The body of a batch: a prefix of our own, then msgpack as functions/batch.lua reads it.
 *
 *     prefix   never sent: which frames this body has, and what its batch needs
 *     record   n, op, then n objects; for each op:
 *       FRAME      definition: str{ state key prefix, stream, table|false, entity, length of timelines|false,
 *                  rules: str{ see shape.c }|false, count, name…, name of NULL field… }
 *       PUT_PAIRS  last, frame, subject, seq, type, time, xid, customer|false, previous|false, unavailable|false,
 *                  customer before|false, data, gone: str{ name… }|false, insert: bool, number of pairs, name, value, …
 *       MERGE      last, frame, subject, seq, type, time, xid, customer|false, unavailable|false, data|false,
 *                  candidates: str{ field index, from|false, type, … }|false, existing only: bool, value|false…
 *       DELETE     last, frame, subject, seq, type, time, xid, customer|false, previous|false, drop: bool
 *       EVENT      last, frame, subject, seq, type, time, xid, data
 *       REJECT     name, value, …
 *       END        0; not part of a body, but sent behind it
 *       WATCH      frame, subject; before each record of an entity that has rules
 *       SETTLE     seq, time; behind it
 *       LOAD       last, frame, subject, seq, time, customer|false, value…
 *       LOAD_PAIRS last, frame, subject, seq, type|false, time, xid, customer|false, tells whose it is: bool, unavailable|false,
 *                  data|false, gone: str{ name… }|false, number of pairs, name, value, …
 *       CHECK      last, frame, subject, seq, time, customer|false, flags, table|false, value|false…
 *       ABSENT     last, frame, subject, seq, type|false, time, xid, customer|false, flags, table|false
 *       PUT        subject, seq, type, time, xid[, customer][, previous], value…
 *
 * `last` is 0 or 1. A PUT's operation is 8 plus 8 times its frame, plus 1 if it is the last, 2 if a customer follows, 4 if
 * previous values follow. Frames count from 1 in the order of their definition in the body; str{…} is a string of packed objects.
 */
#ifndef REDIS_BODY_H
#define REDIS_BODY_H

#include "cdc/buf.h"

enum redis_op {
    REDIS_OP_FRAME,
    REDIS_OP_PUT_PAIRS,
    REDIS_OP_MERGE,
    REDIS_OP_DELETE,
    REDIS_OP_EVENT,
    REDIS_OP_REJECT,
    REDIS_OP_END,
    REDIS_OP_WATCH,
    REDIS_OP_SETTLE,
    REDIS_OP_LOAD,
    REDIS_OP_LOAD_PAIRS,
    REDIS_OP_CHECK,
    REDIS_OP_ABSENT,
    REDIS_OP_PUT = 16, /* plus 8 for each frame before it, plus flags: */
    REDIS_OP_PUT_FRAME = 8,
    REDIS_PUT_LAST = 1,
    REDIS_PUT_CUSTOMER = 2,
    REDIS_PUT_PREVIOUS = 4,
};

/* Flags of CHECK and ABSENT. */
enum { REDIS_CHECK_NOTE = 1, REDIS_CHECK_REPAIR = 2, REDIS_CHECK_EXISTING = 4 };

/* An END record. */
#define REDIS_BODY_END "\x01\x06\x00"

struct redis_body_prefix {
    uint64_t serial;  /* tells this body from all others of the sink */
    uint32_t nframes; /* defined so far */
    uint32_t silent;  /* 1: a record may emit nothing (see hold_back() in functions/event.lua) */
};

static inline struct redis_body_prefix redis_body_prefix(const struct cdc_buf *body)
{
    struct redis_body_prefix prefix = {0, 0, 0};

    if (body->len >= sizeof prefix)
        memcpy(&prefix, body->data, sizeof prefix);
    return prefix;
}

/* The operation of a PUT of this frame (from 1), without flags, and the reverse. */
static inline uint64_t redis_op_put(uint32_t frame)
{
    return REDIS_OP_PUT + REDIS_OP_PUT_FRAME * ((uint64_t)frame - 1);
}

static inline uint64_t redis_op_frame(uint64_t op)
{
    return (op - REDIS_OP_PUT) / REDIS_OP_PUT_FRAME + 1;
}

/* What is sent of a body. */
static inline struct cdc_slice redis_body_records(const struct cdc_buf *body)
{
    if (body->len <= sizeof(struct redis_body_prefix))
        return cdc_slice(NULL, 0);
    return cdc_slice(body->data + sizeof(struct redis_body_prefix),
                     body->len - sizeof(struct redis_body_prefix));
}

#endif
