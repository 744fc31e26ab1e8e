/*
 * MySQL's binary JSON (binary_json.h). Layout, from the comments of the server's json_binary.h; all numbers little-endian, all
 * offsets from the first byte after the container's type:
 *
 *   document   type u8, value
 *   object     count, size, {key offset, key length u16}…, {type u8, offset or inlined value}…, keys, values
 *   array      count, size, {type u8, offset or inlined value}…, values
 *              (count, size and offsets: u16 in a small container, u32 in a large one)
 *   string     variable-length size, UTF-8
 *   opaque     column type u8, variable-length size, bytes
 *
 * Called by the value decoder on the source thread; every offset is checked against its container, depth is bounded, so a malformed
 * document costs at most a walk over containers that overlap, DEPTH and OUTPUT bounded.
 */
#include "binary_json.h"

#include "cdc/reader.h"

#include "digits.h"
#include "number.h"
#include "temporal.h"

#include <math.h>

enum json_type {
    JSON_SMALL_OBJECT,
    JSON_LARGE_OBJECT,
    JSON_SMALL_ARRAY,
    JSON_LARGE_ARRAY,
    JSON_LITERAL,
    JSON_INT16,
    JSON_UINT16,
    JSON_INT32,
    JSON_UINT32,
    JSON_INT64,
    JSON_UINT64,
    JSON_DOUBLE,
    JSON_STRING,
    JSON_OPAQUE = 15,
};

enum json_literal { JSON_NULL, JSON_TRUE, JSON_FALSE };

enum opaque_type {
    OPAQUE_TIMESTAMP = 7,
    OPAQUE_DATE = 10,
    OPAQUE_TIME = 11,
    OPAQUE_DATETIME = 12,
    OPAQUE_DECIMAL = 246
};

static bool is_object(uint8_t type)
{
    return type == JSON_SMALL_OBJECT || type == JSON_LARGE_OBJECT;
}

static bool is_container(uint8_t type)
{
    return type <= JSON_LARGE_ARRAY;
}

static bool is_large(uint8_t type)
{
    return type == JSON_LARGE_OBJECT || type == JSON_LARGE_ARRAY;
}

/* `data` starts at the value and may be longer than it. */
static bool open_value(uint8_t type, struct cdc_slice data, struct my_json *value)
{
    struct cdc_reader r = cdc_reader(data.ptr, data.len);
    uint64_t size;

    *value = (struct my_json){.type = type, .kind = MY_JSON_SCALAR, .data = data};
    if (!is_container(type))
        return type <= JSON_STRING || type == JSON_OPAQUE;
    value->kind = is_object(type) ? MY_JSON_OBJECT : MY_JSON_ARRAY;
    value->width = is_large(type) ? 4 : 2;
    value->count = (uint32_t)cdc_read_le(&r, value->width);
    size = cdc_read_le(&r, value->width);
    if (r.failed || size > data.len)
        return false;
    value->data.len = (size_t)size;
    return true;
}

bool my_json_open(struct cdc_slice document, struct my_json *value)
{
    static const char null[] = {JSON_NULL};

    if (document.len == 0)
        return open_value(JSON_LITERAL, cdc_slice(null, 1), value);
    return open_value((uint8_t)document.ptr[0], cdc_slice(document.ptr + 1, document.len - 1), value);
}

/* Small values stand in the entry itself, in place of the offset. */
static bool is_inlined(uint8_t type, size_t width)
{
    return type == JSON_LITERAL || type == JSON_INT16 || type == JSON_UINT16 ||
           (width == 4 && (type == JSON_INT32 || type == JSON_UINT32));
}

static struct cdc_slice tail(struct cdc_slice data, uint64_t offset)
{
    return offset > data.len ? cdc_slice(data.ptr, 0)
                             : cdc_slice(data.ptr + offset, data.len - (size_t)offset);
}

static bool read_key(const struct my_json *object, uint32_t i, struct cdc_slice *key)
{
    size_t width = object->width;
    struct cdc_slice entry = tail(object->data, 2 * width + i * (uint64_t)(width + 2));
    struct cdc_reader r = cdc_reader(entry.ptr, entry.len);
    uint64_t offset = cdc_read_le(&r, width);
    size_t len = (size_t)cdc_read_le(&r, 2);

    *key = tail(object->data, offset);
    if (r.failed || len > key->len)
        return false;
    key->len = len;
    return true;
}

