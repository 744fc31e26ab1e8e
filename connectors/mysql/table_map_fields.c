/*
 * The optional fields of TABLE_MAP (table_map_fields.h): kind u8, size: length-encoded, content. Which columns a field speaks of
 * follows from their types: signs are of numbers, collations of text columns, labels of ENUM or SET columns, in the order of the
 * columns. Called by the decoder on the source thread when a table's definition changes.
 */
#include "table_map_fields.h"

#include "lenenc.h"

enum field {
    FIELD_SIGNEDNESS = 1,
    FIELD_DEFAULT_CHARSET = 2,
    FIELD_COLUMN_CHARSET = 3,
    FIELD_COLUMN_NAME = 4,
    FIELD_SET_LABELS = 5,
    FIELD_ENUM_LABELS = 6,
    FIELD_PRIMARY_KEY = 8,
    FIELD_PRIMARY_KEY_PREFIX = 9,
    FIELD_LABEL_DEFAULT_CHARSET = 10,
    FIELD_LABEL_COLUMN_CHARSET = 11,
};

static bool is_label(uint8_t type)
{
    return type == MY_TYPE_ENUM || type == MY_TYPE_SET;
}

/* The next column at or after *at of which `kind` holds, or NULL. */
static struct my_column *next_column(struct my_definition *definition, uint32_t *at,
                                     bool (*kind)(uint8_t type))
{
    while (*at < definition->ncolumns) {
        struct my_column *column = &definition->columns[(*at)++];

        if (kind(column->type))
            return column;
    }
    return NULL;
}

/* One bit a number, the highest first. */
static bool read_signs(struct cdc_slice content, struct my_definition *definition)
{
    struct my_column *column;
    uint32_t at = 0;

    for (size_t i = 0; (column = next_column(definition, &at, my_type_is_numeric)); i++) {
        if (i / 8 >= content.len)
            return false;
        column->is_unsigned = (unsigned char)content.ptr[i / 8] >> (7 - i % 8) & 1;
    }
    definition->has_signs = true;
    return true;
}

static void set_collation(struct my_column *column, uint64_t collation)
{
    column->has_collation = true;
    column->collation = (uint32_t)collation;
}

/* The collation of most, then pairs of (how many such columns before, collation) for the others. */
static bool read_default_charset(struct cdc_reader *r, struct my_definition *definition,
                                 bool (*kind)(uint8_t type))
{
    uint64_t common = my_read_lenenc(r), other = UINT64_MAX;
    struct my_column *column;
    uint32_t at = 0;

    for (uint64_t i = 0; (column = next_column(definition, &at, kind)); i++) {
        if (other == UINT64_MAX && cdc_reader_left(r) > 0)
            other = my_read_lenenc(r);
        if (i == other) {
            set_collation(column, my_read_lenenc(r));
            other = UINT64_MAX;
        } else {
            set_collation(column, common);
        }
    }
    return !r->failed;
}

static bool read_column_charsets(struct cdc_reader *r, struct my_definition *definition,
                                 bool (*kind)(uint8_t type))
{
    struct my_column *column;
    uint32_t at = 0;

    while ((column = next_column(definition, &at, kind)))
        set_collation(column, my_read_lenenc(r));
    return !r->failed;
}

/* MariaDB lists all that it stores like text. */
static bool is_text_or_geometry(uint8_t type)
{
    return my_type_is_text(type) || type == MY_TYPE_GEOMETRY;
}

static bool read_charsets(struct cdc_reader *r, struct my_definition *definition, bool by_default,
                          bool labels, bool mariadb)
{
    bool (*kind)(uint8_t) = labels ? is_label : mariadb ? is_text_or_geometry : my_type_is_text;

    if (labels)
        definition->has_label_charsets = true;
    else
        definition->has_charsets = true;
    return by_default ? read_default_charset(r, definition, kind) : read_column_charsets(r, definition, kind);
}

