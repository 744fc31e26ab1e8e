/* Decimal digits of integers (digits.h). No state; any thread; cannot fail. */
#include "digits.h"

static const char pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

void my_digits_fixed(uint64_t value, unsigned width, char *out)
{
    uint32_t rest;

    for (; value > UINT32_MAX && width >= 2; width -= 2, value /= 100)
        memcpy(out + width - 2, pairs + 2 * (value % 100), 2);
    rest = (uint32_t)(value > UINT32_MAX ? value % 10 : value);
    for (; width >= 2; width -= 2, rest /= 100)
        memcpy(out + width - 2, pairs + 2 * (rest % 100), 2);
    if (width)
        *out = (char)('0' + rest % 10);
}

#define EIGHT_DIGITS 100000000u
#define ZEROS        UINT64_C(0x3030303030303030)

/*
 * The eight digits of a number below 10^8, a byte each, the first one in the lowest: the number is halved three times, all parts at
 * once. For such small parts a multiplication and a shift divide exactly.
 */
static uint64_t eight_digits(uint32_t value)
{
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32, twos, ones, high;

    high = fours * 10486 >> 20 & UINT64_C(0x7f0000007f);
    twos = high | (fours - high * 100) << 16;
    high = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    ones = high | (twos - high * 10) << 8;
    return ones;
}

static void put_eight(uint64_t text, char *out)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    text = __builtin_bswap64(text);
#endif
    memcpy(out, &text, sizeof text);
}

/* Numbers of this many digits are what most are: no loop, no branch on how many. */
static size_t put_short(uint32_t value, char *out)
{
    uint64_t digits = eight_digits(value);
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;

    put_eight((digits | ZEROS) >> 8 * zeros, out);
    return 8 - zeros;
}

size_t my_digits_u64(uint64_t value, char *out)
{
    size_t n;

    if (value < 10) {
        *out = (char)('0' + value);
        return 1;
    }
    if (value < EIGHT_DIGITS)
        return put_short((uint32_t)value, out);
    n = my_digits_u64(value / EIGHT_DIGITS, out);
    put_eight(eight_digits((uint32_t)(value % EIGHT_DIGITS)) | ZEROS, out + n);
    return n + 8;
}
