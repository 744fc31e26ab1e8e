/* Rules of fields: value maps, fallbacks, personal data, references. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/rule.h"
#include "unit/map_fixture.h"

static struct work work;
static struct cdc_arena arena;
static struct hmac *hmac;
static struct cdc_err err;
static struct config config = {.system = "booking-site", .source = {.timezone = "UTC"}};

static void init(void)
{
    cr_assert_eq(hmac_new(&hmac, "Jefe", NULL), 0);
}

static void fini(void)
{
    hmac_free(hmac);
    cdc_arena_fini(&arena);
    cdc_arena_fini(&work.arena);
}

static struct zone *no_zone(void *ctx, const char *name, struct cdc_err *e)
{
    (void)ctx;
    if (strcmp(name, "UTC") != 0)
        cdc_err_set(e, CDC_ERR_CONFIG, "unknown time zone \"%s\"", name);
    return NULL;
}

static int make(struct rule *rule, const struct config_field *field)
{
    struct rule_context context = {&arena, &config, hmac, no_zone, NULL};

    return rule_init(rule, &context, &fixture_booking.fields[field->field], field, &err);
}

/* The value, "NULL", or "reason: why". */
static const char *apply(const struct config_field *field, enum cdc_kind kind, const char *text)
{
    static char out[256];
    struct rule_value value;
    struct rule rule;

    cr_assert_eq(make(&rule, field), 0, "%s", err.message);
    if (rule_apply(&rule, canonical_converter(rule.how.type, kind), &work, cdc_slice_str(text), &value))
        snprintf(out, sizeof out, "%s: %.*s", work_reason_name(work.reason), CDC_ARG(work.why));
    else if (value.state == CDC_VALUE_NULL)
        return "NULL";
    else
        snprintf(out, sizeof out, "%.*s", CDC_ARG(value.text));
    return out;
}

static const struct config_pair states[] = {
    {"H", "hold"}, {"C", "confirmed"}, {"X", "cancelled"}, {"", "pending"}};

static const char *status(enum config_otherwise otherwise, const char *value, const char *text)
{
    struct config_field field = {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = FIXTURE_COUNT(states),
                                 .values = states, .otherwise = otherwise, .otherwise_value = value};

    return apply(&field, CDC_KIND_TEXT, text);
}

Test(rule, an_enum_goes_through_its_map_or_is_one_of_the_model, .init = init, .fini = fini)
{
    static const char *const not_one = "enum: is not one of the field's values, nor in its value map";

    cr_assert_str_eq(status(CONFIG_OTHERWISE_REJECT, NULL, "H"), "hold");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_REJECT, NULL, "X"), "cancelled");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_REJECT, NULL, ""), "pending");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_REJECT, NULL, "confirmed"), "confirmed");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_REJECT, NULL, "h"), not_one);
    cr_assert_str_eq(status(CONFIG_OTHERWISE_REJECT, NULL, "Confirmed"), not_one);
    cr_assert_str_eq(status(CONFIG_OTHERWISE_NULL, NULL, "Q"), "NULL");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_VALUE, "hold", "Q"), "hold");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_PASS, NULL, "Q"), "Q");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_PASS, NULL, "\xff"), "invalid_utf8: is not valid UTF-8");
    cr_assert_str_eq(status(CONFIG_OTHERWISE_NULL, NULL, "C"), "confirmed");
}

Test(rule, what_the_configuration_writes_is_not_mapped_again, .init = init, .fini = fini)
{
    static const struct config_pair chain[] = {{"old", "cancelled"}, {"cancelled", "hold"}};
    struct config_field field = {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = 2, .values = chain,
                                 .otherwise = CONFIG_OTHERWISE_VALUE, .otherwise_value = "cancelled"};

    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "old"), "cancelled");
    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "cancelled"), "hold");
    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "Q"), "cancelled");
}

Test(rule, an_enum_without_a_map, .init = init, .fini = fini)
{
    struct config_field field = {FIXTURE_COLUMN(B_STATUS, "state")};

    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "pending"), "pending");
    cr_assert(strstr(apply(&field, CDC_KIND_TEXT, "Q"), "enum:"));
    field.otherwise = CONFIG_OTHERWISE_NULL;
    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "Q"), "NULL");
}

Test(rule, a_map_works_for_any_type_before_the_conversion, .init = init, .fini = fini)
{
    static const struct config_pair sizes[] = {{"couple", "2"}, {"none", NULL}}, flags[] = {{"2", "yes"}},
                                    prices[] = {{"free", "0"}}, seats[] = {{"true", "[ 1 ]"}};
    struct config_field size = {FIXTURE_COLUMN(B_SIZE, "size"), .nvalues = 2, .values = sizes};
    struct config_field paid = {FIXTURE_COLUMN(B_PAID, "paid"), .nvalues = 1, .values = flags};
    struct config_field price = {FIXTURE_COLUMN(B_PRICE, "price"), .nvalues = 1, .values = prices,
                                 .scale = -2};
    struct config_field seat = {FIXTURE_COLUMN(B_SEATS, "seats"), .nvalues = 1, .values = seats};

    cr_assert_str_eq(apply(&size, CDC_KIND_TEXT, "couple"), "2");
    cr_assert_str_eq(apply(&size, CDC_KIND_TEXT, "none"), "NULL");
    cr_assert_str_eq(apply(&size, CDC_KIND_TEXT, "3"), "bad_value: is not in the value map");
    size.otherwise = CONFIG_OTHERWISE_PASS;
    cr_assert_str_eq(apply(&size, CDC_KIND_TEXT, "3"), "3");
    cr_assert_str_eq(apply(&size, CDC_KIND_TEXT, "three"), "bad_value: is not a finite decimal number");
    cr_assert_str_eq(apply(&paid, CDC_KIND_INTEGER, "2"), "true");
    price.otherwise = CONFIG_OTHERWISE_PASS;
    cr_assert_str_eq(apply(&price, CDC_KIND_TEXT, "free"), "0.00");
    cr_assert_str_eq(apply(&price, CDC_KIND_TEXT, "1250"), "12.50");
    cr_assert_str_eq(apply(&seat, CDC_KIND_BOOLEAN, "true"), "[1]");
}

