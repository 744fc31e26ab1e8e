/* What each kind of record does to states and streams. */
#include "integration/redis_store.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_apply, .timeout = 120);

#define ASSERT_ENTRY(store, i, field, text)   cr_assert_str_eq(store_entry(store, i, field), text)
#define ASSERT_STATE(store, key, field, text) cr_assert_str_eq(store_state(store, key, field), text)

Test(redis_apply, an_insert_writes_state_and_event)
{
    struct store *store = store_new(NULL);

    store->customer = "site:9";
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold price=12.50 note=x customer_id=site:9", NULL);
    store_finish(store);
    ASSERT_STATE(store, "1", "id", "1");
    ASSERT_STATE(store, "1", "status", "hold");
    ASSERT_STATE(store, "1", "_source", "cinema");
    ASSERT_STATE(store, "1", "_time", "2026-11-21T18:30:00.000000Z");
    ASSERT_STATE(store, "1", "_seq", "0/10:1");
    cr_assert_null(store_state(store, "1", "_table"));
    cr_assert_eq(store_entries(store), 1);
    ASSERT_ENTRY(store, 0, "id", "cinema:0/10:1");
    ASSERT_ENTRY(store, 0, "type", "booking.created");
    ASSERT_ENTRY(store, 0, "source", "/tributary/cinema");
    ASSERT_ENTRY(store, 0, "subject", "1");
    ASSERT_ENTRY(store, 0, "time", "2026-11-21T18:30:00.000000Z");
    ASSERT_ENTRY(
        store, 0, "data",
        "{\"id\":\"1\",\"status\":\"hold\",\"price\":\"12.50\",\"note\":\"x\",\"customer_id\":\"site:9\"}");
    ASSERT_ENTRY(store, 0, "customer", "site:9");
    ASSERT_ENTRY(store, 0, "tx", "77");
    ASSERT_ENTRY(store, 0, "txlast", "1");
    cr_assert_null(store_entry(store, 0, "previous"));
    cr_assert_null(store_entry(store, 0, "unavailable"));
    store_free(store);
}

Test(redis_apply, a_null_field_is_absent_and_an_insert_over_a_state_removes_it)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold note=x", NULL);
    store_put(store, "booking.created", "id=1 status=hold price=5", NULL);
    store_finish(store);
    cr_assert_null(store_state(store, "1", "note"));
    ASSERT_STATE(store, "1", "price", "5");
    cr_assert_null(strstr(store_entry(store, 1, "data"), "note"));
    cr_assert_null(store_entry(store, 0, "txlast"));
    ASSERT_ENTRY(store, 1, "txlast", "1");
    store_free(store);
}

Test(redis_apply, an_update_with_a_before_image_says_what_changed)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold note=x", NULL);
    store_finish(store);
    store_begin(store, "0/20");
    store_put(store, "booking.confirmed", "id=1 status=confirmed price=7", "id=1 status=hold note=x");
    store_finish(store);
    ASSERT_STATE(store, "1", "status", "confirmed");
    cr_assert_null(store_state(store, "1", "note"));
    ASSERT_ENTRY(store, 1, "type", "booking.confirmed");
    ASSERT_ENTRY(store, 1, "previous", "{\"status\":\"hold\",\"price\":null,\"note\":\"x\"}");
    ASSERT_ENTRY(store, 1, "data", "{\"id\":\"1\",\"status\":\"confirmed\",\"price\":\"7\"}");
    store_free(store);
}

Test(redis_apply, an_update_without_nulls_goes_as_bare_values)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold price=1 note=x customer_id=c", NULL);
    store_put(store, "booking.changed", "id=1 status=hold price=2 note=x customer_id=c",
              "id=1 status=hold price=1 note=x customer_id=c");
    store_finish(store);
    ASSERT_STATE(store, "1", "price", "2");
    ASSERT_ENTRY(store, 1, "previous", "{\"price\":\"1\"}");
    store_free(store);
}

Test(redis_apply, unavailable_values_stay_and_are_listed)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold note=long price=1", NULL);
    store_put(store, "booking.changed", "id=1 status=paid note=? price=?", "id=1 status=hold note=? price=1");
    store_finish(store);
    ASSERT_STATE(store, "1", "note", "long");
    ASSERT_STATE(store, "1", "status", "paid");
    ASSERT_ENTRY(store, 1, "unavailable", "price note");
    ASSERT_ENTRY(store, 1, "previous", "{\"status\":\"hold\"}");
    store_free(store);
}

