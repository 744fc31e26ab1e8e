/* Names of keys (keys.h). No state; any thread. */
#include "redis/keys.h"

static void put_entity_key(struct cdc_buf *out, const char *prefix, const char *what, struct cdc_slice entity)
{
    cdc_buf_puts(out, prefix);
    cdc_buf_puts(out, what);
    cdc_buf_putc(out, '{');
    cdc_buf_put_slice(out, entity);
    cdc_buf_putc(out, '}');
}

void redis_key_state(struct cdc_buf *out, const char *prefix, struct cdc_slice entity)
{
    put_entity_key(out, prefix, ":state:", entity);
    cdc_buf_putc(out, ':');
}

void redis_key_events(struct cdc_buf *out, const char *prefix, struct cdc_slice entity)
{
    put_entity_key(out, prefix, ":events:", entity);
}

void redis_key_named(struct cdc_buf *out, const char *prefix, const char *what, const char *connector)
{
    cdc_buf_puts(out, prefix);
    cdc_buf_putc(out, ':');
    cdc_buf_puts(out, what);
    if (connector) {
        cdc_buf_putc(out, ':');
        cdc_buf_puts(out, connector);
    }
}

void redis_key_glob(struct cdc_buf *out, struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] && strchr("*?[]\\^-", text.ptr[i]))
            cdc_buf_putc(out, '\\');
        cdc_buf_putc(out, text.ptr[i]);
    }
}
