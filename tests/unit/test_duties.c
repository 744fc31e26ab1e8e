/* What the store does besides with an entity: from the model, and from a configuration. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "map/duties.h"
#include "map/map.h"
#include "unit/config_fixture.h"

static struct cdc_arena arena;
static struct config *config;

static void fini(void)
{
    cdc_arena_fini(&arena);
    config_free(config);
}

TestSuite(duties, .fini = fini);

#define TABLES                                                                                                       \
    "tables: {a: [{entity: basket, key: id, fields: {status: s}}, {entity: basket, key: id, fields: {status: t}}], " \
    "b: {entity: identity, key: {system: s, source_id: i}, fields: {customer_id: c}}, "                              \
    "c: {entity: order, key: id, fields: {total: t}}}\n"

static void load(const char *more)
{
    char *said, *text = text_print("version: 1\nconnector: shop\n"
                                   "source: {type: postgresql, host: localhost, database: d, user: u}\n"
                                   "redis: {url: 'redis://localhost'}\n%s" TABLES,
                                   more);

    config = fixture_parse(text, 0, &said);
    cr_assert_not_null(config, "%s", said);
    free(text);
    free(said);
}

static const struct cdc_rules *rules(const char *entity)
{
    const struct cdc_rules *made;
    struct cdc_err err;

    cr_assert_eq(duties_make(config, model_find(config->model, entity), &arena, &made, &err), 0);
    return made;
}

Test(duties, most_entities_have_none)
{
    load("");
    cr_assert_null(rules("order"));
    cr_assert_null(rules("price"));
    cr_assert_null(rules("customer"));
}

Test(duties, roles)
{
    load("");
    cr_assert_eq(rules("identity")->role, CDC_ROLE_LINK);
    cr_assert_eq(rules("erasure")->role, CDC_ROLE_ERASURE);
    cr_assert_eq(rules("erasure")->agreement.nfields, 0);
    cr_assert_eq(rules("erasure")->due.type.len, 0);
    cr_assert_eq(rules("basket")->role, CDC_ROLE_NONE);
}

Test(duties, what_time_brings_about)
{
    const struct cdc_due *due;

    load("");
    due = &rules("basket")->due;
    cr_assert(cdc_slice_is(due->type, "basket.abandoned"));
    cr_assert(cdc_slice_is(due->field, "status"));
    cr_assert_eq(due->nvalues, 2);
    cr_assert(cdc_slice_is(due->values[1], "checkout"));
    cr_assert(cdc_slice_is(due->since, "updated_at"));
    cr_assert_eq(due->after_ms, 3600 * 1000);
}

Test(duties, the_configuration_says_when)
{
    load("due: {basket: {after: 30m}}\n");
    cr_assert_eq(rules("basket")->due.after_ms, 1800 * 1000);
}

Test(duties, the_configuration_turns_it_off)
{
    load("due: {basket: {after: 0s}}\n");
    cr_assert_null(rules("basket"));
}

Test(duties, an_agreement)
{
    const struct cdc_agreement *agree;

    load("agree: {price: {fields: [vat_included, price], across: [location, channel]}}\n");
    agree = &rules("price")->agreement;
    cr_assert_eq(agree->nfields, 2);
    cr_assert(cdc_slice_is(agree->fields[0], "vat_included"));
    cr_assert_not(agree->decimal[0]);
    cr_assert(cdc_slice_is(agree->fields[1], "price"));
    cr_assert(agree->decimal[1]);
    cr_assert_eq(agree->nparts, 5);
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(agree->across[i], i == 1 || i == 2, "%zu", i);
    cr_assert(cdc_slice_is(agree->diverged, "price.diverged"));
    cr_assert(cdc_slice_is(agree->converged, "price.converged"));
    cr_assert_eq(rules("price")->due.type.len, 0);
}

Test(duties, mappings_of_an_entity_share_theirs)
{
    struct cdc_shape *shapes;
    struct cdc_err err;
    struct map *map;
    size_t n;

    load("");
    cr_assert_eq(map_new(&map, config, &err), 0, "%s", err.message);
    shapes = map_shapes(map, &n);
    cr_assert_eq(n, 4);
    cr_assert_not_null(shapes[0].rules);
    cr_assert_eq(shapes[0].rules, shapes[1].rules);
    cr_assert_eq(shapes[2].rules->role, CDC_ROLE_LINK);
    cr_assert_null(shapes[3].rules);
    map_free(map);
}
