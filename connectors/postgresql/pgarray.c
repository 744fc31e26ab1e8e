/*
 * Arrays to JSON (pgarray.h), for pgvalue.c. Reads what array_out() prints (PostgreSQL documentation, "Array Input and
 * Output Syntax"):
 *
 *   array    [ "[1:2][0:3]=" ] list          bounds are printed when they do not begin at 1, and are dropped
 *   list     '{' [ item { delimiter item } ] '}'
 *   item     list | NULL | bare text | '"' text with \ before " and \ '"'
 *
 * Nesting is counted, not recursed into; one pass, bounded by the text.
 */
#include "postgresql/pgarray.h"

#include "postgresql/pgvalue.h"

static const char not_array[] = "the server's text is not an array";
static const char bad_element[] = "an element of the array is not of the array's type";

struct walk {
    const struct pgtype *type;
    const char *at, *end;
    struct cdc_buf *json;
    unsigned depth;
};

static void put_escaped(struct cdc_buf *json, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    switch (c) {
    case '"':
    case '\\':
        cdc_buf_putc(json, '\\');
        cdc_buf_putc(json, (char)c);
        return;
    case '\n':
        cdc_buf_put(json, "\\n", 2);
        return;
    case '\t':
        cdc_buf_put(json, "\\t", 2);
        return;
    case '\r':
        cdc_buf_put(json, "\\r", 2);
        return;
    default:
        cdc_buf_put(json, text, sizeof text);
    }
}

static void put_string(struct cdc_buf *json, struct cdc_slice text)
{
    size_t start = 0;

    cdc_buf_putc(json, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        cdc_buf_put(json, text.ptr + start, i - start);
        put_escaped(json, c);
        start = i + 1;
    }
    cdc_buf_put(json, text.ptr + start, text.len - start);
    cdc_buf_putc(json, '"');
}

/* What JSON takes as a number; NaN and infinities become strings. */
static bool is_number(struct cdc_slice text)
{
    size_t i = text.len > 0 && text.ptr[0] == '-';

    return i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9';
}

static bool put_bytes(struct cdc_buf *json, struct cdc_slice text)
{
    const char *reason;
    size_t len = 0;
    char *out;

    cdc_buf_putc(json, '"');
    out = cdc_buf_reserve(json, pgvalue_base64_size(text.len) + 1);
    if (!out)
        return true; /* json->failed tells */
    if (!pgvalue_bytes(text, out, &len, &reason))
        return false;
    json->len += len;
    cdc_buf_putc(json, '"');
    return true;
}

static bool put_money(struct cdc_buf *json, struct cdc_slice text)
{
    const char *reason;
    size_t len = 0;
    char *out = cdc_buf_reserve(json, text.len + 1);

    if (!out)
        return true;
    if (!pgvalue_money(text, out, &len, &reason))
        return false;
    json->len += len;
    return true;
}

static bool put_element(const struct pgtype *type, struct cdc_slice text, struct cdc_buf *json)
{
    const char *reason;

    switch (type->element_form) {
    case PGTYPE_BOOLEAN:
        if (!pgvalue_boolean(text, &text, &reason))
            return false;
        cdc_buf_put_slice(json, text);
        return true;
    case PGTYPE_HEX:
        return put_bytes(json, text);
    case PGTYPE_MONEY:
        return put_money(json, text);
    case PGTYPE_UTC:
        put_string(json, pgvalue_utc(text));
        return true;
    case PGTYPE_PADDED:
        put_string(json, pgvalue_unpadded(text));
        return true;
    case PGTYPE_AS_IS:
    case PGTYPE_ARRAY:
        if (type->element_kind == CDC_KIND_JSON || (pgtype_is_bare(type->element_kind) && is_number(text)))
            cdc_buf_put_slice(json, text);
        else
            put_string(json, text);
        return true;
    case PGTYPE_UNKNOWN:
        return false;
    }
    return false;
}

static bool is_null(struct cdc_slice text)
{
    return text.len == 4 && !memcmp(text.ptr, "NULL", 4);
}

/*
 * A quoted element whose text is its lexical form: from one kind of escapes to the other, byte by byte. JSON stands in JSON
 * as it is.
 */
