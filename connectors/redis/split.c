/*
 * Cutting a body in two, on the source thread, once per batch at most: the rest gets the prefix and the frames that were defined
 * before the cut, in their order, so that its records find them under the same numbers and encoding goes on as if nothing had
 * happened.
 */
#include "redis/split.h"

#include "redis/body.h"
#include "redis/unpack.h"

/* Appends the frames that are defined in the first `at` bytes of `body`. */
static int copy_frames(const struct cdc_buf *body, size_t at, struct cdc_buf *rest)
{
    uint32_t wanted = redis_body_prefix(body).nframes;
    struct cdc_reader r = cdc_reader(body->data, at);

    cdc_read(&r, sizeof(struct redis_body_prefix));
    while (wanted && cdc_reader_left(&r) && !r.failed) {
        const char *start = (const char *)r.at;
        uint64_t n = redis_unpack_number(&r);
        bool frame = redis_unpack_number(&r) == REDIS_OP_FRAME;
        while (n-- > 0 && !r.failed)
            redis_unpack(&r);
        if (frame) {
            cdc_buf_put(rest, start, (size_t)((const char *)r.at - start));
            wanted--;
        }
    }
    return r.failed ? -1 : 0;
}

int redis_split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin)
{
    if (body->len < sizeof(struct redis_body_prefix) || at > body->len)
        return -1;
    cdc_buf_put(rest, body->data, sizeof(struct redis_body_prefix));
    if (copy_frames(body, at, rest))
        return -1;
    *begin = rest->len;
    cdc_buf_put(rest, body->data + at, body->len - at);
    return rest->failed ? -1 : 0;
}
