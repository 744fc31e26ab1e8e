/* Short runs of bytes: whether they are equal (values are mostly shorter than a call of memcmp() costs), and copying them. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

#include "cdc/slice.h"

static inline uint64_t bytes_eight(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t bytes_four(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* Two pieces that may overlap cover 8 to 16 bytes, or 4 to 8. */
static inline bool bytes_same(const char *a, const char *b, size_t n)
{
    if (n > 16)
        return memcmp(a, b, n) == 0;
    if (n >= 8)
        return bytes_eight(a) == bytes_eight(b) && bytes_eight(a + n - 8) == bytes_eight(b + n - 8);
    if (n >= 4)
        return bytes_four(a) == bytes_four(b) && bytes_four(a + n - 4) == bytes_four(b + n - 4);
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* Often it is the very same slice: an unchanged column's value, or one of an enum's. */
static inline bool bytes_equal(struct cdc_slice a, struct cdc_slice b)
{
    return a.len == b.len && (a.ptr == b.ptr || bytes_same(a.ptr, b.ptr, a.len));
}

/* Copies `n` bytes, none from a null pointer too, and returns where the next ones go. */
static inline char *bytes_put(char *at, const char *p, size_t n)
{
    if (n)
        memcpy(at, p, n);
    return at + n;
}

#endif
