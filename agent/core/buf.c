/* A growable buffer with a limit and a sticky error (cdc/buf.h). */
#include "cdc/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void cdc_buf_init(struct cdc_buf *buf, size_t limit)
{
    *buf = (struct cdc_buf){.limit = limit};
}

void cdc_buf_fini(struct cdc_buf *buf)
{
    free(buf->data);
    cdc_buf_init(buf, buf->limit);
}

/* Doubles, so that appending stays linear; exact when that would pass the limit. */
static size_t grown_cap(const struct cdc_buf *buf, size_t need)
{
    size_t cap = buf->cap ? buf->cap : 256;

    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (buf->limit && cap > buf->limit)
        cap = buf->limit;
    return cap;
}

char *cdc_buf_grow(struct cdc_buf *buf, size_t n)
{
    size_t need = buf->len + n;
    char *data;

    if (buf->failed || need < n || (buf->limit && need > buf->limit)) {
        buf->failed = true;
        return NULL;
    }
    if (need <= buf->cap)
        return buf->data + buf->len;
    data = realloc(buf->data, grown_cap(buf, need));
    if (!data) {
        buf->failed = buf->starved = true;
        return NULL;
    }
    buf->cap = grown_cap(buf, need);
    buf->data = data;
    return buf->data + buf->len;
}

void cdc_buf_printf(struct cdc_buf *buf, const char *fmt, ...)
{
    va_list ap, again;
    char *at;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    at = n < 0 ? NULL : cdc_buf_reserve(buf, (size_t)n + 1);
    if (at) {
        vsnprintf(at, (size_t)n + 1, fmt, again);
        buf->len += (size_t)n;
    } else {
        buf->failed = true;
    }
    va_end(again);
}

const char *cdc_buf_str(struct cdc_buf *buf)
{
    char *at = cdc_buf_reserve(buf, 1);

    if (!at)
        return "";
    *at = '\0';
    return buf->data;
}
