/*
 * Whether bytes are one JSON text by RFC 8259 (model.h): for constants in a configuration. Recursive descent, depth
 * bounded; checks the form only, not UTF-8, which YAML has checked. Pure; any thread.
 */
#include "model/model.h"

#include <string.h>

#define MAX_DEPTH 64

struct scan {
    const char *at, *end;
};

static bool value(struct scan *s, unsigned depth);

static bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    return true;
}

static void space(struct scan *s)
{
    while (take(s, ' ') || take(s, '\t') || take(s, '\n') || take(s, '\r'))
        ;
}

static bool digits(struct scan *s)
{
    const char *start = s->at;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return s->at > start;
}

static bool number(struct scan *s)
{
    (void)take(s, '-');
    if (!take(s, '0') && !digits(s))
        return false;
    if (take(s, '.') && !digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        return digits(s);
    }
    return true;
}

static bool escape(struct scan *s)
{
    if (take(s, 'u')) {
        for (int i = 0; i < 4; i++, s->at++)
            if (s->at == s->end || !memchr("0123456789abcdefABCDEF", *s->at, 22))
                return false;
        return true;
    }
    return s->at < s->end && memchr("\"\\/bfnrt", *s->at++, 8);
}

static bool string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    while (s->at < s->end) {
        unsigned char c = (unsigned char)*s->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !escape(s)))
            return false;
    }
    return false;
}

static bool array(struct scan *s, unsigned depth)
{
    space(s);
    if (take(s, ']'))
        return true;
    do {
        if (!value(s, depth))
            return false;
    } while (take(s, ','));
    return take(s, ']');
}

static bool member(struct scan *s, unsigned depth)
{
    space(s);
    if (!string(s))
        return false;
    space(s);
    return take(s, ':') && value(s, depth);
}

static bool object(struct scan *s, unsigned depth)
{
    space(s);
    if (take(s, '}'))
        return true;
    do {
        if (!member(s, depth))
            return false;
    } while (take(s, ','));
    return take(s, '}');
}

/* A value and the space around it. */
static bool value(struct scan *s, unsigned depth)
{
    bool ok;

    if (depth == MAX_DEPTH)
        return false;
    space(s);
    if (take(s, '{'))
        ok = object(s, depth + 1);
    else if (take(s, '['))
        ok = array(s, depth + 1);
    else if (s->at < s->end && *s->at == '"')
        ok = string(s);
    else
        ok = take_word(s, "true") || take_word(s, "false") || take_word(s, "null") || number(s);
    space(s);
    return ok;
}

bool model_json_valid(const char *text, size_t len)
{
    struct scan s = {text, text + len};

    return value(&s, 0) && s.at == s.end;
}
