/*
 * Reading the type texts of a server's catalogue (catalog.h). Called on the source thread when a table is described; no state.
 * The catalogue itself is read by catalog_server.c.
 */
#include "catalog.h"

#include "column.h"

#include "cdc/suggest.h"

#include <stdio.h>
#include <strings.h>

/* Two codes where a type has an old form or a compressed one; today's first. */
static const struct {
    const char *name;
    uint8_t type, other;
} types[] = {
    {"tinyint", MY_TYPE_TINY, 0},
    {"smallint", MY_TYPE_SHORT, 0},
    {"mediumint", MY_TYPE_INT24, 0},
    {"int", MY_TYPE_LONG, 0},
    {"bigint", MY_TYPE_LONGLONG, 0},
    {"float", MY_TYPE_FLOAT, 0},
    {"double", MY_TYPE_DOUBLE, 0},
    {"decimal", MY_TYPE_DECIMAL, 0},
    {"bit", MY_TYPE_BIT, 0},
    {"year", MY_TYPE_YEAR, 0},
    {"date", MY_TYPE_DATE, MY_TYPE_NEWDATE},
    {"time", MY_TYPE_TIME2, MY_TYPE_TIME},
    {"datetime", MY_TYPE_DATETIME2, MY_TYPE_DATETIME},
    {"timestamp", MY_TYPE_TIMESTAMP2, MY_TYPE_TIMESTAMP},
    {"char", MY_TYPE_STRING, 0},
    {"binary", MY_TYPE_STRING, 0},
    {"uuid", MY_TYPE_STRING, 0},
    {"inet4", MY_TYPE_STRING, 0},
    {"inet6", MY_TYPE_STRING, 0},
    {"varchar", MY_TYPE_VARCHAR, MY_TYPE_VARCHAR_COMPRESSED},
    {"varbinary", MY_TYPE_VARCHAR, MY_TYPE_VARCHAR_COMPRESSED},
    {"tinytext", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"text", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"mediumtext", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"longtext", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"tinyblob", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"blob", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"mediumblob", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"longblob", MY_TYPE_BLOB, MY_TYPE_BLOB_COMPRESSED},
    {"enum", MY_TYPE_ENUM, 0},
    {"set", MY_TYPE_SET, 0},
    {"json", MY_TYPE_JSON, 0},
    {"vector", MY_TYPE_VECTOR, MY_TYPE_VARCHAR},
    {"geometry", MY_TYPE_GEOMETRY, 0},
    {"point", MY_TYPE_GEOMETRY, 0},
    {"linestring", MY_TYPE_GEOMETRY, 0},
    {"polygon", MY_TYPE_GEOMETRY, 0},
    {"multipoint", MY_TYPE_GEOMETRY, 0},
    {"multilinestring", MY_TYPE_GEOMETRY, 0},
    {"multipolygon", MY_TYPE_GEOMETRY, 0},
    {"geometrycollection", MY_TYPE_GEOMETRY, 0},
    {"geomcollection", MY_TYPE_GEOMETRY, 0},
};

uint8_t my_catalog_type(struct cdc_slice data_type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (cdc_slice_is(data_type, types[i].name))
            return types[i].type;
    return 0;
}

bool my_catalog_type_fits(struct cdc_slice data_type, uint8_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (cdc_slice_is(data_type, types[i].name) && (types[i].type == type || types[i].other == type))
            return true;
    return false;
}

/* "int(10) unsigned": the word stands behind the type, never in labels, which only ENUM and SET have. */
bool my_catalog_is_unsigned(const struct my_catalog_column *column)
{
    static const char word[] = "unsigned";
    struct cdc_slice text = column->column_type;

    if (cdc_slice_is(column->data_type, "enum") || cdc_slice_is(column->data_type, "set"))
        return false;
    if (cdc_slice_is(column->data_type, "year"))
        return true;
    for (size_t i = 0; i + sizeof word - 1 <= text.len; i++)
        if (strncasecmp(text.ptr + i, word, sizeof word - 1) == 0)
            return true;
    return false;
}

