/* Numbers, durations, sizes and names of the configuration (config_scalar.h). Pure; any thread. */
#include "config/config_scalar.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: printing takes the first that leaves no remainder. */
static const struct unit durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"TiB", UINT64_C(1) << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {NULL, 0},
};

/* The digits that `text` starts with; NULL, or what is wrong. `*end` is behind them. */
static const char *read_digits(const char *text, uint64_t *value, const char **end)
{
    size_t n = strspn(text, DIGITS);

    *value = 0;
    *end = text + n;
    if (n == 0)
        return "is not a whole number";
    if (n > 1 && *text == '0')
        return "starts with a zero";
    for (size_t i = 0; i < n; i++) {
        if (*value > (INT64_MAX - 9) / 10)
            return "is too large";
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    return NULL;
}

const char *config_scalar_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    const char *end, *why;
    uint64_t magnitude;

    why = read_digits(text + negative, &magnitude, &end);
    if (!why && *end)
        why = "is not a whole number";
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return why;
}

static const char *read_with_unit(const char *text, const struct unit *unit, uint64_t *value)
{
    const char *end, *why = read_digits(text, value, &end);

    if (why)
        return why;
    while (unit->name && strcmp(unit->name, end) != 0)
        unit++;
    if (!unit->name)
        return *end ? "has an unknown unit" : "has no unit";
    if (*value > INT64_MAX / unit->factor)
        return "is too large";
    *value *= unit->factor;
    return NULL;
}

const char *config_scalar_duration(const char *text, int64_t *ms)
{
    uint64_t value;
    const char *why = read_with_unit(text, durations, &value);

    *ms = (int64_t)value;
    return why;
}

const char *config_scalar_size(const char *text, uint64_t *bytes)
{
    return read_with_unit(text, sizes, bytes);
}

static const char *print_with_unit(uint64_t value, const struct unit *unit, const char *zero, char *out)
{
    if (value == 0) {
        snprintf(out, CONFIG_SCALAR_TEXT, "%s", zero);
        return out;
    }
    while (value % unit->factor)
        unit++;
    snprintf(out, CONFIG_SCALAR_TEXT, "%" PRIu64 "%s", value / unit->factor, unit->name);
    return out;
}

const char *config_scalar_print_duration(int64_t ms, char out[CONFIG_SCALAR_TEXT])
{
    return print_with_unit((uint64_t)ms, durations, "0s", out);
}

const char *config_scalar_print_size(uint64_t bytes, char out[CONFIG_SCALAR_TEXT])
{
    return print_with_unit(bytes, sizes, "0B", out);
}

static bool only(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

const char *config_scalar_word(const char *text)
{
    if (!*text)
        return "is empty";
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return "has a control character in it";
    return NULL;
}

const char *config_scalar_connector(const char *text)
{
    if (*text && *text != '-' && strlen(text) <= 63 && only(text, LOWER DIGITS "-"))
        return NULL;
    return "is not a connector's name: 1 to 63 of a-z, 0-9 and -, not starting with -";
}

const char *config_scalar_system(const char *text)
{
    if (*text && strchr(LOWER UPPER DIGITS, *text) && strlen(text) <= 63 &&
        only(text, LOWER UPPER DIGITS "._-"))
        return NULL;
    return "is not a system's name: 1 to 63 letters, digits, dots, - and _, starting with a letter or digit";
}

const char *config_scalar_prefix(const char *text)
{
    if (*text && strlen(text) <= 64 && only(text, LOWER UPPER DIGITS "._:-"))
        return NULL;
    return "is not a prefix of keys: 1 to 64 letters, digits and . _ : -";
}

const char *config_scalar_slot(const char *text)
{
    if (*text && strlen(text) <= 63 && only(text, LOWER DIGITS "_"))
        return NULL;
    return "is not a slot's name: 1 to 63 of a-z, 0-9 and _";
}

const char *config_scalar_identifier(const char *text)
{
    if (strlen(text) > 63)
        return "is longer than PostgreSQL's 63 bytes";
    return config_scalar_word(text);
}

const char *config_scalar_timezone(const char *text)
{
    if (*text && strchr(LOWER UPPER, *text) && strlen(text) <= 64 && only(text, LOWER UPPER DIGITS "_+-/") &&
        !strstr(text, "//") && text[strlen(text) - 1] != '/')
        return NULL;
    return "is not the name of a time zone, such as Europe/London";
}

const char *config_scalar_listen(const char *text)
{
    static const char why[] = "is not ADDRESS:PORT, such as 127.0.0.1:9187 or [::1]:9187";
    const char *colon = strrchr(text, ':');
    bool bracketed = *text == '[';
    int64_t port;

    if (!colon || colon == text || config_scalar_integer(colon + 1, &port) || port < 1 || port > 65535)
        return why;
    if (bracketed ? colon[-1] != ']' || colon - text < 4 : memchr(text, ':', (size_t)(colon - text)) != NULL)
        return why;
    return only(text, LOWER UPPER DIGITS ".-:[]") ? NULL : why;
}
