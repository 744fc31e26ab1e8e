/*
 * Canonical values (canonical.h), by the lexical forms of cdc/value.h. On the path of every row: a value that is already
 * canonical is passed on as it lies in the source's buffer. Owned by the source thread; a value that the type cannot hold
 * is refused, never guessed.
 */
#include "map/canonical.h"

#include "map/decimal.h"
#include "map/json.h"
#include "map/moment.h"
#include "map/utf8.h"

#define CONVERTER(name)                                                                                      \
    static int name(struct work *work, const struct canonical_how *how, struct cdc_slice in,                 \
                    struct cdc_slice *out)

int canonical_text(struct work *work, const struct canonical_how *how, struct cdc_slice in,
                   struct cdc_slice *out)
{
    (void)how;
    if (!utf8_valid(in))
        return work_fail(work, WORK_UTF8, "is not valid UTF-8");
    *out = in;
    return 0;
}

/* A pair of kind and type that has no meaning. */
CONVERTER(refuse)
{
    (void)how;
    (void)in;
    (void)out;
    return work_fail(work, WORK_BAD_VALUE, "is of a kind that the field's type cannot hold");
}

/* ---- times and dates ---- */

CONVERTER(local_time)
{
    return moment_time(work, MOMENT_LOCAL, how->zone, in, out);
}

CONVERTER(instant_time)
{
    return moment_time(work, MOMENT_UTC, how->zone, in, out);
}

CONVERTER(text_time)
{
    return moment_time(work, MOMENT_FREE, how->zone, in, out);
}

CONVERTER(local_date)
{
    return moment_date(work, MOMENT_LOCAL, how->zone, in, out);
}

CONVERTER(instant_date)
{
    return moment_date(work, MOMENT_UTC, how->zone, in, out);
}

CONVERTER(text_date)
{
    return moment_date(work, MOMENT_FREE, how->zone, in, out);
}

/* ---- numbers ---- */

static int number(struct work *work, struct cdc_slice in, bool floating, int scale, struct cdc_slice *out)
{
    struct decimal d;
    char *text;

    if (!decimal_parse(in, floating, &d))
        return work_fail(work, WORK_BAD_VALUE, "is not a finite decimal number");
    d.exponent += scale;
    text = work_alloc(work, decimal_room(&d));
    if (!text)
        return -1;
    *out = cdc_slice(text, decimal_print(&d, text));
    return 0;
}

CONVERTER(plain_decimal)
{
    if (how->scale || !decimal_is_canonical(in))
        return number(work, in, false, how->scale, out);
    *out = in;
    return 0;
}

CONVERTER(float_decimal)
{
    if (how->scale || !decimal_is_canonical(in))
        return number(work, in, true, how->scale, out);
    *out = in;
    return 0;
}

/* "12.00" is 12; "12.50" is no integer. */
static int integer(struct work *work, struct cdc_slice in, bool floating, int scale, struct cdc_slice *out)
{
    const char *point, *end;

    if (!scale && decimal_is_integer(in)) {
        *out = in;
        return 0;
    }
    if (number(work, in, floating, scale, out))
        return -1;
    point = memchr(out->ptr, '.', out->len);
    if (!point)
        return 0;
    end = out->ptr + out->len;
    for (const char *p = point + 1; p < end; p++)
        if (*p != '0')
            return work_fail(work, WORK_BAD_VALUE, "is not a whole number");
    out->len = (size_t)(point - out->ptr);
    return 0;
}

CONVERTER(plain_integer)
{
    return integer(work, in, false, how->scale, out);
}

CONVERTER(float_integer)
{
    return integer(work, in, true, how->scale, out);
}

/* There is no negative zero: MariaDB does not know one. */
static struct cdc_slice without_sign(struct cdc_slice in)
{
    return cdc_slice_is(in, "-0") ? cdc_slice(in.ptr + 1, 1) : in;
}

CONVERTER(float_text)
{
    return canonical_text(work, how, without_sign(in), out);
}

/* ---- booleans ---- */

