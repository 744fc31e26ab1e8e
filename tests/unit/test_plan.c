/* Plans of mappings: shape, rules, verbs, and what the configuration has wrong. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/plan.h"
#include "unit/map_fixture.h"

static struct cdc_arena arena;
static struct cdc_shape shape;
static struct plan plan;
static struct cdc_err err;

static void fini(void)
{
    cdc_arena_fini(&arena);
}

static struct zone *no_zone(void *ctx, const char *name, struct cdc_err *e)
{
    (void)ctx;
    (void)name;
    (void)e;
    return NULL;
}

static int make(const struct config_mapping *mapping)
{
    const struct config *config = fixture_config(mapping, 1);
    struct rule_context context = {&arena, config, NULL, no_zone, NULL};

    err = (struct cdc_err){.class = CDC_ERR_NONE};
    return plan_init(&plan, &context, config->tables, mapping, &shape, &err);
}

static const char *names(void)
{
    static char out[512];

    out[0] = '\0';
    for (uint32_t i = 0; i < shape.nfields; i++)
        sprintf(out + strlen(out), "%s%.*s", i ? " " : "", CDC_ARG(shape.names[i]));
    return out;
}

static const struct config_pair states[] = {{"H", "hold"}, {"C", "confirmed"}};
static const struct config_field id_key = {FIXTURE_COLUMN(B_ID, "id")};
static const struct config_field *const booking_keys[] = {&id_key};

Test(plan, the_shape_has_keys_then_fields_each_with_its_source_behind_it, .fini = fini)
{
    static const struct config_field fields[] = {
        {FIXTURE_COLUMN(B_CUSTOMER, "member_no")},
        {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = 2, .values = states},
        {FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_DROP},
        {FIXTURE_CONST(B_CURRENCY, "GBP")},
    };
    static const struct config_mapping mapping = {
        .entity = &fixture_booking, .keys = booking_keys, .nfields = 4, .fields = fields};

    cr_assert_eq(make(&mapping), 0, "%s", err.message);
    cr_assert_str_eq(
        names(), "reservation_id customer_id reservation_status source_reservation_status price_currency");
    cr_assert(cdc_slice_is(shape.entity, "booking"));
    cr_assert(cdc_slice_is(shape.table, "public.reservation"));
    cr_assert(cdc_slice_is(plan.created, "booking.created"));
    cr_assert(cdc_slice_is(plan.updated, "booking.changed"));
    cr_assert(cdc_slice_is(plan.deleted, "booking.deleted"));
    cr_assert_eq(plan.customer_slot, 1);
    cr_assert_eq(plan.nkeyslots, 1);
    cr_assert(cdc_slice_is(plan.slots[4].constant, "GBP"));
}

Test(plan, a_constant_or_template_has_no_source_text, .fini = fini)
{
    static const struct config_field fields[] = {{FIXTURE_CONST(B_STATUS, "confirmed")}};
    static const struct config_mapping mapping = {
        .entity = &fixture_booking, .keys = booking_keys, .nfields = 1, .fields = fields};

    cr_assert_eq(make(&mapping), 0, "%s", err.message);
    cr_assert_str_eq(names(), "reservation_id reservation_status");
}

Test(plan, transitions_of_unmapped_fields_are_left_out, .fini = fini)
{
    static const struct config_field fields[] = {{FIXTURE_COLUMN(B_SERVICE, "screening_id")}};
    static const struct config_mapping mapping = {
        .entity = &fixture_booking, .keys = booking_keys, .nfields = 1, .fields = fields};

    cr_assert_eq(make(&mapping), 0, "%s", err.message);
    cr_assert_eq(plan.ntransitions, 1);
    cr_assert(cdc_slice_is(plan.transitions[0].type, "booking.rebooked"));
    cr_assert_eq(plan.transitions[0].slot, 1);
    cr_assert_eq(plan.customer_slot, PLAN_NONE);
}

Test(plan, what_only_deletes_set_comes_last, .fini = fini)
{
    static const struct config_field fields[] = {{FIXTURE_COLUMN(B_PRICE, "price")}};
    static const struct config_set set[] = {{B_STATUS, "cancelled"}, {B_PRICE, "0"}, {B_EMAIL, NULL}};
    static const struct config_mapping mapping = {.entity = &fixture_booking,
                                                  .keys = booking_keys,
                                                  .nfields = 1,
                                                  .fields = fields,
                                                  .on_delete = CONFIG_DELETE_SET,
                                                  .nset = 3,
                                                  .set = set};

    cr_assert_eq(make(&mapping), 0, "%s", err.message);
    cr_assert_str_eq(names(), "reservation_id total_price reservation_status email");
    cr_assert_eq(plan.nset, 3);
    cr_assert_eq(plan.set[0].slot, 2);
    cr_assert_eq(plan.set[1].slot, 1);
    cr_assert(plan.set[2].is_null);
    cr_assert_eq(plan.slots[2].from, PLAN_ABSENT);
}

Test(plan, a_set_constant_is_nobody_s_data, .fini = fini)
{
    static const struct config_field fields[] = {
        {FIXTURE_COLUMN(B_STATUS, "state"), .pii = CONFIG_PII_TRUNCATE, .truncate = 1}};
    static const struct config_set set[] = {{B_STATUS, "cancelled"}};
    static const struct config_mapping mapping = {.entity = &fixture_booking,
                                                  .keys = booking_keys,
                                                  .nfields = 1,
                                                  .fields = fields,
                                                  .on_delete = CONFIG_DELETE_SET,
                                                  .nset = 1,
                                                  .set = set};

    cr_assert_eq(make(&mapping), 0, "%s", err.message);
    cr_assert_eq(plan.set[0].slot, 1);
    cr_assert(cdc_slice_is(plan.set[0].value, "cancelled"));
}

Test(plan, parts_of_the_key_may_be_left_out, .fini = fini)
{
    static const struct config_field location = {FIXTURE_COLUMN(1, "shop")};
    static const struct config_field *const keys[] = {NULL, &location};
    static const struct config_mapping mapping = {.entity = &fixture_stock, .keys = keys};

    cr_assert_eq(make(&mapping), 0, "%s", err.message);
    cr_assert_str_eq(names(), "location");
    cr_assert_eq(plan.keys[0].slot, PLAN_NONE);
    cr_assert_eq(plan.keys[1].slot, 0);
}

static const char *refusal(const struct config_mapping *mapping)
{
    cr_assert_eq(make(mapping), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    return err.message;
}

Test(plan, mistakes_are_told_with_their_place, .fini = fini)
{
    static const struct config_field *const none[] = {NULL, NULL};
    static const struct config_field dropped = {FIXTURE_COLUMN(B_ID, "id"), .pii = CONFIG_PII_DROP};
    static const struct config_field *const dropped_keys[] = {&dropped};
    static const struct config_field empty = {FIXTURE_CONST(B_ID, "")};
    static const struct config_field *const empty_keys[] = {&empty};
    static const struct config_field fields[] = {{FIXTURE_CONST(B_STATUS, "done")}};
    static const struct config_set set_key[] = {{B_ID, "x"}}, set_bad[] = {{B_STATUS, "x"}};
    struct config_mapping m = {.pos = {11, 7}, .entity = &fixture_stock, .keys = none};

    cr_assert_str_eq(
        refusal(&m),
        "cinema.yaml:11:7: error: tables.public.reservation: no part of the key of inventory is given");
    m = (struct config_mapping){.entity = &fixture_booking, .keys = dropped_keys};
    cr_assert_str_eq(refusal(&m), "cinema.yaml:12:5: error: tables.public.reservation.fields.reservation_id: "
                                  "\"pii: drop\" on a part of the key");
    m.keys = empty_keys;
    cr_assert(strstr(refusal(&m), "reservation_id: \"\" is empty, and the key is made of it"), "%s",
              err.message);
    m.keys = booking_keys;
    m.nfields = 1;
    m.fields = fields;
    cr_assert(strstr(refusal(&m), "reservation_status: \"done\" is not one of"));
    m.nfields = 0;
    m.on_delete = CONFIG_DELETE_SET;
    m.nset = 1;
    m.set = set_key;
    cr_assert(strstr(refusal(&m), "\"reservation_id\" is a part of the key"));
    m.set = set_bad;
    cr_assert(strstr(refusal(&m), "\"x\" is not one of"));
}
