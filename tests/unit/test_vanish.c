/* What becomes of a state whose row is gone, by `on_delete`. */
#include <criterion/criterion.h>

#include "unit/map_fixture.h"

static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
static const struct config_field *const keys[] = {&key};
static const struct config_field fields[] = {
    {FIXTURE_COLUMN(B_STATUS, "state")},
    {FIXTURE_COLUMN(B_PRICE, "price")},
};
static const struct config_set cancel[] = {{B_STATUS, "cancelled"}, {B_PRICE, NULL}};
static const struct config_set confirm[] = {{B_STATUS, "confirmed"}};

static struct config_mapping mapping_of(enum config_on_delete on_delete, const struct config_set *set,
                                        size_t nset)
{
    return (struct config_mapping){
        .entity = &fixture_booking,
        .keys = keys,
        .nfields = FIXTURE_COUNT(fields),
        .fields = fields,
        .on_delete = on_delete,
        .nset = nset,
        .set = set,
    };
}

static const char *vanished(const struct config_mapping *mapping, struct cdc_event *event)
{
    static const struct cdc_tx tx = {.commit_us = 1000};
    static struct map *map;
    struct map_result result = {.events = event};
    struct cdc_err err;
    bool any;

    map = fixture_map(fixture_config(mapping, 1));
    cr_assert_eq(map_vanished(map, 0, cdc_slice_str("cinema-42"), event, &any, &err), 0);
    event->tx = &tx;
    event->ordinal = 7;
    result.nevents = any;
    if (event->op == CDC_EVENT_ABSENT)
        return any ? "absent" : "nothing";
    return fixture_print(&result);
}

Test(vanish, the_state_goes_with_the_event_of_a_delete)
{
    struct config_mapping m = mapping_of(CONFIG_DELETE_STATE, NULL, 0);
    struct cdc_event event;

    cr_assert_str_eq(vanished(&m, &event), "absent");
    cr_assert(cdc_slice_is(event.type, "booking.deleted"));
    cr_assert(cdc_slice_is(event.key, "cinema-42"));
    cr_assert(cdc_slice_is(event.shape->entity, "booking"));
}

Test(vanish, where_deletes_are_ignored_it_may_stay)
{
    struct config_mapping m = mapping_of(CONFIG_DELETE_IGNORE, NULL, 0);
    struct cdc_event event;

    cr_assert_str_eq(vanished(&m, &event), "");
}

/* The verb is the store's to choose: it knows what was. */
Test(vanish, fields_are_set_in_a_state_that_is_there)
{
    struct config_mapping m = mapping_of(CONFIG_DELETE_SET, cancel, 2),
                          n = mapping_of(CONFIG_DELETE_SET, confirm, 1);
    struct cdc_event event;

    cr_assert_str_eq(
        vanished(&m, &event),
        "merge booking.changed cinema-42\n  reservation_id=? reservation_status=cancelled "
        "source_reservation_status=? total_price=~\n  candidate booking.cancelled reservation_status\n"
        "  candidate booking.reopened reservation_status<cancelled\n");
    cr_assert(event.existing_only);
    cr_assert_str_eq(vanished(&n, &event),
                     "merge booking.changed cinema-42\n  reservation_id=? reservation_status=confirmed "
                     "source_reservation_status=? total_price=?\n  candidate booking.confirmed "
                     "reservation_status<hold\n  candidate booking.reopened reservation_status<cancelled\n");
}

Test(vanish, a_customer_that_is_gone_is_the_customer)
{
    static const struct config_field id = {.field = 0, .from = CONFIG_FROM_COLUMN, .column = "id"};
    static const struct config_field *const id_keys[] = {&id};
    struct config_mapping m = {.entity = &fixture_customer, .keys = id_keys};
    struct cdc_event event;

    cr_assert_str_eq(vanished(&m, &event), "absent");
    cr_assert(cdc_slice_is(event.customer, "cinema-42"));
}
