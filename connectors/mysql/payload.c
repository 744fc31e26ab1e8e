/*
 * MySQL's compressed transactions (unpack.h). Called by the decoder on the source thread. A TRANSACTION_PAYLOAD is a list of
 * fields, type and size as length-encoded integers: 1 size of the payload, 2 compression (0 zstd, 255 none), 3 plain size; 0 ends
 * the list and the payload follows: events one after the other, without checksums. It is decompressed as a stream, so that a
 * transaction of any size takes the memory of its largest event, and events that are too large are given out in parts.
 */
#include "unpack.h"

#include "lenenc.h"

#include <stdlib.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 27 /* zstd's own default; the server's levels need no more */
#define READ_BYTES     (128u << 10)
#define HEAD_BYTES     (64u << 10) /* of an event that is given out in parts */

enum payload_field { PAYLOAD_END, PAYLOAD_SIZE, PAYLOAD_COMPRESSION, PAYLOAD_PLAIN_SIZE };
enum payload_compression { COMPRESSION_ZSTD = 0, COMPRESSION_NONE = 255 };

struct my_payload {
    ZSTD_DStream *zstd;
    ZSTD_inBuffer in;
    struct my_rest rest; /* what has not been read of the event */
    bool compressed;
    size_t whole_bytes;
    struct cdc_buf plain; /* what has been decompressed; events start at `used` */
    size_t used;
    uint64_t left; /* of the present event, beyond what was given out */
    char packed[READ_BYTES];
};

struct my_payload *my_payload_new(size_t whole_bytes)
{
    struct my_payload *payload = calloc(1, sizeof *payload);

    if (!payload)
        return NULL;
    payload->whole_bytes = whole_bytes > HEAD_BYTES ? whole_bytes : HEAD_BYTES;
    cdc_buf_init(&payload->plain, MY_UNPACK_MAX);
    return payload;
}

void my_payload_free(struct my_payload *payload)
{
    if (!payload)
        return;
    ZSTD_freeDStream(payload->zstd);
    cdc_buf_fini(&payload->plain);
    free(payload);
}

static int malformed(struct cdc_err *err, const char *what)
{
    cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: malformed compressed transaction: %s", what);
    return cdc_err_hint(
        err, "the server's binlog is damaged, or compressed in a way that this version does not know");
}

/* *compression keeps its value when the field is not there. */
static bool read_fields(struct cdc_reader *r, uint64_t *compression)
{
    while (!r->failed) {
        uint64_t field = my_read_lenenc(r);
        struct cdc_slice content;
        struct cdc_reader c;

        if (field == PAYLOAD_END)
            break;
        content = my_read_lenenc_slice(r);
        c = cdc_reader(content.ptr, content.len);
        if (field == PAYLOAD_COMPRESSION)
            *compression = my_read_lenenc(&c);
    }
    return !r->failed;
}

