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
#define TOO_LARGE           "too large: limits.memory allows a row an eighth of it, and this is not in it"

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

static void skip_extra(struct cdc_reader *r)
{
    size_t size = (size_t)cdc_read_le(r, 2);

    if (size < 2)
        r->failed = true;
    else
        cdc_read(r, size - 2);
}

/* Most images have all columns. */
static inline uint32_t count_set(const unsigned char *bits, uint32_t n)
{
    uint32_t whole = n / 8 * 8, mask = (1u << (n - whole)) - 1, missing = 0;

    for (uint32_t i = 0; i < whole / 8; i++)
        if (bits[i] != 0xff)
            missing += 8 - (uint32_t)__builtin_popcount(bits[i]);
    if (mask && (bits[whole / 8] & mask) != mask)
        missing += (uint32_t)__builtin_popcount(~bits[whole / 8] & mask);
    return n - missing;
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
    rows->nbefore = rows->before ? count_set(rows->before, rows->ncolumns) : 0;
    rows->nafter = rows->after ? count_set(rows->after, rows->ncolumns) : 0;
    return bits && !r->failed;
}

/* A bit for each column of the table, before the change and after it. */
size_t my_rows_cut_bytes(const struct my_rows *rows)
{
    return 2 * (size_t)((rows->ncolumns + 7) / 8);
}

void my_rows_get_cut(const struct my_rows *rows, char *out)
{
    size_t n = my_rows_cut_bytes(rows) / 2;

    memset(out, 0, 2 * n);
    if (rows->before_cut)
        memcpy(out, rows->before_cut, n);
    if (rows->after_cut)
        memcpy(out + n, rows->after_cut, n);
}

static const unsigned char *any_set(const char *bits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bits[i])
            return (const unsigned char *)bits;
    return NULL;
}

void my_rows_set_cut(struct my_rows *rows, struct cdc_slice cut)
{
    size_t n = cut.len / 2;

    rows->before_cut = any_set(cut.ptr, n);
    rows->after_cut = any_set(cut.ptr + n, n);
}

/* One image while it is read. */
struct image {
    const unsigned char *present, *nulls, *partial; /* partial: NULL if no document is */
    const unsigned char *cut;                       /* NULL if nothing is */
    uint32_t count;                                 /* of columns that are present */
    uint32_t next_null, next_json;
    struct cdc_value *values;
    bool is_before, is_inserted, follows; /* follows: the before image of the same row has been read */
    struct cdc_reader r;
};

static bool open_image(const struct my_rows *rows, const struct my_row_target *target, struct image *image)
{
    struct cdc_reader *r = &image->r;

    if (rows->partial && !image->is_before && (my_read_lenenc(r) & OPTION_PARTIAL_JSON))
        image->partial = cdc_read(r, (target->njson + 7) / 8);
    image->nulls = cdc_read(r, (image->count + 7) / 8);
    return !r->failed;
}

/* The JSON columns have their bit whether they are in the image or not. */
static bool take_partial(const struct my_column *column, struct image *image)
{
    return image->partial && column->type == MY_TYPE_JSON &&
           my_bit_is_set(image->partial, image->next_json++);
}

/* Most of what an update sends twice is the same: converted once. Four bytes are what most numbers are. */
static inline bool is_repeated(struct cdc_slice before, struct cdc_slice raw)
{
    if (before.len != raw.len || !before.ptr)
        return false;
    return raw.len == 4 ? memcmp(before.ptr, raw.ptr, 4) == 0 : memcmp(before.ptr, raw.ptr, raw.len) == 0;
}

static void convert(const struct my_row_target *target, uint32_t i, struct cdc_slice raw, bool diff,
                    const struct image *image)
{
    if (diff)
        my_value_decode_json_diff(target->raw[i], raw, target->space, &image->values[i]);
    else if (image->follows && is_repeated(target->raw[i], raw))
        image->values[i] = target->before[i];
    else
        my_value_decode(&target->columns[i], raw, target->space, &image->values[i]);
}

/*
 * The bytes of column `i`; ptr is NULL, and *state says why, when there are none. What was too large to be read is unknown before the
 * change, and not to be applied after it.
 */
