/* Decimal digits of integers, for hot paths. */
#ifndef MYSQL_DIGITS_H
#define MYSQL_DIGITS_H

#include <stdint.h>
#include <string.h>

#include "cdc/buf.h"

#define MY_DIGITS_U64 20

/* Writes `value` at `out` (room for MY_DIGITS_U64, which may be written to) and returns how many digits. */
size_t my_digits_u64(uint64_t value, char *out);
/* Writes exactly `width` digits, with leading zeros; higher digits are lost. */
void my_digits_fixed(uint64_t value, unsigned width, char *out);

static inline void my_digits_put(struct cdc_buf *buf, uint64_t value)
{
    char *at = cdc_buf_reserve(buf, MY_DIGITS_U64);

    if (at)
        buf->len += my_digits_u64(value, at);
}

#endif
