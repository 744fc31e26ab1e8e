/*
 * A growable byte buffer with a limit and a sticky error: append freely, check `failed` once at the end.
 * Owned by one thread at a time. The bytes stay where they are until the next append.
 */
#ifndef CDC_BUF_H
#define CDC_BUF_H

#include <stdint.h>

#include "cdc/err.h"
#include "cdc/slice.h"

struct cdc_buf {
    char *data;
    size_t len, cap;
    size_t limit; /* bytes; 0: none */
    bool failed;  /* an append did not fit or memory ran out; the content is not to be used */
    bool starved; /* the machine refused memory, not the limit; stays until somebody clears it */
};

void cdc_buf_init(struct cdc_buf *buf, size_t limit);
void cdc_buf_fini(struct cdc_buf *buf);
/* Empties the buffer and clears `failed`; keeps its memory. */
static inline void cdc_buf_reset(struct cdc_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}
/* Makes room for `n` more bytes and returns where they go (then add to `len`), or NULL with `failed` set. */
char *cdc_buf_grow(struct cdc_buf *buf, size_t n);
/* Formatted append; for cold paths. */
void cdc_buf_printf(struct cdc_buf *buf, const char *fmt, ...) CDC_PRINTF(2, 3);
/* The content with a NUL behind it (not counted), or "" when the buffer failed. */
const char *cdc_buf_str(struct cdc_buf *buf);

static inline char *cdc_buf_reserve(struct cdc_buf *buf, size_t n)
{
    if (buf->cap - buf->len >= n && !buf->failed)
        return buf->data + buf->len;
    return cdc_buf_grow(buf, n);
}

static inline void cdc_buf_put(struct cdc_buf *buf, const void *ptr, size_t n)
{
    char *at = n ? cdc_buf_reserve(buf, n) : NULL;
    if (at) {
        memcpy(at, ptr, n);
        buf->len += n;
    }
}

static inline void cdc_buf_putc(struct cdc_buf *buf, char c)
{
    char *at = cdc_buf_reserve(buf, 1);
    if (at) {
        *at = c;
        buf->len++;
    }
}

static inline void cdc_buf_put_slice(struct cdc_buf *buf, struct cdc_slice s)
{
    cdc_buf_put(buf, s.ptr, s.len);
}

static inline void cdc_buf_puts(struct cdc_buf *buf, const char *str)
{
    cdc_buf_put(buf, str, strlen(str));
}

static inline struct cdc_slice cdc_buf_slice(const struct cdc_buf *buf)
{
    return cdc_slice(buf->data, buf->len);
}

#endif
