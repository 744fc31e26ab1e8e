/* Finding a member in a JSON object by scanning over values. Any thread; malformed text ends the test. */
#include "lib/json.h"

#include "lib/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind the string that begins at `at`. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        if (*at == '\\')
            at++;
        if (*at == 0)
            fail("a JSON string does not end");
    }
    return at + 1;
}

/* Behind the value that begins at `at`. */
static const char *skip_value(const char *at)
{
    int depth = 0;

    do {
        if (*at == 0)
            fail("a JSON value does not end");
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if (*at == '}' || *at == ']')
            depth--;
        at++;
    } while (depth > 0 || !strchr(",}]", *at));
    return at;
}

char *json_member(const char *object, const char *name)
{
    size_t len = strlen(name);
    const char *at = object;

    while (*at == '{' || *at == ',') {
        const char *key = at + 1, *value, *end;

        if (*key == '}')
            return NULL;
        value = skip_string(key) + 1; /* behind the colon */
        end = skip_value(value);
        if ((size_t)(value - key) == len + 3 && strncmp(key + 1, name, len) == 0)
            return text_print("%.*s", (int)(end - value), value);
        at = end;
    }
    return NULL;
}

static unsigned read_unit(const char *at)
{
    unsigned unit;

    if (sscanf(at, "\\u%4x", &unit) != 1)
        fail("no \\u: %.10s", at);
    return unit;
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (char)(0xe0 | c >> 12);
        } else {
            *out++ = (char)(0xf0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 63));
        }
        *out++ = (char)(0x80 | (c >> 6 & 63));
    }
    *out++ = (char)(0x80 | (c & 63));
    return out;
}

/* Behind the escape at `at`, which goes to *out. */
static const char *read_escape(const char *at, char **out)
{
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    unsigned c;

    if (at[1] != 'u') {
        const char *e = strchr(escapes, at[1]);

        *(*out)++ = e ? e[1] : at[1];
        return at + 2;
    }
    c = read_unit(at);
    at += 6;
    if (c >= 0xd800 && c < 0xdc00) {
        c = 0x10000 + ((c - 0xd800) << 10) + (read_unit(at) - 0xdc00);
        at += 6;
    }
    *out = put_utf8(*out, c);
    return at;
}

char *json_text(const char *raw, size_t *len)
{
    char *text = text_print("%s", raw), *out = text;

    *len = strlen(text);
    if (*raw != '"')
        return text;
    for (const char *at = raw + 1; *at != '"';)
        if (*at == '\\')
            at = read_escape(at, &out);
        else
            *out++ = *at++;
    *out = 0;
    *len = (size_t)(out - text);
    return text;
}