/* ASCII letters only: setting bit 5 maps no other byte of these words onto a letter. */
static bool is_word(struct cdc_slice s, const char *lower)
{
    size_t n = strlen(lower);

    if (s.len != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((s.ptr[i] | 0x20) != lower[i])
            return false;
    return true;
}

CONVERTER(boolean)
{
    (void)how;
    if (cdc_slice_is(in, "1") || is_word(in, "t") || is_word(in, "true") || is_word(in, "y") ||
        is_word(in, "yes"))
        *out = cdc_slice("true", 4);
    else if (cdc_slice_is(in, "0") || is_word(in, "f") || is_word(in, "false") || is_word(in, "n") ||
             is_word(in, "no"))
        *out = cdc_slice("false", 5);
    else
        return work_fail(work, WORK_BAD_VALUE, "is not a boolean (true/false, t/f, yes/no, y/n, 1/0)");
    return 0;
}

/* ---- JSON ---- */

CONVERTER(text_json)
{
    (void)how;
    return json_compact(work, in, out);
}

/* As it is when JSON would write it so; else ("+1", ".5") in canonical form. */
CONVERTER(number_json)
{
    (void)how;
    if (!json_is_number(in))
        return number(work, in, true, 0, out);
    *out = in;
    return 0;
}

CONVERTER(float_json)
{
    return number_json(work, how, without_sign(in), out);
}

CONVERTER(quoted_json)
{
    (void)how;
    return json_quote(work, in, out);
}

CONVERTER(local_json)
{
    struct cdc_slice time;

    return local_time(work, how, in, &time) ? -1 : json_quote(work, time, out);
}

CONVERTER(instant_json)
{
    struct cdc_slice time;

    return instant_time(work, how, in, &time) ? -1 : json_quote(work, time, out);
}

/* ---- which ---- */

#define KINDS (CDC_KIND_BITS + 1)

/* Dates, times and JSON have one form, whatever field they go to. */
static const canonical_fn to_string[KINDS] = {
    [CDC_KIND_FLOAT] = float_text,     [CDC_KIND_DATE] = local_date, [CDC_KIND_TIMESTAMP] = local_time,
    [CDC_KIND_INSTANT] = instant_time, [CDC_KIND_JSON] = text_json,  [CDC_KIND_ARRAY] = text_json,
};

static const canonical_fn to_decimal[KINDS] = {
    [CDC_KIND_TEXT] = plain_decimal,
    [CDC_KIND_INTEGER] = plain_decimal,
    [CDC_KIND_DECIMAL] = plain_decimal,
    [CDC_KIND_FLOAT] = float_decimal,
};

static const canonical_fn to_integer[KINDS] = {
    [CDC_KIND_TEXT] = plain_integer,
    [CDC_KIND_INTEGER] = plain_integer,
    [CDC_KIND_DECIMAL] = plain_integer,
    [CDC_KIND_FLOAT] = float_integer,
};

static const canonical_fn to_boolean[KINDS] = {
    [CDC_KIND_TEXT] = boolean,
    [CDC_KIND_INTEGER] = boolean,
    [CDC_KIND_BOOLEAN] = boolean,
    [CDC_KIND_BITS] = boolean,
};

static const canonical_fn to_time[KINDS] = {
    [CDC_KIND_TEXT] = text_time,
    [CDC_KIND_DATE] = local_time,
    [CDC_KIND_TIMESTAMP] = local_time,
    [CDC_KIND_INSTANT] = instant_time,
};

static const canonical_fn to_date[KINDS] = {
    [CDC_KIND_TEXT] = text_date,
    [CDC_KIND_DATE] = local_date,
    [CDC_KIND_TIMESTAMP] = local_date,
    [CDC_KIND_INSTANT] = instant_date,
};

static const canonical_fn to_json[KINDS] = {
    [CDC_KIND_TEXT] = text_json,      [CDC_KIND_JSON] = text_json,       [CDC_KIND_ARRAY] = text_json,
    [CDC_KIND_INTEGER] = number_json, [CDC_KIND_DECIMAL] = number_json,  [CDC_KIND_FLOAT] = float_json,
    [CDC_KIND_BOOLEAN] = text_json,   [CDC_KIND_TIMESTAMP] = local_json, [CDC_KIND_INSTANT] = instant_json,
    [CDC_KIND_DATE] = quoted_json,    [CDC_KIND_TIME] = quoted_json,     [CDC_KIND_INTERVAL] = quoted_json,
    [CDC_KIND_BYTES] = quoted_json,   [CDC_KIND_UUID] = quoted_json,     [CDC_KIND_BITS] = quoted_json,
};

static const struct {
    const canonical_fn *by_kind;
    canonical_fn otherwise;
} converters[] = {
    [MODEL_STRING] = {to_string, canonical_text},
    [MODEL_DECIMAL] = {to_decimal, refuse},
    [MODEL_INTEGER] = {to_integer, refuse},
    [MODEL_BOOLEAN] = {to_boolean, refuse},
    [MODEL_TIME] = {to_time, refuse},
    [MODEL_DATE] = {to_date, refuse},
    [MODEL_ENUM] = {NULL, canonical_text},
    [MODEL_JSON] = {to_json, refuse},
    [MODEL_REF] = {to_string, canonical_text},
};

canonical_fn canonical_converter(enum model_type type, enum cdc_kind kind)
{
    const canonical_fn *by_kind = converters[type].by_kind;
    canonical_fn fn = by_kind ? by_kind[kind] : NULL;

    return fn ? fn : converters[type].otherwise;
}
