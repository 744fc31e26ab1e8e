/* Fields of events: values before and after, what was not sent, keys of several parts, personal data on both sides. */
#include <criterion/criterion.h>

#include "unit/map_fixture.h"

static struct map *map;
static struct cdc_relation *relation;

static void fini(void)
{
    map_free(map);
}

static void start(struct config *config, const char *const *columns, size_t n)
{
    struct cdc_err err = {.class = CDC_ERR_NONE};

    map = fixture_map(config);
    relation = fixture_relation("reservation", columns, n);
    cr_assert_eq(map_bind(map, relation, &err), 0, "%s", err.message);
}

static const char *insert(const char *const *after)
{
    return fixture_run(map, fixture_row(CDC_OP_INSERT, after, NULL, CDC_IDENTITY_NOTHING));
}

static const char *update(const char *const *after, const char *const *before, enum cdc_identity is)
{
    return fixture_run(map, fixture_row(CDC_OP_UPDATE, after, before, is));
}

static const char *delete (const char *const *before, enum cdc_identity is)
{
    return fixture_run(map, fixture_row(CDC_OP_DELETE, NULL, before, is));
}

#define ROW(...) ((const char *const[]){__VA_ARGS__})
#define NA       fixture_unavailable

/* The example of the design, as far as the fixture's model has its fields. */
static const struct config_pair states[] = {{"H", "hold"}, {"C", "confirmed"}, {"X", "cancelled"}};
static const struct config_piece id_pieces[] = {{false, "cinema-"}, {true, "id"}};
static const struct config_piece screening_pieces[] = {{false, "screening-"}, {true, "screening_id"}};
static const struct config_field cinema_key = {
    .field = B_ID, .from = CONFIG_FROM_TEMPLATE, .npieces = 2, .pieces = id_pieces};
static const struct config_field *const cinema_keys[] = {&cinema_key};
static const struct config_field cinema_fields[] = {
    {FIXTURE_COLUMN(B_CUSTOMER, "member_no")},
    {.field = B_SERVICE, .from = CONFIG_FROM_TEMPLATE, .npieces = 2, .pieces = screening_pieces},
    {FIXTURE_COLUMN(B_PRICE, "price_pence"), .scale = -2},
    {FIXTURE_CONST(B_CURRENCY, "GBP")},
    {FIXTURE_COLUMN(B_TIME, "created_at"), .timezone = "Europe/London"},
    {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = 3, .values = states},
};
static const struct config_mapping cinema = {
    .entity = &fixture_booking, .keys = cinema_keys, .nfields = 6, .fields = cinema_fields};
static const char *const cinema_columns[] = {"id integer key",       "member_no integer",
                                             "screening_id integer", "price_pence integer",
                                             "created_at timestamp", "state text"};

static void init_cinema(void)
{
    start(fixture_config(&cinema, 1), cinema_columns, 6);
}

Test(fields, the_example_of_the_design, .init = init_cinema, .fini = fini)
{
    cr_assert_str_eq(
        insert(ROW("42", "991", "7", "1250", "2026-07-01 20:30:00", "C")),
        "put booking.confirmed cinema-42 customer=booking-site:991\n"
        "  reservation_id=cinema-42 customer_id=booking-site:991 service_id=screening-7 total_price=12.50 "
        "price_currency=GBP booking_time=2026-07-01T19:30:00.000000Z reservation_status=confirmed "
        "source_reservation_status=C\n");
}

Test(fields, nulls_are_absent, .init = init_cinema, .fini = fini)
{
    cr_assert_str_eq(insert(ROW("42", NULL, NULL, NULL, NULL, NULL)),
                     "put booking.created cinema-42\n"
                     "  reservation_id=cinema-42 customer_id=~ service_id=~ total_price=~ price_currency=GBP "
                     "booking_time=~ reservation_status=~ source_reservation_status=~\n");
}

Test(fields, a_full_update_shows_both_sides, .init = init_cinema, .fini = fini)
{
    cr_assert_str_eq(update(ROW("42", "991", "8", NULL, "2026-07-01 20:30:00", "C"),
                            ROW("42", "990", "7", "1250", "2026-07-01 20:30:00", "C"), CDC_IDENTITY_FULL),
                     "put booking.rebooked cinema-42 customer=booking-site:991 was=booking-site:990\n"
                     "  reservation_id=cinema-42<cinema-42 customer_id=booking-site:991<booking-site:990 "
                     "service_id=screening-8<screening-7 total_price=~<12.50 price_currency=GBP<GBP "
                     "booking_time=2026-07-01T19:30:00.000000Z<2026-07-01T19:30:00.000000Z "
                     "reservation_status=confirmed<confirmed source_reservation_status=C<C\n");
}