Test(redis_apply, values_of_any_bytes_come_through)
{
    struct store *store = store_new(NULL);
    struct cdc_field fields[STORE_FIELDS];
    struct cdc_err err;
    const char odd[] = "a\"b\\c\nd\te\x01"
                       "f\x7f\xc3\xa9 {}";

    store_begin(store, "0/10");
    memset(fields, 0, sizeof fields);
    fields[0] = (struct cdc_field){.after = {"1", 1}, .after_state = CDC_VALUE_PRESENT};
    fields[3] = (struct cdc_field){.after = {odd, sizeof odd - 1}, .after_state = CDC_VALUE_PRESENT};
    fields[1] = (struct cdc_field){.after = {"", 0}, .after_state = CDC_VALUE_PRESENT};
    struct cdc_event event = {.op = CDC_EVENT_PUT,
                              .shape = &store->shape,
                              .key = {"1", 1},
                              .type = {"t", 1},
                              .fields = fields,
                              .tx = &store->tx,
                              .ordinal = 1};
    cr_assert_eq(redis_sink_ops.encode(store->sink, &event, &store->batch.body, &store->last, &err), 0);
    event.op = CDC_EVENT_MERGE;
    event.ordinal = 2;
    fields[3].after = cdc_slice_str("plain");
    cr_assert_eq(redis_sink_ops.encode(store->sink, &event, &store->batch.body, &store->last, &err), 0);
    store_finish(store);
    ASSERT_STATE(store, "1", "note", "plain");
    ASSERT_STATE(store, "1", "status", "");
    ASSERT_ENTRY(store, 0, "data",
                 "{\"id\":\"1\",\"status\":\"\",\"note\":\"a\\\"b\\\\c\\nd\\te\\u0001f\x7f\xc3\xa9 {}\"}");
    ASSERT_ENTRY(store, 1, "previous", "{\"note\":\"a\\\"b\\\\c\\nd\\te\\u0001f\x7f\xc3\xa9 {}\"}");
    store_free(store);
}

/* Code is made and kept for each mapping of each connector: two with the same fields must not meet. */
Test(redis_apply, connectors_with_the_same_mapping_stay_apart)
{
    struct store *store = store_new(NULL);
    struct cdc_sink *first = store->sink;
    struct cdc_err err;

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_finish(store);
    redis_sink_ops.unprepare(&store->shape);
    store->params.connector = "airline";
    cr_assert_eq(redis_sink_ops.open(&store->sink, &store->params, &err), 0);
    cr_assert_eq(redis_sink_ops.prepare(store->sink, &store->shape, &err), 0);
    store_connect(store);
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=2 status=hold", NULL);
    store_finish(store);
    ASSERT_STATE(store, "1", "_source", "cinema");
    ASSERT_STATE(store, "2", "_source", "airline");
    ASSERT_ENTRY(store, 0, "id", "cinema:0/10:1");
    ASSERT_ENTRY(store, 1, "id", "airline:0/10:1");
    ASSERT_ENTRY(store, 1, "source", "/tributary/airline");
    redis_sink_ops.close(first);
    store_free(store);
}

/* Every set of present fields, as bare values, in pairs and by comparison: all must give the same. */
Test(redis_apply, every_pattern_of_null_is_written_alike)
{
    static const char *const words[] = {"status=s", "price=p", "note=n", "customer_id=c"};
    struct store *store = store_new(NULL);
    char row[96], expected[128];

    for (unsigned mask = 0; mask < 16; mask++) {
        store_begin(store, "0/10");
        for (int way = 0; way < 3; way++) {
            int n = snprintf(row, sizeof row, "id=%u-%d", mask, way);
            for (unsigned i = 0; i < 4; i++)
                n += mask >> i & 1 ? snprintf(row + n, sizeof row - (size_t)n, " %s", words[i]) : 0;
            store_event(store, way == 2 ? CDC_EVENT_MERGE : CDC_EVENT_PUT, "booking.created", row,
                        way == 1 ? "id=x note=old" : NULL);
        }
        store_finish(store);
        for (int way = 0; way < 3; way++) {
            snprintf(row, sizeof row, "%u-%d", mask, way);
            snprintf(expected, sizeof expected, "%s\n%s\n%s\n%s\n%s", row, mask & 1 ? "s" : "",
                     mask & 2 ? "p" : "", mask & 4 ? "n" : "", mask & 8 ? "c" : "");
            cr_assert_str_eq(
                server_redis_text(store->redis,
                                  "HMGET cdc:state:{booking}:%s id status price note customer_id", row),
                expected);
            cr_assert_eq(server_redis_integer(store->redis, "HLEN cdc:state:{booking}:%s", row),
                         4 + __builtin_popcount(mask));
        }
    }
    for (size_t i = 0; i < store_entries(store); i += 3) {
        char data[2][256];
        for (size_t way = 1; way < 3; way++) {
            snprintf(data[0], sizeof data[0], "%s", store_entry(store, i, "data"));
            snprintf(data[1], sizeof data[1], "%s", store_entry(store, i + way, "data"));
            *strchr(strchr(data[1], '-'), (int)('0' + way)) = '0';
            cr_assert_str_eq(data[0], data[1]);
        }
    }
    store_free(store);
}

