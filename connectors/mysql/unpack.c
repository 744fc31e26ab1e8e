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

static bool inflate_rest(struct cdc_slice packed, uint64_t size, struct cdc_buf *out)
{
    char *at = cdc_buf_reserve(out, (size_t)size + 1);
    uLongf plain = (uLongf)size;

    if (!at || uncompress((Bytef *)at, &plain, (const Bytef *)packed.ptr, (uLong)packed.len) != Z_OK ||
        plain != size)
        return false;
    out->len += (size_t)size;
    return true;
}

bool my_packed_parse(const struct my_event *event, struct my_packed *packed)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    struct cdc_reader ahead = r;
    uint8_t how;

    packed->type = plain_type(event->type);
    packed->head = cdc_read_slice(
        &r, packed->type == MY_EVENT_QUERY ? query_head(&ahead) : rows_head(event, packed->type, &ahead));
    how = cdc_read_u8(&r);
    packed->size = cdc_read_be(&r, how & 7);
    packed->bytes = cdc_slice((const char *)r.at, cdc_reader_left(&r));
    return !r.failed && (how & 0xf8) == 0x80 && packed->size > 0;
}

int my_unpack_event(const struct my_event *event, uint8_t *plain, struct cdc_buf *out, struct cdc_err *err)
{
    struct my_packed packed;

    if (!my_packed_parse(event, &packed) || packed.size > MY_UNPACK_MAX ||
        packed.size / RATIO_MAX > packed.bytes.len)
        return my_event_malformed(event, err);
    *plain = packed.type;
    cdc_buf_put_slice(out, packed.head);
    if (inflate_rest(packed.bytes, packed.size, out))
        return 0;
    return out->failed ? cdc_err_memory(err) : my_event_malformed(event, err);
}
