/* Names of tables. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config_fixture.h"
#include "lib/fail.h"

TestSuite(config_tables);

/* "schema|table" of a table that is written so. */
static const char *named(const char *type, const char *name)
{
    static char out[256];
    char *said, *text = text_print(
                    "version: 1\nconnector: shop\nsource: {type: %s, host: h, user: u, database: shop%s}\n"
                    "redis: {url: 'redis://h'}\ntables: {%s: {entity: order, key: id, fields: {total: t}}}\n",
                    type, *type == 'm' ? ", server_id: 1" : "", name);
    struct config *config = fixture_parse(text, 0, &said);

    cr_assert_not_null(config, "%s", said);
    snprintf(out, sizeof out, "%s|%s", config->tables[0].schema, config->tables[0].name);
    config_free(config);
    free(said);
    free(text);
    return out;
}

Test(config_tables, with_and_without_a_schema)
{
    cr_assert_str_eq(named("postgresql", "crm.people"), "crm|people");
    cr_assert_str_eq(named("postgresql", "people"), "public|people");
    cr_assert_str_eq(named("mysql", "crm.people"), "crm|people");
    cr_assert_str_eq(named("mysql", "people"), "shop|people");
    cr_assert_str_eq(named("postgresql", "Crm.People"), "Crm|People");
}

Test(config_tables, in_quotes)
{
    cr_assert_str_eq(named("postgresql", "'\"a.b\".c'"), "a.b|c");
    cr_assert_str_eq(named("postgresql", "'a.\"b.c\"'"), "a|b.c");
    cr_assert_str_eq(named("postgresql", "'\"a\"\"b\".\"c d\"'"), "a\"b|c d");
    cr_assert_str_eq(named("postgresql", "'\"only.one\"'"), "public|only.one");
}
