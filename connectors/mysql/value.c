/*
 * Values of row images (value.h): one function for each family of types, chosen by the column's type. Called for each wanted value
 * on the source thread: the hot path. Numbers and times are made in the space's arena, UTF-8 text is borrowed from the event. What
 * cannot be converted becomes an INVALID value; nothing here ends the stream. Who gives out a row asks first whether memory ran out.
 */
#include "value.h"

#include "binary_json.h"
#include "digits.h"
#include "geometry.h"
#include "json_diff.h"
#include "number.h"
#include "packed_text.h"
#include "temporal.h"
#include "value_net.h"

#define YEAR_BASE 1900

void my_value_invalid(struct cdc_value *value, const char *why)
{
    my_value_set(value, why, strlen(why));
    value->state = CDC_VALUE_INVALID;
}

bool my_value_starved(struct my_value_space *space)
{
    bool starved = space->arena.starved || space->text.starved;

    space->arena.starved = space->text.starved = false;
    return starved;
}

static void set_too_large(struct cdc_value *value)
{
    my_value_invalid(value, "too large to be converted within the memory limit");
}

/* What stands in space->text, moved to where it stays. */
static void set_text(struct my_value_space *space, struct cdc_value *value)
{
    char *copy = space->text.failed ? NULL : cdc_arena_alloc(&space->arena, space->text.len);

    if (!copy) {
        set_too_large(value);
        return;
    }
    if (space->text.len)
        memcpy(copy, space->text.data, space->text.len);
    my_value_set(value, copy, space->text.len);
}

/* One to eight bytes. Four is what most are. */
static inline uint64_t little_endian(struct cdc_slice raw)
{
    struct cdc_reader r = cdc_reader(raw.ptr, raw.len);

    return raw.len == 4 ? cdc_read_le(&r, 4) : cdc_read_le(&r, raw.len);
}

static size_t print_integer(const struct my_column *column, struct cdc_slice raw, char *out)
{
    unsigned unused = (unsigned)(64 - 8 * raw.len);
    uint64_t bits = little_endian(raw);

    return column->is_unsigned ? my_digits_u64(bits, out)
                               : my_number_signed((int64_t)(bits << unused) >> unused, out);
}

static size_t print_float(struct cdc_slice raw, char *out)
{
    uint32_t bits = (uint32_t)little_endian(raw);
    float number;

    memcpy(&number, &bits, sizeof number);
    return my_float_print(number + 0,
                          out); /* MariaDB shows no negative zero, so there is none: -0 + 0 is 0 */
}

static size_t print_double(struct cdc_slice raw, char *out)
{
    uint64_t bits = little_endian(raw);
    double number;

    memcpy(&number, &bits, sizeof number);
    return my_double_print(number + 0, out);
}

static size_t print_temporal(const struct my_column *column, struct cdc_slice raw, char *out)
{
    const unsigned char *bytes = (const unsigned char *)raw.ptr;
    struct my_time t;

    switch ((enum my_type)column->type) {
    case MY_TYPE_TIME:
        t = my_old_time_decode(bytes);
        return my_time_print(&t, MY_DECIMALS_TRIM, out);
    case MY_TYPE_TIME2:
        t = my_time2_decode(bytes, column->scale);
        return my_time_print(&t, MY_DECIMALS_TRIM, out);
    case MY_TYPE_DATETIME:
        t = my_old_datetime_decode(bytes);
        break;
    case MY_TYPE_DATETIME2:
        t = my_datetime2_decode(bytes, column->scale);
        break;
    case MY_TYPE_TIMESTAMP:
        t = my_old_timestamp_decode(bytes);
        break;
    case MY_TYPE_TIMESTAMP2:
        t = my_timestamp2_decode(bytes, column->scale);
        break;
    default:
        t = my_date_decode(bytes);
        return my_date_print(&t, out);
    }
    return my_datetime_print(&t, MY_DECIMALS_TRIM, out);
}

