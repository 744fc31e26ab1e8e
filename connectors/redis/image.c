/* Images of a row as JSON (image.h), for the records that cannot leave it to the functions in Redis. No state. */
#include "redis/image.h"

#include "redis/json.h"
#include "redis/pack.h"
#include "redis/shape.h"

static void put_json_field(struct cdc_buf *body, struct cdc_slice name, struct cdc_slice value, bool first)
{
    if (!first)
        cdc_buf_putc(body, ',');
    cdc_buf_put_slice(body, name);
    cdc_buf_putc(body, '"');
    redis_json_escape(body, value);
    cdc_buf_putc(body, '"');
}

void redis_image_after(struct cdc_buf *body, const struct cdc_event *event)
{
    const struct redis_shape *shape = event->shape->prepared;
    size_t at = pack_str_open(body);
    bool first = true;

    cdc_buf_putc(body, '{');
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_PRESENT)
            continue;
        put_json_field(body, shape->names[i].json, event->fields[i].after, first);
        first = false;
    }
    cdc_buf_putc(body, '}');
    pack_str_close(body, at);
}

static bool is_changed(const struct cdc_field *field)
{
    if (field->after_state == CDC_VALUE_UNAVAILABLE || field->before_state == CDC_VALUE_UNAVAILABLE)
        return false;
    if (field->after_state != field->before_state)
        return true;
    return field->after_state == CDC_VALUE_PRESENT && !cdc_slice_eq(field->after, field->before);
}

void redis_image_changes(struct cdc_buf *body, const struct cdc_event *event)
{
    const struct redis_shape *shape = event->shape->prepared;
    size_t at = pack_str_open(body);
    bool first = true;

    cdc_buf_putc(body, '{');
    for (uint32_t i = 0; i < shape->nfields; i++) {
        const struct cdc_field *field = &event->fields[i];
        if (!is_changed(field))
            continue;
        if (field->before_state == CDC_VALUE_PRESENT) {
            put_json_field(body, shape->names[i].json, field->before, first);
        } else {
            if (!first)
                cdc_buf_putc(body, ',');
            cdc_buf_put_slice(body, shape->names[i].json);
            cdc_buf_puts(body, "null");
        }
        first = false;
    }
    cdc_buf_putc(body, '}');
    pack_str_close(body, at);
}

void redis_image_before(struct cdc_buf *body, const struct cdc_event *event)
{
    const struct redis_shape *shape = event->shape->prepared;
    size_t at = pack_str_open(body);
    bool first = true;

    cdc_buf_putc(body, '{');
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].before_state != CDC_VALUE_PRESENT)
            continue;
        put_json_field(body, shape->names[i].json, event->fields[i].before, first);
        first = false;
    }
    cdc_buf_putc(body, '}');
    pack_str_close(body, at);
}
