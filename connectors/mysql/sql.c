/* Quotation in SQL (sql.h). No state; any thread; fails with its buffer. */
#include "sql.h"

void my_sql_name(struct cdc_buf *sql, struct cdc_slice name)
{
    cdc_buf_putc(sql, '`');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '`')
            cdc_buf_putc(sql, '`');
        cdc_buf_putc(sql, name.ptr[i]);
    }
    cdc_buf_putc(sql, '`');
}

void my_sql_text(struct cdc_buf *sql, struct cdc_slice text)
{
    cdc_buf_putc(sql, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            cdc_buf_putc(sql, '\\');
        cdc_buf_putc(sql, text.ptr[i]);
    }
    cdc_buf_putc(sql, '\'');
}