/* All types whose text has a small known limit. 0: not a value of this type. */
#define SMALL_TEXT MY_DECIMAL_TEXT

static size_t print_small(const struct my_column *column, struct cdc_slice raw, char *out)
{
    const unsigned char *bytes = (const unsigned char *)raw.ptr;

    switch ((enum my_type)column->type) {
    case MY_TYPE_FLOAT:
        return print_float(raw, out);
    case MY_TYPE_DOUBLE:
        return print_double(raw, out);
    case MY_TYPE_DECIMAL:
        return my_decimal_print(bytes, column->precision, column->scale, out);
    case MY_TYPE_YEAR:
        return my_digits_u64(bytes[0] ? bytes[0] + (uint64_t)YEAR_BASE : 0, out);
    case MY_TYPE_BIT:
        return my_bits_print(bytes, raw.len, column->bits, out);
    default:
        return print_temporal(column, raw, out);
    }
}

CDC_APART static void decode_small(const struct my_column *column, struct cdc_slice raw,
                                   struct my_value_space *space, struct cdc_value *value)
{
    char *out = cdc_arena_alloc(&space->arena, SMALL_TEXT);
    size_t n;

    if (!out) {
        set_too_large(value);
        return;
    }
    n = print_small(column, raw, out);
    if (n)
        my_value_set(value, out, n);
    else
        my_value_invalid(value, "not a value of its type");
}

void my_value_bytes(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value)
{
    char *out = cdc_arena_alloc(&space->arena, my_base64_size(raw.len));

    if (!out)
        set_too_large(value);
    else
        my_value_set(value, out, my_base64_print((const unsigned char *)raw.ptr, raw.len, out));
}

/* The log leaves out a BINARY's trailing zeros. */
static struct cdc_slice pad(const struct my_column *column, struct cdc_slice raw,
                            struct my_value_space *space)
{
    char *padded;

    if (column->type != MY_TYPE_STRING || raw.len >= column->size)
        return raw;
    padded = cdc_arena_alloc(&space->arena, column->size);
    if (!padded)
        return cdc_slice(NULL, 0);
    memcpy(padded, raw.ptr, raw.len);
    memset(padded + raw.len, 0, column->size - raw.len);
    return cdc_slice(padded, column->size);
}

CDC_APART static void decode_padded(const struct my_column *column, struct cdc_slice raw,
                                    struct my_value_space *space, struct cdc_value *value)
{
    struct cdc_slice bytes = pad(column, raw, space);

    if (!bytes.ptr)
        set_too_large(value);
    else if (column->meaning == MY_MEANING_BYTES)
        my_value_bytes(bytes, space, value);
    else
        my_value_address(column->meaning, bytes, space, value);
}

CDC_APART static void convert_text(const struct my_column *column, struct cdc_slice raw,
                                   struct my_value_space *space, struct cdc_value *value)
{
    struct cdc_slice text;
    const char *why;

    if (!column->charset)
        my_value_invalid(value, "text whose character set is not known");
    else if (my_charset_convert(column->charset, raw, &space->arena, &text, &why))
        my_value_invalid(value, why);
    else
        my_value_set(value, text.ptr, text.len);
}

void my_value_text(const struct my_column *column, struct cdc_slice raw, struct my_value_space *space,
                   struct cdc_value *value)
{
    if (column->charset && my_charset_is_same(column->charset, raw))
        my_value_set(value, raw.ptr, raw.len);
    else
        convert_text(column, raw, space, value);
}

CDC_APART static void decode_text(const struct my_column *column, struct cdc_slice raw,
                                  struct my_value_space *space, struct cdc_value *value)
{
    const char *why = NULL;

