/* The bounded reader: both byte orders, the sticky error at every length. */
#include <criterion/criterion.h>

#include "cdc/reader.h"

static const unsigned char bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 'a', 'b', 0, 'c'};

Test(reader, byte_orders)
{
    struct cdc_reader r = cdc_reader(bytes, sizeof bytes);

    cr_assert_eq(cdc_read_be16(&r), 0x0102);
    cr_assert_eq(cdc_read_le(&r, 3), 0x050403);
    cr_assert_eq(cdc_read_u8(&r), 6);
    cr_assert_not(r.failed);
    cr_assert_eq(cdc_reader_left(&r), 6);
}

Test(reader, strings_end_at_their_nul)
{
    struct cdc_reader r = cdc_reader(bytes + 8, 4);

    cr_assert(cdc_slice_is(cdc_read_cstr(&r), "ab"));
    cr_assert_eq(cdc_read_cstr(&r).len, 0);
    cr_assert(r.failed, "no NUL behind the last byte");
}

Test(reader, short_data_fails_and_stays_failed)
{
    for (size_t n = 0; n < 8; n++) {
        struct cdc_reader r = cdc_reader(bytes, n);
        cr_assert_eq(cdc_read_be64(&r), 0);
        cr_assert(r.failed);
        cr_assert_eq(cdc_read_u8(&r), 0, "nothing is read behind a failure");
        cr_assert_null(cdc_read_slice(&r, 0).ptr);
    }
}

Test(reader, a_huge_length_does_not_wrap)
{
    struct cdc_reader r = cdc_reader(bytes, sizeof bytes);

    cr_assert_null(cdc_read(&r, SIZE_MAX));
    cr_assert(r.failed);
}