bool my_json_child(const struct my_json *container, uint32_t i, struct cdc_slice *key, struct my_json *value)
{
    size_t width = container->width;
    uint64_t keys = container->kind == MY_JSON_OBJECT ? container->count * (uint64_t)(width + 2) : 0;
    struct cdc_slice entry = tail(container->data, 2 * width + keys + i * (uint64_t)(width + 1));
    struct cdc_reader r = cdc_reader(entry.ptr, entry.len);
    uint8_t type = cdc_read_u8(&r);
    uint64_t offset = cdc_read_le(&r, width);

    if (r.failed || (key && container->kind == MY_JSON_OBJECT && !read_key(container, i, key)))
        return false;
    if (is_inlined(type, width))
        return open_value(type, cdc_slice(entry.ptr + 1, width), value);
    return open_value(type, tail(container->data, offset), value);
}

/* Printing. */

void my_json_put_string(struct cdc_slice text, struct cdc_buf *out)
{
    static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t from = 0;

    cdc_buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        const char *e = escapes;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        cdc_buf_put(out, text.ptr + from, i - from);
        from = i + 1;
        while (*e && (unsigned char)*e != c)
            e += 2;
        if (*e) {
            cdc_buf_putc(out, '\\');
            cdc_buf_putc(out, e[1]);
        } else {
            cdc_buf_printf(out, "\\u00%02x", c);
        }
    }
    cdc_buf_put(out, text.ptr + from, text.len - from);
    cdc_buf_putc(out, '"');
}

/* Sizes are in groups of seven bits, the lowest first; the high bit says that another follows. */
static bool read_sized(struct cdc_reader *r, struct cdc_slice *bytes)
{
    uint64_t size = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = cdc_read_u8(r);

        size |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128)) {
            *bytes = cdc_read_slice(r, (size_t)size);
            return !r->failed;
        }
    }
    return false;
}

static bool put_literal(const struct my_json *value, struct cdc_buf *out)
{
    static const char *const texts[] = {"null", "true", "false"};
    unsigned char which = value->data.len ? (unsigned char)value->data.ptr[0] : 255;

    if (which > JSON_FALSE)
        return false;
    cdc_buf_puts(out, texts[which]);
    return true;
}

static bool put_integer(const struct my_json *value, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(value->data.ptr, value->data.len);
    size_t bytes = value->type <= JSON_UINT16 ? 2 : value->type <= JSON_UINT32 ? 4 : 8;
    uint64_t bits = cdc_read_le(&r, bytes);
    bool is_signed = value->type == JSON_INT16 || value->type == JSON_INT32 || value->type == JSON_INT64;
    char *at = cdc_buf_reserve(out, MY_INTEGER_TEXT);
    unsigned unused = (unsigned)(64 - 8 * bytes);

    if (r.failed || !at)
        return false;
    out->len +=
        is_signed ? my_number_signed((int64_t)(bits << unused) >> unused, at) : my_digits_u64(bits, at);
    return true;
}

/*
 * The server's form of a double (my_gcvt): fixed notation within 15 places around the point, and beyond while there are digits
 * behind it, with ".0" when it is whole; else "1e20", "1.5e-16".
 */
#define FIXED_PLACES 15

static void put_number(double number, struct cdc_buf *out)
{
    static const char zeros[] = "000000000000000";
    char digits[MY_FLOAT_TEXT];
    int exponent;
    size_t n = my_double_digits(fabs(number), digits, &exponent);

    if (signbit(number))
        cdc_buf_putc(out, '-');
    if (exponent > -FIXED_PLACES && exponent <= 0) {
        cdc_buf_printf(out, "0.%.*s%.*s", -exponent, zeros, (int)n, digits);
    } else if (exponent > 0 && (exponent <= FIXED_PLACES || n > (size_t)exponent)) {
        for (int i = 0; i < exponent; i++)
            cdc_buf_putc(out, (size_t)i < n ? digits[i] : '0');
        cdc_buf_printf(out, ".%.*s", n > (size_t)exponent ? (int)(n - (size_t)exponent) : 1,
                       n > (size_t)exponent ? digits + exponent : "0");
    } else {
        cdc_buf_printf(out, "%c%s%.*se%d", digits[0], n > 1 ? "." : "", (int)n - 1, digits + 1, exponent - 1);
    }
}

static bool put_double(const struct my_json *value, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(value->data.ptr, value->data.len);
    uint64_t bits = cdc_read_le(&r, 8);
    double number;

    memcpy(&number, &bits, sizeof number);
    if (r.failed || !isfinite(number))
        return false;
    put_number(number, out);
    return true;
}

