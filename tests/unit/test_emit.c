/* Verbs: the model's transitions on inserts, on known changes, and as candidates for the store. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "unit/map_fixture.h"

static struct map *map;

static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
static const struct config_field *const keys[] = {&key};
static const struct config_field fields[] = {{FIXTURE_COLUMN(B_STATUS, "state")},
                                             {FIXTURE_COLUMN(B_SERVICE, "service")},
                                             {FIXTURE_COLUMN(B_CUSTOMER, "member")}};
static const struct config_mapping mapping = {
    .entity = &fixture_booking, .keys = keys, .nfields = 3, .fields = fields};
static const char *const columns[] = {"id text key", "state text", "service text", "member text"};

static void init(void)
{
    map = fixture_map(fixture_config(&mapping, 1));
    cr_assert_eq(map_bind(map, fixture_relation("reservation", columns, 4), NULL), 0);
}

static void fini(void)
{
    map_free(map);
}

#define ROW(state, service, member) ((const char *const[]){"1", state, service, member})
#define NA                          fixture_unavailable

/* The type of the only event. */
static void assert_type(const char *const *after, const char *const *before, const char *expected)
{
    const struct cdc_row *row = before ? fixture_row(CDC_OP_UPDATE, after, before, CDC_IDENTITY_FULL)
                                       : fixture_row(CDC_OP_INSERT, after, NULL, CDC_IDENTITY_NOTHING);
    char wanted[64];

    snprintf(wanted, sizeof wanted, "put booking.%s 1", expected);
    cr_assert_eq(strncmp(fixture_run(map, row), wanted, strlen(wanted)), 0, "%s is no %s",
                 fixture_run(map, row), wanted);
}

Test(emit, the_first_rule_that_fits_gives_the_verb_of_a_known_change, .init = init, .fini = fini)
{
    assert_type(ROW("cancelled", "7", NULL), ROW("hold", "7", NULL), "cancelled");
    assert_type(ROW("cancelled", "8", NULL), ROW("hold", "7", NULL), "cancelled");
    assert_type(ROW("confirmed", "7", NULL), ROW("hold", "7", NULL), "confirmed");
    assert_type(ROW("confirmed", "7", NULL), ROW("pending", "7", NULL), "changed");
    assert_type(ROW("confirmed", "7", NULL), ROW("cancelled", "7", NULL), "reopened");
    assert_type(ROW(NULL, "7", NULL), ROW("cancelled", "7", NULL), "reopened");
    assert_type(ROW("cancelled", "7", NULL), ROW(NULL, "7", NULL), "cancelled");
    assert_type(ROW("confirmed", "7", NULL), ROW(NULL, "7", NULL), "changed");
    assert_type(ROW("pending", "8", NULL), ROW("hold", "7", NULL), "rebooked");
    assert_type(ROW("hold", NULL, NULL), ROW("hold", "7", NULL), "rebooked");
    assert_type(ROW("pending", "7", NULL), ROW("hold", "7", NULL), "promoted");
    assert_type(ROW("hold", "7", "5"), ROW("hold", "7", NULL), "changed");
    assert_type(ROW("cancelled", "8", NULL), ROW("cancelled", "7", NULL), "rebooked");
}

Test(emit, inserts_have_rules_of_their_own, .init = init, .fini = fini)
{
    assert_type(ROW("confirmed", "7", NULL), NULL, "confirmed");
    assert_type(ROW("cancelled", "7", NULL), NULL, "created");
    assert_type(ROW("pending", "7", NULL), NULL, "created");
    assert_type(ROW(NULL, NULL, NULL), NULL, "created");
    assert_type(ROW(NA, NULL, NULL), NULL, "created");
}

Test(emit, candidates_are_the_rules_that_the_new_values_allow, .init = init, .fini = fini)
{
    const struct cdc_row *row =
        fixture_row(CDC_OP_UPDATE, ROW("confirmed", "7", NULL), NULL, CDC_IDENTITY_NOTHING);

    cr_assert_str_eq(
        fixture_run(map, row),
        "merge booking.changed 1\n"
        "  reservation_id=1 reservation_status=confirmed source_reservation_status=confirmed service_id=7 "
        "customer_id=~\n"
        "  candidate booking.confirmed reservation_status<hold\n"
        "  candidate booking.reopened reservation_status<cancelled\n"
        "  candidate booking.rebooked service_id\n");
    row = fixture_row(CDC_OP_UPDATE, ROW(NULL, NA, "5"), NULL, CDC_IDENTITY_NOTHING);
    cr_assert_str_eq(fixture_run(map, row),
                     "merge booking.changed 1 customer=booking-site:5\n"
                     "  reservation_id=1 reservation_status=~ source_reservation_status=~ service_id=? "
                     "customer_id=booking-site:5\n"
                     "  candidate booking.reopened reservation_status<cancelled\n");
    row = fixture_row(CDC_OP_UPDATE, ROW(NA, NA, NA), NULL, CDC_IDENTITY_NOTHING);
    cr_assert_str_eq(fixture_run(map, row),
                     "merge booking.changed 1\n"
                     "  reservation_id=1 reservation_status=? source_reservation_status=? "
                     "service_id=? customer_id=?\n");
}

Test(emit, the_customer_is_the_new_one_or_of_a_deleted_row_the_last_one, .init = init, .fini = fini)
{
    cr_assert(strstr(fixture_run(map, fixture_row(CDC_OP_UPDATE, ROW("hold", "7", "6"), ROW("hold", "7", "5"),
                                                  CDC_IDENTITY_FULL)),
                     "customer=booking-site:6 was=booking-site:5\n"));
    cr_assert_null(strstr(fixture_run(map, fixture_row(CDC_OP_UPDATE, ROW("hold", "7", NULL),
                                                       ROW("hold", "7", "5"), CDC_IDENTITY_FULL)),
                          "customer="));
    cr_assert(
        strstr(fixture_run(map, fixture_row(CDC_OP_DELETE, NULL, ROW("hold", "7", "5"), CDC_IDENTITY_FULL)),
               "customer=booking-site:5\n"));
}
