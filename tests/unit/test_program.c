/* Binding a plan to the columns of a relation. */
#include <criterion/criterion.h>

#include "map/program.h"
#include "unit/map_fixture.h"

static struct cdc_arena arena;
static struct cdc_shape shape;
static struct plan plan;
static struct program program;
static const struct config *config;

static struct zone *no_zone(void *ctx, const char *name, struct cdc_err *e)
{
    (void)ctx;
    (void)name;
    (void)e;
    return NULL;
}

static const struct config_piece pieces[] = {{false, "cinema-"}, {true, "id"}};
static const struct config_field key = {
    .pos = {11, 9}, .field = B_ID, .from = CONFIG_FROM_TEMPLATE, .npieces = 2, .pieces = pieces};
static const struct config_field *const keys[] = {&key};
static const struct config_field fields[] = {{FIXTURE_COLUMN(B_PRICE, "price_pence")},
                                             {FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_DROP}};
static const char *const web[] = {"web"};
static const struct config_condition where[] = {
    {.pos = {20, 1}, .column = "channel", .nvalues = 1, .values = web}};
static const struct config_mapping mapping = {.entity = &fixture_booking,
                                              .keys = keys,
                                              .nfields = 2,
                                              .fields = fields,
                                              .nconditions = 1,
                                              .conditions = where};

static void init(void)
{
    config = fixture_config(&mapping, 1);
    struct rule_context context = {&arena, config, NULL, no_zone, NULL};
    cr_assert_eq(plan_init(&plan, &context, config->tables, &mapping, &shape, NULL), 0);
}

static void fini(void)
{
    program_fini(&program);
    cdc_arena_fini(&arena);
}

static struct cdc_relation *bind(const char *const *columns, size_t n)
{
    struct cdc_relation *relation = fixture_relation("reservation", columns, n);

    cr_assert_eq(program_init(&program, &plan, relation), 0);
    return relation;
}

Test(program, columns_are_found_and_wanted_and_others_are_not, .init = init, .fini = fini)
{
    static const char *const columns[] = {"note text", "price_pence integer", "channel text", "email text",
                                          "id integer key"};
    struct cdc_relation *relation = bind(columns, 5);

    cr_assert_null(program.missing);
    cr_assert_eq(program.slots[0].template.pieces[0].column, TEMPLATE_LITERAL);
    cr_assert_eq(program.slots[0].template.pieces[1].column, 4);
    cr_assert_eq(program.slots[1].column, 1);
    cr_assert_eq(program.where[0], 2);
    cr_assert_not(relation->columns[0].wanted);
    cr_assert(relation->columns[1].wanted);
    cr_assert(relation->columns[2].wanted);
    cr_assert_not(relation->columns[3].wanted, "a dropped column is never asked for");
    cr_assert(relation->columns[4].wanted);
    cr_assert_eq(program.slots[1].convert, canonical_converter(MODEL_DECIMAL, CDC_KIND_INTEGER));
}

Test(program, a_missing_column_is_told_with_its_place_and_a_hint, .init = init, .fini = fini)
{
    static const char *const columns[] = {"price_pense integer", "channel text", "id integer key"};
    struct cdc_err err;

    bind(columns, 3);
    cr_assert_str_eq(program.missing, "price_pence");
    cr_assert_not(program.missing_key);
    cr_assert_eq(program_missing(&program, config, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert_str_eq(
        err.message,
        "cinema.yaml:12:5: error: tables.public.reservation: the table has no column \"price_pence\"");
    cr_assert_str_eq(err.hint, "did you mean \"price_pense\"?");
}

Test(program, the_first_of_several_is_told_and_keys_are_known_as_such, .init = init, .fini = fini)
{
    static const char *const columns[] = {"note text"};
    struct cdc_err err;

    bind(columns, 1);
    cr_assert_str_eq(program.missing, "id");
    cr_assert(program.missing_key);
    cr_assert_eq(program_missing(&program, config, &err), -1);
    cr_assert(strstr(err.message, "cinema.yaml:11:9:"));
    cr_assert(strstr(err.hint, "column list"), "%s", err.hint);
}

Test(program, a_filter_s_column_counts, .init = init, .fini = fini)
{
    static const char *const columns[] = {"price_pence integer", "id integer key"};

    bind(columns, 2);
    cr_assert_str_eq(program.missing, "channel");
    cr_assert_eq(program.missing_pos.line, 20);
}

Test(program, a_relation_without_columns_lacks_all, .init = init, .fini = fini)
{
    bind(NULL, 0);
    cr_assert_str_eq(program.missing, "id");
}
