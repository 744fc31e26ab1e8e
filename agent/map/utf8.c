/*
 * UTF-8 (utf8.h, RFC 3629). Nearly all text is ASCII, so eight bytes at a time are asked whether any is not; only then
 * are sequences looked at.
 */
#include "map/utf8.h"

#include <stdint.h>

#define HIGH_BITS 0x8080808080808080u

static uint64_t eight_at(const unsigned char *p)
{
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    return eight;
}

/* Fewer than eight bytes at once: two pieces that may overlap cover 4 to 7, three bytes cover 1 to 3. */
static bool short_is_ascii(const unsigned char *p, size_t n)
{
    uint32_t first, last;

    if (n < 4)
        return !n || !((p[0] | p[n / 2] | p[n - 1]) & 0x80);
    memcpy(&first, p, sizeof first);
    memcpy(&last, p + n - sizeof last, sizeof last);
    return !((first | last) & (uint32_t)HIGH_BITS);
}

static size_t ascii_run(const unsigned char *p, size_t n)
{
    size_t i = 0;

    if (n < 8 && short_is_ascii(p, n))
        return n;
    for (; n - i >= 8; i += 8)
        if (eight_at(p + i) & HIGH_BITS)
            break;
    if (n >= 8 && n - i < 8 && !(eight_at(p + n - 8) & HIGH_BITS))
        return n;
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
