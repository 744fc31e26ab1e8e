/* Decimal digits of integers (digits.h), two at a time. No state; any thread; cannot fail. */
#include "digits.h"

static const char pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t value)
{
    unsigned n = 1;

    for (;; value /= 10000, n += 4) {
        if (value < 10)
            return n;
        if (value < 100)
            return n + 1;
        if (value < 1000)
            return n + 2;
        if (value < 10000)
            return n + 3;
    }
}

void my_digits_fixed(uint64_t value, unsigned width, char *out)
{
    for (; width >= 2; width -= 2, value /= 100)
        memcpy(out + width - 2, pairs + 2 * (value % 100), 2);
    if (width)
        *out = (char)('0' + value % 10);
}

size_t my_digits_u64(uint64_t value, char *out)
{
    unsigned n = count_digits(value);

    my_digits_fixed(value, n, out);
    return n;
}