    if ((column->type == MY_TYPE_BLOB_COMPRESSED || column->type == MY_TYPE_VARCHAR_COMPRESSED) &&
        my_packed_text(raw, &space->arena, &raw, &why)) {
        my_value_invalid(value, why);
        return;
    }
    switch (column->meaning) {
    case MY_MEANING_PLAIN:
    case MY_MEANING_JSON:
        my_value_text(column, raw, space, value);
        break;
    case MY_MEANING_VECTOR:
        my_value_vector(raw, space, value);
        break;
    case MY_MEANING_UNKNOWN:
        my_value_invalid(value,
                         "bytes that may be a UUID, an address or binary: the table was changed since");
        break;
    case MY_MEANING_BYTES:
    case MY_MEANING_UUID:
    case MY_MEANING_INET4:
    case MY_MEANING_INET6:
        decode_padded(column, raw, space, value);
        break;
    }
}

static void decode_enum(const struct my_column *column, struct cdc_slice raw, struct cdc_value *value)
{
    uint64_t i = little_endian(raw);

    if (i == 0) /* what a wrong string became outside of strict mode */
        my_value_set(value, "", 0);
    else if (i <= column->labels.n)
        my_value_set(value, column->labels.text[i - 1].ptr, column->labels.text[i - 1].len);
    else
        my_value_invalid(value, "an ENUM whose labels are not known");
}

CDC_APART static void decode_set(const struct my_column *column, struct cdc_slice raw,
                                 struct my_value_space *space, struct cdc_value *value)
{
    uint64_t bits = little_endian(raw);

    if (bits == 0) {
        my_value_set(value, "", 0);
        return;
    }
    cdc_buf_reset(&space->text);
    for (uint32_t i = 0; i < column->labels.n && i < 64; i++) {
        if (!(bits >> i & 1))
            continue;
        if (space->text.len)
            cdc_buf_putc(&space->text, ',');
        cdc_buf_put_slice(&space->text, column->labels.text[i]);
        bits &= ~(UINT64_C(1) << i);
    }
    if (bits)
        my_value_invalid(value, "a SET whose labels are not known");
    else
        set_text(space, value);
}

CDC_APART static void decode_json(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value)
{
    cdc_buf_reset(&space->text);
    if (my_json_print_document(raw, &space->text))
        set_text(space, value);
    else if (space->text.failed)
        set_too_large(value);
    else
        my_value_invalid(value, "malformed JSON");
}

void my_value_decode_json_diff(struct cdc_slice base, struct cdc_slice diffs, struct my_value_space *space,
                               struct cdc_value *value)
{
    cdc_buf_reset(&space->text);
    if (!base.ptr)
        my_value_invalid(value,
                         "a partial JSON update without the document before it: set binlog_row_image=FULL or "
                         "binlog_row_value_options=''");
    else if (my_json_diff_print(base, diffs, &space->arena, &space->text))
        set_text(space, value);
    else if (space->text.failed)
        set_too_large(value);
    else
        my_value_invalid(value, "a partial JSON update that does not fit the document before it");
}

void my_value_geometry(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value)
{
    cdc_buf_reset(&space->text);
    if (my_geometry_print(raw, &space->text))
        set_text(space, value);
    else if (space->text.failed)
        set_too_large(value);
    else
        my_value_invalid(value, "not a geometry");
}

/* Single-precision numbers, one after the other. */
void my_value_vector(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value)
{
    struct cdc_buf *out = &space->text;

    cdc_buf_reset(out);
    cdc_buf_putc(out, '[');
    for (size_t i = 0; i + 4 <= raw.len; i += 4) {
        char *at = cdc_buf_reserve(out, MY_FLOAT_TEXT + 1);

        if (!at)
            break;
        if (i)
            *at++ = ',';
        out->len += (i > 0) + print_float(cdc_slice(raw.ptr + i, 4), at);
    }
    cdc_buf_putc(out, ']');
    if (raw.len % 4)
        my_value_invalid(value, "not a vector");
    else
        set_text(space, value);
}

