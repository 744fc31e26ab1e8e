/* JSON objects made of columns: their form, what is absent, what is protected, what is refused. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "unit/config_fixture.h"
#include "unit/map_fixture.h"

static struct config *config;
static struct map *map;

static void fini(void)
{
    map_free(map);
    config_free(config);
}

TestSuite(object, .fini = fini);

static const char *const columns[] = {"sku text key", "colour text",     "weight decimal",
                                      "w integer",    "h integer",       "extra json",
                                      "tags array",   "fragile boolean", "since timestamp"};
enum { SKU, COLOUR, WEIGHT, W, H, EXTRA, TAGS, FRAGILE, SINCE, COLUMNS };

static void start(const char *specs)
{
    char *said,
        *text =
            text_print("version: 1\nconnector: shop\npii: {key: 0123456789abcdef}\n"
                       "source: {type: postgresql, host: h, database: d, user: u, timezone: Europe/London}\n"
                       "redis: {url: 'redis://localhost'}\n"
                       "tables: {reservation: {entity: product, key: sku, fields: {specs: %s}}}\n",
                       specs);
    struct cdc_err err;

    config = fixture_parse(text, 0, &said);
    cr_assert_not_null(config, "%s", said);
    map = fixture_map(config);
    cr_assert_eq(map_bind(map, fixture_relation("reservation", columns, COLUMNS), &err), 0, "%s",
                 err.message);
    free(text);
    free(said);
}

/* The result of an insert of SKU 1 whose other columns are `row`. */
static const char *insert(const char *const row[COLUMNS])
{
    return fixture_run(map, fixture_row(CDC_OP_INSERT, row, NULL, CDC_IDENTITY_NOTHING));
}

static void gives(const char *const row[COLUMNS], const char *specs)
{
    char *expected = text_print("put product.created 1\n  sku=1 specs=%s\n", specs);

    cr_expect_str_eq(insert(row), expected);
    free(expected);
}

#define ALL                                                                                                              \
    "{json: {weight_g: {column: weight, as: number}, colour: colour, size: {json: {w: w, h: {column: h, as: number}}}, " \
    "extra: extra, tags: tags, fragile: {column: fragile, as: boolean}, since: since}}"

Test(object, members_in_the_order_given)
{
    static const char *const row[COLUMNS] = {
        "1", "red", "12.50", "3", "4", "{\"a\": [1, 2]}", "[\"x\", \"y\"]", "t", "2026-07-01 12:00:00"};

    start(ALL);
    gives(row,
          "{\"weight_g\":12.50,\"colour\":\"red\",\"size\":{\"w\":\"3\",\"h\":4},\"extra\":{\"a\":[1,2]},"
          "\"tags\":[\"x\",\"y\"],\"fragile\":true,\"since\":\"2026-07-01T11:00:00.000000Z\"}");
}

Test(object, null_is_absent)
{
    static const char *const half[COLUMNS] = {"1", NULL, NULL, NULL, "4"};
    static const char *const outer[COLUMNS] = {"1", "red"};
    static const char *const last[COLUMNS] = {[SKU] = "1", [TAGS] = "[]"};
    static const char *const none[COLUMNS] = {"1"};

    start(ALL);
    gives(half, "{\"size\":{\"h\":4}}");
    gives(outer, "{\"colour\":\"red\"}");
    gives(last, "{\"tags\":[]}");
    gives(none, "~");
}

Test(object, a_nested_object_without_values_is_absent)
{
    static const char *const first[COLUMNS] = {"1", "red"}, *const inner[COLUMNS] = {"1", NULL, "5"};
    static const char *const both[COLUMNS] = {"1", "red", "5"};

    start("{json: {a: {json: {b: {json: {c: weight}}, d: {json: {e: {json: {f: colour}}}}}}, g: colour}}");
    gives(first, "{\"a\":{\"d\":{\"e\":{\"f\":\"red\"}}},\"g\":\"red\"}");
    gives(inner, "{\"a\":{\"b\":{\"c\":\"5\"}}}");
    gives(both, "{\"a\":{\"b\":{\"c\":\"5\"},\"d\":{\"e\":{\"f\":\"red\"}}},\"g\":\"red\"}");
}

Test(object, text_is_escaped)
{
    static const char *const row[COLUMNS] = {"1", "a\"b\\c\n\r\t\x01\x1f/\xc3\xa9\x7f"};

    start("{json: {'na\"me': colour}}");
    gives(row, "{\"na\\\"me\":\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f/\xc3\xa9\x7f\"}");
}

Test(object, an_empty_text_is_a_value)
{
    static const char *const row[COLUMNS] = {"1", ""};

    start("{json: {c: colour}}");
    gives(row, "{\"c\":\"\"}");
}

Test(object, forms)
{
    static const char *const row[COLUMNS] = {"1", "[1, 2]", "+07.50", "1", "0", "{\"a\": 1}"};

    start(
        "{json: {a: {column: colour, as: json}, b: {column: weight, as: number}, c: {column: w, as: boolean}, "
        "d: {column: h, as: string}, e: {column: extra, as: string}}}");
    gives(row, "{\"a\":[1,2],\"b\":7.50,\"c\":true,\"d\":\"0\",\"e\":\"{\\\"a\\\":1}\"}");
}

