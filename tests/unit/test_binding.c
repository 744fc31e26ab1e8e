/* Bindings: all mappings of a table over one relation. */
#include <criterion/criterion.h>

#include "map/binding.h"
#include "unit/map_fixture.h"

static struct cdc_arena arena;

static struct zone *no_zone(void *ctx, const char *name, struct cdc_err *e)
{
    (void)ctx;
    (void)name;
    (void)e;
    return NULL;
}

Test(binding, it_has_a_program_and_a_shape_for_each_mapping)
{
    static const struct config_field key = {FIXTURE_COLUMN(0, "id")};
    static const struct config_field *const keys[] = {&key, NULL};
    static const struct config_mapping mappings[] = {{.entity = &fixture_booking, .keys = keys},
                                                     {.entity = &fixture_stock, .keys = keys}};
    static const char *const columns[] = {"id text key"};
    const struct config *config = fixture_config(mappings, 2);
    struct rule_context context = {&arena, config, NULL, no_zone, NULL};
    struct cdc_shape shapes[2];
    struct plan plans[2];
    struct binding *b;

    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(plan_init(&plans[i], &context, config->tables, &mappings[i], &shapes[i], NULL), 0);
    cr_assert_eq(binding_new(&b, plans, 2, 5, fixture_relation("reservation", columns, 1)), 0);
    cr_assert_eq(b->nprograms, 2);
    cr_assert_eq(b->shapes[0], 5);
    cr_assert_eq(b->shapes[1], 6);
    cr_assert_eq(b->id, 4711);
    cr_assert_eq(b->programs[1].plan, &plans[1]);
    binding_free(b);
    binding_free(NULL);
    cdc_arena_fini(&arena);
}