static bool put_decimal(struct cdc_slice bytes, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(bytes.ptr, bytes.len);
    unsigned precision = cdc_read_u8(&r), scale = cdc_read_u8(&r);
    size_t want = my_decimal_bytes(precision, scale), n;
    const unsigned char *digits = want ? cdc_read(&r, want) : NULL;
    char *at = cdc_buf_reserve(out, MY_DECIMAL_TEXT);

    if (!digits || !at)
        return false;
    n = my_decimal_print(digits, precision, scale, at);
    out->len += n;
    return n > 0;
}

static bool put_temporal(uint8_t type, struct cdc_slice bytes, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(bytes.ptr, bytes.len);
    int64_t packed = (int64_t)cdc_read_le(&r, 8);
    struct my_time t =
        type == OPAQUE_TIME ? my_packed_time_decode(packed) : my_packed_datetime_decode(packed);
    char text[MY_TEMPORAL_TEXT];
    size_t n = type == OPAQUE_TIME   ? my_time_print(&t, 6, text)
               : type == OPAQUE_DATE ? my_date_print(&t, text)
                                     : my_datetime_print(&t, 6, text);

    my_json_put_string(cdc_slice(text, n), out);
    return !r.failed;
}

/* In lines of 76 digits, as the server shows it. */
#define BASE64_LINE_BYTES 57

static bool put_base64(uint8_t type, struct cdc_slice bytes, struct cdc_buf *out)
{
    cdc_buf_printf(out, "\"base64:type%u:", type);
    for (size_t from = 0; from < bytes.len; from += BASE64_LINE_BYTES) {
        size_t left = bytes.len - from, n = left < BASE64_LINE_BYTES ? left : BASE64_LINE_BYTES;
        char *at;

        if (from)
            cdc_buf_puts(out, "\\n");
        at = cdc_buf_reserve(out, my_base64_size(n));
        if (!at)
            return false;
        out->len += my_base64_print((const unsigned char *)bytes.ptr + from, n, at);
    }
    cdc_buf_putc(out, '"');
    return true;
}

static bool put_opaque(const struct my_json *value, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(value->data.ptr, value->data.len);
    uint8_t type = cdc_read_u8(&r);
    struct cdc_slice bytes;

    if (!read_sized(&r, &bytes))
        return false;
    switch (type) {
    case OPAQUE_DECIMAL:
        return put_decimal(bytes, out);
    case OPAQUE_TIMESTAMP:
    case OPAQUE_DATE:
    case OPAQUE_TIME:
    case OPAQUE_DATETIME:
        return put_temporal(type, bytes, out);
    default:
        return put_base64(type, bytes, out);
    }
}

static bool put_scalar(const struct my_json *value, struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(value->data.ptr, value->data.len);
    struct cdc_slice text;

    switch (value->type) {
    case JSON_LITERAL:
        return put_literal(value, out);
    case JSON_DOUBLE:
        return put_double(value, out);
    case JSON_STRING:
        if (!read_sized(&r, &text))
            return false;
        my_json_put_string(text, out);
        return true;
    case JSON_OPAQUE:
        return put_opaque(value, out);
    default:
        return put_integer(value, out);
    }
}

static bool put_container(const struct my_json *value, unsigned depth, struct cdc_buf *out)
{
    bool object = value->kind == MY_JSON_OBJECT;

    cdc_buf_putc(out, object ? '{' : '[');
    for (uint32_t i = 0; i < value->count; i++) {
        struct cdc_slice key;
        struct my_json child;

        if (out->failed || !my_json_child(value, i, &key, &child))
            return false;
        if (i)
            cdc_buf_put(out, ", ", 2);
        if (object) {
            my_json_put_string(key, out);
            cdc_buf_put(out, ": ", 2);
        }
        if (!my_json_print(&child, depth + 1, out))
            return false;
    }
    cdc_buf_putc(out, object ? '}' : ']');
    return true;
}

bool my_json_print(const struct my_json *value, unsigned depth, struct cdc_buf *out)
{
    if (value->kind == MY_JSON_SCALAR)
        return put_scalar(value, out) && !out->failed;
    return depth < MY_JSON_DEPTH && put_container(value, depth, out) && !out->failed;
}

bool my_json_print_document(struct cdc_slice document, struct cdc_buf *out)
{
    struct my_json value;

    return my_json_open(document, &value) && my_json_print(&value, 0, out);
}
