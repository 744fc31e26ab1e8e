/*
 * `tributary run`, end to end: what an insert, an update, a delete, a change of key and a TRUNCATE of a mapped row become
 * in Redis, field by field.
 */
#include "lib/json.h"
#include "lib/scene.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct scene scene;

static void given(void)
{
    scene_set(&scene, &(struct scene_options){
                          .postgresql_settings = (const char *const[]){"track_commit_timestamp=on",
                                                                       "max_prepared_transactions=5", NULL},
                          .schema = "CREATE TABLE reservation (id integer PRIMARY KEY, member_no integer,"
                                    " screening_id integer, price_pence integer, created_at timestamp,"
                                    " state text, seats jsonb, note text, ticket text)",
                          .tables = "  public.reservation:\n"
                                    "    entity: booking\n"
                                    "    key: {reservation_id: \"cinema-${id}\"}\n"
                                    "    fields:\n"
                                    "      customer_id: member_no\n"
                                    "      service_id: \"screening-${screening_id}\"\n"
                                    "      total_price: {column: price_pence, scale: -2}\n"
                                    "      price_currency: {const: GBP}\n"
                                    "      booking_time: {column: created_at, timezone: Europe/London}\n"
                                    "      seats: seats\n"
                                    "      ticket_number: ticket\n"
                                    "      reservation_status:\n"
                                    "        column: state\n"
                                    "        values: {H: hold, C: confirmed, X: cancelled}\n"
                                    "        otherwise: reject\n"});
    scene_start(&scene);
}

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_changes, .init = given, .fini = done, .timeout = 120);

static void insert_42(void)
{
    scene_sql(&scene, "INSERT INTO reservation VALUES"
                      " (42, 991, 7, 1250, '2026-06-21 19:30:00', 'H', '[\"F7\", \"F8\"]', 'private')");
}

static void expect_member(const struct stored_record *event, const char *field, const char *name,
                          const char *json)
{
    const char *object = event ? stored_record_get(event, field) : NULL;
    char *found;

    cr_assert(object, "the event has no %s", field);
    found = json_member(object, name);
    if (json)
        cr_assert(found && strcmp(found, json) == 0, "%s.%s is %s, not %s", field, name,
                  found ? found : "absent", json);
    else
        cr_assert(!found, "%s.%s is %s, should be absent", field, name, found);
    free(found);
}

Test(run_changes, an_insert_makes_a_state)
{
    insert_42();
    scene_settle(&scene);
    scene_expect_state(
        &scene, "{booking}:cinema-42",
        "booking_time=2026-06-21T18:30:00.000000Z customer_id=booking-site:991 price_currency=GBP"
        " reservation_id=cinema-42 reservation_status=hold seats=[\"F7\",\"F8\"]"
        " service_id=screening-7 source_reservation_status=H total_price=12.50");
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-42", "_source"), "cinema");
    scene_end(&scene);
}

