/* Canonical values by type. */
#include <criterion/criterion.h>

#include "model/model.h"

TestSuite(model_value);

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check(enum model_type type, const char *const *good, const char *const *bad)
{
    static const char *const values[] = {"hold", "in_stock"};
    struct model_field field = {.name = "f", .type = type, .nvalues = 2, .values = values};

    for (; *good; good++)
        cr_expect(model_valid(&field, *good), "%s: \"%s\"", model_type_name(type), *good);
    for (; *bad; bad++)
        cr_expect_not(model_valid(&field, *bad), "%s: \"%s\"", model_type_name(type), *bad);
}

Test(model_value, numbers)
{
    check(MODEL_INTEGER, LIST("0", "-1", "42", "18446744073709551616"),
          LIST("", "-", "01", "1.0", "1e3", "+1", " 1", "1 "));
    check(MODEL_DECIMAL, LIST("0", "-0.50", "12.50", "100"),
          LIST("", ".5", "5.", "1.2.3", "1,5", "1e3", "NaN", "Infinity", "007", "-", "1.5 "));
}

Test(model_value, times)
{
    check(MODEL_TIME,
          LIST("2026-11-21T18:30:00.000000Z", "2024-02-29T00:00:00.123456Z", "0001-01-01T23:59:59.999999Z"),
          LIST("", "2026-11-21", "2026-11-21T18:30:00Z", "2026-11-21 18:30:00.000000Z",
               "2026-02-29T00:00:00.000000Z", "2026-11-21T24:00:00.000000Z", "2026-11-21T18:60:00.000000Z",
               "2026-11-21T18:30:60.000000Z", "2026-11-21T18:30:00.000000+00:00",
               "2026-11-21T18:30:00.000000Zx", "2026-13-01T00:00:00.000000Z"));
    check(MODEL_DATE, LIST("2026-11-21", "2000-02-29", "2024-12-31"),
          LIST("", "2026-11-31", "1900-02-29", "2026-00-10", "2026-10-00", "0000-00-00", "2026-1-1",
               "2026-11-21x", "20261121"));
}

Test(model_value, words)
{
    check(MODEL_BOOLEAN, LIST("true", "false"), LIST("", "t", "True", "1", "yes"));
    check(MODEL_ENUM, LIST("hold", "in_stock"), LIST("", "Hold", "hol", "holds"));
    check(MODEL_STRING, LIST("", "anything"), LIST(NULL));
    check(MODEL_REF, LIST("991", "crm:C-17"), LIST(""));
    check(MODEL_JSON, LIST("[]", "{\"a\": 1}", "null"), LIST("", "[", "{a: 1}"));
}
