/*
 * zlib as a stream (inflate.h), between the connection or an event in memory and what reads plain events. Source thread. Memory: zlib's
 * window and one buffer. Damaged bytes are FATAL.
 */
#include "inflate.h"

void my_inflate_fini(struct my_inflate *inflate)
{
    if (inflate->open)
        inflateEnd(&inflate->z);
    inflate->open = false;
}

int my_inflate_open(struct my_inflate *inflate, struct cdc_slice packed, const struct my_rest *rest,
                    uint64_t size, struct cdc_err *err)
{
    if (!inflate->open) {
        memset(&inflate->z, 0, sizeof inflate->z);
        if (inflateInit(&inflate->z) != Z_OK)
            return cdc_err_memory(err);
        inflate->open = true;
    } else if (inflateReset(&inflate->z) != Z_OK) {
        return cdc_err_memory(err);
    }
    inflate->z.next_in = (Bytef *)(uintptr_t)packed.ptr;
    inflate->z.avail_in = (uInt)packed.len;
    inflate->rest = rest ? *rest : (struct my_rest){0};
    inflate->left = size;
    return 0;
}

static int damaged(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: damaged compressed bytes");
}

static int read_packed(struct my_inflate *inflate, struct cdc_err *err)
{
    struct my_rest *rest = &inflate->rest;
    size_t n = rest->left < sizeof inflate->packed ? (size_t)rest->left : sizeof inflate->packed;

    if (n == 0)
        return 0;
    if (rest->read(rest->ctx, inflate->packed, n, err))
        return -1;
    rest->left -= n;
    inflate->z.next_in = inflate->packed;
    inflate->z.avail_in = (uInt)n;
    return 0;
}

/* zlib's own checksum, and whatever else there is. */
static int read_tail(struct my_inflate *inflate, struct cdc_err *err)
{
    while (inflate->rest.left > 0)
        if (read_packed(inflate, err))
            return -1;
    return 0;
}

int my_inflate_read(void *inflate_ctx, void *to, size_t n, struct cdc_err *err)
{
    struct my_inflate *stream = inflate_ctx;
    int rc = Z_OK;

    if (n > stream->left)
        return damaged(err);
    stream->z.next_out = to;
    stream->z.avail_out = (uInt)n;
    while (stream->z.avail_out > 0 && rc == Z_OK) {
        if (stream->z.avail_in == 0 && read_packed(stream, err))
            return -1;
        rc = stream->z.avail_in > 0 ? inflate(&stream->z, Z_NO_FLUSH) : Z_BUF_ERROR;
    }
    if (stream->z.avail_out > 0 || (rc != Z_OK && rc != Z_STREAM_END))
        return damaged(err);
    stream->left -= n;
    return stream->left ? 0 : read_tail(stream, err);
}
