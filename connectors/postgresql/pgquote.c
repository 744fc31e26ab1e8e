/* Quoting for SQL (pgquote.h). The texts are UTF-8, which has no quote or backslash inside a character. */
#include "postgresql/pgquote.h"

static void put_doubled(struct cdc_buf *sql, const char *text, char quote, char also)
{
    cdc_buf_putc(sql, quote);
    for (; text && *text; text++) {
        if (*text == quote || *text == also)
            cdc_buf_putc(sql, *text);
        cdc_buf_putc(sql, *text);
    }
    cdc_buf_putc(sql, quote);
}

void pgquote_name(struct cdc_buf *sql, const char *name)
{
    put_doubled(sql, name, '"', '"');
}

void pgquote_table(struct cdc_buf *sql, const char *schema, const char *name)
{
    pgquote_name(sql, schema);
    cdc_buf_putc(sql, '.');
    pgquote_name(sql, name);
}

void pgquote_text(struct cdc_buf *sql, const char *text)
{
    if (text && strchr(text, '\\'))
        cdc_buf_puts(sql, " E");
    put_doubled(sql, text, '\'', '\\');
}

void pgquote_plain(struct cdc_buf *sql, const char *text)
{
    put_doubled(sql, text, '\'', '\'');
}

void pgquote_names(struct cdc_buf *sql, size_t n, const char *const *names)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            cdc_buf_puts(sql, ", ");
        pgquote_name(sql, names[i]);
    }
}
