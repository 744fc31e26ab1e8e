/* Packing and unpacking: what goes in comes out, and broken bytes are seen. */
#include "redis/unpack.h"

#include "redis/pack.h"

#include <criterion/criterion.h>

#include <stdlib.h>

TestSuite(redis_unpack);

static struct cdc_reader over(const struct cdc_buf *buf)
{
    return cdc_reader(buf->data, buf->len);
}

Test(redis_unpack, numbers_of_every_width)
{
    static const struct {
        uint64_t value;
        size_t bytes;
    } cases[] = {{0, 1},     {127, 1},   {128, 2},        {255, 2},         {256, 3},
                 {65535, 3}, {65536, 5}, {UINT32_MAX, 5}, {0x100000000, 9}, {UINT64_MAX, 9}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cdc_buf buf = {.limit = 0};
        pack_uint(&buf, cases[i].value);
        cr_assert_eq(buf.len, cases[i].bytes);
        struct cdc_reader r = over(&buf);
        struct redis_packed o = redis_unpack(&r);
        cr_assert_eq(o.type, REDIS_PACKED_UINT);
        cr_assert_eq(o.number, cases[i].value);
        cr_assert_eq(cdc_reader_left(&r), 0);
        cdc_buf_fini(&buf);
    }
}

Test(redis_unpack, strings_of_every_width)
{
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 70000};
    static char text[70000];

    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct cdc_buf buf = {.limit = 0};
        pack_str(&buf, cdc_slice(text, lengths[i]));
        struct cdc_reader r = over(&buf);
        struct redis_packed o = redis_unpack(&r);
        cr_assert_eq(o.type, REDIS_PACKED_STR);
        cr_assert(cdc_slice_eq(o.text, cdc_slice(text, lengths[i])));
        for (size_t cut = 0; cut < buf.len && cut < 300; cut++) {
            r = cdc_reader(buf.data, cut);
            cr_assert_eq(redis_unpack(&r).type, REDIS_PACKED_NOTHING);
            cr_assert(r.failed);
        }
        cdc_buf_fini(&buf);
    }
}

Test(redis_unpack, a_string_whose_length_came_late)
{
    struct cdc_buf buf = {.limit = 0};
    size_t at;
    struct cdc_reader r;

    pack_bool(&buf, true);
    at = pack_str_open(&buf);
    cdc_buf_puts(&buf, "hello");
    pack_str_close(&buf, at);
    pack_optional(&buf, cdc_slice(NULL, 0));
    r = over(&buf);
    cr_assert(redis_unpack(&r).truth);
    cr_assert(cdc_slice_is(redis_unpack_text(&r), "hello"));
    cr_assert_eq(redis_unpack(&r).type, REDIS_PACKED_BOOL);
    cr_assert_eq(cdc_reader_left(&r), 0);
    cdc_buf_fini(&buf);
}

Test(redis_unpack, what_pack_does_not_write_is_an_error)
{
    static const unsigned char others[] = {0x80, 0x90, 0xc0, 0xc1, 0xca, 0xcb, 0xd0, 0xdc, 0xde, 0xff};

    for (size_t i = 0; i < sizeof others; i++) {
        struct cdc_reader r = cdc_reader(&others[i], 1);
        cr_assert_eq(redis_unpack(&r).type, REDIS_PACKED_NOTHING);
        cr_assert(r.failed, "%#x", others[i]);
    }
}
