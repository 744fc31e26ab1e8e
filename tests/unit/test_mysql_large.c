/* Row events read in parts: the same rows wherever the head ends, less what does not fit. */
#include <criterion/criterion.h>
#include <zlib.h>

#include "lib/mysql_hex.h"
#include "mysql/summed.h"

TestSuite(mysql_large);

/* A number, a text and a document. */
static struct my_column columns[3] = {{.type = MY_TYPE_TINY, .width = 1},
                                      {.type = MY_TYPE_BLOB, .width = 2, .variable = true},
                                      {.type = MY_TYPE_JSON, .width = 4, .variable = true}};
static struct my_charset utf8 = {.kind = MY_CHARSET_UTF8};
static struct cdc_column wanted[3];
static struct cdc_value before[3], after[3];
static struct cdc_slice raw[3];
static struct my_value_space space;
static const struct my_row_target target = {columns, wanted, 3, 1, before, after, raw, &space};
static struct my_large large;
static bool full; /* of the row read last */

static void set_up(void)
{
    for (int i = 0; i < 3; i++)
        wanted[i].wanted = true;
    columns[1].charset = &utf8;
    cdc_arena_init(&space.arena, 1 << 16);
    cdc_buf_init(&space.text, 1 << 16);
}

static void tear_down(void)
{
    cdc_arena_fini(&space.arena);
    cdc_buf_fini(&space.text);
    my_large_fini(&large);
}

/* An event with header and checksum around a body. */
static char bytes[512];
static size_t size;

static void make(uint8_t type, const char *hex)
{
    struct cdc_slice body = mysql_hex(hex);
    uLong crc;

    memset(bytes, 0, MY_EVENT_HEADER);
    bytes[4] = (char)type;
    memcpy(bytes + MY_EVENT_HEADER, body.ptr, body.len);
    size = MY_EVENT_HEADER + body.len;
    crc = crc32(0, (const Bytef *)bytes, (uInt)size);
    for (int i = 0; i < MY_EVENT_CRC; i++)
        bytes[size++] = (char)(crc >> (8 * i) & 0xff);
}

/* What comes behind the head; ends where the event was cut. */
static size_t at, end;

static int read_bytes(void *ctx, void *to, size_t n, struct cdc_err *err)
{
    (void)ctx;
    if (n > end - at)
        return cdc_err_set(err, CDC_ERR_RETRY, "the end");
    memcpy(to, bytes + at, n);
    at += n;
    return 0;
}

static void print(struct cdc_buf *out, const struct cdc_value *values)
{
    for (int i = 0; i < 3; i++) {
        if (values[i].state == CDC_VALUE_PRESENT)
            cdc_buf_put(out, values[i].ptr, values[i].len);
        else
            cdc_buf_puts(out, values[i].state == CDC_VALUE_NULL       ? "NULL"
                              : values[i].state == CDC_VALUE_INVALID  ? "!"
                              : values[i].state == CDC_VALUE_UNWANTED ? "_"
                                                                      : "-");
        cdc_buf_puts(out, i < 2 ? " " : "; ");
    }
}

/* All rows of the event, of which the first `head` bytes have been read. -1: an error. */
static int rows_of(size_t head, size_t row_bytes, struct cdc_buf *out, struct cdc_err *err)
{
    struct my_rest rest = {.read = read_bytes, .left = size - head};
    struct my_summed summed;
    struct my_event event;
    int rc;

    at = head;
    cdc_buf_reset(out);
    if (!my_event_parse_kept(cdc_slice(bytes, head), &event) ||
        my_summed_open(&summed, event.bytes, &rest, err))
        return -1;
    rest = my_summed_rest(&summed);
    if (my_large_open(&large, &event, &rest, row_bytes, err))
        return -1;
    while ((rc = my_large_next(&large, &target, err)) > 0) {
        cdc_arena_reset(&space.arena);
        if (!my_rows_next(&large.rows, &target, &full) || my_rows_left(&large.rows))
            return -1;
        if (large.rows.before)
            print(out, before);
        if (large.rows.after)
            print(out, after);
    }
    return rc;
}

#define HEAD  "010000000000 0100 "
#define HEAD2 HEAD "0200 "

static void expect(size_t head, size_t row_bytes, const char *text)
{
    struct cdc_buf out = {0};
    struct cdc_err err = {0};

    end = size;
    cr_assert_eq(rows_of(head, row_bytes, &out, &err), 0, "head %zu: %s", head, err.message);
    cr_expect_str_eq(cdc_buf_str(&out), text, "head %zu: %s", head, cdc_buf_str(&out));
    cdc_buf_fini(&out);
}

/* Wherever the head ends behind the bitmaps of columns, which are `fixed` bytes from the body's start. */
static void expect_always(size_t fixed, size_t row_bytes, const char *text)
{
    for (size_t head = MY_EVENT_HEADER + fixed; head < size - MY_EVENT_CRC; head++)
        expect(head, row_bytes, text);
}