Test(object, what_was_not_sent_makes_the_whole_unavailable)
{
    const char *const row[COLUMNS] = {"1", "red", NULL, NULL, NULL, fixture_unavailable};

    start(ALL);
    gives(row, "?");
}

Test(object, a_bad_value_rejects_the_row_and_names_the_member)
{
    static const char *const number[COLUMNS] = {"1", "secret"}, *const json[COLUMNS] = {"1",  NULL, NULL,
                                                                                        NULL, NULL, "{"};
    const char *const invalid[COLUMNS] = {"1", NULL, fixture_invalid};

    start("{json: {x: {json: {n: {column: colour, as: number}}}, e: extra, w: weight}}");
    cr_expect_str_eq(insert(number),
                     "reject bad_value column=colour key=1: field specs, member \"n\" (column \"colour\", "
                     "text) is not a finite decimal number\n");
    cr_expect_str_eq(
        insert(json),
        "reject bad_value column=extra key=1: field specs, member \"e\" (column \"extra\", json) "
        "is not JSON\n");
    cr_expect_str_eq(insert(invalid),
                     "reject bad_value column=weight key=1: field specs, member \"w\" (column \"weight\", "
                     "decimal) cannot be read\n");
}

Test(object, personal_data_is_protected_inside)
{
    static const char *const row[COLUMNS] = {"1", "Jane", "12.5", "3", NULL, "{\"a\": 1}"};
    const char *said;

    start(
        "{json: {a: {column: colour, pii: mask}, b: {column: colour, pii: 'truncate:2'}, c: {column: w, pii: drop}, "
        "d: {column: colour, pii: hmac}, e: {column: extra, pii: 'truncate:3'}}}");
    said = insert(row);
    cr_assert(strstr(said, "specs={\"a\":\"J***\",\"b\":\"Ja\",\"d\":\""), "%s", said);
    cr_assert(strstr(said, "\",\"e\":\"{\\\"a\"}\n"), "%s", said);
    cr_assert_not(strstr(said, "Jane"));
}

Test(object, a_dropped_column_is_not_even_asked_for)
{
    const struct cdc_table_ref *refs;
    size_t n;

    start("{json: {a: {column: colour, pii: drop}, b: {json: {c: w, d: {column: h, pii: drop}}}}}");
    refs = map_tables(map, &n);
    cr_assert_eq(refs[0].ncolumns, 2);
    cr_assert_str_eq(refs[0].columns[0], "sku");
    cr_assert_str_eq(refs[0].columns[1], "w");
}

Test(object, the_whole_field_can_be_dropped)
{
    static const char *const row[COLUMNS] = {"1", "red"};

    start("{json: {a: colour}, pii: drop}");
    cr_assert_str_eq(insert(row), "put product.created 1\n  sku=1\n");
}

Test(object, changes_are_found_by_column)
{
    static const char *const before[COLUMNS] = {"1", "red", "1", "3"}, *const after[COLUMNS] = {"1", "red",
                                                                                                "2", "3"};
    static const char *const other[COLUMNS] = {"1", "red", "1", "3", "9"};

    start("{json: {c: colour, n: {json: {g: {column: weight, as: number}, w: w}}}}");
    cr_assert_str_eq(fixture_run(map, fixture_row(CDC_OP_UPDATE, after, before, CDC_IDENTITY_FULL)),
                     "put product.updated 1\n  sku=1<1 specs={\"c\":\"red\",\"n\":{\"g\":2,\"w\":\"3\"}}<"
                     "{\"c\":\"red\",\"n\":{\"g\":1,\"w\":\"3\"}}\n");
    cr_assert_str_eq(fixture_run(map, fixture_row(CDC_OP_UPDATE, other, before, CDC_IDENTITY_FULL)), "");
}

Test(object, a_missing_column_is_an_error_of_the_configuration)
{
    struct cdc_err err;

    start("{json: {c: colour}}");
    cr_assert_eq(map_bind(map, fixture_relation("reservation", columns, 1), &err), -1);
    cr_assert_str_eq(err.message,
                     "t:6:78: error: tables.public.reservation: the table has no column \"colour\"");
}

/* The deepest that is allowed, with a long text inside: the room that was measured is the room that is used. */
Test(object, the_deepest)
{
    char text[4096 + 1];
    const char *row[COLUMNS] = {"1", text};
    size_t n;

    for (n = 0; n < sizeof text - 1; n++)
        text[n] = n % 2 ? '"' : '\x02';
    text[n] = '\0';
    start(
        "{json: {a: {json: {b: {json: {c: {json: {d: {json: {e: {json: {f: {json: {g: {json: {h: colour}}}}}}}}}}}}}}}}");
    cr_assert_eq(strlen(insert(row)),
                 strlen("put product.created 1\n  sku=1 specs=\n") +
                     strlen("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":\"\"}}}}}}}}") +
                     2048 * 8);
}
