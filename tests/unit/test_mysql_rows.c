/* Row events: images, bitmaps and what they leave out. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/rows.h"

TestSuite(mysql_rows);

/* Three columns: two small numbers and a document. */
static struct my_column columns[3] = {{.type = MY_TYPE_TINY, .width = 1},
                                      {.type = MY_TYPE_TINY, .width = 1},
                                      {.type = MY_TYPE_JSON, .width = 4, .variable = true}};
static struct cdc_column wanted[3];
static struct cdc_value before[3], after[3];
static struct cdc_slice raw[3];
static struct my_value_space space;
static const struct my_row_target target = {columns, wanted, 3, 1, before, after, raw, &space};

static void set_up(void)
{
    for (int i = 0; i < 3; i++)
        wanted[i].wanted = true;
    cdc_arena_init(&space.arena, 1 << 16);
    cdc_buf_init(&space.text, 1 << 16);
}

static void tear_down(void)
{
    cdc_arena_fini(&space.arena);
    cdc_buf_fini(&space.text);
}

static struct cdc_slice body(const char *hex)
{
    return mysql_hex(hex);
}

static void expect(const struct cdc_value *values, const char *text)
{
    struct cdc_buf out = {0};

    for (int i = 0; i < 3; i++) {
        cdc_buf_puts(&out, i ? " " : "");
        if (values[i].state == CDC_VALUE_PRESENT)
            cdc_buf_put(&out, values[i].ptr, values[i].len);
        else
            cdc_buf_puts(&out, values[i].state == CDC_VALUE_NULL      ? "NULL"
                               : values[i].state == CDC_VALUE_INVALID ? "!"
                                                                      : "-");
    }
    cr_expect_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

#define HEAD  "010000000000 0100 "
#define HEAD2 HEAD "0200 "

Test(mysql_rows, inserts_one_after_the_other, .init = set_up, .fini = tear_down)
{
    struct my_rows rows;
    bool full;

    cr_assert(my_rows_open(MY_EVENT_WRITE_ROWS_V1,
                           body(HEAD "03 07 f8 01 02 02000000 0401 fa 03 02000000 0400"), &rows));
    cr_expect_eq(rows.table_id, 1);
    cr_expect_eq(rows.flags, MY_ROWS_STATEMENT_ENDS);
    cr_assert(my_rows_left(&rows) && my_rows_next(&rows, &target, &full));
    expect(after, "1 2 true");
    cr_assert(my_rows_left(&rows) && my_rows_next(&rows, &target, &full));
    expect(after, "3 NULL null");
    cr_expect_not(my_rows_left(&rows));
}

Test(mysql_rows, updates_take_from_before_what_after_leaves_out, .init = set_up, .fini = tear_down)
{
    struct my_rows rows;
    bool full;

    cr_assert(my_rows_open(MY_EVENT_UPDATE_ROWS, body(HEAD2 "03 01 02 fe 05 fe 07"), &rows));
    cr_assert(my_rows_next(&rows, &target, &full));
    cr_expect_not(full);
    expect(before, "5 - -");
    expect(after, "5 7 -");
    cr_assert(my_rows_open(MY_EVENT_UPDATE_ROWS, body(HEAD2 "03 07 02 f8 05 06 02000000 0401 fe 07"), &rows));
    cr_assert(my_rows_next(&rows, &target, &full));
    cr_expect(full);
    expect(after, "5 7 true");
}

Test(mysql_rows, unwanted_columns_are_passed_over, .init = set_up, .fini = tear_down)
{
    struct my_rows rows;
    bool full;

    wanted[0].wanted = wanted[2].wanted = false;
    before[0] = before[2] = (struct cdc_value){.state = CDC_VALUE_UNWANTED};
    cr_assert(my_rows_open(MY_EVENT_DELETE_ROWS, body(HEAD2 "03 07 f8 01 02 02000000 ffff"), &rows));
    cr_assert(my_rows_next(&rows, &target, &full));
    cr_expect(full);
    cr_expect_eq(before[2].state, CDC_VALUE_UNWANTED);
    cr_expect_eq(before[1].state, CDC_VALUE_PRESENT);
    wanted[0].wanted = wanted[2].wanted = true;
}

Test(mysql_rows, partial_documents, .init = set_up, .fini = tear_down)
{
    struct my_rows rows;
    bool full;

    /* before: [] ; after: option, bit of the document, the document [true] made by an insert at $[0] */
    cr_assert(my_rows_open(
        MY_EVENT_PARTIAL_UPDATE_ROWS,
        body(HEAD2 "03 07 07 f8 01 02 05000000 0200000400 01 01 f8 01 03 09000000 01 04 245b305d 02 0401"),
        &rows));
    cr_assert(my_rows_next(&rows, &target, &full));
    expect(before, "1 2 []");
    expect(after, "1 3 [true]");
    cr_expect_not(my_rows_left(&rows));
    /* without options it is an ordinary update */
    cr_assert(my_rows_open(MY_EVENT_PARTIAL_UPDATE_ROWS,
                           body(HEAD2 "03 07 07 f8 01 02 02000000 0400 00 f8 01 03 02000000 0401"), &rows));
    cr_assert(my_rows_next(&rows, &target, &full));
    expect(after, "1 3 true");
    /* the document before is not in the image */
    cr_assert(my_rows_open(MY_EVENT_PARTIAL_UPDATE_ROWS,
                           body(HEAD2 "03 01 04 fe 01 01 01 fe 09000000 01 04 245b305d 02 0401"), &rows));
    cr_assert(my_rows_next(&rows, &target, &full));
    expect(after, "1 - !");
}

Test(mysql_rows, malformed_events_are_refused, .init = set_up, .fini = tear_down)
{
    struct cdc_slice whole;
    struct my_rows rows;
    bool full;

    cr_expect_not(my_rows_open(MY_EVENT_WRITE_ROWS, body(HEAD "0100 03 07"), &rows));
    cr_expect_not(my_rows_open(MY_EVENT_WRITE_ROWS, body(HEAD2 "fe ffffffffffffffff 07"), &rows));
    cr_assert(my_rows_open(MY_EVENT_WRITE_ROWS_V1, body(HEAD "04 0f f0 01 02 02000000 0401 00"), &rows));
    cr_expect_not(my_rows_next(&rows, &target, &full)); /* a column more than the table has */
    cr_assert(my_rows_open(MY_EVENT_WRITE_ROWS_V1, body(HEAD "03 00 01"), &rows));
    cr_expect_not(my_rows_next(&rows, &target, &full)); /* rows without bytes */
    whole = body(HEAD "03 07 f8 01 02 02000000 0401");
    for (size_t n = 0; n < whole.len; n++)
        if (my_rows_open(MY_EVENT_WRITE_ROWS_V1, cdc_slice(whole.ptr, n), &rows) && my_rows_left(&rows))
            cr_expect_not(my_rows_next(&rows, &target, &full), "cut at %zu", n);
}