Test(redis_apply, txlast_stands_on_the_last_event_that_was_emitted)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_put(store, "booking.created", "id=2 status=hold", NULL);
    store_finish(store);
    store_begin(store, "0/20");
    store_put(store, "booking.changed", "id=1 status=paid", "id=1 status=hold");
    store_merge(store, "booking.changed", "id=2 status=paid");
    store_merge(store, "booking.changed", "id=2 status=paid");
    store_drop(store, "booking.deleted", "id=9");
    store_commit(store);
    store_begin(store, "0/30");
    store_merge(store, "booking.changed", "id=2 status=paid");
    store_commit(store);
    store_begin(store, "0/40");
    store_put(store, "booking.created", "id=3 status=hold", NULL);
    store_finish(store);
    cr_assert_eq(store_entries(store), 5);
    cr_assert_null(store_entry(store, 2, "txlast"));
    ASSERT_ENTRY(store, 3, "id", "cinema:0/20:2");
    ASSERT_ENTRY(store, 3, "txlast", "1");
    ASSERT_ENTRY(store, 4, "id", "cinema:0/40:1");
    ASSERT_ENTRY(store, 4, "txlast", "1");
    store_free(store);
}

Test(redis_apply, an_event_at_the_end_of_a_batch_is_not_held_back)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_merge(store, "booking.changed", "id=1 status=hold");
    store_apply(store);
    cr_assert_eq(store_entries(store), 1);
    store_merge(store, "booking.changed", "id=2 status=hold");
    store_finish(store);
    cr_assert_null(store_entry(store, 0, "txlast"));
    ASSERT_ENTRY(store, 1, "txlast", "1");
    store_free(store);
}

Test(redis_apply, a_delete_removes_the_state_and_says_what_it_held)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_put(store, "booking.created", "id=2 status=hold note=x", NULL);
    store_delete(store, "booking.deleted", "id=1", "id=1 status=old");
    store_delete(store, "booking.deleted", "id=2", NULL);
    store_delete(store, "booking.deleted", "id=3", NULL);
    store_finish(store);
    cr_assert_not(store_has_state(store, "1"));
    cr_assert_not(store_has_state(store, "2"));
    ASSERT_ENTRY(store, 2, "data", "{}");
    ASSERT_ENTRY(store, 2, "previous", "{\"id\":\"1\",\"status\":\"old\"}");
    cr_assert(strstr(store_entry(store, 3, "previous"), "\"note\":\"x\""));
    cr_assert_null(strstr(store_entry(store, 3, "previous"), "_seq"));
    cr_assert_null(store_entry(store, 4, "previous"));
    store_free(store);
}

Test(redis_apply, a_drop_emits_only_if_there_was_a_state)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_drop(store, "booking.deleted", "id=1");
    store_drop(store, "booking.deleted", "id=1");
    store_finish(store);
    cr_assert_eq(store_entries(store), 2);
    cr_assert(strstr(store_entry(store, 1, "previous"), "\"status\":\"hold\""));
    ASSERT_ENTRY(store, 1, "txlast", "1");
    cr_assert_not(store_has_state(store, "1"));
    store_free(store);
}

Test(redis_apply, a_shared_entity_says_which_table_the_state_is_from)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    redis_sink_ops.unprepare(&store->shape);
    store->shape.shared = true;
    cr_assert_eq(redis_sink_ops.prepare(store->sink, &store->shape, &err), 0);
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold price=1 note=x customer_id=c", NULL);
    store_put(store, "booking.created", "id=1 status=hold price=1", NULL);
    store_put(store, "booking.created", "id=2 status=a\"b", NULL);
    store_merge(store, "booking.created", "id=3 status=hold");
    store_finish(store);
    ASSERT_STATE(store, "1", "_table", "public.r");
    cr_assert_null(store_state(store, "1", "note"));
    ASSERT_STATE(store, "2", "_table", "public.r");
    ASSERT_STATE(store, "3", "_table", "public.r");
    store_free(store);
}