Test(mysql_large, the_head_may_end_anywhere, .init = set_up, .fini = tear_down)
{
    make(MY_EVENT_WRITE_ROWS_V1, HEAD "03 07 f8 01 0300616263 02000000 0401 fa 03 02000000 0400");
    expect_always(10, 100, "1 abc true; 3 NULL null; ");
    make(MY_EVENT_UPDATE_ROWS, HEAD2 "03 07 07 f8 01 0100 61 02000000 0401 f8 02 0100 62 02000000 0400");
    expect_always(13, 100, "1 a true; 2 b null; ");
    make(MY_EVENT_PARTIAL_UPDATE_ROWS, HEAD2 "03 07 07 f8 01 010061 05000000 0200000400 01 01 f8 01 010062 "
                                             "09000000 01 04 245b305d 02 0401");
    expect_always(13, 100, "1 a []; 1 b [true]; ");
}

Test(mysql_large, what_does_not_fit_is_left_out, .init = set_up, .fini = tear_down)
{
    make(MY_EVENT_WRITE_ROWS_V1,
         HEAD "03 07 f8 01 0a0061626364656667686970 02000000 0401 f8 02 0100 61 02000000 0400");
    expect_always(10, 12, "1 ! true; 2 a null; ");
    make(MY_EVENT_UPDATE_ROWS,
         HEAD2 "03 07 07 f8 01 0a0061626364656667686970 02000000 0401 f8 02 0100 62 02000000 0400");
    expect_always(13, 24, "1 - true; 2 b null; ");
}

Test(mysql_large, what_repeats_a_value_that_was_left_out_is_read, .init = set_up, .fini = tear_down)
{
    make(MY_EVENT_UPDATE_ROWS,
         HEAD2 "03 07 07 fc 01 0a0061626364656667686970 fc 01 0a0061626364656667686970");
    expect_always(13, 24, "1 - NULL; 1 abcdefghip NULL; ");
    cr_expect_not(full, "an image is not full without what was left out");
    expect_always(13, 40, "1 abcdefghip NULL; 1 abcdefghip NULL; ");
    cr_expect(full);
}

Test(mysql_large, without_unwanted_values_an_image_is_full, .init = set_up, .fini = tear_down)
{
    wanted[1].wanted = false;
    before[1].state = after[1].state = CDC_VALUE_UNWANTED;
    make(MY_EVENT_DELETE_ROWS, HEAD2 "03 07 f8 01 0a0061626364656667686970 02000000 0401");
    expect_always(12, 24, "1 _ true; ");
    cr_expect(full);
}

Test(mysql_large, unwanted_values_need_no_room, .init = set_up, .fini = tear_down)
{
    wanted[1].wanted = false;
    before[1].state = after[1].state = CDC_VALUE_UNWANTED;
    make(MY_EVENT_WRITE_ROWS_V1, HEAD "03 07 f8 01 0a0061626364656667686970 02000000 0401");
    expect_always(10, 12, "1 _ true; ");
}

Test(mysql_large, a_wrong_checksum_shows_before_the_last_row, .init = set_up, .fini = tear_down)
{
    struct cdc_buf out = {0};
    struct cdc_err err = {0};

    make(MY_EVENT_WRITE_ROWS_V1, HEAD "03 07 f8 01 0300616263 02000000 0401");
    end = size;
    bytes[size - 12] ^= 1;
    cr_expect_eq(rows_of(MY_EVENT_HEADER + 12, 100, &out, &err), -1);
    cr_expect_eq(err.class, CDC_ERR_RETRY);
    cr_expect_eq(out.len, 0);
    cdc_buf_fini(&out);
}

Test(mysql_large, an_event_that_is_cut_off_is_an_error, .init = set_up, .fini = tear_down)
{
    struct cdc_buf out = {0};
    struct cdc_err err;

    make(MY_EVENT_UPDATE_ROWS, HEAD2 "03 07 07 f8 01 0100 61 02000000 0401 f8 02 0100 62 02000000 0400");
    for (end = MY_EVENT_HEADER; end < size; end++)
        for (size_t head = MY_EVENT_HEADER; head <= end; head++)
            cr_expect_eq(rows_of(head, 100, &out, &err), -1, "cut at %zu, head %zu", end, head);
    end = size;
    /* lengths that lie */
    make(MY_EVENT_WRITE_ROWS_V1, HEAD "03 07 f8 01 0300616263 ffffff7f 0401");
    for (size_t head = MY_EVENT_HEADER; head < size - MY_EVENT_CRC; head++)
        cr_expect_eq(rows_of(head, 100, &out, &err), -1);
    cdc_buf_fini(&out);
}