static void copy_quoted(struct walk *w)
{
    bool verbatim = w->type->element_kind == CDC_KIND_JSON;

    if (!verbatim)
        cdc_buf_putc(w->json, '"');
    for (; w->at < w->end && *w->at != '"'; w->at++) {
        unsigned char c;
        if (*w->at == '\\' && ++w->at == w->end)
            break;
        c = (unsigned char)*w->at;
        if (verbatim || (c >= 0x20 && c != '"' && c != '\\'))
            cdc_buf_putc(w->json, (char)c);
        else
            put_escaped(w->json, c);
    }
    if (!verbatim)
        cdc_buf_putc(w->json, '"');
}

/*
 * A quoted element that must be converted. Its bytes without the backslashes are gathered at the end of the JSON buffer,
 * then put, then moved over the gathered ones: no second buffer is needed.
 */
static bool convert_quoted(struct walk *w)
{
    size_t raw = w->json->len, cooked, gathered;
    bool good;

    for (; w->at < w->end && *w->at != '"'; w->at++) {
        if (*w->at == '\\' && ++w->at == w->end)
            break;
        cdc_buf_putc(w->json, *w->at);
    }
    cooked = w->json->len;
    gathered = cooked - raw;
    /* reserved first, so that the gathered bytes do not move while they are read */
    if (!cdc_buf_reserve(w->json, w->type->element_form == PGTYPE_HEX ? gathered + 16 : 6 * gathered + 16))
        return true; /* json->failed tells */
    good = put_element(w->type, cdc_slice(w->json->data + raw, gathered), w->json);
    memmove(w->json->data + raw, w->json->data + cooked, w->json->len - cooked);
    w->json->len -= gathered;
    return good;
}

/* w->at stands behind the first quote. */
static bool read_quoted(struct walk *w, const char **reason)
{
    *reason = bad_element;
    if (w->type->element_form == PGTYPE_AS_IS)
        copy_quoted(w);
    else if (!convert_quoted(w))
        return false;
    if (w->at >= w->end) {
        *reason = not_array;
        return false;
    }
    w->at++;
    return true;
}

static bool read_bare(struct walk *w, const char **reason)
{
    const char *start = w->at;
    struct cdc_slice text;

    while (w->at < w->end && *w->at != w->type->delimiter && *w->at != '}' && *w->at != '{' && *w->at != '"')
        w->at++;
    text = cdc_slice(start, (size_t)(w->at - start));
    if (text.len == 0) {
        *reason = not_array;
        return false;
    }
    if (is_null(text)) {
        cdc_buf_put(w->json, "null", 4);
        return true;
    }
    *reason = bad_element;
    return put_element(w->type, text, w->json);
}

/* One item: opens a list (false in *whole), or reads a whole element. */
static bool read_item(struct walk *w, bool *whole, const char **reason)
{
    *whole = true;
    if (*w->at == '{') {
        *whole = false;
        w->at++;
        cdc_buf_putc(w->json, '[');
        *reason = not_array;
        return ++w->depth <= PGARRAY_MAX_DEPTH;
    }
    if (*w->at == '"') {
        w->at++;
        return read_quoted(w, reason);
    }
    return read_bare(w, reason);
}

/* After an item: closes lists and passes a delimiter. false when the text is not an array. */
static bool read_after(struct walk *w)
{
    while (w->at < w->end && *w->at == '}' && w->depth > 0) {
        w->at++;
        w->depth--;
        cdc_buf_putc(w->json, ']');
    }
    if (w->depth == 0)
        return w->at == w->end;
    if (w->at == w->end || *w->at != w->type->delimiter)
        return false;
    w->at++;
    cdc_buf_putc(w->json, ',');
    return w->at < w->end;
}

bool pgarray_to_json(const struct pgtype *type, struct cdc_slice text, struct cdc_buf *json,
                     const char **reason)
{
    struct walk w = {.type = type, .at = text.ptr, .end = text.ptr + text.len, .json = json};
    bool whole;

    *reason = not_array;
    if (text.len > 0 && text.ptr[0] == '[') {
        const char *equals = memchr(text.ptr, '=', text.len);
        w.at = equals ? equals + 1 : w.end;
    }
    if (w.at == w.end || *w.at != '{')
        return false;
    do {
        if (!read_item(&w, &whole, reason))
            return false;
        /* an empty list has no item */
        if (!whole && (w.at == w.end || *w.at != '}'))
            continue;
        *reason = not_array;
        if (!read_after(&w))
            return false;
    } while (w.depth > 0 && w.at < w.end);
    *reason = not_array;
    return w.depth == 0 && w.at == w.end;
}
