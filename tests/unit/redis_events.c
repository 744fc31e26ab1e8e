/* Events for the tests of the Redis sink's encoding (redis_events.h). */
#include "unit/redis_events.h"

#include "redis/body.h"
#include "redis/unpack.h"

#include <criterion/criterion.h>

static const struct cdc_slice names[EVENTS_FIELDS] = {{"id", 2}, {"status", 6}, {"note", 4}, {"price", 5}};

void events_init(struct events *e)
{
    struct cdc_err err;

    *e = (struct events){.config = {.socket = "/nowhere", .prefix = "cdc"}};
    e->params = (struct cdc_sink_params){
        .connector = "cinema", .config = &e->config, .lease_ms = 1000, .owner = "h/1/1"};
    e->shape = (struct cdc_shape){
        .entity = {"booking", 7}, .nfields = EVENTS_FIELDS, .names = names, .table = {"public.r", 8}};
    e->tx = (struct cdc_tx){.id = {"0/10", 4}, .xid = {"77", 2}, .commit_us = 1795285800000000};
    e->event = (struct cdc_event){.op = CDC_EVENT_PUT,
                                  .shape = &e->shape,
                                  .key = {"1", 1},
                                  .type = {"booking.created", 15},
                                  .fields = e->fields,
                                  .tx = &e->tx,
                                  .ordinal = 1};
    cr_assert_eq(redis_sink_ops.open(&e->sink, &e->params, &err), 0);
    cr_assert_eq(redis_sink_ops.prepare(e->sink, &e->shape, &err), 0);
}

void events_fini(struct events *e)
{
    redis_sink_ops.unprepare(&e->shape);
    redis_sink_ops.close(e->sink);
    cdc_buf_fini(&e->body);
    cdc_buf_fini(&e->text);
}

static enum cdc_value_state state_of(const char *text)
{
    if (!text)
        return CDC_VALUE_NULL;
    return strcmp(text, "?") == 0 ? CDC_VALUE_UNAVAILABLE : CDC_VALUE_PRESENT;
}

void events_after(struct events *e, const char *id, const char *status, const char *note, const char *price)
{
    const char *values[] = {id, status, note, price};

    for (int i = 0; i < EVENTS_FIELDS; i++) {
        e->fields[i].after = cdc_slice_str(values[i]);
        e->fields[i].after_state = state_of(values[i]);
    }
}

void events_before(struct events *e, const char *id, const char *status, const char *note, const char *price)
{
    const char *values[] = {id, status, note, price};

    e->event.before_known = true;
    for (int i = 0; i < EVENTS_FIELDS; i++) {
        e->fields[i].before = cdc_slice_str(values[i]);
        e->fields[i].before_state = state_of(values[i]);
    }
}

void events_encode(struct events *e)
{
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.encode(e->sink, &e->event, &e->body, &e->last, &err), 0, "%s", err.message);
}

static void show(struct cdc_slice packed, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(packed.ptr, packed.len);

    while (cdc_reader_left(&r) && !r.failed) {
        uint64_t n = redis_unpack_number(&r), op = redis_unpack_number(&r);
        cdc_buf_printf(out, "%llu(", (unsigned long long)op);
        for (uint64_t i = 0; i < n; i++) {
            struct redis_packed o = redis_unpack(&r);
            cdc_buf_puts(out, i ? " " : "");
            if (o.type == REDIS_PACKED_UINT)
                cdc_buf_printf(out, "%llu", (unsigned long long)o.number);
            else if (o.type == REDIS_PACKED_STR)
                cdc_buf_printf(out, "'%.*s'", CDC_ARG(o.text));
            else
                cdc_buf_puts(out, o.truth ? "true" : "false");
        }
        cdc_buf_puts(out, ")");
    }
    cr_assert_not(r.failed);
}

const char *events_shown(struct events *e)
{
    cdc_buf_reset(&e->text);
    show(redis_body_records(&e->body), &e->text);
    return cdc_buf_str(&e->text);
}

const char *events_described(struct events *e)
{
    struct cdc_err err;

    cdc_buf_reset(&e->text);
    cr_assert_eq(redis_sink_ops.describe(e->sink, &e->body, &e->text, &err), 0, "%s", err.message);
    return cdc_buf_str(&e->text);
}
