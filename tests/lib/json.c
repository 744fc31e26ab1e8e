/* Finding a member in a JSON object by scanning over values. Any thread; malformed text ends the test. */
#include "lib/json.h"

#include "lib/fail.h"

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
