/*
 * Items of the MySQL source as lines of text, for tests:
 *
 *   begin 0-101-4
 *   relation shop.item id:integer* name:text
 *   insert shop.item id=1 name=tea
 *   update shop.item id=1 name=tea -> id=1 name=milk
 *   delete shop.item id=1 name=-            (columns that the image lacks: "-"; NULL: "NULL"; not convertible: "!")
 *   truncate shop.item
 *   commit mariadb:0-101-4
 *   position mariadb:0-101-5
 *
 * In a header, because fuzz targets are built from one file.
 */
#ifndef TESTS_LIB_MYSQL_ITEMS_H
#define TESTS_LIB_MYSQL_ITEMS_H

#include "cdc/buf.h"
#include "cdc/source.h"

static inline void mysql_items_values(const struct cdc_relation *relation, const struct cdc_value *values,
                                      struct cdc_buf *out)
{
    for (uint32_t i = 0; i < relation->ncolumns; i++) {
        const struct cdc_value *v = &values[i];

        if (!relation->columns[i].wanted)
            continue;
        cdc_buf_putc(out, ' ');
        cdc_buf_put_slice(out, relation->columns[i].name);
        cdc_buf_putc(out, '=');
        if (v->state == CDC_VALUE_PRESENT)
            cdc_buf_put(out, v->ptr, v->len);
        else
            cdc_buf_puts(out, v->state == CDC_VALUE_NULL      ? "NULL"
                              : v->state == CDC_VALUE_INVALID ? "!"
                                                              : "-");
    }
}

static inline void mysql_items_table(const struct cdc_relation *relation, struct cdc_buf *out)
{
    cdc_buf_putc(out, ' ');
    cdc_buf_put_slice(out, relation->schema);
    cdc_buf_putc(out, '.');
    cdc_buf_put_slice(out, relation->name);
}

/* Wants every column. */
static inline void mysql_items_relation(struct cdc_relation *relation, struct cdc_buf *out)
{
    cdc_buf_puts(out, "relation");
    mysql_items_table(relation, out);
    for (uint32_t i = 0; i < relation->ncolumns; i++) {
        struct cdc_column *column = &relation->columns[i];

        column->wanted = true;
        cdc_buf_putc(out, ' ');
        cdc_buf_put_slice(out, column->name);
        cdc_buf_putc(out, ':');
        cdc_buf_puts(out, cdc_kind_name(column->kind));
        cdc_buf_puts(out, column->key ? "*" : "");
    }
}

static inline void mysql_items_row(const struct cdc_row *row, struct cdc_buf *out)
{
    cdc_buf_puts(out, cdc_op_name(row->op));
    mysql_items_table(row->relation, out);
    if (row->before)
        mysql_items_values(row->relation, row->before, out);
    if (row->before && row->after)
        cdc_buf_puts(out, " ->");
    if (row->after)
        mysql_items_values(row->relation, row->after, out);
}

/* Without the part that says which log it was read from. */
static inline void mysql_items_position(const char *what, struct cdc_slice position, struct cdc_buf *out)
{
    static const char mark[] = ";log=";
    size_t n = 0;

    while (n + sizeof mark - 1 < position.len && memcmp(position.ptr + n, mark, sizeof mark - 1) != 0)
        n++;
    if (n + sizeof mark - 1 >= position.len)
        n = position.len;
    cdc_buf_puts(out, what);
    cdc_buf_putc(out, ' ');
    cdc_buf_put(out, position.ptr, n);
}

/* One line and its end; nothing for CDC_ITEM_NONE. */
static inline void mysql_items_print(const struct cdc_item *item, struct cdc_buf *out)
{
    switch (item->type) {
    case CDC_ITEM_NONE:
        return;
    case CDC_ITEM_BEGIN:
        cdc_buf_puts(out, "begin ");
        cdc_buf_put_slice(out, item->tx.id);
        break;
    case CDC_ITEM_RELATION:
        mysql_items_relation(item->relation, out);
        break;
    case CDC_ITEM_ROW:
        mysql_items_row(&item->row, out);
        break;
    case CDC_ITEM_TRUNCATE:
        cdc_buf_puts(out, "truncate");
        mysql_items_table(item->relation, out);
        break;
    case CDC_ITEM_COMMIT:
        mysql_items_position("commit", item->position, out);
        break;
    case CDC_ITEM_POSITION:
        mysql_items_position("position", item->position, out);
        break;
    }
    cdc_buf_putc(out, '\n');
}

#endif
