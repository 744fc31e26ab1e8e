/*
 * The server's text of values to the forms of cdc/value.h (sample_value.h). Times lose trailing zeros, numbers the padding of
 * ZEROFILL; FLOAT and DOUBLE, of which the server may print fewer digits than they have, are asked for as the result of a product. Whoever
 * samples owns the thread.
 */
#include "sample_value.h"

#include <stdlib.h>

#include "number.h"
#include "sql.h"
#include "value_net.h"

/* Text that must be converted comes as its bytes: the server would put question marks for what it does not know. */
static bool is_converted(const struct my_column *column)
{
    return column->charset && (column->meaning == MY_MEANING_PLAIN || column->meaning == MY_MEANING_JSON) &&
           column->charset->kind != MY_CHARSET_UTF8 && column->charset->kind != MY_CHARSET_BYTES;
}

void my_sample_expression(const struct my_column *column, struct cdc_buf *sql)
{
    bool converted = is_converted(column);

    cdc_buf_puts(sql, converted ? "CAST(" : "");
    my_sql_name(sql, column->name);
    if (converted)
        cdc_buf_puts(sql, " AS BINARY)");
    else if (column->type == MY_TYPE_FLOAT || column->type == MY_TYPE_DOUBLE)
        cdc_buf_puts(sql, " * 1E0");
    else if (column->type == MY_TYPE_BIT)
        cdc_buf_puts(sql, " + 0");
}

/* "0042" and "-0042", "007.50": one digit stays before the point. */
static void set_number(struct cdc_slice text, struct my_value_space *space, struct cdc_value *value)
{
    size_t sign = text.len && text.ptr[0] == '-', zeros = sign;
    char *copy;

    while (zeros + 1 < text.len && text.ptr[zeros] == '0' && text.ptr[zeros + 1] != '.')
        zeros++;
    if (zeros == sign) {
        my_value_set(value, text.ptr, text.len);
        return;
    }
    copy = cdc_arena_alloc(&space->arena, text.len);
    if (!copy) {
        my_value_invalid(value, "out of memory");
        return;
    }
    memcpy(copy, text.ptr, sign);
    memcpy(copy + sign, text.ptr + zeros, text.len - zeros);
    my_value_set(value, copy, sign + text.len - zeros);
}

static void set_float(struct cdc_slice text, bool single, struct my_value_space *space,
                      struct cdc_value *value)
{
    char *out = cdc_arena_alloc(&space->arena, MY_FLOAT_TEXT), *copy = cdc_arena_str(&space->arena, text);
    double number;

    if (!out || !copy) {
        my_value_invalid(value, "out of memory");
        return;
    }
    number = strtod(copy, NULL) + 0; /* no negative zero */
    my_value_set(value, out, single ? my_float_print((float)number, out) : my_double_print(number, out));
}

static void set_bits(const struct my_column *column, struct cdc_slice text, struct my_value_space *space,
                     struct cdc_value *value)
{
    char *out = cdc_arena_alloc(&space->arena, 64), *copy = cdc_arena_str(&space->arena, text);
    unsigned char bytes[8];
    uint64_t bits;

    if (!out || !copy) {
        my_value_invalid(value, "out of memory");
        return;
    }
    bits = strtoull(copy, NULL, 10);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(bits >> (56 - 8 * i));
    my_value_set(value, out, my_bits_print(bytes, 8, column->bits, out));
}

static void set_time(struct cdc_slice text, struct cdc_value *value)
{
    size_t n = text.len;

    if (memchr(text.ptr, '.', text.len)) {
        while (text.ptr[n - 1] == '0')
            n--;
        n -= text.ptr[n - 1] == '.';
    }
    my_value_set(value, text.ptr, n);
}

static void set_text(const struct my_column *column, struct cdc_slice text, struct my_value_space *space,
                     struct cdc_value *value)
{
    if (column->meaning == MY_MEANING_BYTES)
        my_value_bytes(text, space, value);
    else if (column->meaning == MY_MEANING_VECTOR)
        my_value_vector(text, space, value);
    else if (column->meaning == MY_MEANING_INET6)
        my_value_inet6(text, space, value);
    else if (is_converted(column))
        my_value_text(column, text, space, value);
    else
        my_value_set(value, text.ptr, text.len);
}

void my_sample_value(const struct my_column *column, struct cdc_slice text, struct my_value_space *space,
                     struct cdc_value *value)
{
    if (!text.ptr) {
        value->state = CDC_VALUE_NULL;
        return;
    }
    switch (column->type) {
    case MY_TYPE_FLOAT:
    case MY_TYPE_DOUBLE:
        set_float(text, column->type == MY_TYPE_FLOAT, space, value);
        break;
    case MY_TYPE_BIT:
        set_bits(column, text, space, value);
        break;
    case MY_TYPE_TIME2:
    case MY_TYPE_DATETIME2:
    case MY_TYPE_TIMESTAMP2:
        set_time(text, value);
        break;
    case MY_TYPE_GEOMETRY:
        my_value_geometry(text, space, value);
        break;
    case MY_TYPE_VECTOR:
        my_value_vector(text, space, value);
        break;
    case MY_TYPE_JSON:
    case MY_TYPE_ENUM:
    case MY_TYPE_SET:
    case MY_TYPE_DATE:
        my_value_set(value, text.ptr, text.len);
        break;
    default:
        if (my_type_is_numeric(column->type))
            set_number(text, space, value);
        else
            set_text(column, text, space, value);
        break;
    }
}
