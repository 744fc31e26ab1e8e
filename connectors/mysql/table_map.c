/*
 * TABLE_MAP (table_map.h). Called by the decoder on the source thread for each statement; the definition is parsed only when its
 * bytes differ from the last ones of that table. Layout:
 *
 *   table id u48, flags u16, schema: length u8, text, NUL; table: likewise; number of columns: length-encoded; a type each u8;
 *   size of the meta data: length-encoded, and the meta data: by type, see read_meta(); NULL bits; then to the end
 *   optional fields: kind u8, size: length-encoded, content (table_map_fields.c)
 */
#include "table_map.h"

#include "lenenc.h"
#include "number.h"
#include "table_map_fields.h"

bool my_table_map_parse(const struct my_event *event, struct my_table_map *map)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);

    map->id = cdc_read_le(&r, 6);
    cdc_read(&r, 2);
    map->schema = cdc_read_slice(&r, cdc_read_u8(&r));
    cdc_read(&r, 1);
    map->table = cdc_read_slice(&r, cdc_read_u8(&r));
    cdc_read(&r, 1);
    map->definition = cdc_read_slice(&r, cdc_reader_left(&r));
    return !r.failed;
}

bool my_type_is_numeric(uint8_t type)
{
    return (type >= MY_TYPE_TINY && type <= MY_TYPE_DOUBLE) || type == MY_TYPE_LONGLONG ||
           type == MY_TYPE_INT24 || type == MY_TYPE_YEAR || type == MY_TYPE_DECIMAL;
}

bool my_type_is_text(uint8_t type)
{
    return type == MY_TYPE_STRING || type == MY_TYPE_VAR_STRING || type == MY_TYPE_VARCHAR ||
           type == MY_TYPE_BLOB || type == MY_TYPE_BLOB_COMPRESSED || type == MY_TYPE_VARCHAR_COMPRESSED;
}

static const struct {
    uint8_t type, width; /* of fixed types */
    const char *name;
} types[] = {
    {MY_TYPE_TINY, 1, "TINYINT"},
    {MY_TYPE_SHORT, 2, "SMALLINT"},
    {MY_TYPE_INT24, 3, "MEDIUMINT"},
    {MY_TYPE_LONG, 4, "INT"},
    {MY_TYPE_LONGLONG, 8, "BIGINT"},
    {MY_TYPE_FLOAT, 4, "FLOAT"},
    {MY_TYPE_DOUBLE, 8, "DOUBLE"},
    {MY_TYPE_DECIMAL, 0, "DECIMAL"},
    {MY_TYPE_BIT, 0, "BIT"},
    {MY_TYPE_YEAR, 1, "YEAR"},
    {MY_TYPE_DATE, 3, "DATE"},
    {MY_TYPE_NEWDATE, 3, "DATE"},
    {MY_TYPE_TIME, 3, "TIME"},
    {MY_TYPE_TIME2, 3, "TIME"},
    {MY_TYPE_DATETIME, 8, "DATETIME"},
    {MY_TYPE_DATETIME2, 5, "DATETIME"},
    {MY_TYPE_TIMESTAMP, 4, "TIMESTAMP"},
    {MY_TYPE_TIMESTAMP2, 4, "TIMESTAMP"},
    {MY_TYPE_NULL, 0, "NULL"},
    {MY_TYPE_VARCHAR, 0, "VARCHAR"},
    {MY_TYPE_VAR_STRING, 0, "VARCHAR"},
    {MY_TYPE_VARCHAR_COMPRESSED, 0, "VARCHAR COMPRESSED"},
    {MY_TYPE_STRING, 0, "CHAR"},
    {MY_TYPE_BLOB, 0, "BLOB"},
    {MY_TYPE_BLOB_COMPRESSED, 0, "BLOB COMPRESSED"},
    {MY_TYPE_ENUM, 0, "ENUM"},
    {MY_TYPE_SET, 0, "SET"},
    {MY_TYPE_JSON, 0, "JSON"},
    {MY_TYPE_GEOMETRY, 0, "GEOMETRY"},
    {MY_TYPE_VECTOR, 0, "VECTOR"},
};

const char *my_type_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].name;
    return "unknown type";
}

static uint8_t fixed_width(uint8_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].width;
    return 0;
}

/* CHAR, BINARY, ENUM, SET: real type u8, size u8; two bits of a CHAR's size hide, inverted, in the type. */
static bool set_string(struct my_column *column, uint8_t first, uint8_t second)
{
    if ((first & 0x30) != 0x30) {
        column->size = (uint16_t)(second | ((first & 0x30) ^ 0x30) << 4);
        first |= 0x30;
    } else {
        column->size = second;
    }
    column->type = first;
    if (first == MY_TYPE_ENUM || first == MY_TYPE_SET) {
        column->width = second;
        return second >= 1 && second <= (first == MY_TYPE_ENUM ? 2 : 8);
    }
    column->width = column->size > 255 ? 2 : 1;
    column->variable = true;
    return first == MY_TYPE_STRING;
}

