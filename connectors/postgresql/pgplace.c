/*
 * Places (pgplace.h): 16 hexadecimal digits of the order, then for each value ':' length ':' bytes. They come back from the store,
 * where anything may have happened to them, so nothing is taken that was not printed so. No state; any thread.
 */
#include "postgresql/pgplace.h"

#include <inttypes.h>
#include <stdio.h>

#define ORDER_DIGITS 16

void pgplace_put(struct cdc_buf *out, uint64_t order, size_t n, const struct cdc_slice *values)
{
    cdc_buf_printf(out, "%016" PRIx64, order);
    for (size_t i = 0; i < n; i++) {
        cdc_buf_printf(out, ":%zu:", values[i].len);
        cdc_buf_put_slice(out, values[i]);
    }
}

/* ':' length ':' without a zero in front; -1 when that is not what comes, or less follows than it says. */
static int read_length(struct cdc_slice *rest, size_t *length)
{
    size_t at = 1, n = 0;

    if (rest->len < 3 || rest->ptr[0] != ':' || (rest->ptr[1] == '0' && rest->ptr[2] != ':'))
        return -1;
    for (; at < rest->len && rest->ptr[at] >= '0' && rest->ptr[at] <= '9'; at++) {
        n = n * 10 + (size_t)(rest->ptr[at] - '0');
        if (n > rest->len)
            return -1;
    }
    if (at == 1 || at == rest->len || rest->ptr[at] != ':' || n > rest->len - at - 1)
        return -1;
    *rest = cdc_slice(rest->ptr + at + 1, rest->len - at - 1);
    *length = n;
    return 0;
}

int pgplace_parse(struct cdc_slice place, uint64_t order, size_t n, struct cdc_slice *values)
{
    char digits[ORDER_DIGITS + 1];
    struct cdc_slice rest;

    snprintf(digits, sizeof digits, "%016" PRIx64, order);
    if (place.len < ORDER_DIGITS || memcmp(place.ptr, digits, ORDER_DIGITS) ||
        memchr(place.ptr, '\0', place.len))
        return -1;
    rest = cdc_slice(place.ptr + ORDER_DIGITS, place.len - ORDER_DIGITS);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        if (read_length(&rest, &length))
            return -1;
        values[i] = cdc_slice(rest.ptr, length);
        rest = cdc_slice(rest.ptr + length, rest.len - length);
    }
    return rest.len == 0 ? 0 : -1;
}
