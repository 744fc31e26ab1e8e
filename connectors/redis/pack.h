/*
 * The few forms of msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md) that a batch's body is made of: false,
 * true, unsigned integers and strings. Appended to a cdc_buf, whose sticky error stands for all of them.
 */
#ifndef REDIS_PACK_H
#define REDIS_PACK_H

#include "cdc/buf.h"

enum {
    PACK_FALSE = 0xc2,
    PACK_TRUE = 0xc3,
    PACK_U8 = 0xcc,
    PACK_U16 = 0xcd,
    PACK_U32 = 0xce,
    PACK_U64 = 0xcf,
    PACK_FIXSTR = 0xa0, /* with the length in the low five bits */
    PACK_STR8 = 0xd9,
    PACK_STR16 = 0xda,
    PACK_STR32 = 0xdb,
};

static inline void pack_byte(struct cdc_buf *buf, unsigned byte)
{
    cdc_buf_putc(buf, (char)(unsigned char)byte);
}

static inline void pack_bool(struct cdc_buf *buf, bool value)
{
    pack_byte(buf, value ? PACK_TRUE : PACK_FALSE);
}

/* Writes a marker and the low `n` bytes of `value`, big endian. */
static inline void pack_tagged(struct cdc_buf *buf, unsigned marker, uint64_t value, unsigned n)
{
    unsigned char bytes[9];

    bytes[0] = (unsigned char)marker;
    for (unsigned i = n; i > 0; i--, value >>= 8)
        bytes[i] = (unsigned char)value;
    cdc_buf_put(buf, bytes, n + 1);
}

static inline void pack_uint(struct cdc_buf *buf, uint64_t value)
{
    if (value < 0x80)
        pack_byte(buf, (unsigned)value);
    else if (value <= UINT8_MAX)
        pack_tagged(buf, PACK_U8, value, 1);
    else if (value <= UINT16_MAX)
        pack_tagged(buf, PACK_U16, value, 2);
    else if (value <= UINT32_MAX)
        pack_tagged(buf, PACK_U32, value, 4);
    else
        pack_tagged(buf, PACK_U64, value, 8);
}

/* The head of a string of `len` bytes, which the caller appends. Longer ones than 4 GiB do not come: buffers are bounded. */
static inline void pack_str_head(struct cdc_buf *buf, size_t len)
{
    if (len < 32)
        pack_byte(buf, PACK_FIXSTR | (unsigned)len);
    else if (len <= UINT8_MAX)
        pack_tagged(buf, PACK_STR8, len, 1);
    else if (len <= UINT16_MAX)
        pack_tagged(buf, PACK_STR16, len, 2);
    else
        pack_tagged(buf, PACK_STR32, len, 4);
}

static inline void pack_str(struct cdc_buf *buf, struct cdc_slice s)
{
    char *at;

    if (s.len >= 32 || s.len == 0) {
        pack_str_head(buf, s.len);
        cdc_buf_put_slice(buf, s);
        return;
    }
    at = cdc_buf_reserve(buf, 1 + s.len); /* most strings: one look at the room */
    if (!at)
        return;
    *at = (char)(PACK_FIXSTR | (unsigned)s.len);
    memcpy(at + 1, s.ptr, s.len);
    buf->len += 1 + s.len;
}

/* A string, or false when it is empty. */
static inline void pack_optional(struct cdc_buf *buf, struct cdc_slice s)
{
    if (s.len)
        pack_str(buf, s);
    else
        pack_bool(buf, false);
}

/* A string whose length is not known yet: open it, append its bytes, close it with what open returned. */
static inline size_t pack_str_open(struct cdc_buf *buf)
{
    size_t at = buf->len;

    pack_tagged(buf, PACK_STR32, 0, 4);
    return at;
}

static inline void pack_str_close(struct cdc_buf *buf, size_t at)
{
    size_t len;

    if (buf->failed)
        return;
    len = buf->len - at - 5;
    for (unsigned i = 4; i > 0; i--, len >>= 8)
        buf->data[at + i] = (char)(unsigned char)len;
}

#endif