const struct my_catalog_column *my_catalog_find(const struct my_catalog_table *table, struct cdc_slice name)
{
    for (uint32_t i = 0; i < table->ncolumns; i++)
        if (cdc_slice_eq(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

const char *my_catalog_hint(const struct my_catalog_table *table, const char *name, char out[MY_CATALOG_HINT])
{
    struct cdc_suggest suggest = cdc_suggest_start(name);
    char best[MY_CATALOG_HINT], column[MY_CATALOG_HINT];

    for (uint32_t i = 0; i < table->ncolumns; i++) {
        snprintf(column, sizeof column, "%.*s", CDC_ARG(table->columns[i].name));
        cdc_suggest_offer(&suggest, column);
        if (suggest.best == column) {
            memcpy(best, column, sizeof column);
            suggest.best = best;
        }
    }
    return cdc_suggest_text(&suggest, out, MY_CATALOG_HINT);
}

/* What a letter behind a backslash stands for: the servers escape these whatever their SQL mode is. */
static char unescaped(char c)
{
    switch (c) {
    case '0':
        return 0;
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    default:
        return c;
    }
}

/* A label between quotation marks, of which two stand for one. Returns where the text goes on, or NULL. */
static const char *read_label(const char *at, const char *end, char **out, struct cdc_slice *label)
{
    char *start = *out, *to = start;

    for (at++; at < end; at++) {
        if (*at == '\'') {
            if (at + 1 == end || at[1] != '\'') {
                *label = cdc_slice(start, (size_t)(to - start));
                *out = to;
                return at + 1;
            }
            at++;
        }
        if (*at == '\\' && at + 1 < end)
            *to++ = unescaped(*++at);
        else
            *to++ = *at;
    }
    return NULL;
}

static uint32_t count_labels(struct cdc_slice text)
{
    uint32_t marks = 0;

    for (size_t i = 0; i < text.len; i++)
        marks += text.ptr[i] == '\'';
    return marks / 2 + 1; /* doubled marks make it too many, never too few */
}

int my_catalog_labels(struct cdc_slice column_type, struct cdc_arena *arena, struct my_labels *labels)
{
    const char *at = column_type.ptr, *end = at + column_type.len;
    char *out = cdc_arena_alloc(arena, column_type.len);

    labels->n = 0;
    labels->text = cdc_arena_alloc(arena, count_labels(column_type) * sizeof *labels->text);
    if (!out || !labels->text)
        return -1;
    while (at && at < end) {
        if (*at != '\'') {
            at++;
            continue;
        }
        at = read_label(at, end, &out, &labels->text[labels->n]);
        labels->n += at != NULL;
    }
    return 0;
}

static bool has_word(struct cdc_slice text, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= text.len; i++)
        if (strncasecmp(text.ptr + i, word, n) == 0)
            return true;
    return false;
}

static bool is_plain_number(struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!memchr("+-.0123456789eE", text.ptr[i], 15))
            return false;
    return text.len > 0;
}

/* MariaDB's expression: NULL, a number, or a label's form; in place. */
static bool read_expression(char *text, size_t len, struct cdc_slice *constant)
{
    struct cdc_slice all = cdc_slice(text, len);
    char *out = text;

    if (cdc_slice_is(all, "NULL")) {
        *constant = cdc_slice(NULL, 0);
        return true;
    }
    *constant = all;
    if (is_plain_number(all))
        return true;
    return len && text[0] == '\'' && read_label(text, text + len, &out, constant) == text + len;
}

void my_catalog_set_constant(struct my_catalog_column *column, char *text, size_t len, struct cdc_slice extra,
                             bool nullable, bool mariadb)
{
    column->is_generated = has_word(extra, "GENERATED");
    column->is_virtual = has_word(extra, "VIRTUAL");
    column->has_constant = false;
    if (column->is_generated || (!text && !nullable))
        return;
    column->constant = cdc_slice(text, len);
    column->has_constant = !text || !mariadb || read_expression(text, len, &column->constant);
}
