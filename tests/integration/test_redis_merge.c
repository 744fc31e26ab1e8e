/* MERGE: comparing with the state, and writing and emitting what changed. */
#include "integration/redis_store.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(redis_merge, .timeout = 120);

#define ASSERT_ENTRY(store, i, field, text)   cr_assert_str_eq(store_entry(store, i, field), text)
#define ASSERT_STATE(store, key, field, text) cr_assert_str_eq(store_state(store, key, field), text)

Test(redis_merge, a_merge_writes_and_emits_only_what_changed)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold price=1 note=x", NULL);
    store_finish(store);
    store_begin(store, "0/20");
    store_merge(store, "booking.changed", "id=1 status=hold price=2 customer_id=c");
    store_finish(store);
    cr_assert_eq(store_entries(store), 2);
    ASSERT_STATE(store, "1", "price", "2");
    ASSERT_STATE(store, "1", "customer_id", "c");
    ASSERT_STATE(store, "1", "_seq", "0/20:1");
    cr_assert_null(store_state(store, "1", "note"));
    ASSERT_ENTRY(store, 1, "previous", "{\"price\":\"1\",\"note\":\"x\",\"customer_id\":null}");
    ASSERT_ENTRY(store, 1, "data",
                 "{\"id\":\"1\",\"status\":\"hold\",\"price\":\"2\",\"customer_id\":\"c\"}");
    ASSERT_ENTRY(store, 1, "type", "booking.changed");
    store_free(store);
}

Test(redis_merge, a_merge_that_changes_nothing_is_silent)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_finish(store);
    store_begin(store, "0/20");
    store_merge(store, "booking.changed", "id=1 status=hold");
    store_merge(store, "booking.changed", "id=1 status=? note=?");
    store_finish(store);
    cr_assert_eq(store_entries(store), 1);
    ASSERT_STATE(store, "1", "_seq", "0/10:1");
    cr_assert_str_eq(store_checkpoint(store, "position"), "0/20");
    store_free(store);
}

Test(redis_merge, a_merge_without_a_state_writes_all)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/20");
    store_merge(store, "booking.changed", "id=1 status=hold note=?");
    store_finish(store);
    ASSERT_STATE(store, "1", "status", "hold");
    ASSERT_ENTRY(store, 0, "type", "booking.changed");
    cr_assert_null(store_entry(store, 0, "previous"));
    ASSERT_ENTRY(store, 0, "unavailable", "note");
    store_free(store);
}

Test(redis_merge, a_merge_of_existing_states_makes_none)
{
    struct store *store = store_new(NULL);

    store->existing_only = true;
    store_begin(store, "0/10");
    store_merge(store, "booking.changed", "id=1 status=hold");
    store_put(store, "booking.created", "id=2 status=hold", NULL);
    store_merge(store, "booking.changed", "id=2 status=cancelled");
    store_finish(store);
    cr_assert_not(store_has_state(store, "1"));
    ASSERT_STATE(store, "2", "status", "cancelled");
    cr_assert_eq(store_entries(store), 2);
    ASSERT_ENTRY(store, 1, "previous", "{\"status\":\"hold\"}");
    store_free(store);
}

/* Whose it is may be known to the store only. */
Test(redis_merge, events_name_the_customer_of_the_state)
{
    struct store *store = store_new(NULL);

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold customer_id=site:9", NULL);
    store_merge(store, "booking.changed", "id=1 status=paid customer_id=?");
    store_delete(store, "booking.deleted", "id=1", NULL);
    store_finish(store);
    ASSERT_ENTRY(store, 1, "customer", "site:9");
    ASSERT_ENTRY(store, 2, "customer", "site:9");
    store_free(store);
}

