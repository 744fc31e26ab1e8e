/* Customers of events: whose they are, whose they were, and that one customer has one reference everywhere. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "unit/config_fixture.h"
#include "unit/map_fixture.h"

static struct config *config;
static struct map *map;

static void fini(void)
{
    map_free(map);
    config_free(config);
}

TestSuite(customers, .fini = fini);

static const char *const columns[] = {"id text key",  "system text",  "member text",
                                      "purpose text", "channel text", "number integer"};

static void start(const char *mappings)
{
    char *said, *text = text_print("version: 1\nconnector: crm\npii: {key: 0123456789abcdef}\n"
                                   "source: {type: postgresql, host: h, database: d, user: u}\n"
                                   "redis: {url: 'redis://localhost'}\ntables: {reservation: %s}\n",
                                   mappings);
    struct cdc_err err;

    config = fixture_parse(text, 0, &said);
    cr_assert_not_null(config, "%s", said);
    map = fixture_map(config);
    cr_assert_eq(map_bind(map, fixture_relation("reservation", columns, FIXTURE_COUNT(columns)), &err), 0,
                 "%s", err.message);
    free(text);
    free(said);
}

static struct cdc_row *insert(const char *id, const char *system, const char *member, const char *number)
{
    static const char *row[FIXTURE_COUNT(columns)];

    row[0] = id;
    row[1] = system;
    row[2] = member;
    row[3] = "marketing";
    row[4] = "email";
    row[5] = number;
    return fixture_row(CDC_OP_INSERT, row, NULL, CDC_IDENTITY_NOTHING);
}

/* A copy of the event's slice. */
static char *copy(struct cdc_slice s)
{
    return strndup(s.len ? s.ptr : "", s.len);
}

/* The row's second event has, as its customer, what is the key of the first. */
static void same_reference(const struct cdc_row *row, const char *expected)
{
    static const struct cdc_tx tx = {.commit_us = 1};
    struct map_result result;
    struct cdc_err err;
    char *key, *customer;

    cr_assert_eq(map_row(map, row, &tx, 1, &result, &err), 0);
    cr_assert_eq(result.nevents, 2, "%s", fixture_print(&result));
    key = copy(result.events[0].key);
    customer = copy(result.events[1].customer);
    cr_expect_str_eq(key, customer);
    if (expected)
        cr_expect_str_eq(key, expected);
    free(key);
    free(customer);
}

Test(customers, the_key_of_an_identity_is_the_reference_of_its_customer)
{
    start(
        "[{entity: identity, key: {system: {const: loyalty}, source_id: member}, fields: {customer_id: id}}, "
        "{entity: booking, key: id, fields: {customer_id: {column: member, system: loyalty}}}]");
    same_reference(insert("1", "x", "M-12", NULL), "loyalty:M-12");
    same_reference(insert("1", "x", "a:b%{c} d\x01", NULL), "loyalty:a%3Ab%25%7Bc%7D%20d%01");
    same_reference(insert("1", "x", "\xc3\xa9", NULL), "loyalty:\xc3\xa9");
    same_reference(insert("1", "x", "-", NULL), "loyalty:-");
}

Test(customers, whatever_kind_the_id_s_column_is_of)
{
    start(
        "[{entity: identity, key: {system: {const: loyalty}, source_id: number}, fields: {customer_id: id}}, "
        "{entity: booking, key: id, fields: {customer_id: {column: number, system: loyalty}}}]");
    same_reference(insert("1", "x", "m", "991"), "loyalty:991");
    same_reference(insert("1", "x", "m", "-7"), "loyalty:-7");
}

Test(customers, and_when_the_id_is_hidden)
{
    start("[{entity: identity, key: {system: {const: loyalty}, source_id: {column: member, pii: hmac}}, "
          "fields: {customer_id: id}}, "
          "{entity: booking, key: id, fields: {customer_id: {column: member, system: loyalty, pii: hmac}}}]");
    same_reference(insert("1", "x", "M-12", NULL), NULL);
}

Test(customers, a_customer_s_own_key_too)
{
    start(
        "[{entity: customer, key: {customer_id: {column: member, system: loyalty}}, fields: {given_name: id}}, "
        "{entity: booking, key: id, fields: {customer_id: {column: member, system: loyalty}}}]");
    same_reference(insert("1", "x", "a:b", NULL), "loyalty:a%3Ab");
}

Test(customers, a_reference_in_a_key_stays_two_parts)
{
    start("{entity: consent, key: {customer_id: member, purpose: purpose, channel: channel}, "
          "fields: {lawful_basis: system}}");
    cr_assert_str_eq(fixture_run(map, insert("1", "x", "C-17", NULL)),
                     "put consent.created crm:C-17:marketing:email customer=crm:C-17\n"
                     "  customer_id=crm:C-17 purpose=marketing channel=email lawful_basis=x\n");
    cr_assert(strncmp(fixture_run(map, insert("1", "x", "a:b", NULL)),
                      "put consent.created crm:a%3Ab:marketing:email customer=crm:a%3Ab\n", 60) == 0);
}

static const char *update(const char *from, const char *to, enum cdc_identity before_is)
{
    const char *const before[] = {"1", "a", from, NULL, NULL, NULL}, *const after[] = {"1",  "b",  to,
                                                                                       NULL, NULL, NULL};

    return fixture_run(map, fixture_row(CDC_OP_UPDATE, after, before, before_is));
}

Test(customers, whose_it_was)
{
    start("{entity: booking, key: id, fields: {customer_id: member, channel: system}}");
    cr_expect(strstr(update("7", "8", CDC_IDENTITY_FULL), " customer=crm:8 was=crm:7\n"));
    cr_expect(strstr(update("7", NULL, CDC_IDENTITY_FULL), "put booking.changed 1 was=crm:7\n"));
    cr_expect(strstr(update(NULL, "8", CDC_IDENTITY_FULL), " customer=crm:8\n"));
    cr_expect(strstr(update("7", "7", CDC_IDENTITY_FULL), " customer=crm:7\n"));
    cr_expect(strstr(update("7", "8", CDC_IDENTITY_KEY), "merge booking.changed 1 customer=crm:8\n"),
              "what was sent of the old row is only its key");
}

Test(customers, whose_it_was_when_the_key_changes)
{
    static const char *const before[6] = {"1", "a", "7"}, *const after[6] = {"2", "a", "8"};
    const char *said;

    start("{entity: booking, key: id, fields: {customer_id: member}}");
    said = fixture_run(map, fixture_row(CDC_OP_UPDATE, after, before, CDC_IDENTITY_FULL));
    cr_assert(strstr(said, "delete booking.deleted 1 customer=crm:7\n"), "%s", said);
    cr_assert(strstr(said, "put booking.created 2 customer=crm:8\n"), "%s", said);
}