Test(run_changes, an_insert_makes_an_event)
{
    struct stored_stream events;
    const struct stored_record *event;
    const char *xid, *time;

    insert_42();
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 1);
    event = &events.entries[0];
    xid = scene_query(&scene, "SELECT xmin FROM reservation");
    scene_expect(event, "type", "booking.created");
    scene_expect(event, "source", "/tributary/cinema");
    scene_expect(event, "subject", "cinema-42");
    scene_expect(event, "customer", "booking-site:991");
    scene_expect(event, "tx", xid);
    scene_expect(event, "previous", NULL);
    scene_expect(event, "unavailable", NULL);
    cr_assert(stored_record_get(event, "txlast"), "the only event of a transaction is not its last");
    time = scene_query(&scene, "SELECT to_char(pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC',"
                               " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM reservation");
    scene_expect(event, "time", time);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-42", "_time"), time);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, data_holds_the_mapped_fields_and_nothing_else)
{
    struct stored_stream events;
    const struct stored_record *event;

    insert_42();
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    event = &events.entries[0];
    expect_member(event, "data", "reservation_id", "\"cinema-42\"");
    expect_member(event, "data", "customer_id", "\"booking-site:991\"");
    expect_member(event, "data", "service_id", "\"screening-7\"");
    expect_member(event, "data", "total_price", "\"12.50\"");
    expect_member(event, "data", "price_currency", "\"GBP\"");
    expect_member(event, "data", "booking_time", "\"2026-06-21T18:30:00.000000Z\"");
    expect_member(event, "data", "reservation_status", "\"hold\"");
    cr_assert(!strstr(stored_record_get(event, "data"), "private"), "an unmapped column came through");
    cr_assert(!agent_log_contains(&scene.agent, "private"), "a value is in the log");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, an_update_says_what_was_before)
{
    struct stored_stream events;
    const struct stored_record *event;

    insert_42();
    scene_sql(&scene, "UPDATE reservation SET price_pence = 1500 WHERE id = 42");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    event = stored_stream_about(&events, "cinema-42", 1);
    scene_expect(event, "type", "booking.changed");
    scene_expect(event, "previous", "{\"total_price\":\"12.50\"}");
    expect_member(event, "data", "total_price", "\"15.00\"");
    expect_member(event, "data", "service_id", "\"screening-7\"");
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-42", "total_price"), "15.00");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, transitions_name_the_event)
{
    struct stored_stream events;

    insert_42();
    scene_sql(&scene, "UPDATE reservation SET state = 'C'");
    scene_sql(&scene, "UPDATE reservation SET screening_id = 8");
    scene_sql(&scene, "UPDATE reservation SET screening_id = 9, state = 'X'");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 4);
    scene_expect(&events.entries[1], "type", "booking.confirmed");
    scene_expect(&events.entries[2], "type", "booking.rebooked");
    scene_expect(&events.entries[2], "previous", "{\"service_id\":\"screening-7\"}");
    scene_expect(&events.entries[3], "type", "booking.cancelled");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, an_update_of_unmapped_columns_makes_no_event)
{
    struct stored_stream events;

    insert_42();
    scene_sql(&scene, "UPDATE reservation SET note = 'other'");
    scene_sql(&scene, "UPDATE reservation SET price_pence = 1250");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 1, "%zu events", events.n);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, replica_identity_full_gives_the_same_events)
{
    struct stored_stream events;

    scene_sql(&scene, "ALTER TABLE reservation REPLICA IDENTITY FULL");
    insert_42();
    scene_sql(&scene, "UPDATE reservation SET note = 'other'");
    scene_sql(&scene, "UPDATE reservation SET price_pence = 1500, state = 'C'");
    scene_sql(&scene, "DELETE FROM reservation");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 3, "%zu events", events.n);
    scene_expect(&events.entries[1], "type", "booking.confirmed");
    expect_member(&events.entries[1], "previous", "total_price", "\"12.50\"");
    expect_member(&events.entries[1], "previous", "reservation_status", "\"hold\"");
    expect_member(&events.entries[1], "previous", "service_id", NULL);
    scene_expect(&events.entries[2], "type", "booking.deleted");
    expect_member(&events.entries[2], "previous", "total_price", "\"15.00\"");
    scene_expect_state(&scene, "{booking}:cinema-42", NULL);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, a_delete_removes_the_state)
{
    struct stored_stream events;
    const struct stored_record *event;

    insert_42();
    scene_sql(&scene, "DELETE FROM reservation");
    scene_settle(&scene);
    scene_expect_state(&scene, "{booking}:cinema-42", NULL);
    events = scene_events(&scene, "booking");
    event = stored_stream_about(&events, "cinema-42", -1);
    scene_expect(event, "type", "booking.deleted");
    scene_expect(event, "customer", "booking-site:991");
    expect_member(event, "previous", "service_id", "\"screening-7\"");
    expect_member(event, "previous", "total_price", "\"12.50\"");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, a_changed_key_moves_the_state)
{
    struct stored_stream events;

    insert_42();
    scene_sql(&scene, "UPDATE reservation SET id = 43");
    scene_settle(&scene);
    scene_expect_state(&scene, "{booking}:cinema-42", NULL);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-43", "total_price"), "12.50");
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 3, "%zu events", events.n);
    scene_expect(stored_stream_about(&events, "cinema-42", -1), "type", "booking.deleted");
    scene_expect(stored_stream_about(&events, "cinema-43", 0), "type", "booking.created");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, null_is_absent_and_empty_is_not)
{
    struct stored_stream events;

    scene_sql(&scene, "INSERT INTO reservation (id, member_no, state, ticket) VALUES (1, 5, 'C', '')");
    scene_sql(&scene, "UPDATE reservation SET price_pence = 100");
    scene_sql(&scene, "UPDATE reservation SET price_pence = NULL, member_no = NULL");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 3);
    expect_member(&events.entries[0], "data", "total_price", NULL);
    expect_member(&events.entries[0], "data", "service_id", NULL);
    expect_member(&events.entries[0], "data", "ticket_number", "\"\"");
    scene_expect(&events.entries[2], "customer", NULL);
    expect_member(&events.entries[2], "data", "total_price", NULL);
    expect_member(&events.entries[2], "previous", "total_price", "\"1.00\"");
    scene_expect_state(&scene, "{booking}:cinema-1",
                       "price_currency=GBP reservation_id=cinema-1 reservation_status=confirmed"
                       " source_reservation_status=C ticket_number=");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, truncate_removes_the_states_of_the_table)
{
    struct stored_stream events;

    scene_sql(&scene,
              "INSERT INTO reservation SELECT i, i, i, i, now(), 'C' FROM generate_series(1, 3000) i");
    scene_sql(&scene, "TRUNCATE reservation");
    scene_sql(&scene, "INSERT INTO reservation VALUES (7, 1, 1, 700, now(), 'C')");
    scene_settle(&scene);
    scene_expect_state(&scene, "{booking}:cinema-6", NULL);
    scene_expect_state(&scene, "{booking}:cinema-3000", NULL);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-7", "total_price"), "7.00");
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 3002, "%zu events", events.n);
    scene_expect(&events.entries[3000], "type", "booking.truncated");
    scene_expect(&events.entries[3001], "type", "booking.created");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, only_the_last_event_of_a_transaction_says_so)
{
    struct stored_stream events;

    scene_sql(&scene,
              "INSERT INTO reservation SELECT i, i, i, i, now(), 'C' FROM generate_series(1, 1000) i");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 1000);
    for (size_t i = 0; i < 999; i++)
        scene_expect(&events.entries[i], "txlast", NULL);
    cr_assert(stored_record_get(&events.entries[999], "txlast"),
              "the last event does not say that it is the last");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, a_rolled_back_transaction_leaves_nothing)
{
    struct stored_stream events;

    insert_42();
    scene_sql(
        &scene,
        "BEGIN; UPDATE reservation SET price_pence = 1; SAVEPOINT s; DELETE FROM reservation; ROLLBACK");
    scene_sql(&scene, "BEGIN; UPDATE reservation SET price_pence = 2; SAVEPOINT s; DELETE FROM reservation;"
                      " ROLLBACK TO s; COMMIT");
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 2, "%zu events", events.n);
    expect_member(&events.entries[1], "data", "total_price", "\"0.02\"");
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, a_prepared_transaction_comes_when_it_is_committed)
{
    struct stored_stream events;

    insert_42();
    scene_sql(&scene, "BEGIN; UPDATE reservation SET price_pence = 1; PREPARE TRANSACTION 'one'");
    scene_settle(&scene);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-42", "total_price"), "12.50");
    scene_sql(&scene, "COMMIT PREPARED 'one'");
    scene_sql(&scene, "BEGIN; UPDATE reservation SET price_pence = 2; PREPARE TRANSACTION 'two'");
    scene_sql(&scene, "ROLLBACK PREPARED 'two'");
    scene_settle(&scene);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:cinema-42", "total_price"), "0.01");
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 2);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_changes, logical_messages_do_not_disturb)
{
    scene_sql(&scene, "SELECT pg_logical_emit_message(true, 'somebody', 'else'),"
                      " pg_logical_emit_message(false, 'somebody', 'else')");
    scene_sql(&scene, "BEGIN; INSERT INTO reservation (id, state) VALUES (1, 'C');"
                      " SELECT pg_logical_emit_message(true, 'somebody', 'else'); COMMIT");
    scene_settle(&scene);
    cr_assert(server_redis_exists(scene.redis, "cdc:state:{booking}:cinema-1"));
    scene_end(&scene);
}

Test(run_changes, concurrent_transactions_come_in_commit_order)
{
    struct stored_stream events;
    struct server_postgresql *other = server_postgresql_join(scene.pg);

    server_postgresql_sql(other, "cinema", "BEGIN");
    server_postgresql_sql(other, "cinema", "INSERT INTO reservation (id, state) VALUES (1, 'C')");
    scene_sql(&scene, "INSERT INTO reservation (id, state) VALUES (2, 'C')");
    server_postgresql_sql(other, "cinema", "COMMIT");
    server_postgresql_leave(other);
    scene_settle(&scene);
    events = scene_events(&scene, "booking");
    cr_assert_eq(events.n, 2);
    scene_expect(&events.entries[0], "subject", "cinema-2");
    scene_expect(&events.entries[1], "subject", "cinema-1");
    stored_stream_fini(&events);
    scene_end(&scene);
}
