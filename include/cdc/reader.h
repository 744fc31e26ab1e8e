/*
 * Bounded reading of wire bytes. A read past the end sets a sticky error and gives zeros, so a decoder reads a whole
 * message and asks once whether all of it was there. This is the only way wire bytes may be read.
 */
#ifndef CDC_READER_H
#define CDC_READER_H

#include <stdint.h>

#include "cdc/slice.h"

struct cdc_reader {
    const unsigned char *at, *end;
    bool failed;
};

static inline struct cdc_reader cdc_reader(const void *data, size_t len)
{
    const unsigned char *at = data;

    return (struct cdc_reader){at, len ? at + len : at, false};
}

static inline size_t cdc_reader_left(const struct cdc_reader *r)
{
    return (size_t)(r->end - r->at);
}

/* The next `n` bytes, or NULL (sticky) when there are fewer. */
static inline const unsigned char *cdc_read(struct cdc_reader *r, size_t n)
{
    const unsigned char *p = r->at;

    if (r->failed || cdc_reader_left(r) < n) {
        r->failed = true;
        return NULL;
    }
    r->at += n;
    return p;
}

static inline struct cdc_slice cdc_read_slice(struct cdc_reader *r, size_t n)
{
    const unsigned char *p = cdc_read(r, n);
    return p ? cdc_slice((const char *)p, n) : cdc_slice(NULL, 0);
}

/* Up to the next NUL, which is consumed and not part of the slice. */
static inline struct cdc_slice cdc_read_cstr(struct cdc_reader *r)
{
    const unsigned char *nul = r->failed ? NULL : memchr(r->at, 0, cdc_reader_left(r));
    struct cdc_slice s = {(const char *)r->at, 0};

    if (!nul) {
        r->failed = true;
        return cdc_slice(NULL, 0);
    }
    s.len = (size_t)(nul - r->at);
    r->at = nul + 1;
    return s;
}

static inline uint8_t cdc_read_u8(struct cdc_reader *r)
{
    const unsigned char *p = cdc_read(r, 1);
    return p ? *p : 0;
}

/* Big endian: PostgreSQL */
static inline uint64_t cdc_read_be(struct cdc_reader *r, size_t n)
{
    const unsigned char *p = cdc_read(r, n);
    uint64_t v = 0;

    for (size_t i = 0; p && i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static inline uint16_t cdc_read_be16(struct cdc_reader *r)
{
    return (uint16_t)cdc_read_be(r, 2);
}

static inline uint32_t cdc_read_be32(struct cdc_reader *r)
{
    return (uint32_t)cdc_read_be(r, 4);
}

static inline uint64_t cdc_read_be64(struct cdc_reader *r)
{
    return cdc_read_be(r, 8);
}

/* Little endian, 1 to 8 bytes: MySQL. A constant size makes it one load. */
static inline uint64_t cdc_read_le(struct cdc_reader *r, size_t n)
{
    const unsigned char *p = cdc_read(r, n);
    uint64_t v = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (__builtin_constant_p(n) && n <= sizeof v) {
        if (p)
            memcpy(&v, p, n);
        return v;
    }
#endif
    for (size_t i = n; p && i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

#endif
