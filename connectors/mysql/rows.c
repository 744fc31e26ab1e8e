/*
 * Row events (rows.h): the inner loop of the connector, on the source thread. Wanted columns are converted, the others passed
 * over. Malformed bytes end the stream: lengths are chained, so nothing after a wrong one can be trusted. Layout:
 *
 *   table id u48, flags u16, [from version 2: size u16 of extra data, itself included, and the data,] number of columns:
 *   length-encoded, bitmap of columns in the image, [update: another one for the after image,] images to the end
 *
 *   image: [after image of PARTIAL_UPDATE: options: length-encoded; if bit 0: a bit for each JSON column of the table,]
 *   NULL bits of the columns in the image, values
 */
#include "rows.h"

#include "lenenc.h"

#define OPTION_PARTIAL_JSON 1

bool my_rows_is(uint8_t type)
{
    return (type >= MY_EVENT_WRITE_ROWS_V1 && type <= MY_EVENT_DELETE_ROWS_V1) ||
           (type >= MY_EVENT_WRITE_ROWS && type <= MY_EVENT_DELETE_ROWS) ||
           type == MY_EVENT_PARTIAL_UPDATE_ROWS ||
           (type >= MY_EVENT_WRITE_ROWS_COMPRESSED_V1 && type <= MY_EVENT_DELETE_ROWS_COMPRESSED);
}

static enum cdc_op operation(uint8_t type)
{
    switch (type) {
    case MY_EVENT_WRITE_ROWS_V1:
    case MY_EVENT_WRITE_ROWS:
        return CDC_OP_INSERT;
    case MY_EVENT_DELETE_ROWS_V1:
    case MY_EVENT_DELETE_ROWS:
        return CDC_OP_DELETE;
    default:
        return CDC_OP_UPDATE;
    }
}

bool my_rows_table(struct cdc_slice body, uint64_t *table_id, uint16_t *flags)
{
    struct cdc_reader r = cdc_reader(body.ptr, body.len);

    *table_id = cdc_read_le(&r, 6);
    *flags = (uint16_t)cdc_read_le(&r, 2);
    return !r.failed;
}

static void skip_extra(struct cdc_reader *r)
{
    size_t size = (size_t)cdc_read_le(r, 2);

    if (size < 2)
        r->failed = true;
    else
        cdc_read(r, size - 2);
}

bool my_rows_open(uint8_t type, struct cdc_slice body, struct my_rows *rows)
{
    struct cdc_reader *r = &rows->r;
    const unsigned char *bits;
    uint64_t n;

    rows->r = cdc_reader(body.ptr, body.len);
    rows->op = operation(type);
    rows->partial = type == MY_EVENT_PARTIAL_UPDATE_ROWS;
    rows->before_cut = rows->after_cut = NULL;
    rows->table_id = cdc_read_le(r, 6);
    rows->flags = (uint16_t)cdc_read_le(r, 2);
    if (type >= MY_EVENT_WRITE_ROWS)
        skip_extra(r);
    n = my_read_lenenc(r);
    rows->ncolumns = (uint32_t)n;
    bits = n <= UINT16_MAX ? cdc_read(r, (size_t)(n + 7) / 8) : NULL;
    rows->before = rows->op == CDC_OP_INSERT ? NULL : bits;
    rows->after = rows->op == CDC_OP_DELETE ? NULL : bits;
    if (rows->op == CDC_OP_UPDATE && bits)
        rows->after = cdc_read(r, (size_t)(n + 7) / 8);
    return bits && !r->failed;
}

uint32_t my_bits_count(const unsigned char *bits, uint32_t n)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n / 8; i++)
        count += (uint32_t)__builtin_popcount(bits[i]);
    for (uint32_t i = n / 8 * 8; i < n; i++)
        count += my_bit_is_set(bits, i);
    return count;
}

/* One image while it is read. */
struct image {
    const unsigned char *present, *nulls, *partial; /* partial: NULL if no document is */
    const unsigned char *cut;                       /* NULL if nothing is */
    uint32_t next_null, next_json;
    struct cdc_value *values;
    bool is_before;
};

