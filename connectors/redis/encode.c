/*
 * Encoding (encode.h), on the source thread, between the mapping and the queue. Every row comes through here: nothing is
 * allocated but by the growth of the body, and values are copied once (twice when the JSON of the data must be made here).
 *
 * Most writes are a PUT with all values given and none that JSON must escape: these go as bare values, and the
 * functions make the JSON. The others carry names and ready JSON. Fails only when the body cannot grow; then it is cut back.
 */
#include "redis/encode.h"

#include "redis/image.h"
#include "redis/json.h"
#include "redis/pack.h"
#include "redis/rows.h"

/* Digits of two 64-bit numbers, two separators. */
#define SEQ_TAIL 48

/* One look at the fields of an event: which have what after the change. Masks count only up to REDIS_SHAPE_MASKED fields. */
struct survey {
    uint64_t present, null;
    uint32_t npresent, nnull, nunavailable;
    uint32_t ngone; /* fields that this event takes away */
    bool plain;     /* no present value needs escaping */
};

static bool is_gone(const struct cdc_event *event, const struct cdc_field *field)
{
    if (field->after_state != CDC_VALUE_NULL)
        return false;
    return !event->before_known || field->before_state != CDC_VALUE_NULL;
}

static struct survey survey_fields(const struct cdc_event *event)
{
    struct survey s = {.plain = true};
    const struct cdc_field *field = event->fields;

    for (uint32_t i = 0; i < event->shape->nfields; i++, field++) {
        uint64_t bit = i < REDIS_SHAPE_MASKED ? UINT64_C(1) << i : 0;
        if (field->after_state == CDC_VALUE_PRESENT) {
            s.present |= bit;
            s.npresent++;
            s.plain = s.plain && redis_json_plain(field->after);
        } else if (field->after_state == CDC_VALUE_NULL) {
            s.null |= bit;
            s.nnull++;
            s.ngone += is_gone(event, field);
        } else {
            s.nunavailable++;
        }
    }
    return s;
}

static void open_body(const struct redis_encoder *encoder, struct cdc_buf *body)
{
    struct redis_body_prefix prefix = {0, 0, 0};

    if (body->len)
        return;
    prefix.serial = atomic_fetch_add_explicit(encoder->bodies, 1, memory_order_relaxed) + 1;
    cdc_buf_put(body, &prefix, sizeof prefix);
}

static void mark_silent(struct cdc_buf *body)
{
    struct redis_body_prefix prefix = redis_body_prefix(body);

    prefix.silent = 1;
    if (!body->failed)
        memcpy(body->data, &prefix, sizeof prefix);
}

/* After a record: 0, or -1 with the body as it was when it had `len` bytes. */
static int finish(struct cdc_buf *body, size_t len, struct redis_body_prefix prefix,
                  struct redis_shape *shape, struct cdc_err *err)
{
    if (!body->failed)
        return 0;
    body->failed = false;
    body->len = len;
    if (len)
        memcpy(body->data, &prefix, sizeof prefix);
    if (shape)
        redis_shape_forget(shape);
    cdc_err_set(err, CDC_ERR_RETRY, "no room for another event in a batch of %zu bytes", len);
    return cdc_err_hint(err, "a row may be larger than limits.memory allows");
}

static char *put_number(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return end;
}

void redis_encode_seq(struct cdc_buf *body, const struct cdc_tx *tx, uint64_t ordinal, uint32_t part)
{
    char tail[SEQ_TAIL], *end = tail + sizeof tail, *at = end;

    if (part) {
        at = put_number(at, part);
        *--at = '.';
    }
    at = put_number(at, ordinal);
    *--at = ':';
    pack_str_head(body, tx->id.len + (size_t)(end - at));
    cdc_buf_put_slice(body, tx->id);
    cdc_buf_put(body, at, (size_t)(end - at));
}

/* What all records that can emit begin with. */
struct head {
    uint64_t objects; /* after the operation */
    uint64_t op;
    uint32_t frame;
    struct cdc_slice subject, type;
    const struct cdc_tx *tx;
    uint64_t ordinal;
    uint32_t part;
};

static void put_attributes(struct cdc_buf *body, struct redis_shape *shape, const struct head *head)
{
    pack_str(body, head->subject);
    redis_encode_seq(body, head->tx, head->ordinal, head->part);
    pack_str(body, head->type);
    pack_str(body, redis_shape_time(shape, head->tx->commit_us));
    pack_str(body, head->tx->xid.len ? head->tx->xid : head->tx->id);
}

