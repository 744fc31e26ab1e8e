/*
 * MariaDB's compressed events (unpack.h). Called by the decoder on the source thread. Layout (server: binlog_buf_compress): a fixed
 * head that stays plain (rows: all up to the bitmaps of columns; QUERY: all up to the database's NUL), then
 *
 *   head u8: 0x80 | algorithm << 4 (0: zlib) | bytes of the size; the plain size, big-endian; compressed rest
 */
#include "unpack.h"

#include "lenenc.h"

#include <zlib.h>

#define QUERY_HEAD 13
#define ROWS_HEAD  8
#define RATIO_MAX  1100 /* deflate cannot do better than 1032 to 1: a larger size is not worth memory */

static uint8_t plain_type(uint8_t type)
{
    switch (type) {
    case MY_EVENT_QUERY_COMPRESSED:
        return MY_EVENT_QUERY;
    case MY_EVENT_WRITE_ROWS_COMPRESSED_V1:
    case MY_EVENT_UPDATE_ROWS_COMPRESSED_V1:
    case MY_EVENT_DELETE_ROWS_COMPRESSED_V1:
        return (uint8_t)(type - MY_EVENT_WRITE_ROWS_COMPRESSED_V1 + MY_EVENT_WRITE_ROWS_V1);
    default:
        return (uint8_t)(type - MY_EVENT_WRITE_ROWS_COMPRESSED + MY_EVENT_WRITE_ROWS);
    }
}

static size_t query_head(struct cdc_reader *r)
{
    size_t database;

    cdc_read(r, 8);
    database = cdc_read_u8(r);
    cdc_read(r, 2);
    return QUERY_HEAD + (size_t)cdc_read_le(r, 2) + database + 1;
}

static size_t rows_head(const struct my_event *event, uint8_t plain, struct cdc_reader *r)
{
    bool update = plain == MY_EVENT_UPDATE_ROWS_V1 || plain == MY_EVENT_UPDATE_ROWS;
    uint64_t columns;

    cdc_read(r, ROWS_HEAD);
    if (plain >= MY_EVENT_WRITE_ROWS)
        cdc_read(r, (size_t)cdc_read_le(r, 2) - 2);
    columns = my_read_lenenc(r);
    if (r->failed || columns > UINT16_MAX)
        return SIZE_MAX;
    return event->body.len - cdc_reader_left(r) + (size_t)(columns + 7) / 8 * (update ? 2 : 1);
}

static bool inflate_rest(struct cdc_reader *r, uint64_t size, struct cdc_buf *out)
{
    struct cdc_slice packed = cdc_read_slice(r, cdc_reader_left(r));
    char *at = cdc_buf_reserve(out, (size_t)size + 1);
    uLongf plain = (uLongf)size;

    if (!at || uncompress((Bytef *)at, &plain, (const Bytef *)packed.ptr, (uLong)packed.len) != Z_OK ||
        plain != size)
        return false;
    out->len += (size_t)size;
    return true;
}

int my_unpack_event(const struct my_event *event, uint8_t *plain, struct cdc_buf *out, struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    struct cdc_reader ahead = r;
    struct cdc_slice head;
    uint64_t size;
    uint8_t how;

    *plain = plain_type(event->type);
    head =
        cdc_read_slice(&r, *plain == MY_EVENT_QUERY ? query_head(&ahead) : rows_head(event, *plain, &ahead));
    how = cdc_read_u8(&r);
    size = cdc_read_be(&r, how & 7);
    if (r.failed || (how & 0xf8) != 0x80 || size > MY_UNPACK_MAX || size / RATIO_MAX > cdc_reader_left(&r))
        return my_event_malformed(event, err);
    cdc_buf_put_slice(out, head);
    if (inflate_rest(&r, size, out))
        return 0;
    return out->failed ? cdc_err_memory(err) : my_event_malformed(event, err);
}