static bool set_decimal(struct my_column *column, uint8_t precision, uint8_t scale)
{
    column->precision = precision;
    column->scale = scale;
    column->width = (uint8_t)my_decimal_bytes(precision, scale);
    return column->width > 0;
}

static bool set_bits(struct my_column *column, uint8_t bits, uint8_t bytes)
{
    column->bits = (uint16_t)(bytes * 8 + bits);
    column->width = (uint8_t)(bytes + (bits > 0));
    return bits < 8 && column->bits >= 1 && column->bits <= 64;
}

static bool set_variable(struct my_column *column, uint8_t width)
{
    column->width = width;
    column->variable = true;
    return width >= 1 && width <= 4;
}

/* The fraction's bytes come on top of the whole seconds'. */
static bool set_fraction(struct my_column *column, uint8_t fsp)
{
    column->scale = fsp;
    column->width = (uint8_t)(fixed_width(column->type) + (fsp + 1) / 2);
    return fsp <= 6;
}

static bool read_meta(struct my_column *column, struct cdc_reader *r)
{
    uint8_t first;

    switch (column->type) {
    case MY_TYPE_STRING:
    case MY_TYPE_ENUM:
    case MY_TYPE_SET:
        first = cdc_read_u8(r);
        return set_string(column, first, cdc_read_u8(r));
    case MY_TYPE_VARCHAR:
    case MY_TYPE_VAR_STRING:
    case MY_TYPE_VARCHAR_COMPRESSED:
        return set_variable(column, cdc_read_le(r, 2) > 255 ? 2 : 1);
    case MY_TYPE_BLOB:
    case MY_TYPE_BLOB_COMPRESSED:
    case MY_TYPE_JSON:
    case MY_TYPE_GEOMETRY:
    case MY_TYPE_VECTOR:
        return set_variable(column, cdc_read_u8(r));
    case MY_TYPE_DECIMAL:
        first = cdc_read_u8(r);
        return set_decimal(column, first, cdc_read_u8(r));
    case MY_TYPE_BIT:
        first = cdc_read_u8(r);
        return set_bits(column, first, cdc_read_u8(r));
    case MY_TYPE_TIMESTAMP2:
    case MY_TYPE_DATETIME2:
    case MY_TYPE_TIME2:
        return set_fraction(column, cdc_read_u8(r));
    case MY_TYPE_FLOAT:
    case MY_TYPE_DOUBLE:
        column->width = fixed_width(column->type);
        return cdc_read_u8(r) == column->width;
    default:
        column->width = fixed_width(column->type);
        return column->width > 0 || column->type == MY_TYPE_NULL;
    }
}

static bool read_columns(struct cdc_reader *r, struct cdc_slice codes, struct my_definition *definition,
                         const struct my_column **bad)
{
    struct cdc_slice meta = my_read_lenenc_slice(r);
    struct cdc_reader m = cdc_reader(meta.ptr, meta.len);
    const unsigned char *nulls = cdc_read(r, (codes.len + 7) / 8);

    for (uint32_t i = 0; i < definition->ncolumns && !r->failed; i++) {
        struct my_column *column = &definition->columns[i];

        *bad = column;
        *column = (struct my_column){.type = (uint8_t)codes.ptr[i]};
        if (!read_meta(column, &m) || m.failed)
            return false;
        column->nullable = nulls[i / 8] >> (i % 8) & 1;
    }
    return !r->failed;
}

static int malformed(const struct my_column *column, const struct my_definition *definition,
                     struct cdc_err *err)
{
    if (column)
        cdc_err_set(err, CDC_ERR_FATAL, "malformed table map at column %zu (type code %u)",
                    (size_t)(column - definition->columns) + 1, column->type);
    else
        cdc_err_set(err, CDC_ERR_FATAL, "malformed table map");
    return cdc_err_hint(err, "the table has a column of a type that this version does not know");
}

int my_definition_parse(struct cdc_slice bytes, bool mariadb, struct cdc_arena *arena,
                        struct my_definition *definition, struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(bytes.ptr, bytes.len);
    uint64_t n = my_read_lenenc(&r);
    struct cdc_slice codes = cdc_read_slice(&r, n <= MY_COLUMNS_MAX ? (size_t)n : SIZE_MAX);
    const struct my_column *bad = NULL;

    *definition = (struct my_definition){.ncolumns = (uint32_t)codes.len};
    if (r.failed || n == 0)
        return malformed(NULL, definition, err);
    definition->columns = cdc_arena_alloc(arena, codes.len * sizeof *definition->columns);
    if (!definition->columns)
        return cdc_err_memory(err);
    if (!read_columns(&r, codes, definition, &bad))
        return malformed(bad, definition, err);
    switch (my_table_map_fields(&r, mariadb, arena, definition)) {
    case MY_FIELDS_OK:
        return 0;
    case MY_FIELDS_MEMORY:
        return cdc_err_memory(err);
    case MY_FIELDS_MALFORMED:
        break;
    }
    return malformed(NULL, definition, err);
}