Test(rule, references_carry_their_system, .init = init, .fini = fini)
{
    struct config_field field = {FIXTURE_COLUMN(B_CUSTOMER, "member_no")};

    cr_assert_str_eq(apply(&field, CDC_KIND_INTEGER, "991"), "booking-site:991");
    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "M:1 2"), "booking-site:M%3A1%202");
    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, ""), "bad_value: is empty, and a reference needs an id");
    field.system = "loyal{ty}";
    cr_assert_str_eq(apply(&field, CDC_KIND_TEXT, "M-12"), "loyal%7Bty%7D:M-12");
}

Test(rule, personal_data_is_protected_after_the_conversion, .init = init, .fini = fini)
{
    static const char *const jefe = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    static const struct config_pair map[] = {{"q", "what do ya want for nothing?"}};
    struct config_field email = {FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_HMAC};
    struct config_field member = {FIXTURE_COLUMN(B_CUSTOMER, "member_no"), .pii = CONFIG_PII_HMAC};
    struct config_field price = {FIXTURE_COLUMN(B_PRICE, "price"), .pii = CONFIG_PII_MASK, .scale = -2};
    char ref[128];

    cr_assert_str_eq(apply(&email, CDC_KIND_TEXT, "what do ya want for nothing?"), jefe);
    email.nvalues = 1;
    email.values = map;
    cr_assert_str_eq(apply(&email, CDC_KIND_TEXT, "q"), jefe, "a mapped value is protected as well");
    snprintf(ref, sizeof ref, "booking-site:%s", jefe);
    cr_assert_str_eq(apply(&member, CDC_KIND_TEXT, "what do ya want for nothing?"), ref,
                     "only the id is hashed");
    cr_assert_str_eq(apply(&price, CDC_KIND_INTEGER, "1250"), "1*.**");
    member.pii = CONFIG_PII_TRUNCATE;
    member.truncate = 2;
    cr_assert_str_eq(apply(&member, CDC_KIND_TEXT, "ab:c"), "booking-site:ab");
    cr_assert_str_eq(apply(&member, CDC_KIND_TEXT, ":bc"), "booking-site:%3Ab", "cut before it is encoded");
}

Test(rule, key_parts_are_not_empty, .init = init, .fini = fini)
{
    struct config_field field = {FIXTURE_COLUMN(B_ID, "id"), .pii = CONFIG_PII_HMAC};
    struct rule_value value;
    struct rule rule;

    cr_assert_eq(make(&rule, &field), 0);
    rule.key = true;
    cr_assert_eq(rule_apply(&rule, canonical_text, &work, cdc_slice_str(""), &value), -1,
                 "not even as a hash");
    cr_assert_eq(work.reason, WORK_NULL_KEY);
}

static const char *refusal(const struct config_field *field)
{
    struct rule rule;

    err = (struct cdc_err){.class = CDC_ERR_NONE};
    cr_assert_eq(make(&rule, field), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    return err.message;
}

Test(rule, what_the_configuration_has_wrong_is_found_at_once, .init = init, .fini = fini)
{
    static const struct config_pair bad[] = {{"A", "agreed"}}, size[] = {{"A", "two"}};
    struct config_field field = {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = 1, .values = bad};

    cr_assert_str_eq(refusal(&field), "\"agreed\" is not one of the field's values, nor in its value map");
    field = (struct config_field){FIXTURE_COLUMN(B_SIZE, "size"), .nvalues = 1, .values = size};
    cr_assert_str_eq(refusal(&field), "\"two\" is not a finite decimal number");
    field = (struct config_field){FIXTURE_COLUMN(B_STATUS, "state"), .otherwise = CONFIG_OTHERWISE_VALUE,
                                  .otherwise_value = "zzz"};
    cr_assert(strstr(refusal(&field), "\"zzz\""));
    field = (struct config_field){FIXTURE_COLUMN(B_PRICE, "price"), .scale = 65};
    cr_assert(strstr(refusal(&field), "scale 65"));
    field = (struct config_field){FIXTURE_COLUMN(B_TIME, "at"), .timezone = "Mars/Olympus"};
    cr_assert_str_eq(refusal(&field), "unknown time zone \"Mars/Olympus\"");
    field = (struct config_field){FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_TRUNCATE};
    cr_assert(strstr(refusal(&field), "at least one"));
    hmac_free(hmac);
    hmac = NULL;
    field = (struct config_field){FIXTURE_COLUMN(B_EMAIL, "email"), .pii = CONFIG_PII_HMAC};
    cr_assert(strstr(refusal(&field), "needs a key"));
    cr_assert(err.hint[0]);
}
