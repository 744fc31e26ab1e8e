/*
 * Decimal numbers (decimal.h). Text in, text out: no binary number in between, so nothing is rounded. The result keeps
 * the scale: digits behind the point are neither added nor dropped unless the point moves across them.
 */
#include "map/decimal.h"

#include "map/bytes.h"

static size_t digits(const char *p, const char *end)
{
    const char *at = p;

    while (at < end && (unsigned char)(*at - '0') <= 9)
        at++;
    return (size_t)(at - p);
}

bool decimal_is_integer(struct cdc_slice text)
{
    bool negative = text.len && text.ptr[0] == '-';
    const char *p = negative ? text.ptr + 1 : text.ptr;
    size_t n = text.len - negative;

    if (!n || (*p == '0' && (n > 1 || negative)))
        return false;
    return digits(p, p + n) == n;
}

static bool has_nonzero(const char *p, const char *end)
{
    for (; p < end; p++)
        if (*p >= '1' && *p <= '9')
            return true;
    return false;
}

bool decimal_is_canonical(struct cdc_slice text)
{
    const char *p, *end;
    bool negative;
    size_t whole;

    if (!text.len)
        return false;
    negative = text.ptr[0] == '-';
    p = text.ptr + negative;
    end = text.ptr + text.len;
    whole = digits(p, end);
    if (!whole || (*p == '0' && whole > 1) || (negative && !has_nonzero(p, end)))
        return false;
    p += whole;
    if (p == end)
        return true;
    return *p == '.' && end - p > 1 && digits(p + 1, end) == (size_t)(end - p - 1);
}

static bool parse_exponent(const char *p, const char *end, int *out)
{
    bool negative = p < end && *p == '-';
    int value = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || digits(p, end) != (size_t)(end - p))
        return false;
    for (; p < end && value <= DECIMAL_EXPONENT_MAX; p++)
        value = value * 10 + (*p - '0');
    *out = negative ? -value : value;
    return value <= DECIMAL_EXPONENT_MAX;
}

bool decimal_parse(struct cdc_slice text, bool floating, struct decimal *out)
{
    const char *p, *end, *start;

    *out = (struct decimal){0};
    if (!text.len)
        return false;
    p = text.ptr;
    end = p + text.len;
    out->negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    start = p;
    out->whole = cdc_slice(p, digits(p, end));
    p += out->whole.len;
    if (p < end && *p == '.') {
        out->part = cdc_slice(p + 1, digits(p + 1, end));
        p += 1 + out->part.len;
    }
    if (!out->whole.len && !out->part.len)
        return false;
    out->negative = out->negative && has_nonzero(start, p);
    for (; out->whole.len && *out->whole.ptr == '0'; out->whole.ptr++)
        out->whole.len--;
    if (floating && p < end && (*p == 'e' || *p == 'E'))
        return parse_exponent(p + 1, end, &out->exponent);
    return p == end;
}

static size_t distance(int exponent)
{
    return (size_t)(exponent < 0 ? -exponent : exponent);
}

size_t decimal_room(const struct decimal *d)
{
    return 3 + d->whole.len + d->part.len + distance(d->exponent);
}

static char *put_zeros(char *at, size_t n)
{
    memset(at, '0', n);
    return at + n;
}

/* The point moves left: its last digits, or zeros, go behind it. */
static char *print_down(const struct decimal *d, char *at)
{
    size_t down = distance(d->exponent), whole = d->whole.len;

    if (whole > down) {
        at = bytes_put(at, d->whole.ptr, whole - down);
        *at++ = '.';
        at = bytes_put(at, d->whole.ptr + whole - down, down);
    } else {
        *at++ = '0';
        *at++ = '.';
        at = put_zeros(at, down - whole);
        at = bytes_put(at, d->whole.ptr, whole);
    }
    return bytes_put(at, d->part.ptr, d->part.len);
}

/* The point moves right, over digits of the part, or over zeros; zeros that now lead are not printed. */
static char *print_up(const struct decimal *d, char *at)
{
    size_t up = distance(d->exponent), part = d->part.len, moved = up < part ? up : part;
    const char *p = d->part.ptr;
    char *start = at;

    at = bytes_put(at, d->whole.ptr, d->whole.len);
    for (size_t i = 0; i < moved; i++)
        if (at != start || p[i] != '0')
            *at++ = p[i];
    if (at != start)
        at = put_zeros(at, up - moved);
    else
        *at++ = '0';
    if (part > moved) {
        *at++ = '.';
        at = bytes_put(at, p + moved, part - moved);
    }
    return at;
}

size_t decimal_print(const struct decimal *d, char *out)
{
    char *at = out;

    if (d->negative)
        *at++ = '-';
    at = d->exponent < 0 ? print_down(d, at) : print_up(d, at);
    return (size_t)(at - out);
}
