/*
 * Numbers of rows as text (number.h). Called by the value decoder for each wanted value, on the source thread; no state, no
 * allocation. Floating point is in float.c.
 */
#include "number.h"

#include "digits.h"

size_t my_number_signed(int64_t value, char out[MY_INTEGER_TEXT])
{
    if (value >= 0)
        return my_digits_u64((uint64_t)value, out);
    out[0] = '-';
    return 1 + my_digits_u64(0 - (uint64_t)value, out + 1);
}

/*
 * DECIMAL ("Precision Math" of the MySQL manual): big-endian groups of nine digits in four bytes, counted from the decimal point
 * to both sides; the outermost group of a side has fewer digits and fewer bytes. The sign is the first bit, inverted; the bytes
 * of a negative number are inverted as a whole.
 */
#define GROUP_DIGITS 9
#define GROUP_BYTES  4

static const unsigned char partial_bytes[GROUP_DIGITS + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
static const uint32_t powers[GROUP_DIGITS + 1] = {1,      10,      100,      1000,      10000,
                                                  100000, 1000000, 10000000, 100000000, 1000000000};

size_t my_decimal_bytes(unsigned precision, unsigned scale)
{
    unsigned whole = precision - scale;

    if (precision == 0 || precision > MY_DECIMAL_PRECISION || scale > precision || scale > MY_DECIMAL_SCALE)
        return 0;
    return whole / GROUP_DIGITS * GROUP_BYTES + partial_bytes[whole % GROUP_DIGITS] +
           scale / GROUP_DIGITS * GROUP_BYTES + partial_bytes[scale % GROUP_DIGITS];
}

struct decimal {
    const unsigned char *at;
    unsigned char first; /* the first byte with its sign bit put right */
    bool is_first;
    unsigned char invert;
    bool bad;
};

static uint32_t next_group(struct decimal *d, unsigned digits)
{
    uint32_t value = 0;

    for (unsigned n = partial_bytes[digits]; n > 0; n--) {
        unsigned char byte = d->is_first ? d->first : *d->at;

        value = value << 8 | (unsigned char)(byte ^ d->invert);
        d->is_first = false;
        d->at++;
    }
    d->bad = d->bad || value >= powers[digits];
    return value;
}

/* Digits of the whole part, without leading zeros but at least one. */
static char *put_whole(struct decimal *d, unsigned digits, char *at)
{
    char text[MY_DECIMAL_PRECISION + GROUP_DIGITS];
    size_t n = 0, zeros = 0;

    for (unsigned left = digits; left > 0;) {
        unsigned now = left % GROUP_DIGITS ? left % GROUP_DIGITS : GROUP_DIGITS;

        my_digits_fixed(next_group(d, now), now, text + n);
        n += now;
        left -= now;
    }
    while (zeros < n && text[zeros] == '0')
        zeros++;
    if (zeros == n)
        *at++ = '0';
    memcpy(at, text + zeros, n - zeros);
    return at + (n - zeros);
}

static char *put_fraction(struct decimal *d, unsigned digits, char *at)
{
    *at++ = '.';
    while (digits > 0) {
        unsigned now = digits < GROUP_DIGITS ? digits : GROUP_DIGITS;

        my_digits_fixed(next_group(d, now), now, at);
        at += now;
        digits -= now;
    }
    return at;
}

size_t my_decimal_print(const unsigned char *bytes, unsigned precision, unsigned scale,
                        char out[MY_DECIMAL_TEXT])
{
    bool negative = !(bytes[0] & 0x80);
    struct decimal d = {bytes, bytes[0] ^ 0x80, true, negative ? 0xff : 0, false};
    char *at = out;

    if (negative)
        *at++ = '-';
    at = put_whole(&d, precision - scale, at);
    if (scale)
        at = put_fraction(&d, scale, at);
    return d.bad ? 0 : (size_t)(at - out);
}

size_t my_bits_print(const unsigned char *bytes, size_t nbytes, size_t nbits, char *out)
{
    for (size_t i = 0; i < nbits; i++) {
        size_t bit = nbits - 1 - i;

        out[i] = (char)('0' + (bytes[nbytes - 1 - bit / 8] >> (bit % 8) & 1));
    }
    return nbits;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(uint32_t triple, size_t nbytes, char *out)
{
    out[0] = base64_digits[triple >> 18 & 63];
    out[1] = base64_digits[triple >> 12 & 63];
    out[2] = nbytes > 1 ? base64_digits[triple >> 6 & 63] : '=';
    out[3] = nbytes > 2 ? base64_digits[triple & 63] : '=';
}

size_t my_base64_print(const unsigned char *bytes, size_t nbytes, char *out)
{
    char *at = out;

    for (; nbytes >= 3; nbytes -= 3, bytes += 3, at += 4)
        put_base64((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2], 3, at);
    if (nbytes) {
        put_base64((uint32_t)bytes[0] << 16 | (nbytes > 1 ? (uint32_t)bytes[1] << 8 : 0), nbytes, at);
        at += 4;
    }
    return (size_t)(at - out);
}