Test(redis_apply, rejected_rows_go_to_the_dead_letters)
{
    struct store *store = store_new(NULL);
    const char *text;

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_reject(store, "bad_value", "2");
    store_finish(store);
    cr_assert_eq(server_redis_integer(store->redis, "XLEN cdc:dlq:cinema"), 1);
    text = server_redis_text(store->redis, "XRANGE cdc:dlq:cinema - +");
    cr_assert(
        strstr(
            text,
            "id\ncinema:0/10:2\nreason\nbad_value\ntable\npublic.r\ncolumn\nprice\nentity\nbooking\nkey\n2\n"
            "detail\nnot a number\ntime\n2026-11-21T18:30:00.000000Z"),
        "%s", text);
    ASSERT_ENTRY(store, 0, "txlast", "1");
    store_free(store);
}

Test(redis_apply, a_truncation_is_one_event)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    store_begin(store, "0/10");
    cr_assert_eq(redis_sink_ops.truncate(store->sink, &store->shape, &store->tx, 1, &store->batch.body,
                                         &store->last, &err),
                 0);
    store_finish(store);
    ASSERT_ENTRY(store, 0, "type", "booking.truncated");
    ASSERT_ENTRY(store, 0, "data", "{\"table\":\"public.r\"}");
    ASSERT_ENTRY(store, 0, "id", "cinema:0/10:1");
    ASSERT_ENTRY(store, 0, "txlast", "1");
    store_free(store);
}

Test(redis_apply, a_batch_without_records_moves_the_checkpoint)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/50");
    store_finish(store);
    cr_assert_str_eq(store_checkpoint(store, "position"), "0/50");
    cr_assert_str_eq(store_checkpoint(store, "batch"), "1");
    cr_assert_eq(store_entries(store), 0);
    store_free(store);
}

Test(redis_apply, the_checkpoint_is_what_the_batch_says)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/50");
    store_put(store, "booking.created", "id=1", NULL);
    cdc_buf_puts(&store->batch.position, "0/40");
    cdc_buf_puts(&store->batch.open_tx, "0/50");
    store->batch.ordinal = 7;
    store->batch.commit_us = store->tx.commit_us;
    store_apply(store);
    cr_assert_str_eq(store_checkpoint(store, "time"), "2026-11-21T18:30:00.000000Z");
    store_connect(store);
    cr_assert_str_eq(cdc_buf_str(&store->checkpoint.position), "0/40");
    cr_assert_str_eq(cdc_buf_str(&store->checkpoint.open_tx), "0/50");
    cr_assert_str_eq(cdc_buf_str(&store->checkpoint.identity), "system=1");
    cr_assert_eq(store->checkpoint.ordinal, 7);
    cr_assert_eq(store->checkpoint.batch, 1);
    store_free(store);
}

/* As many tables as a configuration can have, in one batch. */
Test(redis_apply, the_progress_of_very_many_tables_fits_into_a_batch)
{
    struct store *store = store_new(NULL);
    char name[32];

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1", NULL);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "snapshot:t%u", i);
        store_progress(store, name, i % 2 ? "state=done" : "state=running");
    }
    store_finish(store);
    cr_assert_str_eq(store_checkpoint(store, "snapshot:t0"), "state=running");
    cr_assert_str_eq(store_checkpoint(store, "snapshot:t4999"), "state=done");
    cr_assert_str_eq(store_checkpoint(store, "batch"), "1");
    store_free(store);
}

Test(redis_apply, a_large_batch_of_large_values_goes_through_a_small_socket)
{
    struct store *store = store_new(NULL);
    enum { BIG = 1 << 20 };
    char *row = malloc(BIG + 64);

    store_begin(store, "0/50");
    for (int i = 0; i < 24; i++) {
        int n = snprintf(row, 64, "id=%d note=", i);
        memset(row + n, 'a' + i, BIG);
        row[n + BIG] = '\0';
        store_put(store, "booking.created", row, NULL);
    }
    store_finish(store);
    cr_assert_eq(store_entries(store), 24);
    cr_assert_eq(server_redis_integer(store->redis, "HSTRLEN cdc:state:{booking}:23 note"), BIG);
    free(row);
    store_free(store);
}

Test(redis_apply, streams_are_trimmed_by_length_now_and_then)
{
    struct store *store = store_new(NULL);
    char row[32];

    store->config.stream_max_len = 500;
    for (int b = 0; b < 10; b++) {
        store_begin(store, "0/50");
        for (int i = 0; i < 512; i++) {
            snprintf(row, sizeof row, "id=%d", i);
            store_put(store, "booking.created", row, NULL);
        }
        store_finish(store);
    }
    /* the eighth batch passed 4096 records and trimmed; two came after it */
    cr_assert_lt(store_entries(store), 500 + 2 * 512 + 100);
    cr_assert_geq(store_entries(store), 500 + 2 * 512);
    store_free(store);
}