static void put_head(struct cdc_buf *body, struct redis_shape *shape, const struct head *head, size_t *last)
{
    pack_uint(body, head->objects);
    pack_uint(body, head->op);
    *last = body->len;
    pack_uint(body, 0);
    pack_uint(body, head->frame);
    put_attributes(body, shape, head);
}

/* A shape that links may change three timelines, which the generated code does not know of. */
static bool is_story_plain(const struct cdc_event *event)
{
    const struct redis_shape *shape = event->shape->prepared;

    return !event->customer_before.len && shape->role != CDC_ROLE_LINK;
}

static struct head head_of(const struct cdc_event *event, uint64_t op, uint32_t frame, uint64_t objects)
{
    return (struct head){objects, op, frame, event->key, event->type, event->tx, event->ordinal, event->part};
}

static void put_event_head(struct cdc_buf *body, const struct cdc_event *event, enum redis_op op,
                           uint32_t frame, uint64_t objects, size_t *last)
{
    struct head head = head_of(event, op, frame, objects);

    put_head(body, event->shape->prepared, &head, last);
    pack_optional(body, event->customer);
}

/* `previous` of a PUT: none in an insert. */
static void put_previous(struct cdc_buf *body, const struct cdc_event *event)
{
    if (event->before_known)
        redis_image_changes(body, event);
    else
        pack_bool(body, false);
}

static void put_unavailable(struct cdc_buf *body, const struct cdc_event *event, const struct survey *s)
{
    bool first = true;
    size_t at;

    if (!s->nunavailable) {
        pack_bool(body, false);
        return;
    }
    at = pack_str_open(body);
    for (uint32_t i = 0; i < event->shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_UNAVAILABLE)
            continue;
        if (!first)
            cdc_buf_putc(body, ' ');
        cdc_buf_put_slice(body, event->shape->names[i]);
        first = false;
    }
    pack_str_close(body, at);
}

static void put_gone(struct cdc_buf *body, const struct cdc_event *event, const struct survey *s)
{
    const struct redis_shape *shape = event->shape->prepared;
    size_t at;

    if (!s->ngone) {
        pack_bool(body, false);
        return;
    }
    at = pack_str_open(body);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (is_gone(event, &event->fields[i]))
            cdc_buf_put_slice(body, shape->names[i].packed);
    }
    pack_str_close(body, at);
}

static void put_values(struct cdc_buf *body, const struct cdc_event *event)
{
    for (uint32_t i = 0; i < event->shape->nfields; i++) {
        if (event->fields[i].after_state == CDC_VALUE_PRESENT)
            pack_str(body, event->fields[i].after);
    }
}

/* The mark for the last one is the lowest bit of the operation, in its last byte. */
static void put_plain(const struct cdc_event *event, const struct survey *s, uint32_t frame,
                      struct cdc_buf *body, size_t *last)
{
    struct redis_shape *shape = event->shape->prepared;
    bool customer = event->customer.len > 0;
    uint64_t flags = (customer ? REDIS_PUT_CUSTOMER : 0) | (event->before_known ? REDIS_PUT_PREVIOUS : 0);
    struct head head = head_of(event, redis_op_put(frame) + flags, 0, 0);

    pack_uint(body, 5 + (uint64_t)customer + event->before_known + s->npresent);
    pack_uint(body, head.op);
    *last = body->len - 1;
    put_attributes(body, shape, &head);
    if (customer)
        pack_str(body, event->customer);
    if (event->before_known)
        redis_image_changes(body, event);
    put_values(body, event);
}

static void put_pairs(const struct cdc_event *event, const struct survey *s, struct cdc_buf *body,
                      size_t *last)
{
    struct redis_shape *shape = event->shape->prepared;
    uint32_t frame = redis_shape_frame(shape, 0, 0, body);

    put_event_head(body, event, REDIS_OP_PUT_PAIRS, frame, 15 + 2 * (uint64_t)s->npresent, last);
    put_previous(body, event);
    put_unavailable(body, event, s);
    pack_optional(body, event->customer_before);
    redis_image_after(body, event);
    put_gone(body, event, s);
    pack_bool(body, !event->before_known);
    pack_uint(body, s->npresent);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_PRESENT)
            continue;
        cdc_buf_put_slice(body, shape->names[i].packed);
        pack_str(body, event->fields[i].after);
    }
}

