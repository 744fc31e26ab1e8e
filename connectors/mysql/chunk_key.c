/*
 * The order of a table's rows, and places in it (chunk_key.h). Pure; snapshot thread. A place that does not fit is a CONFIG error;
 * nothing of it gets into SQL that was not checked to be digits, hex and the like.
 *
 * The condition is written out, a >= x AND (a > x OR (a = x AND b > y)), from which the servers make a range of the index; from
 * (a, b) > (x, y) they do not. Literals of text are bytes with the column's own character set before them, so that the column's
 * collation decides.
 */
#include "chunk_key.h"

#include "sql.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGEST_TEXT 16
#define TABLE       "t" /* how statements call the table */

/* Choosing. */

static int refuse(const struct my_relation *relation, const char *what, struct cdc_slice name,
                  const char *hint, struct cdc_err *err)
{
    const struct cdc_relation *r = &relation->public;

    cdc_err_set(err, CDC_ERR_CONFIG, "table %.*s.%.*s cannot be read in chunks: %s%.*s", CDC_ARG(r->schema),
                CDC_ARG(r->name), what, CDC_ARG(name));
    return cdc_err_hint(err, "%s", hint);
}

static bool is_charset_name(struct cdc_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_')
            return false;
    return name.len > 0;
}

/* false: values of this column have no order, or none that can be written. */
static bool choose_form(const struct my_column *column, const struct my_catalog_column *now,
                        enum my_key_form *form)
{
    switch ((enum my_type)column->type) {
    case MY_TYPE_TINY:
    case MY_TYPE_SHORT:
    case MY_TYPE_INT24:
    case MY_TYPE_LONG:
    case MY_TYPE_LONGLONG:
    case MY_TYPE_DECIMAL:
    case MY_TYPE_YEAR:
    case MY_TYPE_BIT:
    case MY_TYPE_ENUM:
    case MY_TYPE_SET:
        *form = MY_KEY_NUMBER;
        return true;
    case MY_TYPE_FLOAT:
    case MY_TYPE_DOUBLE:
        *form = MY_KEY_FLOAT;
        return true;
    case MY_TYPE_DATE:
    case MY_TYPE_TIME2:
    case MY_TYPE_DATETIME2:
    case MY_TYPE_TIMESTAMP2:
        *form = MY_KEY_QUOTED;
        return true;
    case MY_TYPE_STRING:
    case MY_TYPE_VARCHAR:
    case MY_TYPE_BLOB:
        *form = now->charset.len                      ? MY_KEY_TEXT
                : column->meaning == MY_MEANING_BYTES ? MY_KEY_BYTES
                                                      : MY_KEY_QUOTED;
        return column->meaning != MY_MEANING_VECTOR &&
               (*form != MY_KEY_TEXT || is_charset_name(now->charset));
    default:
        return false;
    }
}

static int add_part(struct my_key *key, const struct my_relation *relation, struct cdc_slice name,
                    struct cdc_err *err)
{
    const struct my_catalog_column *columns = relation->now.columns;
    struct my_key_part part;
    uint32_t i = 0;

    while (i < relation->public.ncolumns && !cdc_slice_eq(columns[i].name, name))
        i++;
    if (i == relation->public.ncolumns)
        return refuse(relation, "there is no column ", name, "correct the mapping", err);
    part = (struct my_key_part){.column = &relation->columns[i], .now = &columns[i]};
    if (!choose_form(part.column, part.now, &part.form))
        return refuse(relation, "a key cannot be made of column ", name, "give it a PRIMARY KEY", err);
    if (key->nparts + 2 > MY_KEY_PARTS)
        return refuse(relation, "too many columns in the key", cdc_slice("", 0), "give it a PRIMARY KEY",
                      err);
    key->parts[key->nparts++] = part;
    if (part.form != MY_KEY_TEXT || key->index.len)
        return 0;
    part.form = MY_KEY_AS_BYTES;
    key->parts[key->nparts++] = part;
    return 0;
}

/* FNV-1a, over what decides on the order. */
static uint64_t digest(uint64_t h, struct cdc_slice text)
{
    for (size_t i = 0; i <= text.len; i++)
        h = (h ^ (i < text.len ? (unsigned char)text.ptr[i] : 0)) * UINT64_C(1099511628211);
    return h;
}

static void set_digest(struct my_key *key)
{
    key->digest =
        digest(UINT64_C(14695981039346656037), key->index.len ? cdc_slice_str("unique") : cdc_slice("", 0));
    for (unsigned i = 0; i < key->nparts; i++) {
        const struct my_catalog_column *now = key->parts[i].now;

        key->digest = digest(digest(digest(key->digest, now->name), now->column_type), now->collation);
    }
}

