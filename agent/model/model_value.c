/* Whether a text is a canonical value of a type (model.h). Pure; any thread. */
#include "model/model.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* -?(0|[1-9][0-9]*) and what follows it, or NULL. */
static const char *skip_integer(const char *text)
{
    size_t n;

    text += *text == '-';
    n = digits(text);
    if (n == 0 || (n > 1 && *text == '0'))
        return NULL;
    return text + n;
}

static bool is_integer(const char *text)
{
    const char *end = skip_integer(text);

    return end && !*end;
}

static bool is_decimal(const char *text)
{
    const char *end = skip_integer(text);
    size_t n;

    if (!end || !*end)
        return end != NULL;
    n = digits(end + 1);
    return *end == '.' && n && !end[1 + n];
}

static unsigned number(const char *text, size_t n)
{
    unsigned value = 0;

    while (n-- > 0)
        value = value * 10 + (unsigned)(*text++ - '0');
    return value;
}

/* Whether `text` starts like `shape`, where 0 stands for any digit. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++)
        if (*shape == '0' ? !is_digit(*text) : *text != *shape)
            return false;
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool starts_with_date(const char *text)
{
    unsigned year, month, day;

    if (!has_shape(text, "0000-00-00"))
        return false;
    year = number(text, 4);
    month = number(text + 5, 2);
    day = number(text + 8, 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

static bool is_time(const char *text)
{
    return starts_with_date(text) && has_shape(text + 10, "T00:00:00.000000Z") && !text[27] &&
           number(text + 11, 2) < 24 && number(text + 14, 2) < 60 && number(text + 17, 2) < 60;
}

bool model_valid(const struct model_field *field, const char *value)
{
    switch (field->type) {
    case MODEL_STRING:
        return true;
    case MODEL_DECIMAL:
        return is_decimal(value);
    case MODEL_INTEGER:
        return is_integer(value);
    case MODEL_BOOLEAN:
        return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
    case MODEL_TIME:
        return is_time(value);
    case MODEL_DATE:
        return starts_with_date(value) && !value[10];
    case MODEL_ENUM:
        return model_allows(field, value, strlen(value));
    case MODEL_JSON:
        return model_json_valid(value, strlen(value));
    case MODEL_REF:
        return *value != '\0';
    }
    return false;
}