/* Whether values alone will do. Not for an update that takes fields away: what is NULL in a frame only matters to an insert. */
static bool is_plain(const struct cdc_event *event, const struct survey *s)
{
    return s->plain && !s->nunavailable && s->npresent && s->npresent <= REDIS_SHAPE_PUT &&
           event->shape->nfields <= REDIS_SHAPE_MASKED && !(event->before_known && s->ngone) &&
           is_story_plain(event);
}

static void encode_put(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    struct survey s = survey_fields(event);
    uint32_t frame =
        is_plain(event, &s) ? redis_shape_put_frame(event->shape->prepared, s.present, s.null, body) : 0;

    if (frame)
        put_plain(event, &s, frame, body, last);
    else
        put_pairs(event, &s, body, last);
}

/* Candidates name fields by their place among those that are given, from 1, as Lua counts. */
static uint32_t place(const struct cdc_event *event, uint32_t field)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i <= field; i++)
        n += event->fields[i].after_state != CDC_VALUE_UNAVAILABLE;
    return n;
}

static void put_candidates(struct cdc_buf *body, const struct cdc_event *event)
{
    size_t at;

    if (!event->ncandidates) {
        pack_bool(body, false);
        return;
    }
    at = pack_str_open(body);
    for (uint32_t i = 0; i < event->ncandidates; i++) {
        const struct cdc_candidate *c = &event->candidates[i];
        if (event->fields[c->field].after_state == CDC_VALUE_UNAVAILABLE)
            continue;
        pack_uint(body, place(event, c->field));
        if (c->has_from)
            pack_str(body, c->from);
        else
            pack_bool(body, false);
        pack_str(body, c->type);
    }
    pack_str_close(body, at);
}

/* `data` of a MERGE: none when the function can make it of the values. */
static void put_merged(const struct cdc_event *event, const struct survey *s, struct cdc_buf *body)
{
    if (s->plain && !s->nnull && s->npresent && s->npresent <= REDIS_SHAPE_PUT)
        pack_bool(body, false);
    else
        redis_image_after(body, event);
}

static void encode_merge(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    struct redis_shape *shape = event->shape->prepared;
    struct survey s = survey_fields(event);
    uint32_t frame = shape->nfields <= REDIS_SHAPE_MASKED
                         ? redis_shape_frame(shape, s.present | s.null, 0, body)
                         : redis_shape_wide_frame(shape, event, body);

    mark_silent(body);
    put_event_head(body, event, REDIS_OP_MERGE, frame, 12 + (uint64_t)s.npresent + s.nnull, last);
    put_unavailable(body, event, &s);
    put_merged(event, &s, body);
    put_candidates(body, event);
    pack_bool(body, event->existing_only);
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state == CDC_VALUE_PRESENT)
            pack_str(body, event->fields[i].after);
        else if (event->fields[i].after_state == CDC_VALUE_NULL)
            pack_bool(body, false);
    }
}

static void encode_delete(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    uint32_t frame = redis_shape_frame(event->shape->prepared, 0, 0, body);

    if (event->op == CDC_EVENT_DROP)
        mark_silent(body);
    put_event_head(body, event, REDIS_OP_DELETE, frame, 10, last);
    if (event->before_known)
        redis_image_before(body, event);
    else
        pack_bool(body, false);
    pack_bool(body, event->op == CDC_EVENT_DROP);
}

static void put_watch(const struct cdc_event *event, struct cdc_buf *body)
{
    uint32_t frame = redis_shape_frame(event->shape->prepared, 0, 0, body);

    pack_uint(body, 2);
    pack_uint(body, REDIS_OP_WATCH);
    pack_uint(body, frame);
    pack_str(body, event->key);
}

static void put_settle(const struct cdc_event *event, struct cdc_buf *body)
{
    pack_uint(body, 2);
    pack_uint(body, REDIS_OP_SETTLE);
    redis_encode_seq(body, event->tx, event->ordinal, event->part);
    pack_str(body, redis_shape_time(event->shape->prepared, event->tx->commit_us));
}

static void encode_operation(const struct cdc_event *event, struct cdc_buf *body, size_t *last)
{
    switch (event->op) {
    case CDC_EVENT_PUT:
        encode_put(event, body, last);
        break;
    case CDC_EVENT_MERGE:
        encode_merge(event, body, last);
        break;
    case CDC_EVENT_DELETE:
    case CDC_EVENT_DROP:
        encode_delete(event, body, last);
        break;
    case CDC_EVENT_LOAD:
        redis_rows_load(event, body, last);
        break;
    case CDC_EVENT_CHECK:
        redis_rows_check(event, body, last);
        break;
    case CDC_EVENT_ABSENT:
        mark_silent(body);
        redis_rows_absent(event, body, last);
        break;
    }
}

