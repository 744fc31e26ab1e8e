/* What `tributary check` says about mappings. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "cdc/buf.h"
#include "command/check_mapping.h"
#include "lib/fail.h"
#include "unit/config_fixture.h"

TestSuite(check_mapping);

static void add(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    cr_expect_eq(level, CDC_FINDING_WARNING);
    cr_expect_not_null(remedy);
    cdc_buf_printf(ctx, "%s\n", what);
}

/* What is said about these settings and this mapping of a table "t". */
static void says(const char *settings, const char *mapping, const char *expected)
{
    char *said, *text = text_print("version: 1\nconnector: shop\n"
                                   "source: {type: postgresql, host: h, database: d, user: u}\n"
                                   "redis: {url: 'redis://localhost'}\n%s\ntables: {t: %s}\n",
                                   settings, mapping);
    struct config *config = fixture_parse(text, 0, &said);
    struct cdc_buf found = {0};
    struct cdc_report report = {&found, add};

    if (!config)
        fail("%s", said);
    cdc_buf_init(&found, 0);
    check_mapping(config, &report);
    cr_expect_str_eq(cdc_buf_str(&found), expected);
    cdc_buf_fini(&found);
    config_free(config);
    free(text);
    free(said);
}

Test(check_mapping, personal_data_without_a_customer)
{
    says("", "{entity: booking, key: id, fields: {channel: c, email: mail}}",
         "t:6:13: public.t: booking has no customer_id, but personal data: email\n");
    says("", "{entity: booking, key: id, fields: {customer_id: {column: c, pii: drop}, email: mail}}",
         "t:6:13: public.t: booking has no customer_id, but personal data: email\n");
    says("", "{entity: booking, key: id, fields: {customer_id: c, email: mail}}", "");
    says("", "{entity: booking, key: id, fields: {channel: c, email: {column: mail, pii: drop}}}", "");
    says("", "{entity: customer, key: id, fields: {email: mail}}", "");
    says("", "{entity: order, key: id, fields: {total: t}}", "");
}

Test(check_mapping, roles_without_a_customer)
{
    says("", "{entity: identity, key: {system: s, source_id: i}, fields: {link_status: {column: l}}}",
         "t:6:13: public.t: identity links nobody without customer_id\n");
    says("", "{entity: erasure, key: id, fields: {status: s}}",
         "t:6:13: public.t: erasure erases nobody without customer_id\n");
    says("",
         "[{entity: identity, key: {system: s, source_id: i}, fields: {customer_id: l}}, "
         "{entity: erasure, key: id, fields: {customer_id: s}}]",
         "");
}

Test(check_mapping, rules_without_their_fields)
{
    says("agree: {price: {fields: [price, vat_included], across: [channel]}}",
         "{entity: price, key: {sku: s, price_currency: c}, fields: {vat_included: v}}",
         "t:6:13: public.t: price cannot be compared without price\n");
    says("agree: {price: {fields: [price], across: [channel]}}",
         "{entity: price, key: {sku: s, price_currency: c}, fields: {price: v}}", "");
    says("", "{entity: basket, key: id, fields: {value: v}}",
         "t:6:13: public.t: basket never falls due without status\n");
    says("due: {basket: {after: 0s}}", "{entity: basket, key: id, fields: {value: v}}", "");
    says("", "{entity: basket, key: id, fields: {status: s}}", "");
}

Test(check_mapping, rules_without_a_table)
{
    says(
        "agree: {price: {fields: [price], across: [channel]}}\ndue: {basket: {after: 5m}}",
        "{entity: order, key: id, fields: {total: t}}",
        "t:5:9: agree: no table of this connector feeds price\nt:6:7: due: no table of this connector feeds basket\n");
}
