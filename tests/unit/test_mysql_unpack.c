/* Compressed events and values. Whole compressed streams are in test_mysql_decoder.c. */
#include <criterion/criterion.h>

#include <zlib.h>
#include <zstd.h>

#include "lib/mysql_hex.h"
#include "mysql/packed_text.h"
#include "mysql/unpack.h"

TestSuite(mysql_unpack);

static bool unpack_value(const char *hex, struct cdc_arena *arena, struct cdc_slice *out)
{
    const char *why = NULL;

    return my_packed_text(mysql_hex(hex), arena, out, &why) == 0;
}

Test(mysql_unpack, values_of_mariadbs_compressed_columns)
{
    struct cdc_arena arena;
    struct cdc_slice out;

    cdc_arena_init(&arena, 1 << 20);
    cr_expect(unpack_value("", &arena, &out) && out.len == 0);
    cr_expect(unpack_value("00 616263", &arena, &out) && cdc_slice_is(out, "abc"));
    cr_expect(unpack_value("89c84b4c1c1e0000", &arena, &out) && out.len == 200 && out.ptr[199] == 'a');
    cr_expect(unpack_value("8a0bb8edc13101000000c2a0da8b6f0d0fa00000807703", &arena, &out) &&
              out.len == 3000);
    cr_expect_not(
        unpack_value("8a0bb8edc1f101000000c2a0da8b6f0d0fa00000807703", &arena, &out)); /* a wrong byte */
    cr_expect_not(unpack_value("89c94b4c1c1e0000", &arena, &out)); /* another size than it says */
    cr_expect_not(unpack_value("8cffffffff4b4c1c1e0000", &arena, &out));
    cr_expect_not(unpack_value("19c84b4c1c1e0000", &arena, &out)); /* another method */
    cr_expect_not(unpack_value("89", &arena, &out));
    cdc_arena_fini(&arena);
}

/* A row event with `columns` columns: head and bitmap stay plain, the rows are compressed. */
static struct cdc_slice packed_rows(uint8_t type, size_t size, const char *claim)
{
    static char event[4096];
    uLongf packed = sizeof event - 64;
    char plain[2048];
    size_t at = 19;

    memset(event, 0, sizeof event);
    memset(plain, 'r', sizeof plain);
    event[4] = (char)type;
    at += 8;
    event[at++] = 3; /* columns */
    event[at++] = 7; /* their bitmap */
    if (type == MY_EVENT_UPDATE_ROWS_COMPRESSED_V1)
        event[at++] = 5;
    memcpy(event + at, claim, 3);
    at += 3;
    compress((Bytef *)event + at, &packed, (const Bytef *)plain, (uLong)size);
    return cdc_slice(event, at + packed);
}

static int unpack_rows(struct cdc_slice bytes, uint8_t *plain, struct cdc_buf *out)
{
    struct my_event event;
    struct cdc_err err;

    cdc_buf_reset(out);
    cr_assert(my_event_parse_kept(bytes, &event));
    return my_unpack_event(&event, plain, out, &err);
}

Test(mysql_unpack, mariadbs_compressed_rows)
{
    struct cdc_buf out = {0};
    uint8_t plain;

    cr_expect_eq(
        unpack_rows(packed_rows(MY_EVENT_WRITE_ROWS_COMPRESSED_V1, 1000, "\x82\x03\xe8"), &plain, &out), 0);
    cr_expect_eq(plain, MY_EVENT_WRITE_ROWS_V1);
    cr_expect_eq(out.len, 8 + 2 + 1000);
    cr_expect(out.data[9] == 7 && out.data[10] == 'r' && out.data[out.len - 1] == 'r');
    cr_expect_eq(
        unpack_rows(packed_rows(MY_EVENT_UPDATE_ROWS_COMPRESSED_V1, 1000, "\x82\x03\xe8"), &plain, &out), 0);
    cr_expect_eq(plain, MY_EVENT_UPDATE_ROWS_V1);
    cr_expect_eq(out.len, 8 + 3 + 1000);
    cr_expect_eq(
        unpack_rows(packed_rows(MY_EVENT_WRITE_ROWS_COMPRESSED_V1, 1000, "\x82\x03\xe9"), &plain, &out), -1);
    cr_expect_eq(
        unpack_rows(packed_rows(MY_EVENT_WRITE_ROWS_COMPRESSED_V1, 1000, "\x82\xff\xff"), &plain, &out), -1);
    cr_expect_eq(
        unpack_rows(packed_rows(MY_EVENT_WRITE_ROWS_COMPRESSED_V1, 1000, "\x92\x03\xe8"), &plain, &out), -1);
    cdc_buf_fini(&out);
}

/* A payload of `n` events of 1,000 bytes. */
static size_t make_payload(char *event, size_t size, unsigned n, bool zstd)
{
    char *plain = calloc(n, 1000);
    size_t at = 19, packed;

    for (unsigned i = 0; i < n; i++) {
        plain[(size_t)i * 1000 + 4] = (char)(i % 100);
        memcpy(plain + (size_t)i * 1000 + 9, "\xe8\x03\x00\x00", 4);
    }
    memset(event, 0, 19);
    event[4] = MY_EVENT_PAYLOAD;
    memcpy(event + at, zstd ? "\x02\x01\x00" : "\x02\x03\xfc\xff\x00", zstd ? 3 : 5);
    at += zstd ? 3 : 5;
    event[at++] = 0;
    if (zstd)
        packed = ZSTD_compress(event + at, size - at, plain, (size_t)n * 1000, 3);
    else
        memcpy(event + at, plain, packed = (size_t)n * 1000);
    free(plain);
    return at + packed;
}

static int count_events(struct cdc_slice bytes)
{
    struct my_payload *payload = my_payload_new(1 << 20);
    struct my_event event;
    struct my_rest rest = {0};
    struct cdc_slice inner;
    struct cdc_err err;
    int n = 0, rc;

    cr_assert(payload && my_event_parse_kept(bytes, &event));
    rc = my_payload_open(payload, &event, &rest, &err);
    while (rc == 0 && (rc = my_payload_next(payload, &inner, &rest, &err)) > 0) {
        cr_assert_eq(inner.len, 1000);
        cr_assert_eq(inner.ptr[4], (char)(n % 100));
        n++;
        rc = 0;
    }
    my_payload_free(payload);
    return rc < 0 ? -1 : n;
}

Test(mysql_unpack, mysqls_compressed_transactions)
{
    static char event[700000];

    cr_expect_eq(count_events(cdc_slice(event, make_payload(event, sizeof event, 1, true))), 1);
    cr_expect_eq(count_events(cdc_slice(event, make_payload(event, sizeof event, 600, true))), 600);
    cr_expect_eq(count_events(cdc_slice(event, make_payload(event, sizeof event, 600, false))), 600);
    cr_expect_eq(count_events(cdc_slice(event, make_payload(event, sizeof event, 600, false) - 1)), -1);
    make_payload(event, sizeof event, 3, true);
    event[21] = 7; /* another compression */
    cr_expect_eq(count_events(cdc_slice(event, 200)), -1);
}

Test(mysql_unpack, a_transaction_cut_anywhere_is_refused_or_short)
{
    static char event[4096];
    size_t whole = make_payload(event, sizeof event, 3, true);

    for (size_t n = 19; n < whole; n++)
        cr_expect_neq(count_events(cdc_slice(event, n)), 3, "at %zu of %zu", n, whole);
}
