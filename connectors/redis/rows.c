/*
 * Encoding of LOAD, CHECK and ABSENT (rows.h), on the source thread. A load is millions of rows, mostly without events: then a record
 * is bare values behind a frame, whatever they hold, since nothing makes JSON of them. Fails only when the body cannot grow.
 */
#include "redis/rows.h"

#include "redis/encode.h"
#include "redis/image.h"
#include "redis/pack.h"

/* Which fields have what. Masks count only up to REDIS_SHAPE_MASKED fields. */
struct survey {
    uint64_t present, null;
    uint32_t npresent, nnull;
    bool tells; /* whose the row is: `customer_id` is not UNAVAILABLE */
};

static struct survey survey_fields(const struct cdc_event *event)
{
    const struct cdc_shape *shape = event->shape;
    struct survey s = {.tells = true};

    for (uint32_t i = 0; i < shape->nfields; i++) {
        uint64_t bit = i < REDIS_SHAPE_MASKED ? UINT64_C(1) << i : 0;
        if (event->fields[i].after_state == CDC_VALUE_PRESENT) {
            s.present |= bit;
            s.npresent++;
        } else if (event->fields[i].after_state == CDC_VALUE_NULL) {
            s.null |= bit;
            s.nnull++;
        } else if (cdc_slice_is(shape->names[i], "customer_id")) {
            s.tells = false;
        }
    }
    return s;
}

static void open_record(const struct cdc_event *event, uint64_t objects, enum redis_op op, uint32_t frame,
                        struct cdc_buf *body, size_t *last)
{
    pack_uint(body, objects);
    pack_uint(body, op);
    *last = body->len;
    pack_uint(body, 0);
    pack_uint(body, frame);
    pack_str(body, event->key);
    redis_encode_seq(body, event->tx, event->ordinal, event->part);
}

static void put_time(const struct cdc_event *event, struct cdc_buf *body)
{
    pack_str(body, redis_shape_time(event->shape->prepared, event->tx->commit_us));
}

static void put_xid(const struct cdc_event *event, struct cdc_buf *body)
{
    pack_str(body, event->tx->xid.len ? event->tx->xid : event->tx->id);
}

static void put_load(const struct cdc_event *event, const struct survey *s, uint32_t frame,
                     struct cdc_buf *body, size_t *last)
{
    open_record(event, 6 + (uint64_t)s->npresent, REDIS_OP_LOAD, frame, body, last);
    put_time(event, body);
    pack_optional(body, event->customer);
    for (uint32_t i = 0; i < event->shape->nfields; i++) {
        if (event->fields[i].after_state == CDC_VALUE_PRESENT)
            pack_str(body, event->fields[i].after);
    }
}

/* The names of the fields that are UNAVAILABLE, with a space between them; false if there are none. */
static void put_unavailable(const struct cdc_event *event, const struct survey *s, struct cdc_buf *body)
{
    const struct cdc_shape *shape = event->shape;
    size_t at;

    if (s->npresent + s->nnull == shape->nfields) {
        pack_bool(body, false);
        return;
    }
    at = pack_str_open(body);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_UNAVAILABLE)
            continue;
        if (body->len > at + 5)
            cdc_buf_putc(body, ' ');
        cdc_buf_put_slice(body, shape->names[i]);
    }
    pack_str_close(body, at);
}

static void put_gone(const struct cdc_event *event, const struct survey *s, struct cdc_buf *body)
{
    const struct redis_shape *shape = event->shape->prepared;
    size_t at;

    if (!s->nnull) {
        pack_bool(body, false);
        return;
    }
    at = pack_str_open(body);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state == CDC_VALUE_NULL)
            cdc_buf_put_slice(body, shape->names[i].packed);
    }
    pack_str_close(body, at);
}

static void put_load_pairs(const struct cdc_event *event, const struct survey *s, struct cdc_buf *body,
                           size_t *last)
{
    struct redis_shape *shape = event->shape->prepared;
    uint32_t frame = redis_shape_frame(shape, 0, 0, body);

    open_record(event, 13 + 2 * (uint64_t)s->npresent, REDIS_OP_LOAD_PAIRS, frame, body, last);
    pack_optional(body, event->type);
    put_time(event, body);
    put_xid(event, body);
    pack_optional(body, event->customer);
    pack_bool(body, s->tells);
    put_unavailable(event, s, body);
    if (event->type.len)
        redis_image_after(body, event);
    else
        pack_bool(body, false);
    put_gone(event, s, body);
    pack_uint(body, s->npresent);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_PRESENT)
            continue;
        cdc_buf_put_slice(body, shape->names[i].packed);
        pack_str(body, event->fields[i].after);
    }
}

void redis_rows_load(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    struct survey s = survey_fields(event);
    bool bare = !event->type.len && s.npresent && s.npresent <= REDIS_SHAPE_PUT &&
                event->shape->nfields <= REDIS_SHAPE_MASKED;
    uint32_t frame = bare ? redis_shape_put_frame(event->shape->prepared, s.present, s.null, body) : 0;

    if (frame)
        put_load(event, &s, frame, body, last);
    else
        put_load_pairs(event, &s, body, last);
}

static void put_flags(const struct cdc_event *event, struct cdc_buf *body)
{
    pack_uint(body, (event->note ? REDIS_CHECK_NOTE : 0) | (event->repair ? REDIS_CHECK_REPAIR : 0) |
                        (event->existing_only ? REDIS_CHECK_EXISTING : 0));
    pack_optional(body, event->note ? event->shape->table : cdc_slice(NULL, 0));
}

void redis_rows_check(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    struct redis_shape *shape = event->shape->prepared;
    struct survey s = survey_fields(event);
    uint32_t frame = shape->nfields <= REDIS_SHAPE_MASKED
                         ? redis_shape_frame(shape, s.present | s.null, 0, body)
                         : redis_shape_wide_frame(shape, event, body);

    open_record(event, 8 + (uint64_t)s.npresent + s.nnull, REDIS_OP_CHECK, frame, body, last);
    put_time(event, body);
    pack_optional(body, event->customer);
    put_flags(event, body);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state == CDC_VALUE_PRESENT)
            pack_str(body, event->fields[i].after);
        else if (event->fields[i].after_state == CDC_VALUE_NULL)
            pack_bool(body, false);
    }
}

void redis_rows_absent(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    uint32_t frame = redis_shape_frame(event->shape->prepared, 0, 0, body);

    open_record(event, 10, REDIS_OP_ABSENT, frame, body, last);
    pack_optional(body, event->type);
    put_time(event, body);
    put_xid(event, body);
    pack_optional(body, event->customer);
    put_flags(event, body);
}
