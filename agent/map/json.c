/*
 * JSON text (json.h, RFC 8259). One pass over the text: each token is checked, and copied only after the first white
 * space has been dropped. Nesting is a string of bits, not recursion, so the stack is the same for any input.
 */
#include "map/json.h"

#include <stdint.h>

#include "map/utf8.h"

#define NOT_JSON "is not JSON"
#define TOO_DEEP "is JSON nested deeper than 128 levels"

struct scan {
    const char *at, *end;
    const char *kept; /* what lies before this has been copied, or dropped */
    const char *start;
    char *copy; /* NULL until something was dropped */
    size_t copied;
    unsigned depth;
    uint64_t is_object[JSON_DEPTH_MAX / 64];
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void flush(struct scan *s)
{
    size_t n = (size_t)(s->at - s->kept);

    if (n)
        memcpy(s->copy + s->copied, s->kept, n);
    s->copied += n;
}

/* Drops white space. False: no memory. */
static bool skip_space(struct work *work, struct scan *s)
{
    if (s->at == s->end || !is_space(*s->at))
        return true;
    if (!s->copy) {
        s->copy = work_alloc(work, (size_t)(s->end - s->start));
        if (!s->copy)
            return false;
    }
    flush(s);
    while (s->at < s->end && is_space(*s->at))
        s->at++;
    s->kept = s->at;
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *after_escape(const char *p, const char *end)
{
    if (p == end)
        return NULL;
    if (*p != 'u')
        return *p && strchr("\"\\/bfnrt", *p) ? p + 1 : NULL;
    if (end - p < 5 || !is_hex(p[1]) || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]))
        return NULL;
    return p + 5;
}

/* `p` is behind the opening quote. Where the string ends, or NULL. */
static const char *after_string(const char *p, const char *end)
{
    while (p && p < end) {
        if (*p == '"')
            return p + 1;
        if ((unsigned char)*p < 0x20)
            return NULL;
        p = *p == '\\' ? after_escape(p + 1, end) : p + 1;
    }
    return NULL;
}

static const char *after_digits(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p == start ? NULL : p;
}

static const char *after_number(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    p = p < end && *p == '0' ? p + 1 : after_digits(p, end);
    if (p && p < end && *p == '.')
        p = after_digits(p + 1, end);
    if (p && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = after_digits(p, end);
    }
    return p;
}

static const char *after_word(const char *p, const char *end, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

static const char *after_scalar(const char *p, const char *end)
{
    switch (*p) {
    case '"':
        return after_string(p + 1, end);
    case 't':
        return after_word(p, end, "true");
    case 'f':
        return after_word(p, end, "false");
    case 'n':
        return after_word(p, end, "null");
    default:
        return after_number(p, end);
    }
}

static bool in_object(const struct scan *s)
{
    unsigned top = s->depth - 1;

    return s->is_object[top / 64] >> (top % 64) & 1;
}

static void push(struct scan *s, bool object)
{
    uint64_t bit = (uint64_t)1 << (s->depth % 64), *word = &s->is_object[s->depth / 64];

    *word = object ? *word | bit : *word & ~bit;
    s->depth++;
}

enum expect { VALUE, FIRST_VALUE, NAME, FIRST_NAME, AFTER_VALUE, WRONG, DEEP, NO_MEMORY };

static enum expect open_nest(struct scan *s)
{
    bool object = *s->at == '{';

    if (s->depth == JSON_DEPTH_MAX)
        return DEEP;
    push(s, object);
    s->at++;
    return object ? FIRST_NAME : FIRST_VALUE;
}

static enum expect close_nest(struct scan *s)
{
    s->depth--;
    s->at++;
    return AFTER_VALUE;
}

static enum expect take_value(struct scan *s, bool first)
{
    if (*s->at == '{' || *s->at == '[')
        return open_nest(s);
    if (first && *s->at == ']')
        return close_nest(s);
    s->at = after_scalar(s->at, s->end);
    return s->at ? AFTER_VALUE : WRONG;
}

static enum expect take_name(struct work *work, struct scan *s, bool first)
{
    if (first && *s->at == '}')
        return close_nest(s);
    s->at = *s->at == '"' ? after_string(s->at + 1, s->end) : NULL;
    if (!s->at)
        return WRONG;
    if (!skip_space(work, s))
        return NO_MEMORY;
    if (s->at == s->end || *s->at != ':')
        return WRONG;
    s->at++;
    return VALUE;
}

static enum expect take_after(struct scan *s)
{
    bool object;

    if (!s->depth)
        return WRONG;
    object = in_object(s);
    if (*s->at == (object ? '}' : ']'))
        return close_nest(s);
    if (*s->at != ',')
        return WRONG;
    s->at++;
    return object ? NAME : VALUE;
}

static enum expect take(struct work *work, struct scan *s, enum expect expect)
{
    switch (expect) {
    case VALUE:
    case FIRST_VALUE:
        return take_value(s, expect == FIRST_VALUE);
    case NAME:
    case FIRST_NAME:
        return take_name(work, s, expect == FIRST_NAME);
    case AFTER_VALUE:
        return take_after(s);
    case WRONG:
    case DEEP:
    case NO_MEMORY:
        break;
    }
    return expect;
}

/* The whole text; AFTER_VALUE at its end means that one complete value was there. */
static enum expect scan_all(struct work *work, struct scan *s)
{
    enum expect expect = VALUE;

    for (;;) {
        if (!skip_space(work, s))
            return NO_MEMORY;
        if (s->at == s->end)
            return expect == AFTER_VALUE && !s->depth ? expect : WRONG;
        expect = take(work, s, expect);
        if (expect >= WRONG)
            return expect;
    }
}

int json_compact(struct work *work, struct cdc_slice in, struct cdc_slice *out)
{
    struct scan s = {.at = in.ptr, .kept = in.ptr, .start = in.ptr};

    if (!utf8_valid(in))
        return work_fail(work, WORK_UTF8, "is not valid UTF-8");
    if (!in.len)
        return work_fail(work, WORK_BAD_VALUE, NOT_JSON);
    s.end = in.ptr + in.len;
    switch (scan_all(work, &s)) {
    case AFTER_VALUE:
        break;
    case DEEP:
        return work_fail(work, WORK_BAD_VALUE, TOO_DEEP);
    case NO_MEMORY:
        return -1;
    case VALUE:
    case FIRST_VALUE:
    case NAME:
    case FIRST_NAME:
    case WRONG:
        return work_fail(work, WORK_BAD_VALUE, NOT_JSON);
    }
    *out = in;
    if (s.copy) {
        flush(&s);
        *out = cdc_slice(s.copy, s.copied);
    }
    return 0;
}

bool json_is_number(struct cdc_slice text)
{
    return text.len && after_number(text.ptr, text.ptr + text.len) == text.ptr + text.len;
}

int json_quote(struct work *work, struct cdc_slice in, struct cdc_slice *out)
{
    char *copy;

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            return work_fail(work, WORK_BAD_VALUE, "is not in its kind's form");
    }
    copy = work_alloc(work, in.len + 2);
    if (!copy)
        return -1;
    copy[0] = '"';
    if (in.len)
        memcpy(copy + 1, in.ptr, in.len);
    copy[in.len + 1] = '"';
    *out = cdc_slice(copy, in.len + 2);
    return 0;
}