static bool read_names(struct cdc_reader *r, struct my_definition *definition)
{
    for (uint32_t i = 0; i < definition->ncolumns; i++)
        definition->columns[i].name = my_read_lenenc_slice(r);
    definition->has_names = true;
    return !r->failed;
}

static bool is_enum(uint8_t type)
{
    return type == MY_TYPE_ENUM;
}

static bool is_set(uint8_t type)
{
    return type == MY_TYPE_SET;
}

static enum my_fields_result read_labels(struct cdc_reader *r, struct cdc_arena *arena,
                                         struct my_definition *definition, bool (*kind)(uint8_t type))
{
    struct my_column *column;
    uint32_t at = 0;

    while ((column = next_column(definition, &at, kind))) {
        uint64_t n = my_read_lenenc(r);

        if (r->failed || n > cdc_reader_left(r))
            return MY_FIELDS_MALFORMED;
        column->labels.n = (uint32_t)n;
        column->labels.text = cdc_arena_alloc(arena, (size_t)n * sizeof *column->labels.text);
        if (!column->labels.text)
            return MY_FIELDS_MEMORY;
        for (uint64_t i = 0; i < n; i++)
            column->labels.text[i] = my_read_lenenc_slice(r);
    }
    definition->has_labels = true;
    return r->failed ? MY_FIELDS_MALFORMED : MY_FIELDS_OK;
}

static bool read_key(struct cdc_reader *r, struct my_definition *definition, bool with_prefix)
{
    while (cdc_reader_left(r) > 0) {
        uint64_t i = my_read_lenenc(r);

        if (with_prefix)
            my_read_lenenc(r);
        if (r->failed || i >= definition->ncolumns)
            return false;
        definition->columns[i].key = true;
    }
    definition->has_key = true;
    return true;
}

static enum my_fields_result read_field(uint8_t field, struct cdc_slice content, bool mariadb,
                                        struct cdc_arena *arena, struct my_definition *definition)
{
    struct cdc_reader r = cdc_reader(content.ptr, content.len);
    bool ok = true;

    switch (field) {
    case FIELD_SIGNEDNESS:
        ok = read_signs(content, definition);
        break;
    case FIELD_DEFAULT_CHARSET:
    case FIELD_COLUMN_CHARSET:
        ok = read_charsets(&r, definition, field == FIELD_DEFAULT_CHARSET, false, mariadb);
        break;
    case FIELD_LABEL_DEFAULT_CHARSET:
    case FIELD_LABEL_COLUMN_CHARSET:
        ok = read_charsets(&r, definition, field == FIELD_LABEL_DEFAULT_CHARSET, true, mariadb);
        break;
    case FIELD_COLUMN_NAME:
        ok = read_names(&r, definition);
        break;
    case FIELD_SET_LABELS:
        return read_labels(&r, arena, definition, is_set);
    case FIELD_ENUM_LABELS:
        return read_labels(&r, arena, definition, is_enum);
    case FIELD_PRIMARY_KEY:
    case FIELD_PRIMARY_KEY_PREFIX:
        ok = read_key(&r, definition, field == FIELD_PRIMARY_KEY_PREFIX);
        break;
    default:
        break; /* geometry types, visibility, sizes of vectors: not needed */
    }
    return ok ? MY_FIELDS_OK : MY_FIELDS_MALFORMED;
}

enum my_fields_result my_table_map_fields(struct cdc_reader *r, bool mariadb, struct cdc_arena *arena,
                                          struct my_definition *definition)
{
    while (cdc_reader_left(r) > 0) {
        uint8_t field = cdc_read_u8(r);
        struct cdc_slice content = my_read_lenenc_slice(r);
        enum my_fields_result result;

        if (r->failed)
            return MY_FIELDS_MALFORMED;
        result = read_field(field, content, mariadb, arena, definition);
        if (result != MY_FIELDS_OK)
            return result;
    }
    return MY_FIELDS_OK;
}