int my_key_choose(struct my_key *key, const struct my_relation *relation, struct cdc_slice index,
                  const struct cdc_slice *columns, unsigned ncolumns, struct cdc_err *err)
{
    const struct cdc_table_ref *table = relation->table;

    *key = (struct my_key){.index = index};
    for (unsigned i = 0; i < ncolumns; i++)
        if (add_part(key, relation, columns[i], err))
            return -1;
    for (size_t i = 0; !ncolumns && i < table->nkeys; i++)
        if (add_part(key, relation, cdc_slice_str(table->key_columns[i]), err))
            return -1;
    if (!key->nparts)
        return refuse(relation, "it has no primary key, and the entity key is made of no column",
                      cdc_slice("", 0), "give it a PRIMARY KEY", err);
    set_digest(key);
    return 0;
}

/* Expressions. */

static void put_name(const struct my_key_part *part, struct cdc_buf *sql)
{
    cdc_buf_puts(sql, TABLE ".");
    my_sql_name(sql, part->now->name);
}

/* What is compared and ordered by. */
static void put_operand(const struct my_key_part *part, struct cdc_buf *sql)
{
    if (part->form != MY_KEY_AS_BYTES) {
        put_name(part, sql);
        return;
    }
    cdc_buf_puts(sql, "CAST(");
    put_name(part, sql);
    cdc_buf_puts(sql, " AS BINARY)");
}

/* What the place is printed from. */
static void put_value(const struct my_key_part *part, struct cdc_buf *sql)
{
    const char *before = "", *after = "";

    if (part->form == MY_KEY_TEXT)
        before = "CAST(", after = " AS BINARY)";
    else if (part->column->type == MY_TYPE_ENUM || part->column->type == MY_TYPE_SET ||
             part->column->type == MY_TYPE_BIT)
        before = "CAST(", after = " AS UNSIGNED)";
    else if (part->form == MY_KEY_FLOAT)
        after = " * 1E0";
    cdc_buf_puts(sql, before);
    if (part->form == MY_KEY_AS_BYTES)
        put_operand(part, sql);
    else
        put_name(part, sql);
    cdc_buf_puts(sql, after);
}

void my_key_put_columns(const struct my_key *key, struct cdc_buf *sql)
{
    for (unsigned i = 0; i < key->nparts; i++) {
        cdc_buf_puts(sql, ", ");
        put_value(&key->parts[i], sql);
    }
}

static void put_literal(const struct my_key_part *part, struct cdc_slice value, struct cdc_buf *sql)
{
    switch (part->form) {
    case MY_KEY_NUMBER:
        cdc_buf_put_slice(sql, value);
        break;
    case MY_KEY_FLOAT: /* with an exponent, or it would be a DECIMAL */
        cdc_buf_put_slice(sql, value);
        cdc_buf_puts(sql, memchr(value.ptr, 'e', value.len) ? "" : "e0");
        break;
    case MY_KEY_QUOTED:
        my_sql_text(sql, value);
        break;
    case MY_KEY_TEXT:
        cdc_buf_printf(sql, "_%.*s X'", CDC_ARG(part->now->charset));
        cdc_buf_put_slice(sql, value);
        cdc_buf_putc(sql, '\'');
        break;
    case MY_KEY_BYTES:
    case MY_KEY_AS_BYTES:
        cdc_buf_puts(sql, "X'");
        cdc_buf_put_slice(sql, value);
        cdc_buf_putc(sql, '\'');
        break;
    }
}

static void put_comparison(const struct my_key *key, const struct my_key_place *place, unsigned i,
                           const char *operator, struct cdc_buf * sql)
{
    put_operand(&key->parts[i], sql);
    cdc_buf_printf(sql, " %s ", operator);
    put_literal(&key->parts[i], place->values[i], sql);
}

static void put_behind(const struct my_key *key, const struct my_key_place *place, struct cdc_buf *sql)
{
    unsigned i = 0;

    if (key->nparts > 1) {
        put_comparison(key, place, 0, ">=", sql);
        cdc_buf_puts(sql, " AND ");
    }
    for (; i + 1 < key->nparts; i++) {
        cdc_buf_putc(sql, '(');
        put_comparison(key, place, i, ">", sql);
        cdc_buf_puts(sql, " OR (");
        put_comparison(key, place, i, "=", sql);
        cdc_buf_puts(sql, " AND ");
    }
    put_comparison(key, place, i, ">", sql);
    while (i-- > 0)
        cdc_buf_puts(sql, "))");
}

static void put_at(const struct my_key *key, const struct my_key_place *place, struct cdc_buf *sql)
{
    for (unsigned i = 0; i < key->nparts; i++) {
        cdc_buf_puts(sql, i ? " AND " : "");
        put_comparison(key, place, i, "=", sql);
    }
}

void my_key_put_where(const struct my_key *key, const struct my_key_place *place, bool at,
                      struct cdc_buf *sql)
{
    const char *before = " WHERE ";

    for (unsigned i = 0; i < key->nparts; i++) {
        if (!key->parts[i].now->nullable)
            continue;
        cdc_buf_puts(sql, before);
        put_name(&key->parts[i], sql);
        cdc_buf_puts(sql, " IS NOT NULL");
        before = " AND ";
    }
    if (!place)
        return;
    cdc_buf_puts(sql, before);
    if (at)
        put_at(key, place, sql);
    else
        put_behind(key, place, sql);
}