int redis_encode_event(const struct redis_encoder *encoder, const struct cdc_event *event,
                       struct cdc_buf *body, size_t *last, struct cdc_err *err)
{
    const struct redis_shape *shape = event->shape->prepared;
    size_t len = body->len;
    struct redis_body_prefix prefix = redis_body_prefix(body);

    open_body(encoder, body);
    if (shape->role == CDC_ROLE_ERASURE)
        mark_silent(body); /* what it erases may follow in the same batch, and emits nothing */
    if (!shape->ruled || event->op == CDC_EVENT_CHECK || event->op == CDC_EVENT_ABSENT) {
        encode_operation(event, body, last); /* these watch the state themselves, if they change it at all */
    } else {
        put_watch(event, body);
        encode_operation(event, body, last);
        put_settle(event, body);
    }
    return finish(body, len, prefix, event->shape->prepared, err);
}

int redis_encode_truncate(const struct redis_encoder *encoder, const struct cdc_shape *shape,
                          const struct cdc_tx *tx, uint64_t ordinal, struct cdc_buf *body, size_t *last,
                          struct cdc_err *err)
{
    struct head head = {
        .objects = 8, .op = REDIS_OP_EVENT, .tx = tx, .ordinal = ordinal, .part = shape->part};
    struct redis_body_prefix prefix = redis_body_prefix(body);
    struct cdc_buf type = {.limit = 0};
    size_t len = body->len, at;

    open_body(encoder, body);
    cdc_buf_put_slice(&type, shape->entity);
    cdc_buf_puts(&type, ".truncated");
    head.type = cdc_buf_slice(&type);
    head.subject = cdc_slice_str("-");
    head.frame = redis_shape_frame(shape->prepared, 0, 0, body);
    put_head(body, shape->prepared, &head, last);
    at = pack_str_open(body);
    cdc_buf_puts(body, "{\"table\":\"");
    redis_json_escape(body, shape->table);
    cdc_buf_puts(body, "\"}");
    pack_str_close(body, at);
    body->failed = body->failed || type.failed;
    cdc_buf_fini(&type);
    return finish(body, len, prefix, shape->prepared, err);
}

static uint64_t put_pair(struct cdc_buf *body, const char *name, struct cdc_slice value)
{
    if (!value.len)
        return 0;
    pack_str(body, cdc_slice_str(name));
    pack_str(body, value);
    return 2;
}

static uint64_t put_reject_id(struct cdc_buf *body, const char *connector, const struct cdc_reject *reject)
{
    char tail[SEQ_TAIL], *end = tail + sizeof tail, *at = put_number(end, reject->ordinal);
    size_t open;

    pack_str(body, cdc_slice_str("id"));
    open = pack_str_open(body);
    cdc_buf_puts(body, connector);
    cdc_buf_putc(body, ':');
    cdc_buf_put_slice(body, reject->tx->id);
    cdc_buf_putc(body, ':');
    cdc_buf_put(body, at, (size_t)(end - at));
    pack_str_close(body, open);
    return 2;
}

int redis_encode_reject(const struct redis_encoder *encoder, const struct cdc_reject *reject,
                        struct cdc_buf *body, struct cdc_err *err)
{
    struct redis_body_prefix prefix = redis_body_prefix(body);
    size_t len = body->len, count;
    char time[CDC_TIME_TEXT];
    uint64_t n = 0;

    open_body(encoder, body);
    count = body->len;
    pack_uint(body, 0);
    pack_uint(body, REDIS_OP_REJECT);
    n += put_reject_id(body, encoder->connector, reject);
    n += put_pair(body, "reason", reject->reason);
    n += put_pair(body, "table", reject->table);
    n += put_pair(body, "column", reject->column);
    n += put_pair(body, "entity", reject->entity);
    n += put_pair(body, "key", reject->key);
    n += put_pair(body, "detail", reject->detail);
    n += put_pair(body, "time", cdc_slice_str(cdc_time_print(reject->tx->commit_us, time)));
    if (!body->failed)
        body->data[count] = (char)n; /* at most 16: one byte */
    return finish(body, len, prefix, NULL, err);
}

void redis_encode_mark_last(struct cdc_buf *body, size_t last)
{
    if (last < body->len)
        body->data[last] |= 1;
}
