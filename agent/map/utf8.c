/*
 * UTF-8 (utf8.h, RFC 3629). Nearly all text is ASCII, so eight bytes at a time are asked whether any is not; only then
 * are sequences looked at.
 */
#include "map/utf8.h"

#include <stdint.h>

#define HIGH_BITS 0x8080808080808080u

static size_t ascii_run(const unsigned char *p, size_t n)
{
    size_t i = 0;
    uint64_t eight;

    for (; n - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        if (eight & HIGH_BITS)
            break;
    }
    while (i < n && p[i] < 0x80)
        i++;
    return i;
}

/* The second byte's range rules out overlong forms, surrogates and what is above U+10FFFF. 0: not a sequence. */
static size_t sequence(const unsigned char *p, size_t n)
{
    unsigned char lead = p[0], low = 0x80, high = 0xbf;
    size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    if (lead < 0xc2 || lead > 0xf4 || n < len)
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    if (lead == 0xed)
        high = 0x9f;
    if (lead == 0xf0)
        low = 0x90;
    if (lead == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

bool utf8_valid(struct cdc_slice s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t n = s.len, step;

    for (;;) {
        step = ascii_run(p, n);
        if (step == n)
            return true;
        p += step;
        n -= step;
        step = sequence(p, n);
        if (!step)
            return false;
        p += step;
        n -= step;
    }
}

size_t utf8_prefix(struct cdc_slice s, size_t chars)
{
    size_t i = 0;

    if (s.len <= chars)
        return s.len;
    for (; i < s.len; i++) {
        bool starts = ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
        if (starts && chars-- == 0)
            break;
    }
    return i;
}