void my_key_put_order(const struct my_key *key, struct cdc_buf *sql)
{
    for (unsigned i = 0; i < key->nparts; i++) {
        cdc_buf_puts(sql, i ? ", " : " ORDER BY ");
        put_operand(&key->parts[i], sql);
    }
}

/* Places. */

static void put_hex(struct cdc_slice bytes, struct cdc_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char *at = cdc_buf_reserve(out, 2 * bytes.len);

    for (size_t i = 0; at && i < bytes.len; i++) {
        *at++ = digits[(unsigned char)bytes.ptr[i] >> 4];
        *at++ = digits[(unsigned char)bytes.ptr[i] & 15];
    }
    out->len += at ? 2 * bytes.len : 0;
}

static bool is_hex_form(enum my_key_form form)
{
    return form == MY_KEY_TEXT || form == MY_KEY_BYTES || form == MY_KEY_AS_BYTES;
}

void my_key_print_place(const struct my_key *key, const struct my_client_result *rows, unsigned first,
                        struct cdc_buf *place)
{
    cdc_buf_reset(place);
    cdc_buf_printf(place, "%016" PRIx64, key->digest);
    for (unsigned i = 0; i < key->nparts; i++) {
        struct cdc_slice value = my_client_value(rows, first + i);

        cdc_buf_putc(place, i ? ',' : ':');
        if (is_hex_form(key->parts[i].form))
            put_hex(value, place);
        else
            cdc_buf_put_slice(place, value);
    }
}

static size_t skip_digits(struct cdc_slice text, size_t at)
{
    while (at < text.len && isdigit((unsigned char)text.ptr[at]))
        at++;
    return at;
}

/* [-]digits[.digits], and for a float [e[+-]digits] */
static bool is_number(struct cdc_slice text, bool exponent)
{
    size_t begin = text.len && text.ptr[0] == '-', at = skip_digits(text, begin), from;

    if (at == begin)
        return false;
    if (at < text.len && text.ptr[at] == '.') {
        from = at + 1;
        if ((at = skip_digits(text, from)) == from)
            return false;
    }
    if (exponent && at < text.len && text.ptr[at] == 'e') {
        from = at + 1;
        from += from < text.len && (text.ptr[from] == '-' || text.ptr[from] == '+');
        if ((at = skip_digits(text, from)) == from)
            return false;
    }
    return at == text.len;
}

static bool is_hex(struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isxdigit((unsigned char)text.ptr[i]))
            return false;
    return text.len % 2 == 0;
}

static bool is_quotable(struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isxdigit((unsigned char)text.ptr[i]) && !(text.ptr[i] && strchr(" -:.", text.ptr[i])))
            return false;
    return text.len > 0;
}

static bool is_value(enum my_key_form form, struct cdc_slice text)
{
    switch (form) {
    case MY_KEY_NUMBER:
        return is_number(text, false);
    case MY_KEY_FLOAT:
        return is_number(text, true);
    case MY_KEY_QUOTED:
        return is_quotable(text);
    case MY_KEY_TEXT:
    case MY_KEY_BYTES:
    case MY_KEY_AS_BYTES:
        return is_hex(text);
    }
    return false;
}

/* Whoever reads begins the table anew. */
static int bad_place(const char *what, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_DATA, "going on with a table: %s", what);
}

static bool take_digest(struct cdc_slice *text, uint64_t *found)
{
    char digits[DIGEST_TEXT + 1] = "";

    if (text->len <= DIGEST_TEXT || text->ptr[DIGEST_TEXT] != ':' ||
        !is_hex(cdc_slice(text->ptr, DIGEST_TEXT)))
        return false;
    memcpy(digits, text->ptr, DIGEST_TEXT);
    *found = strtoull(digits, NULL, 16);
    *text = cdc_slice(text->ptr + DIGEST_TEXT + 1, text->len - DIGEST_TEXT - 1);
    return true;
}

int my_key_parse_place(const struct my_key *key, struct cdc_slice text, struct my_key_place *place,
                       struct cdc_err *err)
{
    uint64_t found;

    if (!take_digest(&text, &found))
        return bad_place("its place is malformed", err);
    if (found != key->digest)
        return bad_place("its key is another one than where the reading stopped", err);
    for (unsigned i = 0; i < key->nparts; i++) {
        const char *comma = text.len ? memchr(text.ptr, ',', text.len) : NULL;
        size_t n = comma ? (size_t)(comma - text.ptr) : text.len;

        if ((comma != NULL) != (i + 1 < key->nparts) || !is_value(key->parts[i].form, cdc_slice(text.ptr, n)))
            return bad_place("its place is malformed", err);
        place->values[i] = cdc_slice(text.ptr, n);
        text = cdc_slice(text.ptr + n + (comma != NULL), text.len - n - (comma != NULL));
    }
    return 0;
}