CDC_APART static void decode_integer(const struct my_column *column, struct cdc_slice raw,
                                     struct my_value_space *space, struct cdc_value *value)
{
    char *out = cdc_arena_alloc(&space->arena, MY_INTEGER_TEXT);

    if (out)
        my_value_set(value, out, print_integer(column, raw, out));
    else
        set_too_large(value);
}

void my_value_decode(const struct my_column *column, struct cdc_slice raw, struct my_value_space *space,
                     struct cdc_value *value)
{
    switch (column->type) {
    case MY_TYPE_TINY:
    case MY_TYPE_SHORT:
    case MY_TYPE_INT24:
    case MY_TYPE_LONG:
    case MY_TYPE_LONGLONG:
        decode_integer(column, raw, space, value);
        break;
    case MY_TYPE_VARCHAR:
    case MY_TYPE_VAR_STRING:
    case MY_TYPE_STRING:
    case MY_TYPE_BLOB:
        if (column->meaning == MY_MEANING_PLAIN)
            my_value_text(column, raw, space, value);
        else
            decode_text(column, raw, space, value);
        break;
    case MY_TYPE_BLOB_COMPRESSED:
    case MY_TYPE_VARCHAR_COMPRESSED:
        decode_text(column, raw, space, value);
        break;
    case MY_TYPE_ENUM:
        decode_enum(column, raw, value);
        break;
    case MY_TYPE_SET:
        decode_set(column, raw, space, value);
        break;
    case MY_TYPE_JSON:
        decode_json(raw, space, value);
        break;
    case MY_TYPE_GEOMETRY:
        my_value_geometry(raw, space, value);
        break;
    case MY_TYPE_VECTOR:
        my_value_vector(raw, space, value);
        break;
    case MY_TYPE_NULL:
        value->state = CDC_VALUE_NULL;
        break;
    default:
        decode_small(column, raw, space, value);
        break;
    }
}

static enum cdc_kind text_kind(const struct my_column *column)
{
    switch (column->meaning) {
    case MY_MEANING_BYTES:
    case MY_MEANING_UNKNOWN:
        return CDC_KIND_BYTES;
    case MY_MEANING_UUID:
        return CDC_KIND_UUID;
    case MY_MEANING_JSON:
        return CDC_KIND_JSON;
    case MY_MEANING_VECTOR:
        return CDC_KIND_ARRAY;
    case MY_MEANING_PLAIN:
    case MY_MEANING_INET4:
    case MY_MEANING_INET6:
        break;
    }
    return CDC_KIND_TEXT;
}

enum cdc_kind my_value_kind(const struct my_column *column)
{
    switch ((enum my_type)column->type) {
    case MY_TYPE_TINY:
    case MY_TYPE_SHORT:
    case MY_TYPE_INT24:
    case MY_TYPE_LONG:
    case MY_TYPE_LONGLONG:
    case MY_TYPE_YEAR:
        return CDC_KIND_INTEGER;
    case MY_TYPE_FLOAT:
    case MY_TYPE_DOUBLE:
        return CDC_KIND_FLOAT;
    case MY_TYPE_DECIMAL:
        return CDC_KIND_DECIMAL;
    case MY_TYPE_BIT:
        return CDC_KIND_BITS;
    case MY_TYPE_DATE:
    case MY_TYPE_NEWDATE:
        return CDC_KIND_DATE;
    case MY_TYPE_TIME:
    case MY_TYPE_TIME2:
        return CDC_KIND_TIME;
    case MY_TYPE_DATETIME:
    case MY_TYPE_DATETIME2:
        return CDC_KIND_TIMESTAMP;
    case MY_TYPE_TIMESTAMP:
    case MY_TYPE_TIMESTAMP2:
        return CDC_KIND_INSTANT;
    case MY_TYPE_JSON:
        return CDC_KIND_JSON;
    case MY_TYPE_VECTOR:
        return CDC_KIND_ARRAY;
    default:
        return text_kind(column);
    }
}
