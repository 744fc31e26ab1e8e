/* The mapping as its callers see it: several mappings and tables, binding again, what is missing, what lives how long. */
#include <criterion/criterion.h>

#include "unit/map_fixture.h"

static struct map *map;
static struct cdc_err err;

static void fini(void)
{
    map_free(map);
}

static const struct config_field id = {FIXTURE_COLUMN(0, "id")};
static const struct config_field *const keys[] = {&id, NULL};
static const struct config_field status[] = {{FIXTURE_COLUMN(B_STATUS, "state")}};
static const struct config_field quantity[] = {{FIXTURE_COLUMN(2, "n")}};
static const char *const web[] = {"web"};
static const struct config_condition only_web[] = {{.column = "channel", .nvalues = 1, .values = web}};
static const struct config_mapping two[] = {
    {.entity = &fixture_booking, .keys = keys, .nfields = 1, .fields = status},
    {.entity = &fixture_stock,
     .keys = keys,
     .nfields = 1,
     .fields = quantity,
     .nconditions = 1,
     .conditions = only_web},
};
static const char *const columns[] = {"id text key", "state text", "n text", "channel text"};

static struct cdc_relation *start_two(void)
{
    struct cdc_relation *relation = fixture_relation("reservation", columns, 4);

    map = fixture_map(fixture_config(two, 2));
    cr_assert_eq(map_bind(map, relation, &err), 0, "%s", err.message);
    return relation;
}

static const char *insert(const char *key, const char *state, const char *n, const char *channel)
{
    const char *const row[] = {key, state, n, channel};

    return fixture_run(map, fixture_row(CDC_OP_INSERT, row, NULL, CDC_IDENTITY_NOTHING));
}

Test(map, each_mapping_of_a_table_makes_its_own_event, .fini = fini)
{
    start_two();
    cr_assert_str_eq(insert("1", "hold", "5", "web"),
                     "put booking.created 1\n"
                     "  reservation_id=1 reservation_status=hold source_reservation_status=hold\n"
                     "put inventory.created 1:-\n  sku=1 quantity=5\n");
}

Test(map, one_mapping_s_trouble_is_not_the_other_s, .fini = fini)
{
    start_two();
    cr_assert(strstr(insert("1", "hold", "x", "web"),
                     "source_reservation_status=hold\nreject bad_value column=n key=1:-:"));
    cr_assert_str_eq(
        insert("1", "Q", "5", "web"),
        "put inventory.created 1:-\n  sku=1 quantity=5\n"
        "reject enum column=state key=1: field reservation_status (column \"state\", text) is not one of the "
        "field's values, nor in its value map\n");
    cr_assert(strstr(insert("1", "hold", "x", "app"), "filtered 1\n"));
    cr_assert(strstr(insert("1", "Q", "x", "web"), "reject enum"));
    cr_assert(strstr(insert("1", "Q", "x", "web"), "reject bad_value"));
}

Test(map, parts_count_through_pairs_of_events, .fini = fini)
{
    static const char *const before[] = {"1", "hold", "5", "web"}, *const after[] = {"2", "hold", "5", "web"};

    start_two();
    cr_assert_str_eq(fixture_run(map, fixture_row(CDC_OP_UPDATE, after, before, CDC_IDENTITY_FULL)),
                     "delete booking.deleted 1\n"
                     "  reservation_id=~<1 reservation_status=~<hold source_reservation_status=~<hold\n"
                     "put booking.created 2\n"
                     "  reservation_id=2 reservation_status=hold source_reservation_status=hold\n"
                     "delete inventory.deleted 1:-\n  sku=~<1 quantity=~<5\n"
                     "put inventory.created 2:-\n  sku=2 quantity=5\n");
}

