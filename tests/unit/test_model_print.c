/* The model for people, and as JSON Schema. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "model/model.h"

static struct model *model;
static char *printed;

static void init(void)
{
    struct cdc_err err;

    cr_assert_eq(model_builtin(&model, &err), 0, "%s", err.message);
}

static void fini(void)
{
    model_free(model);
    free(printed);
}

TestSuite(model_print, .init = init, .fini = fini);
TestSuite(model_schema, .init = init, .fini = fini);

static const char *print(void (*how)(const struct model *, const struct model_entity *, FILE *),
                         const char *only)
{
    size_t size;
    FILE *out = open_memstream(&printed, &size);

    how(model, only ? model_find(model, only) : NULL, out);
    fclose(out);
    return printed;
}

Test(model_print, one_entity)
{
    cr_assert_str_eq(print(model_print, "bonus"),
                     "bonus: a reward that a member can redeem\n"
                     "  key     bonus_id\n"
                     "  events  issued, updated, deleted, redeemed, revoked, expired, snapshot, truncated\n"
                     "\n"
                     "  FIELD              TYPE     MARK     MEANING\n"
                     "  bonus_id           string            the bonus's number\n"
                     "  customer_id        ref               who may redeem it\n"
                     "  membership_number  string            the card that it belongs to\n"
                     "  points             integer           what it is worth in points\n"
                     "  status             enum     +source  state of the bonus\n"
                     "                                       issued, redeemed, expired, revoked\n"
                     "  redeemed_at        time              when it was redeemed\n"
                     "  valid_through      time              until when it can be redeemed\n"
                     "\n"
                     "  The first that fits names the event:\n"
                     "  status to redeemed, also when inserted => bonus.redeemed\n"
                     "  status to revoked, also when inserted => bonus.revoked\n"
                     "  status to expired, also when inserted => bonus.expired\n");
}

Test(model_print, rules_in_words)
{
    print(model_print, "inventory");
    cr_assert(strstr(printed, "  quantity to 0 => inventory.depleted\n"));
    cr_assert(strstr(printed, "  quantity from 0 => inventory.replenished\n"));
    free(printed);
    print(model_print, "booking");
    cr_assert(strstr(printed, "  service_id changed => booking.rebooked\n"));
    free(printed);
    print(model_print, "message");
    cr_assert(strstr(printed, "  status to sent, also when inserted => message.sent\n"));
}

Test(model_print, duties_in_words)
{
    print(model_print, "basket");
    cr_assert(strstr(printed, "\n  What Redis does besides:\n"
                              "  status still open, checkout 1h after updated_at => basket.abandoned\n"));
    free(printed);
    print(model_print, "identity");
    cr_assert(
        strstr(printed, "  the key is a customer, linked to customer_id unless link_status is unlinked\n"));
    free(printed);
    print(model_print, "erasure");
    cr_assert(strstr(printed, "  customer_id is forgotten unless status is rejected => erasure.completed\n"));
    free(printed);
    print(model_print, "booking");
    cr_assert_not(strstr(printed, "What Redis does besides"));
}

Test(model_print, an_agreement_in_words)
{
    static const char text[] =
        "version: 1\nentities: {fare: {meaning: m, verbs: {insert: a, update: b, delete: c}, key: [leg, shop, tier], "
        "agree: {fields: [price, tax], across: [shop, tier]}, due: {verb: stale, field: price, values: ['0'], after: 90s}, "
        "fields: {leg: {type: string, meaning: m}, shop: {type: string, meaning: m}, tier: {type: string, meaning: m}, "
        "price: {type: decimal, meaning: m}, tax: {type: decimal, meaning: m}}}}\n";
    struct cdc_err err;

    model_free(model);
    cr_assert_eq(model_parse(&model, "m", text, strlen(text), stderr, &err), 0);
    print(model_print, NULL);
    cr_assert(strstr(printed, "  events  a, b, c, diverged, converged, stale, snapshot, truncated\n"));
    cr_assert(
        strstr(printed, "  price, tax must agree across shop, tier => fare.diverged, fare.converged\n"));
    cr_assert(strstr(printed, "  price still 0 90s after the last change => fare.stale\n"));
}

Test(model_print, all_entities_with_a_summary)
{
    print(model_print, NULL);
    cr_assert(strstr(printed, "ENTITY     TERM  "));
    cr_assert(strstr(printed,
                     "price      Offer                                    sku, [channel], [location], "
                     "price_currency, [tier]\n"));
    for (size_t i = 0; i < model_count(model); i++)
        for (size_t f = 0; f < model_at(model, i)->nfields; f++)
            cr_expect(strstr(printed, model_at(model, i)->fields[f].name));
    cr_assert(strstr(printed, "  given_name   string   personal  first name\n"));
}

Test(model_schema, is_json)
{
    print(model_print_json_schema, NULL);
    cr_assert(model_json_valid(printed, strlen(printed)));
    free(printed);
    print(model_print_json_schema, "booking");
    cr_assert(model_json_valid(printed, strlen(printed)));
    cr_assert(strstr(printed, "\"#/$defs/booking\""));
    cr_assert_not(strstr(printed, "\"#/$defs/order\""));
}

Test(model_schema, fields_by_type)
{
    print(model_print_json_schema, NULL);
    cr_assert(strstr(printed, "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
    cr_assert(strstr(printed, "\"total_price\": {\"type\": \"string\", \"description\": \"what it costs\", "
                              "\"pattern\": \"^-?[0-9]+(\\\\.[0-9]+)?$\"}"));
    cr_assert(strstr(printed,
                     "\"booking_time\": {\"type\": \"string\", \"description\": \"when it was booked\", "
                     "\"format\": \"date-time\"}"));
    cr_assert(strstr(printed, "\"source_reservation_status\": {\"type\": \"string\""));
    cr_assert(strstr(printed, "\"enum\": [\"hold\", \"pending\", \"confirmed\", \"cancelled\"]"));
    cr_assert(strstr(printed, "\"email\": {\"type\": \"string\", \"description\": \"e-mail address\", "
                              "\"x-personal\": true}"));
}

Test(model_schema, types_of_events)
{
    static const char *const types[] = {"booking.created",   "booking.cancelled",  "booking.rebooked",
                                        "booking.truncated", "booking.snapshot",   "price.diverged",
                                        "price.converged",   "inventory.depleted", "message.suppressed"};

    print(model_print_json_schema, NULL);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "\n            \"%s\"", types[i]);
        cr_expect(strstr(printed, quoted), "%s", types[i]);
    }
    cr_assert(strstr(printed, "{\"pattern\": \"^booking\\\\.\"}"));
}

/* What the store says has data of its own shape. */
Test(model_schema, events_of_the_store)
{
    print(model_print_json_schema, NULL);
    cr_assert(model_json_valid(printed, strlen(printed)));
    cr_assert(strstr(printed, "\n            \"basket.abandoned\""));
    cr_assert(strstr(printed, "\n            \"erasure.completed\""));
    cr_assert(strstr(printed, "    \"price.divergence\": {\n"));
    cr_assert(
        strstr(printed,
               "{\"type\": {\"enum\": [\"price.diverged\", \"price.converged\"]}}},\n"
               "          \"then\": {\"properties\": {\"data\": {\"$ref\": \"#/$defs/price.divergence\"}}}"));
    cr_assert(strstr(printed, "{\"data\": {\"anyOf\": [{\"$ref\": \"#/$defs/erasure\"}, "
                              "{\"$ref\": \"#/$defs/erasure.erased\"}]}"));
    cr_assert_not(strstr(printed, "\"basket.divergence\""));
}