Test(fields, what_the_new_row_lacks_is_found_in_a_whole_old_one, .init = init_cinema, .fini = fini)
{
    cr_assert_str_eq(
        update(ROW("42", NA, "8", NA, NA, "C"), ROW("42", "990", "7", "1250", NULL, "C"), CDC_IDENTITY_FULL),
        "put booking.rebooked cinema-42 customer=booking-site:990\n"
        "  reservation_id=cinema-42<cinema-42 customer_id=booking-site:990<booking-site:990 "
        "service_id=screening-8<screening-7 total_price=12.50<12.50 price_currency=GBP<GBP "
        "booking_time=~<~ reservation_status=confirmed<confirmed source_reservation_status=C<C\n");
}

Test(fields, without_it_it_is_unavailable, .init = init_cinema, .fini = fini)
{
    cr_assert_str_eq(update(ROW("42", NA, NA, NULL, NA, NA), NULL, CDC_IDENTITY_NOTHING),
                     "merge booking.changed cinema-42\n"
                     "  reservation_id=cinema-42 customer_id=? service_id=? total_price=~ price_currency=GBP "
                     "booking_time=? reservation_status=? source_reservation_status=?\n");
}

Test(fields, a_delete_shows_what_was, .init = init_cinema, .fini = fini)
{
    cr_assert_str_eq(
        delete (ROW("42", "991", NULL, "1250", "2026-12-01 20:30:00", "X"), CDC_IDENTITY_FULL),
        "delete booking.deleted cinema-42 customer=booking-site:991\n"
        "  reservation_id=~<cinema-42 customer_id=~<booking-site:991 service_id=~<~ total_price=~<12.50 "
        "price_currency=~<GBP booking_time=~<2026-12-01T20:30:00.000000Z reservation_status=~<cancelled "
        "source_reservation_status=~<X\n");
    cr_assert_str_eq(
        delete (ROW("42", NA, NA, NA, NA, NA), CDC_IDENTITY_KEY),
        "delete booking.deleted cinema-42\n"
        "  reservation_id=~ customer_id=~ service_id=~ total_price=~ price_currency=~ booking_time=~ "
        "reservation_status=~ source_reservation_status=~\n");
}

Test(fields, nothing_of_an_earlier_row_shines_through, .init = init_cinema, .fini = fini)
{
    static const char *const full[] = {"41", "990", "7", "1250", "2026-07-01 20:30:00", "C"};

    (void)update(ROW("41", "991", "8", "1", "2026-07-01 20:30:00", "H"), full, CDC_IDENTITY_FULL);
    (void)delete (full, CDC_IDENTITY_FULL);
    cr_assert_str_eq(insert(ROW("42", NULL, NULL, NULL, NULL, NULL)),
                     "put booking.created cinema-42\n"
                     "  reservation_id=cinema-42 customer_id=~ service_id=~ total_price=~ price_currency=GBP "
                     "booking_time=~ reservation_status=~ source_reservation_status=~\n");
    cr_assert_str_eq(
        delete (ROW("42", NULL, NULL, NULL, NULL, NULL), CDC_IDENTITY_FULL),
        "delete booking.deleted cinema-42\n"
        "  reservation_id=~<cinema-42 customer_id=~<~ service_id=~<~ total_price=~<~ price_currency=~<GBP "
        "booking_time=~<~ reservation_status=~<~ source_reservation_status=~<~\n");
}

/* ---- keys ---- */

static void start_stock(bool with_location)
{
    static const struct config_field sku = {FIXTURE_COLUMN(0, "sku")}, location = {FIXTURE_COLUMN(1, "shop")};
    static const struct config_field *const both[] = {&sku, &location}, *const one[] = {&sku, NULL};
    static const struct config_field fields[] = {{FIXTURE_COLUMN(2, "n")}};
    static struct config_mapping mapping;
    static const char *const columns[] = {"n integer", "shop text key", "sku text key"};

    mapping = (struct config_mapping){
        .entity = &fixture_stock, .keys = with_location ? both : one, .nfields = 1, .fields = fields};
    start(fixture_config(&mapping, 1), columns, 3);
}