Test(redis_merge, the_first_candidate_that_fits_names_a_merge)
{
    struct store *store = store_new(NULL);
    const struct cdc_candidate candidates[] = {
        {.field = 2, .has_from = true, .from = {"9", 1}, .type = {"booking.cheaper", 15}},
        {.field = 1, .has_from = true, .from = {"hold", 4}, .type = {"booking.confirmed", 17}},
        {.field = 1, .type = {"booking.moved", 13}},
    };

    store->candidates = candidates;
    store->ncandidates = 3;
    store_begin(store, "0/10");
    store_merge(store, "booking.changed", "id=1 status=hold price=1");
    store_merge(store, "booking.changed", "id=1 status=confirmed price=2");
    store_merge(store, "booking.changed", "id=1 status=cancelled price=9");
    store_merge(store, "booking.changed", "id=1 status=cancelled price=8");
    store_merge(store, "booking.changed", "id=1 status=? price=7");
    store_finish(store);
    ASSERT_ENTRY(store, 0, "type", "booking.changed");
    ASSERT_ENTRY(store, 1, "type", "booking.confirmed");
    ASSERT_ENTRY(store, 2, "type", "booking.moved");
    ASSERT_ENTRY(store, 3, "type", "booking.cheaper");
    ASSERT_ENTRY(store, 4, "type", "booking.changed");
    store_free(store);
}

/* From the eighth record of a frame on the comparison is code that was made for it: nothing must tell the two apart. */
Test(redis_merge, a_frame_that_comes_often_is_compared_alike)
{
    static const char *const rows[] = {
        "status=hold price=1 note=n customer_id=c",
        "status=hold price=1 note=n customer_id=c",
        "status=a\"b price=1 note=n customer_id=c",
        "status=paid price=2 note=n customer_id=c",
        "status=paid note=n customer_id=c",
        "status=paid price=2 note=n customer_id=d",
        "status=\\ price=? note=? customer_id=?",
        "status=x price=? note=? customer_id=?",
        "price=3 customer_id=d",
    };
    static const char *const attributes[] = {"data", "previous", "type", "customer", "unavailable", "txlast"};
    enum { ROWS = sizeof rows / sizeof *rows, KEYS = 12, EVENTS = ROWS - 1 };
    const struct cdc_candidate candidates[] = {
        {.field = 1, .has_from = true, .from = {"hold", 4}, .type = {"booking.confirmed", 17}},
        {.field = 2, .type = {"booking.priced", 14}},
    };
    struct store *store = store_new(NULL);
    char row[128], first[512];

    store->candidates = candidates;
    store->ncandidates = 2;
    for (unsigned key = 0; key < KEYS; key++) {
        store_begin(store, "0/10");
        for (size_t i = 0; i < ROWS; i++) {
            snprintf(row, sizeof row, "id=%c %s", 'A' + key, rows[i]);
            store_merge(store, "booking.changed", row);
        }
        store_finish(store);
    }
    cr_assert_eq(store_entries(store), EVENTS * KEYS);
    for (size_t i = EVENTS; i < store_entries(store); i++) {
        for (size_t a = 0; a < sizeof attributes / sizeof *attributes; a++) {
            const char *text = store_entry(store, i % EVENTS, attributes[a]);
            snprintf(first, sizeof first, "%s", text ? text : "none");
            if (a == 0)
                first[strlen("{\"id\":\"")] = (char)('A' + i / EVENTS);
            text = store_entry(store, i, attributes[a]);
            cr_assert_str_eq(text ? text : "none", first, "event %zu", i);
        }
    }
    ASSERT_ENTRY(store, 1, "type", "booking.confirmed");
    ASSERT_ENTRY(store, 2, "previous", "{\"status\":\"a\\\"b\",\"price\":\"1\"}");
    ASSERT_ENTRY(store, 3, "data", "{\"id\":\"A\",\"status\":\"paid\",\"note\":\"n\",\"customer_id\":\"c\"}");
    ASSERT_ENTRY(store, EVENTS * KEYS - 1, "previous", "{\"status\":\"x\",\"price\":\"2\",\"note\":\"n\"}");
    cr_assert_eq(server_redis_integer(store->redis, "HLEN cdc:state:{booking}:L"), 6);
    store_free(store);
}
