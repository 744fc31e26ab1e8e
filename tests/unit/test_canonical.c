/* Every pair of source kind and canonical type. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/canonical.h"

static struct work work;

static void fini(void)
{
    cdc_arena_fini(&work.arena);
}

/* The value, or "reason: why". */
static const char *convert_with(const struct canonical_how *how, enum cdc_kind kind, const char *text)
{
    static char out[512];
    struct cdc_slice result;

    if (canonical_converter(how->type, kind)(&work, how, cdc_slice_str(text), &result))
        snprintf(out, sizeof out, "%s: %.*s", work_reason_name(work.reason), CDC_ARG(work.why));
    else
        snprintf(out, sizeof out, "%.*s", CDC_ARG(result));
    return out;
}

static const char *convert(enum model_type type, enum cdc_kind kind, const char *text)
{
    struct canonical_how how = {.type = type};

    return convert_with(&how, kind, text);
}

static const char *const refused = "bad_value: is of a kind that the field's type cannot hold";

static const char *scaled(enum model_type type, enum cdc_kind kind, int scale, const char *text)
{
    struct canonical_how how = {.type = type, .scale = scale};

    return convert_with(&how, kind, text);
}

Test(canonical, strings_take_every_kind, .fini = fini)
{
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_TEXT, "Zoë"), "Zoë");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_TEXT, ""), "");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_INTEGER, "-5"), "-5");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_DECIMAL, "12.50"), "12.50");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_FLOAT, "1e+20"), "1e+20");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_BOOLEAN, "true"), "true");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_FLOAT, "-1.5e+20"), "-1.5e+20");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_FLOAT, "-0"), "0");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_FLOAT, "-0"), "0");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_DATE, "2026-11-21"), "2026-11-21");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_DATE, "0000-00-00"),
                     "time: is not a date of the calendar");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_TIME, "24:00:00"), "24:00:00");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_TIMESTAMP, "2026-11-21 18:30:00"),
                     "2026-11-21T18:30:00.000000Z");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_INSTANT, "2026-11-21 18:30:00"),
                     "2026-11-21T18:30:00.000000Z");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_INTERVAL, "P1D"), "P1D");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_BYTES, "aGk="), "aGk=");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_JSON, "{ \"a\": 1}"), "{\"a\":1}");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_BITS, "0101"), "0101");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_TEXT, "a\xff"), "invalid_utf8: is not valid UTF-8");
    cr_assert_str_eq(convert(MODEL_STRING, CDC_KIND_INSTANT, "infinity"), "time: is infinite");
}

Test(canonical, text_is_passed_on_where_it_lies, .fini = fini)
{
    static const char text[] = "as it is", number[] = "-12.50", day[] = "2026-11-21";
    struct canonical_how how = {.type = MODEL_STRING};
    struct cdc_slice out;

    cr_assert_eq(canonical_converter(MODEL_STRING, CDC_KIND_TEXT)(&work, &how, cdc_slice_str(text), &out), 0);
    cr_assert_eq(out.ptr, text);
    cr_assert_eq(
        canonical_converter(MODEL_DECIMAL, CDC_KIND_DECIMAL)(&work, &how, cdc_slice_str(number), &out), 0);
    cr_assert_eq(out.ptr, number);
    cr_assert_eq(canonical_converter(MODEL_DATE, CDC_KIND_DATE)(&work, &how, cdc_slice_str(day), &out), 0);
    cr_assert_eq(out.ptr, day);
}

Test(canonical, decimals, .fini = fini)
{
    static const char *const wrong = "bad_value: is not a finite decimal number";

    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_DECIMAL, "12.50"), "12.50");
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_INTEGER, "1250"), "1250");
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_TEXT, "+0012.50"), "12.50");
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_TEXT, "-0"), "0");
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_FLOAT, "1e+20"), "100000000000000000000");
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_FLOAT, "0.1"), "0.1");
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_TEXT, "1e5"), wrong);
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_DECIMAL, "NaN"), wrong);
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_FLOAT, "NaN"), wrong);
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_FLOAT, "-Infinity"), wrong);
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_TEXT, "12.50 GBP"), wrong);
    cr_assert_str_eq(convert(MODEL_DECIMAL, CDC_KIND_TEXT, ""), wrong);
    cr_assert_str_eq(scaled(MODEL_DECIMAL, CDC_KIND_INTEGER, -2, "1250"), "12.50");
    cr_assert_str_eq(scaled(MODEL_DECIMAL, CDC_KIND_INTEGER, -2, "5"), "0.05");
    cr_assert_str_eq(scaled(MODEL_DECIMAL, CDC_KIND_DECIMAL, 3, "12.50"), "12500");
    cr_assert_str_eq(scaled(MODEL_DECIMAL, CDC_KIND_FLOAT, -2, "1.25e2"), "1.25");
}

Test(canonical, integers, .fini = fini)
{
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_INTEGER, "18446744073709551615"),
                     "18446744073709551615");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_INTEGER, "-5"), "-5");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_INTEGER, "0007"), "7");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_DECIMAL, "12.00"), "12");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_DECIMAL, "-0.00"), "0");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_DECIMAL, "12.50"), "bad_value: is not a whole number");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_FLOAT, "1e+06"), "1000000");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_FLOAT, "1.5"), "bad_value: is not a whole number");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_TEXT, "+42"), "42");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_TEXT, "4 2"),
                     "bad_value: is not a finite decimal number");
    cr_assert_str_eq(scaled(MODEL_INTEGER, CDC_KIND_INTEGER, 3, "5"), "5000");
    cr_assert_str_eq(scaled(MODEL_INTEGER, CDC_KIND_INTEGER, -2, "1200"), "12");
    cr_assert_str_eq(scaled(MODEL_INTEGER, CDC_KIND_INTEGER, -2, "1250"), "bad_value: is not a whole number");
    cr_assert_str_eq(convert(MODEL_INTEGER, CDC_KIND_BITS, "0101"), refused);
}