static struct cdc_slice read_raw(const struct my_column *column, uint32_t i, bool diff, struct image *image,
                                 enum cdc_value_state *state)
{
    *state = CDC_VALUE_PRESENT;
    if (!my_bit_is_set(image->present, i))
        *state = CDC_VALUE_UNAVAILABLE;
    else if (my_bit_is_set(image->nulls, image->next_null++))
        *state = CDC_VALUE_NULL;
    else if (image->cut && my_bit_is_set(image->cut, i))
        *state = image->is_before ? CDC_VALUE_UNAVAILABLE : CDC_VALUE_INVALID;
    else if (diff)
        return cdc_read_slice(&image->r, (size_t)cdc_read_le(&image->r, 4));
    else
        return my_value_raw(column, &image->r);
    return cdc_slice(NULL, 0);
}

/* A column without bytes in the image. */
static void set_missing(const struct my_column *column, enum cdc_value_state state, const struct image *image,
                        struct cdc_value *value)
{
    if (state == CDC_VALUE_UNAVAILABLE && image->is_inserted)
        *value = column->omitted;
    else if (state == CDC_VALUE_INVALID)
        my_value_invalid(value, TOO_LARGE);
    else
        value->state = state;
}

CDC_APART static bool read_columns(const struct my_row_target *target, struct image *image)
{
    for (uint32_t i = 0; i < target->ncolumns; i++) {
        const struct my_column *column = &target->columns[i];
        bool diff = take_partial(column, image);
        enum cdc_value_state state;
        struct cdc_slice raw = read_raw(column, i, diff, image, &state);

        if (image->r.failed)
            return false;
        if (!target->wanted[i].wanted)
            continue;
        if (state == CDC_VALUE_PRESENT)
            convert(target, i, raw, diff, image);
        else
            set_missing(column, state, image, &image->values[i]);
        if (image->is_before)
            target->raw[i] = raw;
    }
    return true;
}

/*
 * The same where all columns are there, none is cut, and none is a change of a document, which is so for nearly all rows. The reader
 * is a copy, so that the compiler can keep it in registers while values are written.
 */
CDC_APART static bool read_all_columns(const struct my_row_target *target, struct image *image)
{
    const struct my_column *column = target->columns, *end = column + target->ncolumns;
    const struct cdc_column *wanted = target->wanted;
    struct cdc_value *value = image->values;
    struct cdc_slice *before = target->raw;
    struct cdc_reader r = image->r;

    for (uint32_t i = 0; column < end; i++, column++, wanted++, value++, before++) {
        bool null = my_bit_is_set(image->nulls, i);
        struct cdc_slice raw = null ? cdc_slice(NULL, 0) : my_value_raw(column, &r);

        if (r.failed)
            return false;
        if (!wanted->wanted)
            continue;
        if (null)
            value->state = CDC_VALUE_NULL;
        else if (image->follows && is_repeated(*before, raw))
            *value = target->before[i];
        else
            my_value_decode(column, raw, target->space, value);
        if (image->is_before)
            *before = raw;
    }
    image->r = r;
    return true;
}

static bool read_image(struct my_rows *rows, const struct my_row_target *target, struct image *image)
{
    bool whole, ok;

    image->r = rows->r;
    if (!open_image(rows, target, image))
        return false;
    whole = image->count == target->ncolumns && !image->partial && !image->cut;
    ok = whole ? read_all_columns(target, image) : read_columns(target, image);
    rows->r = image->r;
    return ok;
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
    struct image before = {.present = rows->before,
                           .cut = rows->before_cut,
                           .count = rows->nbefore,
                           .values = target->before,
                           .is_before = true};
    struct image after = {.present = rows->after,
                          .cut = rows->after_cut,
                          .count = rows->nafter,
                          .values = target->after,
                          .is_inserted = rows->op == CDC_OP_INSERT,
                          .follows = rows->before != NULL};
    size_t left = cdc_reader_left(&rows->r);

    *full = false;
    if (rows->ncolumns != target->ncolumns)
        return false;
    if (rows->before && !read_image(rows, target, &before))
        return false;
    if (rows->after && !read_image(rows, target, &after))
        return false;
    if (rows->before)
        *full = (rows->nbefore == rows->ncolumns && !rows->before_cut) || has_all_wanted(target);
    if (rows->op == CDC_OP_UPDATE && rows->nafter < rows->ncolumns)
        fill_from_before(target);
    return cdc_reader_left(&rows->r) < left; /* a row of no bytes would never end */
}
