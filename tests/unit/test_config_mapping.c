/* Mappings and fields as the rest of the program sees them, frozen. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config_fixture.h"

static struct config *config;
static const struct config_mapping *mapping;

static void fini(void)
{
    config_free(config);
    config = NULL;
}

TestSuite(config_mapping, .fini = fini);

static void load(const char *text)
{
    config = fixture_mapping(text);
    mapping = &config->tables[0].mappings[0];
}

static const struct config_field *field(const char *name)
{
    for (size_t i = 0; i < mapping->nfields; i++)
        if (strcmp(mapping->entity->fields[mapping->fields[i].field].name, name) == 0)
            return &mapping->fields[i];
    cr_assert_fail("no field %s", name);
    return NULL;
}

Test(config_mapping, columns_templates_and_constants)
{
    load("{entity: booking, key: id, fields: {channel: c, email: 'a-${b}', price_currency: {const: GBP}, "
         "seats: {column: s}, ticket_number: {template: '${t}'}}}");
    cr_assert_str_eq(mapping->entity->name, "booking");
    cr_assert_eq(mapping->nfields, 5);
    cr_assert_eq(field("channel")->from, CONFIG_FROM_COLUMN);
    cr_assert_str_eq(field("channel")->column, "c");
    cr_assert_eq(field("email")->from, CONFIG_FROM_TEMPLATE);
    cr_assert_eq(field("email")->npieces, 2);
    cr_assert_str_eq(field("email")->pieces[1].text, "b");
    cr_assert_eq(field("price_currency")->from, CONFIG_FROM_CONST);
    cr_assert_str_eq(field("price_currency")->constant, "GBP");
    cr_assert_str_eq(field("seats")->column, "s");
    cr_assert_eq(field("ticket_number")->from, CONFIG_FROM_TEMPLATE);
    cr_assert_eq(field("channel")->pos.line, 6);
}

Test(config_mapping, key_parts_in_the_models_order)
{
    load("{entity: price, key: {price_currency: {const: EUR}, tier: t, sku: s}, fields: {price: p}}");
    cr_assert_eq(mapping->entity->nkeys, 5);
    cr_assert_str_eq(mapping->keys[0]->column, "s");
    cr_assert_null(mapping->keys[1]);
    cr_assert_null(mapping->keys[2]);
    cr_assert_str_eq(mapping->keys[3]->constant, "EUR");
    cr_assert_str_eq(mapping->keys[4]->column, "t");
    cr_assert_eq(mapping->keys[4]->field, mapping->entity->keys[4]);
    cr_assert_eq(mapping->nfields, 1);
}

Test(config_mapping, what_is_done_to_a_value)
{
    load("{entity: booking, key: {reservation_id: {column: id, pii: hmac}}, fields: {"
         "total_price: {column: p, scale: -2}, booking_time: {column: t, timezone: Europe/London}, "
         "customer_id: {column: m, system: crm}, email: {column: e, pii: 'truncate:3'}, "
         "channel: {column: c, pii: mask}, ticket_number: {column: n, pii: drop}}}");
    cr_assert_eq(field("total_price")->scale, -2);
    cr_assert_str_eq(field("booking_time")->timezone, "Europe/London");
    cr_assert_str_eq(field("customer_id")->system, "crm");
    cr_assert_eq(field("email")->pii, CONFIG_PII_TRUNCATE);
    cr_assert_eq(field("email")->truncate, 3);
    cr_assert_eq(field("channel")->pii, CONFIG_PII_MASK);
    cr_assert_eq(field("ticket_number")->pii, CONFIG_PII_DROP);
    cr_assert_eq(mapping->keys[0]->pii, CONFIG_PII_HMAC);
    cr_assert_null(field("channel")->timezone);
    cr_assert_null(field("total_price")->system);
}

Test(config_mapping, value_maps)
{
    const struct config_field *status;

    load(
        "{entity: booking, key: id, fields: {reservation_status: {column: s, values: {H: hold, NO: cancelled, 010: null}}, "
        "channel: {column: c, values: {a: b}, otherwise: 'reject'}, email: {column: e, values: {a: b}, otherwise: pass}, "
        "seats: {column: s, values: {a: '[1]'}, otherwise: null}, price_currency: {column: c, values: {e: EUR}, otherwise: "
        "reject}}}");
    status = field("reservation_status");
    cr_assert_eq(status->nvalues, 3);
    cr_assert_str_eq(status->values[0].from, "H");
    cr_assert_str_eq(status->values[0].to, "hold");
    cr_assert_str_eq(status->values[1].from, "NO");
    cr_assert_str_eq(status->values[2].from, "010");
    cr_assert_null(status->values[2].to);
    cr_assert_eq(status->otherwise, CONFIG_OTHERWISE_REJECT);
    cr_assert_eq(field("channel")->otherwise, CONFIG_OTHERWISE_VALUE);
    cr_assert_str_eq(field("channel")->otherwise_value, "reject", "in quotes it is a value");
    cr_assert_eq(field("email")->otherwise, CONFIG_OTHERWISE_PASS);
    cr_assert_eq(field("seats")->otherwise, CONFIG_OTHERWISE_NULL);
    cr_assert_eq(field("price_currency")->otherwise, CONFIG_OTHERWISE_REJECT);
}

Test(config_mapping, conditions)
{
    load(
        "{entity: order, key: id, fields: {total: t}, where: {a: x, b: [NO, null, 'null'], c: {not: x}, d: {not: [x, y]}, "
        "e: null}}");
    cr_assert_eq(mapping->nconditions, 5);
    cr_assert_str_eq(mapping->conditions[0].column, "a");
    cr_assert_eq(mapping->conditions[0].nvalues, 1);
    cr_assert_not(mapping->conditions[0].negate);
    cr_assert_eq(mapping->conditions[1].nvalues, 3);
    cr_assert_str_eq(mapping->conditions[1].values[0], "NO");
    cr_assert_null(mapping->conditions[1].values[1]);
    cr_assert_str_eq(mapping->conditions[1].values[2], "null");
    cr_assert(mapping->conditions[2].negate);
    cr_assert_eq(mapping->conditions[3].nvalues, 2);
    cr_assert_eq(mapping->conditions[4].nvalues, 1);
    cr_assert_null(mapping->conditions[4].values[0]);
}

Test(config_mapping, deletes)
{
    load(
        "[{entity: order, key: id, fields: {total: t}}, {entity: order, key: id, fields: {total: t}, on_delete: ignore}, "
        "{entity: order, key: id, fields: {total: t}, on_delete: {set: {order_status: cancelled, total: null}}}, "
        "{entity: order, key: id, fields: {total: t}, on_delete: delete}]");
    cr_assert_eq(config->tables[0].nmappings, 4);
    cr_assert_eq(mapping[0].on_delete, CONFIG_DELETE_STATE);
    cr_assert_eq(mapping[1].on_delete, CONFIG_DELETE_IGNORE);
    cr_assert_eq(mapping[2].on_delete, CONFIG_DELETE_SET);
    cr_assert_eq(mapping[2].nset, 2);
    cr_assert_str_eq(mapping[2].entity->fields[mapping[2].set[0].field].name, "order_status");
    cr_assert_str_eq(mapping[2].set[0].value, "cancelled");
    cr_assert_null(mapping[2].set[1].value);
    cr_assert_eq(mapping[3].on_delete, CONFIG_DELETE_STATE);
}
