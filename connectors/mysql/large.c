/*
 * Large row events (large.h): connection -> here -> rows.c. Called by the decoder on the source thread. Images are copied as they are
 * (rows.c shows their layout), without the values that are left out, for which a bit is set. Malformed bytes are FATAL.
 */
#include "large.h"

#define OPTION_PARTIAL_JSON 1

void my_large_fini(struct my_large *large)
{
    cdc_buf_fini(&large->head);
    cdc_buf_fini(&large->row);
}

static int malformed(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: malformed large row event");
}

/* The head is copied: the connection's buffer is used again for what follows. */
static int keep_head(struct my_large *large, const struct my_event *event, struct cdc_err *err)
{
    cdc_buf_reset(&large->head);
    cdc_buf_put_slice(&large->head, event->bytes);
    return large->head.failed ? cdc_err_memory(err) : 0;
}

int my_large_open(struct my_large *large, const struct my_event *event, const struct my_rest *rest,
                  size_t row_bytes, struct cdc_err *err)
{
    struct cdc_slice body;

    if (keep_head(large, event, err))
        return -1;
    body = cdc_slice(large->head.data + MY_EVENT_HEADER, large->head.len - MY_EVENT_HEADER);
    if (!my_rows_open(event->type, body, &large->rows) || large->rows.ncolumns > MY_COLUMNS_MAX)
        return malformed(err);
    large->head_left = cdc_slice((const char *)large->rows.r.at, cdc_reader_left(&large->rows.r));
    large->fixed = large->head.len - large->head_left.len;
    large->type = event->type;
    large->rest = *rest;
    large->left = large->head_left.len + rest->left;
    large->row_bytes = row_bytes;
    return 0;
}

static int read_on(struct my_large *large, void *to, size_t n, struct cdc_err *err)
{
    size_t have = n < large->head_left.len ? n : large->head_left.len;

    if (n > large->left)
        return malformed(err);
    large->left -= n;
    if (have)
        memcpy(to, large->head_left.ptr, have);
    large->head_left = cdc_slice(large->head_left.ptr + have, large->head_left.len - have);
    n -= have;
    to = (char *)to + have;
    return n ? large->rest.read(large->rest.ctx, to, n, err) : 0;
}

static int skip(struct my_large *large, size_t n, struct cdc_err *err)
{
    while (n > 0) {
        size_t some = n < MY_LARGE_SKIP ? n : MY_LARGE_SKIP;

        if (read_on(large, large->skipped, some, err))
            return -1;
        n -= some;
    }
    return 0;
}

static int keep(struct my_large *large, size_t n, char **kept, struct cdc_err *err)
{
    *kept = NULL;
    if (n > large->left)
        return malformed(err);
    *kept = cdc_buf_reserve(&large->row, n);
    if (!*kept)
        return cdc_err_memory(err);
    large->row.len += n;
    return read_on(large, *kept, n, err);
}

/* Up to MY_COLUMNS_MAX bits, kept in the row and in `bits`. */
static int keep_bits(struct my_large *large, size_t n, unsigned char *bits, struct cdc_err *err)
{
    char *kept;

    if (keep(large, (n + 7) / 8, &kept, err))
        return -1;
    memcpy(bits, kept, (n + 7) / 8);
    return 0;
}

/* Left out if it would make the row longer than `room`. The size of a value comes from the length before it, or from its type. */
static int read_value(struct my_large *large, const struct my_column *column, bool diff, size_t room,
                      bool *is_cut, struct cdc_err *err)
{
    size_t width = diff ? 4 : column->variable ? column->width : 0, size = column->width;
    char length[8], *kept;

    if (width > 0) {
        struct cdc_reader r = cdc_reader(length, width);

        if (read_on(large, length, width, err))
            return -1;
        size = (size_t)cdc_read_le(&r, width);
    }
    *is_cut = large->row.len + width + size > room;
    if (*is_cut)
        return size > large->left ? malformed(err) : skip(large, size, err);
    cdc_buf_put(&large->row, length, width);
    return keep(large, size, &kept, err);
}

/* The bits of an image: which documents are changes, which values are NULL. *documents: the first of them matter. */
static int open_image(struct my_large *large, const struct my_row_target *target, bool after, bool *documents,
                      struct cdc_err *err)
{
    char *options;

    *documents = false;
    if (after && large->rows.partial) {
        if (keep(large, 1, &options, err))
            return -1;
        *documents = *options & OPTION_PARTIAL_JSON;
    }
    if (*documents && keep_bits(large, target->njson, large->partial, err))
        return -1;
    return keep_bits(large, after ? large->rows.nafter : large->rows.nbefore, large->nulls, err);
}

/* The image before gets half of the room: what it lacks the store may know, what the one after lacks is lost. */
static int read_image(struct my_large *large, const struct my_row_target *target,
                      const unsigned char *present, bool after, struct cdc_err *err)
{
    size_t room = after ? large->row_bytes : large->row_bytes / 2;
    const unsigned char **any_cut = after ? &large->rows.after_cut : &large->rows.before_cut;
    unsigned char *cut = large->cut[after];
    uint32_t next_null = 0, next_json = 0;
    bool documents, is_cut;

    *any_cut = NULL;
    memset(cut, 0, sizeof large->cut[after]);
    if (open_image(large, target, after, &documents, err))
        return -1;
    for (uint32_t i = 0; i < target->ncolumns; i++) {
        const struct my_column *column = &target->columns[i];
        bool diff = column->type == MY_TYPE_JSON && documents && my_bit_is_set(large->partial, next_json++);

        if (!my_bit_is_set(present, i) || my_bit_is_set(large->nulls, next_null++))
            continue;
        if (read_value(large, column, diff, target->wanted[i].wanted ? room : 0, &is_cut, err))
            return -1;
        if (!is_cut)
            continue;
        cut[i / 8] |= (unsigned char)(1u << (i % 8));
        *any_cut = cut;
    }
    return 0;
}

int my_large_next(struct my_large *large, const struct my_row_target *target, struct cdc_err *err)
{
    struct my_rows *rows = &large->rows;

    if (large->left == 0)
        return 0;
    cdc_buf_reset(&large->row);
    if (rows->before && read_image(large, target, rows->before, false, err))
        return -1;
    if (rows->after && read_image(large, target, rows->after, true, err))
        return -1;
    if (large->row.failed)
        return cdc_err_memory(err);
    if (large->row.len == 0)
        return malformed(err);
    rows->r = cdc_reader(large->row.data, large->row.len);
    return 1;
}