Test(fields, a_key_of_two_parts, .fini = fini)
{
    start_stock(true);
    cr_assert_str_eq(insert(ROW("5", "till 7", "400:6")),
                     "put inventory.created 400%3A6:till%207\n  sku=400:6 location=till 7 quantity=5\n");
    cr_assert_str_eq(update(ROW("5", "B", "1"), ROW(NA, "A", "1"), CDC_IDENTITY_KEY),
                     "delete inventory.deleted 1:A\n  sku=~ location=~ quantity=~\n"
                     "put inventory.created 1:B\n  sku=1 location=B quantity=5\n");
    cr_assert_str_eq(update(ROW("5", "B", NA), ROW(NA, NA, "1"), CDC_IDENTITY_KEY),
                     "merge inventory.changed 1:B\n  sku=1 location=B quantity=5\n",
                     "each side has one part");
    cr_assert_str_eq(
        insert(ROW("5", "", "1")),
        "reject null_key column=shop key=: field location (column \"shop\", text) is empty, and the key is "
        "made of it\n");
}

Test(fields, a_part_that_is_left_out_is_a_dash, .fini = fini)
{
    start_stock(false);
    cr_assert_str_eq(insert(ROW("5", NULL, "1")), "put inventory.created 1:-\n  sku=1 quantity=5\n");
}

Test(fields, a_value_map_may_empty_a_part, .fini = fini)
{
    static const struct config_pair ids[] = {{"none", ""}, {"nil", NULL}};
    static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id"), .nvalues = 2, .values = ids,
                                            .otherwise = CONFIG_OTHERWISE_PASS};
    static const struct config_field *const keys[] = {&key};
    static const struct config_mapping mapping = {.entity = &fixture_booking, .keys = keys};
    static const char *const columns[] = {"id text key"};

    start(fixture_config(&mapping, 1), columns, 1);
    cr_assert_str_eq(insert(ROW("1")), "put booking.created 1\n  reservation_id=1\n");
    cr_assert(strstr(insert(ROW("none")), "reject null_key column=id"));
    cr_assert(strstr(insert(ROW("nil")), "reject null_key column=id"));
}

Test(fields, references_in_keys, .fini = fini)
{
    static const struct config_field who = {FIXTURE_COLUMN(0, "member"), .system = "crm"},
                                     purpose = {FIXTURE_CONST(1, "news: all")};
    static const struct config_field *const keys[] = {&who, &purpose};
    static const struct config_mapping mapping = {.entity = &fixture_consent, .keys = keys};
    static const char *const columns[] = {"member text key"};

    start(fixture_config(&mapping, 1), columns, 1);
    cr_assert_str_eq(insert(ROW("C:17")), "put consent.granted crm:C%3A17:news%3A%20all customer=crm:C%3A17\n"
                                          "  customer_id=crm:C%3A17 purpose=news: all\n");
    cr_assert_str_eq(
        delete (ROW("C:17"), CDC_IDENTITY_KEY),
        "delete consent.deleted crm:C%3A17:news%3A%20all customer=crm:C%3A17\n  customer_id=~ purpose=~\n");
}

Test(fields, a_customer_is_its_own_reference, .fini = fini)
{
    static const struct config_field who = {FIXTURE_COLUMN(0, "id"), .system = "crm"};
    static const struct config_field *const keys[] = {&who};
    static const struct config_field fields[] = {{FIXTURE_COLUMN(1, "name")}};
    static const struct config_mapping mapping = {
        .entity = &fixture_customer, .keys = keys, .nfields = 1, .fields = fields};
    static const char *const columns[] = {"id text key", "name text"};

    start(fixture_config(&mapping, 1), columns, 2);
    cr_assert_str_eq(
        insert(ROW("C-17", "Ana")),
        "put customer.created crm:C-17 customer=crm:C-17\n  customer_id=crm:C-17 given_name=Ana\n");
    cr_assert_str_eq(
        update(ROW("C-18", "Ana"), ROW("C-17", NA), CDC_IDENTITY_KEY),
        "delete customer.deleted crm:C-17 customer=crm:C-17\n  customer_id=~ given_name=~\n"
        "put customer.created crm:C-18 customer=crm:C-18\n  customer_id=crm:C-18 given_name=Ana\n");
}

/* ---- personal data ---- */