Test(map, shapes_say_whose_part_they_are_and_whether_they_share_an_entity, .fini = fini)
{
    static const struct config_mapping other[] = {{.entity = &fixture_stock, .keys = keys}};
    static struct config_table tables[3];
    struct config *config = fixture_config(two, 2);
    struct cdc_shape *shapes;
    size_t n;

    tables[0] = config->tables[0];
    tables[1] = (struct config_table){.schema = "public", .name = "goods", .nmappings = 1, .mappings = other};
    tables[2] = (struct config_table){.schema = "shop", .name = "reservation", .nmappings = 0};
    config->ntables = 3;
    config->tables = tables;
    map = fixture_map(config);
    shapes = map_shapes(map, &n);
    cr_assert_eq(n, 3);
    cr_assert_not(shapes[0].shared);
    cr_assert(shapes[1].shared);
    cr_assert(shapes[2].shared);
    cr_assert_eq(shapes[0].part, 0);
    cr_assert_eq(shapes[1].part, 1);
    cr_assert_eq(shapes[2].part, 0);
    cr_assert(cdc_slice_is(shapes[2].table, "public.goods"));
}

Test(map, two_mappings_of_one_table_to_one_entity_are_not_shared, .fini = fini)
{
    static const struct config_mapping same[] = {{.entity = &fixture_stock, .keys = keys},
                                                 {.entity = &fixture_stock, .keys = keys}};
    struct cdc_shape *shapes;
    size_t n;

    map = fixture_map(fixture_config(same, 2));
    shapes = map_shapes(map, &n);
    cr_assert_eq(n, 2);
    cr_assert_not(shapes[0].shared);
    cr_assert_not(shapes[1].shared);
}

Test(map, a_relation_knows_its_shapes, .fini = fini)
{
    struct cdc_relation *relation = start_two(), other = *relation;
    const uint32_t *indexes;
    size_t n;

    indexes = map_relation_shapes(relation, &n);
    cr_assert_eq(n, 2);
    cr_assert_eq(indexes[0], 0);
    cr_assert_eq(indexes[1], 1);
    other.binding = NULL;
    (void)map_relation_shapes(&other, &n);
    cr_assert_eq(n, 0);
}

Test(map, a_table_that_is_not_mapped_is_not_bound, .fini = fini)
{
    struct cdc_relation *relation = fixture_relation("other", columns, 4);
    static const struct cdc_tx tx;
    struct map_result result;

    map = fixture_map(fixture_config(two, 2));
    relation->columns[0].wanted = true;
    cr_assert_eq(map_bind(map, relation, &err), 0);
    cr_assert_null(relation->binding);
    cr_assert_not(relation->columns[0].wanted);
    cr_assert_eq(map_row(map,
                         fixture_row(CDC_OP_INSERT, (const char *const[]){"1", "x", "x", "x"}, NULL,
                                     CDC_IDENTITY_NOTHING),
                         &tx, 1, &result, &err),
                 0);
    cr_assert_eq(result.nevents + result.nrejects + result.nfiltered, 0);
}

Test(map, binding_again_follows_the_columns, .fini = fini)
{
    static const char *const moved[] = {"n text", "channel text", "new text", "state text", "id integer key"};
    struct cdc_relation *relation = start_two();

    for (int i = 0; i < 3; i++) {
        relation = fixture_relation("reservation", moved, 5);
        cr_assert_eq(map_bind(map, relation, &err), 0, "%s", err.message);
        cr_assert_not(relation->columns[2].wanted);
        cr_assert_str_eq(
            fixture_run(map, fixture_row(CDC_OP_INSERT, (const char *const[]){"5", "web", "x", "hold", "1"},
                                         NULL, CDC_IDENTITY_NOTHING)),
            "put booking.created 1\n"
            "  reservation_id=1 reservation_status=hold source_reservation_status=hold\n"
            "put inventory.created 1:-\n  sku=1 quantity=5\n");
        relation = fixture_relation("reservation", columns, 4);
        relation->id = 4712; /* the same memory under another id */
        cr_assert_eq(map_bind(map, relation, &err), 0);
    }
    map_unbind_all(map);
    relation = fixture_relation("reservation", columns, 4);
    cr_assert_eq(map_bind(map, relation, &err), 0);
    cr_assert(strstr(insert("1", "hold", "5", "app"), "put booking.created 1\n"));
}

