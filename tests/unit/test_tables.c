/* What the source is asked for. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/tables.h"
#include "unit/map_fixture.h"

static struct cdc_arena arena;

static void fini(void)
{
    cdc_arena_fini(&arena);
}

static const char *names(const char *const *list, size_t n)
{
    static char out[2][256];
    static unsigned turn;
    char *at = out[turn ^= 1];

    *at = '\0';
    for (size_t i = 0; i < n; i++)
        sprintf(at + strlen(at), "%s%s", i ? " " : "", list[i]);
    return at;
}

Test(tables, every_column_is_named_once_and_dropped_ones_not_at_all, .fini = fini)
{
    static const struct config_piece key_pieces[] = {{false, "cinema-"}, {true, "id"}, {true, "site"}};
    static const struct config_piece service_pieces[] = {
        {true, "screening_id"}, {false, "-"}, {true, "site"}};
    static const struct config_field key = {
        .field = B_ID, .from = CONFIG_FROM_TEMPLATE, .npieces = 3, .pieces = key_pieces};
    static const struct config_field *const keys[] = {&key};
    static const struct config_field fields[] = {
        {FIXTURE_COLUMN(B_CUSTOMER, "member_no")},
        {.field = B_SERVICE, .from = CONFIG_FROM_TEMPLATE, .npieces = 3, .pieces = service_pieces},
        {FIXTURE_CONST(B_CURRENCY, "GBP")},
        {FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_DROP},
        {FIXTURE_COLUMN(B_STATUS, "state")},
    };
    static const char *const tests[] = {"test"};
    static const struct config_condition where[] = {{.column = "channel", .nvalues = 1, .values = tests},
                                                    {.column = "state", .nvalues = 1, .values = tests}};
    static const struct config_field left_out_key = {FIXTURE_COLUMN(0, "sku")};
    static const struct config_field *const stock_keys[] = {&left_out_key, NULL};
    static const struct config_mapping mappings[] = {
        {.entity = &fixture_booking,
         .keys = keys,
         .nfields = 5,
         .fields = fields,
         .nconditions = 2,
         .conditions = where},
        {.entity = &fixture_stock, .keys = stock_keys},
    };
    const struct cdc_table_ref *refs;

    cr_assert_eq(tables_list(fixture_config(mappings, 2), &arena, &refs, NULL), 0);
    cr_assert_str_eq(refs[0].schema, "public");
    cr_assert_str_eq(refs[0].name, "reservation");
    cr_assert_str_eq(names(refs[0].columns, refs[0].ncolumns),
                     "id site member_no screening_id state channel sku");
    cr_assert_str_eq(names(refs[0].key_columns, refs[0].nkeys), "id site sku");
}

Test(tables, a_filter_alone_asks_for_a_dropped_column, .fini = fini)
{
    static const struct config_field key = {FIXTURE_COLUMN(B_ID, "id")};
    static const struct config_field *const keys[] = {&key};
    static const struct config_field fields[] = {{FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_DROP}};
    static const char *const none[] = {NULL};
    static const struct config_condition where[] = {
        {.column = "email", .negate = true, .nvalues = 1, .values = none}};
    static const struct config_mapping mapping = {.entity = &fixture_booking,
                                                  .keys = keys,
                                                  .nfields = 1,
                                                  .fields = fields,
                                                  .nconditions = 1,
                                                  .conditions = where};
    const struct cdc_table_ref *refs;

    cr_assert_eq(tables_list(fixture_config(&mapping, 1), &arena, &refs, NULL), 0);
    cr_assert_str_eq(names(refs[0].columns, refs[0].ncolumns), "id email");
    cr_assert_str_eq(names(refs[0].key_columns, refs[0].nkeys), "id");
}
