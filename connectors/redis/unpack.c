/* Reading packed objects (unpack.h), for describe.c and tests. The reader's sticky error stands for broken bytes. */
#include "redis/unpack.h"

#include "redis/pack.h"

static struct redis_packed text_of(struct cdc_reader *r, uint64_t len)
{
    struct redis_packed o = {.type = REDIS_PACKED_STR, .text = cdc_read_slice(r, (size_t)len)};

    return o;
}

static struct redis_packed number_of(struct cdc_reader *r, size_t bytes)
{
    struct redis_packed o = {.type = REDIS_PACKED_UINT, .number = cdc_read_be(r, bytes)};

    return o;
}

static struct redis_packed tagged(struct cdc_reader *r, uint8_t marker)
{
    switch (marker) {
    case PACK_FALSE:
    case PACK_TRUE:
        return (struct redis_packed){.type = REDIS_PACKED_BOOL, .truth = marker == PACK_TRUE};
    case PACK_U8:
        return number_of(r, 1);
    case PACK_U16:
        return number_of(r, 2);
    case PACK_U32:
        return number_of(r, 4);
    case PACK_U64:
        return number_of(r, 8);
    case PACK_STR8:
        return text_of(r, cdc_read_be(r, 1));
    case PACK_STR16:
        return text_of(r, cdc_read_be(r, 2));
    case PACK_STR32:
        return text_of(r, cdc_read_be(r, 4));
    default:
        r->failed = true;
        return (struct redis_packed){.type = REDIS_PACKED_NOTHING};
    }
}

struct redis_packed redis_unpack(struct cdc_reader *r)
{
    struct redis_packed o = {.type = REDIS_PACKED_NOTHING};
    uint8_t marker = cdc_read_u8(r);

    if (r->failed)
        return o;
    if (marker < 0x80) {
        o.type = REDIS_PACKED_UINT;
        o.number = marker;
    } else if ((marker & 0xe0) == PACK_FIXSTR) {
        o = text_of(r, marker & 0x1f);
    } else {
        o = tagged(r, marker);
    }
    if (r->failed)
        o.type = REDIS_PACKED_NOTHING;
    return o;
}

struct cdc_slice redis_unpack_text(struct cdc_reader *r)
{
    return redis_unpack(r).text;
}

uint64_t redis_unpack_number(struct cdc_reader *r)
{
    return redis_unpack(r).number;
}