static bool open_image(struct my_rows *rows, const struct my_row_target *target, struct image *image)
{
    struct cdc_reader *r = &rows->r;

    if (rows->partial && !image->is_before && (my_read_lenenc(r) & OPTION_PARTIAL_JSON))
        image->partial = cdc_read(r, (target->njson + 7) / 8);
    image->nulls = cdc_read(r, (my_bits_count(image->present, target->ncolumns) + 7) / 8);
    return !r->failed;
}

/* The JSON columns have their bit whether they are in the image or not. */
static bool take_partial(const struct my_column *column, struct image *image)
{
    return column->type == MY_TYPE_JSON && image->partial &&
           my_bit_is_set(image->partial, image->next_json++);
}

static void convert(const struct my_row_target *target, uint32_t i, struct cdc_slice raw, bool diff,
                    const struct image *image)
{
    if (diff)
        my_value_decode_json_diff(target->documents[i], raw, target->space, &image->values[i]);
    else
        my_value_decode(&target->columns[i], raw, target->space, &image->values[i]);
}

/* What was too large to be read: unknown before the change, not to be applied after it. */
static void set_cut(struct image *image, uint32_t i)
{
    if (image->is_before)
        image->values[i].state = CDC_VALUE_UNAVAILABLE;
    else
        my_value_invalid(&image->values[i],
                         "too large: limits.memory allows a row an eighth of it, and this is not in it");
}

static bool read_image(struct my_rows *rows, const struct my_row_target *target, struct image *image)
{
    struct cdc_reader *r = &rows->r;

    if (!open_image(rows, target, image))
        return false;
    for (uint32_t i = 0; i < target->ncolumns; i++) {
        const struct my_column *column = &target->columns[i];
        bool wanted = target->wanted[i].wanted, diff = take_partial(column, image);
        struct cdc_slice raw = {NULL, 0};

        if (!my_bit_is_set(image->present, i)) {
            if (wanted)
                image->values[i].state = CDC_VALUE_UNAVAILABLE;
        } else if (my_bit_is_set(image->nulls, image->next_null++)) {
            if (wanted)
                image->values[i].state = CDC_VALUE_NULL;
        } else if (image->cut && my_bit_is_set(image->cut, i)) {
            if (wanted)
                set_cut(image, i);
        } else {
            raw = diff ? cdc_read_slice(r, (size_t)cdc_read_le(r, 4)) : my_value_raw(column, r);
            if (r->failed)
                return false;
            if (wanted)
                convert(target, i, raw, diff, image);
        }
        if (image->is_before && rows->partial)
            target->documents[i] = raw;
    }
    return true;
}

/* What an update does not send it did not change. */
static void fill_from_before(const struct my_row_target *target)
{
    for (uint32_t i = 0; i < target->ncolumns; i++)
        if (target->wanted[i].wanted && target->after[i].state == CDC_VALUE_UNAVAILABLE)
            target->after[i] = target->before[i];
}

static bool has_all_wanted(const struct my_row_target *target)
{
    for (uint32_t i = 0; i < target->ncolumns; i++)
        if (target->wanted[i].wanted && target->before[i].state == CDC_VALUE_UNAVAILABLE)
            return false;
    return true;
}

bool my_rows_next(struct my_rows *rows, const struct my_row_target *target, bool *full)
{
    struct image before = {
        .present = rows->before, .cut = rows->before_cut, .values = target->before, .is_before = true};
    struct image after = {.present = rows->after, .cut = rows->after_cut, .values = target->after};

    size_t left = cdc_reader_left(&rows->r);

    *full = false;
    if (rows->ncolumns != target->ncolumns)
        return false;
    if (rows->before && !read_image(rows, target, &before))
        return false;
    if (rows->after && !read_image(rows, target, &after))
        return false;
    if (rows->before)
        *full = has_all_wanted(target);
    if (rows->op == CDC_OP_UPDATE)
        fill_from_before(target);
    return cdc_reader_left(&rows->r) < left; /* a row of no bytes would never end */
}
