/* What is said of a row that cannot be mapped: where, why, and never its value. */
#include <criterion/criterion.h>

#include "unit/map_fixture.h"

static struct map *map;

static const struct config_piece pieces[] = {{false, "c-"}, {true, "id"}, {true, "site"}};
static const struct config_field key = {
    .field = B_ID, .from = CONFIG_FROM_TEMPLATE, .npieces = 3, .pieces = pieces};
static const struct config_field *const keys[] = {&key};
static const struct config_field fields[] = {{FIXTURE_COLUMN(B_PRICE, "price")},
                                             {FIXTURE_COLUMN(B_TIME, "at")}};
static const char *const web[] = {"web"};
static const struct config_condition where[] = {{.column = "channel", .nvalues = 1, .values = web}};
static const struct config_mapping mapping = {.entity = &fixture_booking,
                                              .keys = keys,
                                              .nfields = 2,
                                              .fields = fields,
                                              .nconditions = 1,
                                              .conditions = where};
static const char *const columns[] = {"id text key", "site text", "price text", "at timestamp",
                                      "channel text"};

static void fini(void)
{
    map_free(map);
}

static const char *insert(const char *id, const char *site, const char *price, const char *at,
                          const char *channel)
{
    const char *const row[] = {id, site, price, at, channel};

    return fixture_run(map, fixture_row(CDC_OP_INSERT, row, NULL, CDC_IDENTITY_NOTHING));
}

static void init(void)
{
    struct config *config = fixture_config(&mapping, 1);

    config->source.timezone = "Europe/London";
    map = fixture_map(config);
    cr_assert_eq(map_bind(map, fixture_relation("reservation", columns, 5), NULL), 0);
}

Test(reject, it_names_field_column_kind_and_trouble, .init = init, .fini = fini)
{
    cr_assert_str_eq(
        insert("1", "n", "secret", NULL, "web"),
        "reject bad_value column=price key=c-1n: field total_price (column \"price\", text) is not a finite "
        "decimal number\n");
    cr_assert_str_eq(
        insert("1", "n", NULL, "2026-03-29 01:30:00", "web"),
        "reject time column=at key=c-1n: field booking_time (column \"at\", timestamp) does not exist in "
        "Europe/London\n");
    cr_assert_str_eq(
        insert("1", "n", NULL, fixture_invalid, "web"),
        "reject bad_value column=at key=c-1n: field booking_time (column \"at\", timestamp) cannot be read\n");
}

Test(reject, a_template_s_trouble_is_that_of_its_columns, .init = init, .fini = fini)
{
    cr_assert_str_eq(
        insert(NULL, "n", NULL, NULL, "web"),
        "reject null_key column=id key=: field reservation_id (template of column \"id\") is NULL or empty, and "
        "the key is made of it\n");
    cr_assert_str_eq(
        insert("1\xff", "n", NULL, NULL, "web"),
        "reject invalid_utf8 column=id key=: field reservation_id (template of column \"id\") is not valid "
        "UTF-8\n");
}

Test(reject, a_filter_s_trouble, .init = init, .fini = fini)
{
    cr_assert_str_eq(
        insert("1", "n", NULL, NULL, fixture_unavailable),
        "reject unavailable_filter column=channel key=: where: column \"channel\" was not sent by the source\n");
    cr_assert_str_eq(insert("1", "n", NULL, NULL, fixture_invalid),
                     "reject bad_value column=channel key=: where: column \"channel\" cannot be read\n");
}

Test(reject, a_value_larger_than_a_row_may_be, .fini = fini)
{
    static const struct config_field id = {FIXTURE_COLUMN(B_ID, "id")};
    static const struct config_field *const id_keys[] = {&id};
    static const struct config_field seats[] = {{FIXTURE_COLUMN(B_SEATS, "seats")}};
    static const struct config_mapping big = {
        .entity = &fixture_booking, .keys = id_keys, .nfields = 1, .fields = seats};
    static const char *const big_columns[] = {"id text key", "seats json"};
    static char json[3 * 1024 * 1024];
    struct config *config = fixture_config(&big, 1);

    memset(json, ' ', sizeof json - 1);
    json[0] = '1';
    config->limit_memory_bytes = 8 * 1024 * 1024;
    map = fixture_map(config);
    cr_assert_eq(map_bind(map, fixture_relation("reservation", big_columns, 2), NULL), 0);
    cr_assert_str_eq(
        fixture_run(map,
                    fixture_row(CDC_OP_INSERT, (const char *const[]){"1", json}, NULL, CDC_IDENTITY_NOTHING)),
        "reject too_large column=seats key=1: field seats (column \"seats\", json) needs more memory than one "
        "row may have (a quarter of limits.memory)\n");
    json[1024 * 1024] = '\0';
    cr_assert_str_eq(fixture_run(map, fixture_row(CDC_OP_INSERT, (const char *const[]){"1", json}, NULL,
                                                  CDC_IDENTITY_NOTHING)),
                     "put booking.created 1\n  reservation_id=1 seats=1\n", "the next row is none the worse");
}

Test(reject, a_very_long_detail_is_cut, .init = init, .fini = fini)
{
    static char why[2000];
    const char *const row[] = {"1", "n", NULL, NULL, "web"};
    struct cdc_row *r = fixture_row(CDC_OP_INSERT, row, NULL, CDC_IDENTITY_NOTHING);
    struct cdc_value values[5];
    const struct cdc_tx tx = {.commit_us = 1000};
    struct map_result result;

    memset(why, 'w', sizeof why);
    memcpy(values, r->after, sizeof values);
    values[2] = (struct cdc_value){why, sizeof why, CDC_VALUE_INVALID};
    r->after = values;
    cr_assert_eq(map_row(map, r, &tx, 7, &result, NULL), 0);
    cr_assert_eq(result.nrejects, 1);
    cr_assert_lt(result.rejects[0].detail.len, 512);
    cr_assert_gt(result.rejects[0].detail.len, 400);
}
