/* Parsing, printing and comparing log sequence numbers. No state; any thread. */
#include "postgresql/pglsn.h"

#define PAGE_HEADER    24
#define SEGMENT_HEADER 40 /* of the first page of a segment */

/* Up to eight hexadecimal digits from *at; -1 when there is none or too many. */
static int64_t parse_half(const char **at, const char *end)
{
    int64_t value = 0;
    const char *start = *at;

    for (; *at < end && **at != '/'; (*at)++) {
        char c = **at;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                           : -1;
        if (digit < 0 || *at - start >= 8)
            return -1;
        value = value << 4 | digit;
    }
    return *at == start ? -1 : value;
}

int pglsn_parse(struct cdc_slice text, uint64_t *lsn)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    int64_t high, low;

    *lsn = 0;
    if (text.len == 0)
        return -1;
    high = parse_half(&at, end);
    if (high < 0 || at == end)
        return -1;
    at++;
    low = parse_half(&at, end);
    if (low < 0 || at != end)
        return -1;
    *lsn = (uint64_t)high << 32 | (uint64_t)low;
    return 0;
}

static char *print_half(uint32_t half, char *at)
{
    static const char digits[] = "0123456789ABCDEF";
    int shift = 28;

    while (shift > 0 && half >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *at++ = digits[half >> shift & 15];
    return at;
}

size_t pglsn_print(uint64_t lsn, char out[PGLSN_TEXT])
{
    char *at = print_half((uint32_t)(lsn >> 32), out);

    *at++ = '/';
    at = print_half((uint32_t)lsn, at);
    *at = '\0';
    return (size_t)(at - out);
}

int pglsn_compare(struct cdc_slice a, struct cdc_slice b)
{
    uint64_t x, y;

    if (pglsn_parse(a, &x))
        x = 0;
    if (pglsn_parse(b, &y))
        y = 0;
    return (x > y) - (x < y);
}

bool pglsn_reached(struct cdc_slice position, struct cdc_slice high)
{
    uint64_t x, y;

    return pglsn_parse(position, &x) == 0 && pglsn_parse(high, &y) == 0 && x >= y;
}

uint64_t pglsn_record_end(uint64_t lsn, uint64_t page, uint64_t segment)
{
    if (segment && lsn % segment == SEGMENT_HEADER)
        return lsn - SEGMENT_HEADER;
    if (page && lsn % page == PAGE_HEADER && (!segment || lsn % segment != PAGE_HEADER))
        return lsn - PAGE_HEADER;
    return lsn;
}
