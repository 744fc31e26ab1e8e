/*
 * Conversion of values (pgvalue.h). Called by the source thread for wanted columns whose type's text is not yet the
 * lexical form; all others pass untouched. A text that is not what the type prints makes the value INVALID, never an error.
 */
#include "postgresql/pgvalue.h"

#include "postgresql/pgarray.h"

void pgvalue_space_init(struct pgvalue_space *space)
{
    cdc_arena_init(&space->arena, 0);
    cdc_buf_init(&space->scratch, 0);
}

void pgvalue_space_fini(struct pgvalue_space *space)
{
    cdc_arena_fini(&space->arena);
    cdc_buf_fini(&space->scratch);
}

bool pgvalue_boolean(struct cdc_slice text, struct cdc_slice *out, const char **reason)
{
    if (cdc_slice_is(text, "t"))
        *out = cdc_slice("true", 4);
    else if (cdc_slice_is(text, "f"))
        *out = cdc_slice("false", 5);
    else {
        *reason = "the server's text is not a boolean";
        return false;
    }
    return true;
}

struct cdc_slice pgvalue_utc(struct cdc_slice text)
{
    if (text.len > 3 && !memcmp(text.ptr + text.len - 3, "+00", 3))
        text.len -= 3;
    return text;
}

struct cdc_slice pgvalue_unpadded(struct cdc_slice text)
{
    while (text.len && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

bool pgvalue_money(struct cdc_slice text, char *out, size_t *len, const char **reason)
{
    size_t n = 0, digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '$' || c == ',')
            continue;
        if ((c < '0' || c > '9') && !(c == '-' && n == 0) && !(c == '.' && digits > 0)) {
            *reason = "the server's text is not an amount of money";
            return false;
        }
        digits += c >= '0' && c <= '9';
        out[n++] = c;
    }
    *len = n;
    if (digits == 0)
        *reason = "the server's text is not an amount of money";
    return digits > 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The byte at hexadecimal position `i`; sets *bad instead of stopping, so that the loop has one check at its end. */
static unsigned hex_byte(struct cdc_slice hex, size_t i, int *bad)
{
    int high = hex_digit(hex.ptr[2 * i]), low = hex_digit(hex.ptr[2 * i + 1]);

    *bad |= high | low; /* negative when either is */
    return ((unsigned)high << 4 | (unsigned)low) & 255;
}

bool pgvalue_bytes(struct cdc_slice text, char *out, size_t *len, const char **reason)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct cdc_slice hex;
    size_t n = 0, i, bytes;
    int bad = 0;

    *reason = "the server's text is not bytea in hexadecimal";
    if (text.len < 2 || text.len % 2 || memcmp(text.ptr, "\\x", 2))
        return false;
    hex = cdc_slice(text.ptr + 2, text.len - 2);
    bytes = hex.len / 2;
    for (i = 0; i + 2 < bytes; i += 3) {
        unsigned v =
            hex_byte(hex, i, &bad) << 16 | hex_byte(hex, i + 1, &bad) << 8 | hex_byte(hex, i + 2, &bad);
        out[n++] = digits[v >> 18];
        out[n++] = digits[v >> 12 & 63];
        out[n++] = digits[v >> 6 & 63];
        out[n++] = digits[v & 63];
    }
    if (i < bytes) {
        bool two = i + 1 < bytes;
        unsigned v = hex_byte(hex, i, &bad) << 16 | (two ? hex_byte(hex, i + 1, &bad) << 8 : 0);
        out[n++] = digits[v >> 18];
        out[n++] = digits[v >> 12 & 63];
        out[n++] = two ? digits[v >> 6 & 63] : '=';
        out[n++] = '=';
    }
    *len = n;
    return bad >= 0;
}

static void set_invalid(struct cdc_value *value, const char *reason)
{
    *value = (struct cdc_value){reason, (uint32_t)strlen(reason), CDC_VALUE_INVALID};
}

static void set(struct cdc_value *value, struct cdc_slice text)
{
    value->ptr = text.ptr;
    value->len = (uint32_t)text.len;
}

static int convert_into(struct cdc_value *value, size_t room,
                        bool (*convert)(struct cdc_slice, char *, size_t *, const char **),
                        struct pgvalue_space *space, struct cdc_err *err)
{
    char *out = cdc_arena_alloc(&space->arena, room ? room : 1);
    const char *reason = NULL;
    size_t len = 0;

    if (!out)
        return cdc_err_memory(err);
    if (convert(cdc_slice(value->ptr, value->len), out, &len, &reason))
        set(value, cdc_slice(out, len));
    else
        set_invalid(value, reason);
    return 0;
}

#define SCRATCH_KEPT (1024 * 1024) /* bytes; more is given back */

static int convert_array(const struct pgtype *type, struct cdc_value *value, struct pgvalue_space *space,
                         struct cdc_err *err)
{
    const char *reason = NULL;
    char *copy;

    cdc_buf_reset(&space->scratch);
    if (!pgarray_to_json(type, cdc_slice(value->ptr, value->len), &space->scratch, &reason)) {
        set_invalid(value, reason);
        return 0;
    }
    copy = space->scratch.failed ? NULL : cdc_arena_str(&space->arena, cdc_buf_slice(&space->scratch));
    if (!copy)
        return cdc_err_memory(err);
    set(value, cdc_slice(copy, space->scratch.len));
    if (space->scratch.cap > SCRATCH_KEPT)
        cdc_buf_fini(&space->scratch);
    return 0;
}

int pgvalue_convert(const struct pgtype *type, struct cdc_value *value, struct pgvalue_space *space,
                    struct cdc_err *err)
{
    struct cdc_slice text = cdc_slice(value->ptr, value->len);
    const char *reason = NULL;

    switch (type->form) {
    case PGTYPE_AS_IS:
        return 0;
    case PGTYPE_BOOLEAN:
        if (pgvalue_boolean(text, &text, &reason))
            set(value, text);
        else
            set_invalid(value, reason);
        return 0;
    case PGTYPE_HEX:
        return convert_into(value, pgvalue_base64_size(text.len), pgvalue_bytes, space, err);
    case PGTYPE_UTC:
        set(value, pgvalue_utc(text));
        return 0;
    case PGTYPE_PADDED:
        set(value, pgvalue_unpadded(text));
        return 0;
    case PGTYPE_MONEY:
        return convert_into(value, text.len, pgvalue_money, space, err);
    case PGTYPE_ARRAY:
        return convert_array(type, value, space, err);
    case PGTYPE_UNKNOWN:
        set_invalid(value, "the column's type no longer exists in the catalogue");
        return 0;
    }
    return 0;
}