Test(canonical, booleans, .fini = fini)
{
    static const char *const yes[] = {"true", "t", "1", "yes", "y", "TRUE", "T", "Yes", "Y"};
    static const char *const no[] = {"false", "f", "0", "no", "n", "FALSE", "F", "No", "N"};
    static const char *const bad[] = {"",    "2",     "01", "-1",   "on",   "off",
                                      "tru", "truee", " t", "\x14", "\x11", "10"};
    static const enum cdc_kind kinds[] = {CDC_KIND_TEXT, CDC_KIND_INTEGER, CDC_KIND_BOOLEAN, CDC_KIND_BITS};

    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < 9; i++) {
            cr_assert_str_eq(convert(MODEL_BOOLEAN, kinds[k], yes[i]), "true");
            cr_assert_str_eq(convert(MODEL_BOOLEAN, kinds[k], no[i]), "false");
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            cr_assert(strstr(convert(MODEL_BOOLEAN, kinds[k], bad[i]), "bad_value:"), "\"%s\"", bad[i]);
    }
}

Test(canonical, times_and_dates, .fini = fini)
{
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_INSTANT, "2026-11-21 18:30:00.1"),
                     "2026-11-21T18:30:00.100000Z");
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_TIMESTAMP, "2026-11-21 18:30:00"),
                     "2026-11-21T18:30:00.000000Z");
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_DATE, "2026-11-21"), "2026-11-21T00:00:00.000000Z");
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_TEXT, "2026-11-21T18:30:00+05:30"),
                     "2026-11-21T13:00:00.000000Z");
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_DATE, "0000-00-00"), "time: is not a date of the calendar");
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_TIMESTAMP, "2026-11-21 24:00:00"),
                     "time: is not a time of day");
    cr_assert_str_eq(convert(MODEL_TIME, CDC_KIND_INSTANT, "2016-12-31 23:59:60"),
                     "time: is not a time of day");
    cr_assert_str_eq(convert(MODEL_DATE, CDC_KIND_DATE, "2026-11-21"), "2026-11-21");
    cr_assert_str_eq(convert(MODEL_DATE, CDC_KIND_TIMESTAMP, "2026-11-21 18:30:00"), "2026-11-21");
    cr_assert_str_eq(convert(MODEL_DATE, CDC_KIND_INSTANT, "2026-11-21 18:30:00"), "2026-11-21");
    cr_assert_str_eq(convert(MODEL_DATE, CDC_KIND_TEXT, "2026-11-21"), "2026-11-21");
    cr_assert_str_eq(convert(MODEL_DATE, CDC_KIND_DATE, "2026-02-30"), "time: is not a date of the calendar");
}

Test(canonical, json, .fini = fini)
{
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_JSON, "{ \"a\": [1, 2] }"), "{\"a\":[1,2]}");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_ARRAY, "[1, null]"), "[1,null]");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_TEXT, "[\"A1\"]"), "[\"A1\"]");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_TEXT, "A1"), "bad_value: is not JSON");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_INTEGER, "-5"), "-5");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_INTEGER, "007"), "7");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_DECIMAL, "12.50"), "12.50");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_FLOAT, "1e+20"), "1e+20");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_FLOAT, "NaN"), "bad_value: is not a finite decimal number");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_BOOLEAN, "true"), "true");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_DATE, "2026-11-21"), "\"2026-11-21\"");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_INSTANT, "2026-11-21 18:30:00"),
                     "\"2026-11-21T18:30:00.000000Z\"");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_TIMESTAMP, "2026-11-21 18:30:00"),
                     "\"2026-11-21T18:30:00.000000Z\"");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_BYTES, "aGk="), "\"aGk=\"");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_BITS, "01"), "\"01\"");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_UUID, "6b1d5c0e-0000-4000-8000-000000000000"),
                     "\"6b1d5c0e-0000-4000-8000-000000000000\"");
    cr_assert_str_eq(convert(MODEL_JSON, CDC_KIND_BYTES, "a\"b"), "bad_value: is not in its kind's form");
}

Test(canonical, pairs_without_a_meaning_are_refused, .fini = fini)
{
    static const struct {
        enum model_type type;
        const char *kinds; /* that are taken */
    } takes[] = {
        {MODEL_DECIMAL, "text integer decimal float"}, {MODEL_INTEGER, "text integer decimal float"},
        {MODEL_BOOLEAN, "text integer boolean bits"},  {MODEL_TIME, "text date timestamp instant"},
        {MODEL_DATE, "text date timestamp instant"},
    };

    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        for (int kind = CDC_KIND_TEXT; kind <= CDC_KIND_BITS; kind++) {
            bool taken = false;
            char list[64], *save = NULL;
            strcpy(list, takes[i].kinds);
            for (char *word = strtok_r(list, " ", &save); word; word = strtok_r(NULL, " ", &save))
                taken = taken || strcmp(word, cdc_kind_name((enum cdc_kind)kind)) == 0;
            cr_assert_eq(strcmp(convert(takes[i].type, (enum cdc_kind)kind, "zzz"), refused) != 0, taken,
                         "type %d of %s", (int)takes[i].type, cdc_kind_name((enum cdc_kind)kind));
        }
}