Test(map, a_missing_column_stops_one_mapping_and_is_told, .fini = fini)
{
    static const char *const fewer[] = {"id text key", "state text", "channel text"};
    struct cdc_relation *relation = fixture_relation("reservation", fewer, 3);
    const char *text;

    map = fixture_map(fixture_config(two, 2));
    cr_assert_eq(map_bind(map, relation, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert_str_eq(err.message,
                     "cinema.yaml:12:5: error: tables.public.reservation: the table has no column \"n\"");
    cr_assert_not_null(relation->binding);
    text = fixture_run(map, fixture_row(CDC_OP_INSERT, (const char *const[]){"1", "hold", "web"}, NULL,
                                        CDC_IDENTITY_NOTHING));
    cr_assert(strstr(text, "put booking.created 1\n"), "%s", text);
    cr_assert(strstr(text, "reject missing_column column=n key=1:-: column \"n\" is missing from the table"),
              "%s", text);
    text = fixture_run(
        map, fixture_row(CDC_OP_DELETE, NULL, (const char *const[]){"1", "hold", "web"}, CDC_IDENTITY_FULL));
    cr_assert(strstr(text, "reject missing_column column=n key=1:-"), "%s", text);
    text = fixture_run(map, fixture_row(CDC_OP_INSERT, (const char *const[]){NULL, "hold", "web"}, NULL,
                                        CDC_IDENTITY_NOTHING));
    cr_assert(strstr(text, "reject missing_column column=n key=:"), "%s", text);
    text = fixture_run(map, fixture_row(CDC_OP_DELETE, NULL, NULL, CDC_IDENTITY_NOTHING));
    cr_assert(strstr(text, "reject missing_column column=n key=:"), "%s", text);
}

Test(map, a_missing_key_column_too, .fini = fini)
{
    static const char *const keyless[] = {"state text", "n text", "channel text"};

    map = fixture_map(fixture_config(two, 2));
    cr_assert_eq(map_bind(map, fixture_relation("reservation", keyless, 3), &err), -1);
    cr_assert_str_eq(
        fixture_run(map, fixture_row(CDC_OP_INSERT, (const char *const[]){"hold", "5", "web"}, NULL,
                                     CDC_IDENTITY_NOTHING)),
        "reject missing_column column=id key=: column \"id\" is missing from the table, or not sent by the "
        "source\n"
        "reject missing_column column=id key=: column \"id\" is missing from the table, or not sent by the "
        "source\n");
}

Test(map, tables_are_told_to_the_source, .fini = fini)
{
    const struct cdc_table_ref *refs;
    size_t n;

    map = fixture_map(fixture_config(two, 2));
    refs = map_tables(map, &n);
    cr_assert_eq(n, 1);
    cr_assert_str_eq(refs[0].name, "reservation");
    cr_assert_eq(refs[0].ncolumns, 4);
    cr_assert_eq(refs[0].nkeys, 1);
}

Test(map, mistakes_of_the_configuration_make_no_map)
{
    static const struct config_field zoned[] = {{FIXTURE_COLUMN(B_TIME, "at"), .timezone = "Europe/Londin"}};
    static const struct config_field hashed[] = {{FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_HMAC}};
    struct config_mapping m = {.entity = &fixture_booking, .keys = keys, .nfields = 1, .fields = zoned};
    struct config *config;

    cr_assert_eq(map_new(&map, fixture_config(&m, 1), &err), -1);
    cr_assert_null(map);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert_str_eq(
        err.message,
        "cinema.yaml:12:5: error: tables.public.reservation.fields.booking_time: unknown time zone "
        "\"Europe/Londin\"");
    m.fields = hashed;
    cr_assert_eq(map_new(&map, fixture_config(&m, 1), &err), -1);
    cr_assert(strstr(err.message, "needs a key"));
    config = fixture_config(&m, 1);
    config->pii_key = "k";
    cr_assert_eq(map_new(&map, config, &err), 0);
    map_free(map);
    config->source.timezone = "Nowhere";
    cr_assert_eq(map_new(&map, config, &err), -1);
    map_free(NULL);
}

Test(map, a_configuration_without_tables_makes_an_empty_map, .fini = fini)
{
    struct config *config = fixture_config(NULL, 0);
    size_t n;

    config->ntables = 0;
    map = fixture_map(config);
    (void)map_tables(map, &n);
    cr_assert_eq(n, 0);
    (void)map_shapes(map, &n);
    cr_assert_eq(n, 0);
}
