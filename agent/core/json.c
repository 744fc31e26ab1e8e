/* Writing JSON text (json.h), RFC 8259. For cold paths: what people read. */
#include "core/json.h"

static const char *short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    }
    return NULL;
}

void json_put_string(struct cdc_buf *buf, struct cdc_slice s)
{
    cdc_buf_putc(buf, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        const char *escape = short_escape(c);
        if (escape)
            cdc_buf_puts(buf, escape);
        else if (c < 0x20)
            cdc_buf_printf(buf, "\\u%04x", c);
        else
            cdc_buf_putc(buf, (char)c);
    }
    cdc_buf_putc(buf, '"');
}
