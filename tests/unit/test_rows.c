/* Rows of a chunk: copies that outlive what they were copied from. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "snapshot/rows.h"

static struct rows rows;
static const struct cdc_slice names[] = {{"id", 2}, {"status", 6}, {"note", 4}};
static struct cdc_shape shapes[2] = {{.nfields = 3, .names = names, .part = 0},
                                     {.nfields = 1, .names = names, .part = 1}};
static char text[64];
static struct cdc_field fields[3];
static struct cdc_event events[2];
static struct cdc_reject rejects[1];

static void fini(void)
{
    rows_fini(&rows);
}

/* Two events in `text`, which the test then spoils. */
static struct map_result result(const char *key, size_t nevents, size_t nrejects)
{
    snprintf(text, sizeof text, "%s", key);
    fields[0] = (struct cdc_field){.after = cdc_slice_str(text), .after_state = CDC_VALUE_PRESENT};
    fields[1] = (struct cdc_field){.after_state = CDC_VALUE_NULL};
    fields[2] = (struct cdc_field){.after = cdc_slice("", 0), .after_state = CDC_VALUE_PRESENT};
    for (uint32_t i = 0; i < 2; i++)
        events[i] = (struct cdc_event){.op = CDC_EVENT_PUT,
                                       .shape = &shapes[i],
                                       .key = cdc_slice_str(text),
                                       .customer = i ? cdc_slice_str(text) : cdc_slice("", 0),
                                       .fields = fields,
                                       .part = i};
    rejects[0] = (struct cdc_reject){.reason = cdc_slice_str("bad_value"), .key = cdc_slice_str(text)};
    return (struct map_result){
        .nevents = nevents, .events = events, .nrejects = nrejects, .rejects = rejects};
}

static void add(const char *key, size_t nevents, size_t nrejects)
{
    struct map_result r = result(key, nevents, nrejects);

    cr_assert_eq(rows_add(&rows, &r, shapes, cdc_slice_str(text)), 0);
    memset(text, 'x', sizeof text);
}

Test(rows, copies_all_of_a_row, .fini = fini)
{
    const struct rows_event *e;

    add("42", 2, 1);
    cr_assert_eq(rows.nrows, 1);
    cr_assert(cdc_slice_is(rows.rows[0].place, "42"));
    cr_assert_eq(rows_events_end(&rows, 0), 2);
    cr_assert_eq(rows_rejects_end(&rows, 0), 1);
    e = &rows.events[0];
    cr_assert_eq(e->shape, 0);
    cr_assert(cdc_slice_is(e->key, "42"));
    cr_assert_eq(e->customer.len, 0);
    cr_assert_eq(e->fields[0].state, CDC_VALUE_PRESENT);
    cr_assert_eq(memcmp(e->fields[0].ptr, "42", 2), 0);
    cr_assert_eq(e->fields[1].state, CDC_VALUE_NULL);
    cr_assert_eq(e->fields[2].state, CDC_VALUE_PRESENT);
    cr_assert_eq(e->fields[2].len, 0);
    e = &rows.events[1];
    cr_assert_eq(e->shape, 1);
    cr_assert_eq(e->part, 1);
    cr_assert(cdc_slice_is(e->customer, "42"));
    cr_assert(cdc_slice_is(rows.rejects[0].reason, "bad_value"));
    cr_assert(cdc_slice_is(rows.rejects[0].key, "42"));
}

Test(rows, each_row_has_its_own, .fini = fini)
{
    add("1", 1, 0);
    add("2", 0, 0); /* filtered */
    add("3", 0, 1);
    add("4", 2, 1);
    cr_assert_eq(rows.nrows, 4);
    cr_assert_eq(rows.rows[1].event, 1);
    cr_assert_eq(rows_events_end(&rows, 1), 1);
    cr_assert_eq(rows.rows[2].reject, 0);
    cr_assert_eq(rows_rejects_end(&rows, 2), 1);
    cr_assert_eq(rows.rows[3].event, 1);
    cr_assert_eq(rows_events_end(&rows, 3), 3);
    cr_assert(cdc_slice_is(rows.events[2].key, "4"));
}

Test(rows, many_rows_and_again, .fini = fini)
{
    char key[16];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof key, "%d", i);
            add(key, 2, 1);
        }
        for (uint32_t i = 0; i < 1000; i++) {
            snprintf(key, sizeof key, "%u", i);
            cr_assert(cdc_slice_is(rows.rows[i].place, key));
            cr_assert(cdc_slice_is(rows.events[2 * i + 1].key, key));
            cr_assert(cdc_slice_is(rows.rejects[i].key, key));
        }
        rows_reset(&rows);
        cr_assert_eq(rows.nrows + rows.nevents + rows.nrejects, 0);
    }
}

Test(rows, without_memory_the_row_is_not_there, .fini = fini)
{
    struct map_result r;

    add("1", 2, 1);
    rows.arena.limit = rows.arena.held;
    rows.arena.at = rows.arena.end;
    r = result("2", 2, 1);
    cr_assert_eq(rows_add(&rows, &r, shapes, cdc_slice_str(text)), -1);
    cr_assert_eq(rows_add_key(&rows, 1, cdc_slice_str(text)), -1);
    cr_assert_eq(rows.nrows, 1);
    cr_assert_eq(rows.nevents, 2);
    cr_assert_eq(rows.nrejects, 1);
    rows.arena.limit = 0;
    add("3", 1, 0);
    cr_assert(cdc_slice_is(rows.rows[1].place, "3"));
    cr_assert(cdc_slice_is(rows.events[2].key, "3"));
}

Test(rows, keys_alone, .fini = fini)
{
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "%d", i);
        cr_assert_eq(rows_add_key(&rows, 1, cdc_slice_str(text)), 0);
    }
    cr_assert_eq(rows.nrows, 200);
    cr_assert_eq(rows_events_end(&rows, 199), 200);
    cr_assert_null(rows.events[199].fields);
    cr_assert_eq(rows.events[199].shape, 1);
    cr_assert(cdc_slice_is(rows.events[199].key, "199"));
}