Test(fields, rules_for_personal_data_hold_on_both_sides_and_for_source_texts, .fini = fini)
{
    static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id"), .pii = CONFIG_PII_MASK};
    static const struct config_field *const keys[] = {&key};
    static const struct config_field fields[] = {
        {FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_HMAC},
        {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = 3, .values = states, .pii = CONFIG_PII_TRUNCATE,
         .truncate = 2, .otherwise = CONFIG_OTHERWISE_PASS},
    };
    static const struct config_mapping mapping = {
        .entity = &fixture_booking, .keys = keys, .nfields = 2, .fields = fields};
    static const char *const columns[] = {"id text key", "email text", "state text"};
    struct config *config = fixture_config(&mapping, 1);

    config->pii_key = "Jefe";
    start(config, columns, 3);
    cr_assert_str_eq(
        update(ROW("A1", "what do ya want for nothing?", "secret"), ROW("A1", NULL, "serious"),
               CDC_IDENTITY_FULL),
        "put booking.changed A*\n"
        "  reservation_id=A*<A* email=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843<~ "
        "reservation_status=se<se source_reservation_status=se<se\n");
    cr_assert_str_eq(update(ROW("A1", "x", "secret"), ROW("A1", "x", "serious"), CDC_IDENTITY_FULL), "",
                     "what is the same once protected is no change");
    cr_assert_str_eq(update(ROW("A2", "x", "secret"), ROW("A1", "x", "secret"), CDC_IDENTITY_FULL), "",
                     "two columns' values, but one key");
    cr_assert(strstr(update(ROW("A2", NULL, NULL), ROW("A1", NA, NA), CDC_IDENTITY_KEY),
                     "merge booking.changed A*"));
    cr_assert_null(strstr(update(ROW("A2", NULL, NULL), ROW("A1", NA, NA), CDC_IDENTITY_KEY), "delete"));
}

Test(fields, a_dropped_field_is_nowhere, .fini = fini)
{
    static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
    static const struct config_field *const keys[] = {&key};
    static const struct config_field fields[] = {{FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_DROP}};
    static const struct config_mapping mapping = {
        .entity = &fixture_booking, .keys = keys, .nfields = 1, .fields = fields};
    static const char *const columns[] = {"id text key", "email text"};

    start(fixture_config(&mapping, 1), columns, 2);
    cr_assert_not(relation->columns[1].wanted);
    cr_assert_str_eq(insert(ROW("1", "a@example.org")), "put booking.created 1\n  reservation_id=1\n");
    cr_assert_str_eq(update(ROW("1", "b@example.org"), ROW("1", "a@example.org"), CDC_IDENTITY_FULL), "");
}

Test(fields, source_texts_are_checked_too, .fini = fini)
{
    static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
    static const struct config_field *const keys[] = {&key};
    static const struct config_field fields[] = {
        {FIXTURE_COLUMN(B_STATUS, "state"), .otherwise = CONFIG_OTHERWISE_NULL}};
    static const struct config_mapping mapping = {
        .entity = &fixture_booking, .keys = keys, .nfields = 1, .fields = fields};
    static const char *const columns[] = {"id text key", "state text"};

    start(fixture_config(&mapping, 1), columns, 2);
    cr_assert_str_eq(
        insert(ROW("1", "Q")),
        "put booking.created 1\n  reservation_id=1 reservation_status=~ source_reservation_status=Q\n");
    cr_assert(strstr(insert(ROW("1", "\xff")), "reject invalid_utf8 column=state key=1"));
}

/* ---- what deletes set ---- */

Test(fields, deletes_set_mapped_and_unmapped_fields, .fini = fini)
{
    static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
    static const struct config_field *const keys[] = {&key};
    static const struct config_field fields[] = {{FIXTURE_COLUMN(B_CUSTOMER, "member")},
                                                 {FIXTURE_COLUMN(B_PRICE, "price")}};
    static const struct config_set set[] = {{B_STATUS, "cancelled"}, {B_PRICE, "0.00"}, {B_SIZE, NULL}};
    static const struct config_mapping mapping = {.entity = &fixture_booking,
                                                  .keys = keys,
                                                  .nfields = 2,
                                                  .fields = fields,
                                                  .on_delete = CONFIG_DELETE_SET,
                                                  .nset = 3,
                                                  .set = set};
    static const char *const columns[] = {"id text key", "member text", "price decimal"};

    start(fixture_config(&mapping, 1), columns, 3);
    cr_assert_str_eq(insert(ROW("1", "m", "5.00")),
                     "put booking.created 1 customer=booking-site:m\n"
                     "  reservation_id=1 customer_id=booking-site:m total_price=5.00 "
                     "reservation_status=~ party_size=~\n");
    cr_assert_str_eq(delete (ROW("1", "m", "5.00"), CDC_IDENTITY_FULL),
                     "put booking.cancelled 1 customer=booking-site:m\n"
                     "  reservation_id=1<1 customer_id=booking-site:m<booking-site:m total_price=0.00<5.00 "
                     "reservation_status=cancelled<~ party_size=~<~\n");
    cr_assert_str_eq(
        delete (ROW("1", NA, NA), CDC_IDENTITY_KEY),
        "merge booking.changed 1\n"
        "  reservation_id=1 customer_id=? total_price=0.00 reservation_status=cancelled party_size=~\n"
        "  candidate booking.cancelled reservation_status\n"
        "  candidate booking.reopened reservation_status<cancelled\n");
}