static int start_zstd(struct my_payload *payload, struct cdc_err *err)
{
    if (!payload->zstd)
        payload->zstd = ZSTD_createDStream();
    if (!payload->zstd || ZSTD_isError(ZSTD_DCtx_reset(payload->zstd, ZSTD_reset_session_only)))
        return cdc_err_memory(err);
    ZSTD_DCtx_setParameter(payload->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return 0;
}

int my_payload_open(struct my_payload *payload, const struct my_event *event, const struct my_rest *rest,
                    struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    uint64_t compression = COMPRESSION_ZSTD;

    cdc_buf_reset(&payload->plain);
    payload->used = 0;
    payload->left = 0;
    payload->rest = *rest;
    if (!read_fields(&r, &compression))
        return malformed(err, "its fields");
    if (compression != COMPRESSION_ZSTD && compression != COMPRESSION_NONE)
        return malformed(err, "unknown compression");
    payload->compressed = compression == COMPRESSION_ZSTD;
    payload->in = (ZSTD_inBuffer){r.at, cdc_reader_left(&r), 0};
    return payload->compressed ? start_zstd(payload, err) : 0;
}

/* Moves what is left to the front, so that the buffer grows to one event and no further. */
static void drop_used(struct my_payload *payload)
{
    struct cdc_buf *plain = &payload->plain;

    if (payload->used == 0)
        return;
    plain->len -= payload->used;
    memmove(plain->data, plain->data + payload->used, plain->len);
    payload->used = 0;
}

static int read_packed(struct my_payload *payload, struct cdc_err *err)
{
    struct my_rest *rest = &payload->rest;
    size_t n = rest->left < READ_BYTES ? (size_t)rest->left : READ_BYTES;

    if (payload->in.pos < payload->in.size || n == 0)
        return 0;
    if (rest->read(rest->ctx, payload->packed, n, err))
        return -1;
    rest->left -= n;
    payload->in = (ZSTD_inBuffer){payload->packed, n, 0};
    return 0;
}

static int unpack(struct my_payload *payload, ZSTD_outBuffer *out, struct cdc_err *err)
{
    size_t n = payload->in.size - payload->in.pos, room = out->size - out->pos, rc;

    if (payload->compressed) {
        rc = ZSTD_decompressStream(payload->zstd, out, &payload->in);
        return ZSTD_isError(rc) ? malformed(err, ZSTD_getErrorName(rc)) : 0;
    }
    n = n < room ? n : room;
    memcpy((char *)out->dst + out->pos, (const char *)payload->in.src + payload->in.pos, n);
    payload->in.pos += n;
    out->pos += n;
    return 0;
}

/* More plain bytes. 1: some came; 0: the end. */
static int read_more(struct my_payload *payload, struct cdc_err *err)
{
    char *at;
    ZSTD_outBuffer out;

    drop_used(payload);
    at = cdc_buf_reserve(&payload->plain, READ_BYTES);
    if (!at)
        return cdc_err_memory(err);
    out = (ZSTD_outBuffer){at, READ_BYTES, 0};
    do {
        if (read_packed(payload, err) || unpack(payload, &out, err))
            return -1;
    } while (out.pos == 0 && payload->rest.left > 0);
    payload->plain.len += out.pos;
    return out.pos > 0;
}

/* Size of the event at `used`, 0 while its header is not complete. */
static size_t event_size(const struct my_payload *payload)
{
    struct cdc_reader r = cdc_reader(payload->plain.data + payload->used, payload->plain.len - payload->used);

    if (cdc_reader_left(&r) < MY_EVENT_HEADER)
        return 0;
    cdc_read(&r, 9);
    return (size_t)cdc_read_le(&r, 4);
}

/* The next `n` bytes of an event that is given out in parts; `to` may be NULL. */
static int read_rest(void *ctx, void *to, size_t n, struct cdc_err *err)
{
    struct my_payload *payload = ctx;
    char *at = to;

    if (n > payload->left)
        return malformed(err, "an event is too short");
    payload->left -= n;
    while (n > 0) {
        size_t have = payload->plain.len - payload->used, some = n < have ? n : have;
        int rc = 1;

        if (at && some)
            memcpy(at, payload->plain.data + payload->used, some);
        at = at ? at + some : NULL;
        payload->used += some;
        n -= some;
        if (n > 0)
            rc = read_more(payload, err);
        if (rc <= 0)
            return rc < 0 ? -1 : malformed(err, "it ends within an event");
    }
    return 0;
}

static void give(struct my_payload *payload, size_t size, struct cdc_slice *event, struct my_rest *rest)
{
    size_t n = size > payload->whole_bytes ? HEAD_BYTES : size;

    *event = cdc_slice(payload->plain.data + payload->used, n);
    payload->used += n;
    payload->left = size - n;
    *rest = (struct my_rest){.read = read_rest, .ctx = payload, .left = payload->left};
}

/* What ends the transaction is given out when all has been read, for then its checksum is known to be right. */
static bool may_be_last(const struct my_payload *payload, size_t size, size_t have)
{
    return have == size && payload->rest.left > 0;
}

int my_payload_next(struct my_payload *payload, struct cdc_slice *event, struct my_rest *rest,
                    struct cdc_err *err)
{
    if (payload->left > 0 && read_rest(payload, NULL, (size_t)payload->left, err))
        return -1;
    for (;;) {
        size_t have = payload->plain.len - payload->used, size = have ? event_size(payload) : 0;
        bool there = size && have >= (size > payload->whole_bytes ? HEAD_BYTES : size);
        int rc;

        if (size && size < MY_EVENT_HEADER)
            return malformed(err, "the size of an event");
        if (there && !may_be_last(payload, size, have)) {
            give(payload, size, event, rest);
            return 1;
        }
        rc = read_more(payload, err);
        if (rc < 0)
            return -1;
        if (rc == 0 && !there)
            return have ? malformed(err, "it ends within an event") : 0;
    }
}
