/*
 * What becomes of a row: every operation, with every kind of before image, in and out of the filter; keys that change;
 * what deletes do. Each case says which events come out.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "cdc/buf.h"
#include "unit/map_fixture.h"

static const struct config_pair states[] = {{"H", "hold"}, {"C", "confirmed"}, {"X", "cancelled"}};
static const struct config_piece key_pieces[] = {{false, "cinema-"}, {true, "id"}};
static const struct config_field key = {
    .field = B_ID, .from = CONFIG_FROM_TEMPLATE, .npieces = 2, .pieces = key_pieces};
static const struct config_field *const keys[] = {&key};
static const struct config_field fields[] = {
    {FIXTURE_COLUMN(B_STATUS, "state"), .nvalues = 3, .values = states},
    {FIXTURE_COLUMN(B_PRICE, "price"), .scale = -2},
};
static const char *const test_channel[] = {"test"};
static const struct config_condition where[] = {
    {.column = "channel", .negate = true, .nvalues = 1, .values = test_channel}};
static const struct config_set cancel[] = {{B_STATUS, "cancelled"}};

static const char *const columns[] = {"id integer key", "state text", "price integer", "channel text",
                                      "note text"};

/* Columns: id, state, price, channel, note. */
#define ROW(id, state, price, channel)                                                                       \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        id, state, price, channel, "n"                                                                       \
    }
#define NA           fixture_unavailable
#define BAD          fixture_invalid
#define KEY_ONLY(id) ROW(id, NA, NA, NA)

static struct cdc_buf out;

/* "put booking.created cinema-42; filtered"; '!' behind a key: what was before is known; '?': only if there is a state. */
static const char *summary(const struct map_result *r)
{
    cdc_buf_reset(&out);
    for (size_t i = 0; i < r->nevents; i++)
        cdc_buf_printf(&out, "%s%s %.*s %.*s%s", out.len ? "; " : "", cdc_event_op_name(r->events[i].op),
                       CDC_ARG(r->events[i].type), CDC_ARG(r->events[i].key),
                       r->events[i].before_known    ? "!"
                       : r->events[i].existing_only ? "?"
                                                    : "");
    for (size_t i = 0; i < r->nrejects; i++)
        cdc_buf_printf(&out, "%sreject %.*s %.*s", out.len ? "; " : "", CDC_ARG(r->rejects[i].reason),
                       CDC_ARG(r->rejects[i].column));
    if (r->nfiltered)
        cdc_buf_printf(&out, "%sfiltered", out.len ? "; " : "");
    return out.len ? cdc_buf_str(&out) : "nothing";
}

struct row_case {
    int line;
    enum cdc_op op;
    const char *const *after, *const *before;
    enum cdc_identity is;
    const char *expected;
};

#define INSERT(after, expected)                                                                              \
    {                                                                                                        \
        __LINE__, CDC_OP_INSERT, after, NULL, CDC_IDENTITY_NOTHING, expected                                 \
    }
#define UPDATE(after, before, is, expected)                                                                  \
    {                                                                                                        \
        __LINE__, CDC_OP_UPDATE, after, before, CDC_IDENTITY_##is, expected                                  \
    }
#define DELETE(before, is, expected)                                                                         \
    {                                                                                                        \
        __LINE__, CDC_OP_DELETE, NULL, before, CDC_IDENTITY_##is, expected                                   \
    }

static void run_cases(const struct config_mapping *mapping, const struct row_case *cases, size_t n)
{
    static const struct cdc_tx tx = {.commit_us = 1000};
    struct map *map = fixture_map(fixture_config(mapping, 1));
    struct cdc_relation *relation = fixture_relation("reservation", columns, FIXTURE_COUNT(columns));
    struct map_result result;

    cr_assert_eq(map_bind(map, relation, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        const struct row_case *c = &cases[i];
        cr_assert_eq(map_row(map, fixture_row(c->op, c->after, c->before, c->is), &tx, 7, &result, NULL), 0);
        cr_expect_str_eq(summary(&result), c->expected, "line %d: %s", c->line, summary(&result));
    }
    map_free(map);
    cdc_buf_fini(&out);
}

static struct config_mapping mapping_of(bool filtered, enum config_on_delete on_delete)
{
    return (struct config_mapping){
        .entity = &fixture_booking,
        .keys = keys,
        .nfields = 2,
        .fields = fields,
        .nconditions = filtered,
        .conditions = where,
        .on_delete = on_delete,
        .nset = 1,
        .set = cancel,
    };
}

Test(row, inserts)
{
    const struct row_case cases[] = {
        INSERT(ROW("42", "H", "1250", "web"), "put booking.created cinema-42"),
        INSERT(ROW("42", "C", "1250", "web"), "put booking.confirmed cinema-42"),
        INSERT(ROW("42", "X", "1250", "web"), "put booking.created cinema-42"),
        INSERT(ROW("42", NULL, NULL, NULL), "put booking.created cinema-42"),
        INSERT(ROW("42", NA, "1", "web"), "put booking.created cinema-42"),
        INSERT(ROW(NULL, "H", "1250", "web"), "reject null_key id"),
        INSERT(ROW(NA, "H", "1250", "web"), "reject unavailable_key id"),
        INSERT(ROW(BAD, "H", "1250", "web"), "reject bad_value id"),
        INSERT(ROW("42", "Q", "1250", "web"), "reject enum state"),
        INSERT(ROW("42", "H", "12 GBP", "web"), "reject bad_value price"),
        INSERT(ROW("42", BAD, "1250", "web"), "reject bad_value state"),
        INSERT(ROW("4\xff", "H", "1250", "web"), "reject invalid_utf8 id"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, updates_without_a_before_image)
{
    const struct row_case cases[] = {
        UPDATE(ROW("42", "C", "1250", "web"), NULL, NOTHING, "merge booking.changed cinema-42"),
        UPDATE(ROW("42", "C", "1250", "web"), NULL, KEY, "merge booking.changed cinema-42"),
        UPDATE(ROW("42", "C", "1250", "web"), NULL, FULL, "merge booking.changed cinema-42"),
        UPDATE(ROW("42", NA, NULL, "web"), NULL, KEY, "merge booking.changed cinema-42"),
        UPDATE(ROW(NULL, "C", "1250", "web"), NULL, KEY, "reject null_key id"),
        UPDATE(ROW(NA, "C", "1250", "web"), NULL, KEY, "reject unavailable_key id"),
        UPDATE(ROW("42", "Q", "1250", "web"), NULL, KEY, "reject enum state"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, updates_with_the_key_before)
{
    const struct row_case cases[] = {
        UPDATE(ROW("42", "C", "1250", "web"), KEY_ONLY("42"), KEY, "merge booking.changed cinema-42"),
        UPDATE(ROW("43", "C", "1250", "web"), KEY_ONLY("42"), KEY,
               "delete booking.deleted cinema-42; put booking.confirmed cinema-43"),
        UPDATE(ROW("43", "H", "1250", "web"), KEY_ONLY("42"), KEY,
               "delete booking.deleted cinema-42; put booking.created cinema-43"),
        UPDATE(ROW("43", "Q", "1250", "web"), KEY_ONLY("42"), KEY, "reject enum state"),
        UPDATE(ROW(NULL, "C", "1250", "web"), KEY_ONLY("42"), KEY, "reject null_key id"),
        /* the old row had no key, so it never had a state */
        UPDATE(ROW("43", "C", "1250", "web"), KEY_ONLY(NULL), KEY, "merge booking.changed cinema-43"),
        /* a minimal image: what did not change is not sent behind the change */
        UPDATE(ROW(NA, "C", NA, NA), KEY_ONLY("42"), KEY, "merge booking.changed cinema-42"),
        /* an identity that the key is not made of */
        UPDATE(ROW("42", "C", "1250", "web"), ROW(NA, NA, NA, NA), KEY, "merge booking.changed cinema-42"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, updates_with_the_whole_row_before)
{
    const struct row_case cases[] = {
        UPDATE(ROW("42", "C", "1250", "web"), ROW("42", "H", "1250", "web"), FULL,
               "put booking.confirmed cinema-42!"),
        UPDATE(ROW("42", "X", "1250", "web"), ROW("42", "C", "1250", "web"), FULL,
               "put booking.cancelled cinema-42!"),
        UPDATE(ROW("42", "H", "1300", "web"), ROW("42", "H", "1250", "web"), FULL,
               "put booking.changed cinema-42!"),
        UPDATE(ROW("42", "H", NULL, "web"), ROW("42", "H", "1250", "web"), FULL,
               "put booking.changed cinema-42!"),
        UPDATE(ROW("42", "H", "1", "web"), ROW("42", "H", NULL, "web"), FULL,
               "put booking.changed cinema-42!"),
        /* nothing mapped changed */
        UPDATE(ROW("42", "H", "1250", "app"), ROW("42", "H", "1250", "web"), FULL, "nothing"),
        UPDATE(ROW("42", "H", NULL, "app"), ROW("42", "H", NULL, "web"), FULL, "nothing"),
        UPDATE(ROW("42", NA, "1250", "web"), ROW("42", "H", "1250", "web"), FULL, "nothing"),
        UPDATE(ROW("42", NA, "1250", "web"), ROW("42", NA, "1250", "web"), FULL, "nothing"),
        /* the text changed, its meaning did not */
        UPDATE(ROW("42", "H", "01250", "web"), ROW("42", "H", "1250", "web"), FULL, "nothing"),
        /* an old value that cannot be told does not stand in the new one's way */
        UPDATE(ROW("42", "H", "1250", "web"), ROW("42", "Q", "1250", "web"), FULL,
               "merge booking.changed cinema-42"),
        UPDATE(ROW("42", "H", "1250", "web"), ROW("42", BAD, "1250", "web"), FULL,
               "merge booking.changed cinema-42"),
        UPDATE(ROW("42", "H", "1250", "web"), ROW("42", "H", NA, "web"), FULL,
               "merge booking.changed cinema-42"),
        UPDATE(ROW("42", BAD, "1250", "web"), ROW("42", BAD, "1250", "web"), FULL, "reject bad_value state"),
        UPDATE(ROW("42", "Q", "1250", "web"), ROW("42", "H", "1250", "web"), FULL, "reject enum state"),
        /* another key */
        UPDATE(ROW("43", "C", "1250", "web"), ROW("42", "H", "1250", "web"), FULL,
               "delete booking.deleted cinema-42!; put booking.confirmed cinema-43"),
        UPDATE(ROW("43", "H", "1250", "web"), ROW("42", "Q", "1250", "web"), FULL,
               "delete booking.deleted cinema-42; put booking.created cinema-43"),
        UPDATE(ROW("43", "Q", "1250", "web"), ROW("42", "H", "1250", "web"), FULL, "reject enum state"),
        UPDATE(ROW("43", "H", "1250", "web"), ROW(NULL, "H", "1250", "web"), FULL,
               "merge booking.changed cinema-43"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, deletes)
{
    const struct row_case cases[] = {
        DELETE(KEY_ONLY("42"), KEY, "delete booking.deleted cinema-42"),
        DELETE(ROW("42", "H", "1250", "web"), FULL, "delete booking.deleted cinema-42!"),
        DELETE(ROW("42", "Q", "1250", "web"), FULL, "delete booking.deleted cinema-42"),
        DELETE(ROW("42", "H", BAD, "web"), FULL, "delete booking.deleted cinema-42"),
        DELETE(ROW(NULL, "H", "1250", "web"), FULL, "reject null_key id"),
        DELETE(KEY_ONLY(NA), KEY, "reject unavailable_key id"),
        DELETE(NULL, NOTHING, "reject unavailable_key id"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, deletes_that_are_ignored)
{
    const struct row_case cases[] = {
        DELETE(KEY_ONLY("42"), KEY, "nothing"),
        DELETE(ROW("42", "H", "1250", "web"), FULL, "nothing"),
        DELETE(NULL, NOTHING, "nothing"),
        UPDATE(ROW("43", "H", "1250", "web"), KEY_ONLY("42"), KEY,
               "delete booking.deleted cinema-42; put booking.created cinema-43"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_IGNORE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, deletes_that_set_fields)
{
    const struct row_case cases[] = {
        DELETE(KEY_ONLY("42"), KEY, "merge booking.changed cinema-42?"),
        DELETE(ROW("42", "H", "1250", "web"), FULL, "put booking.cancelled cinema-42!"),
        DELETE(ROW("42", "X", "1250", "web"), FULL, "nothing"),
        DELETE(ROW("42", "Q", "1250", "web"), FULL, "merge booking.changed cinema-42?"),
        DELETE(ROW(NULL, "X", "1250", "web"), FULL, "reject null_key id"),
        DELETE(NULL, NOTHING, "reject unavailable_key id"),
    };
    struct config_mapping m = mapping_of(false, CONFIG_DELETE_SET);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, filtered_inserts)
{
    const struct row_case cases[] = {
        INSERT(ROW("42", "H", "1250", "web"), "put booking.created cinema-42"),
        INSERT(ROW("42", "H", "1250", NULL), "put booking.created cinema-42"),
        INSERT(ROW("42", "H", "1250", "test"), "filtered"),
        INSERT(ROW(NULL, "Q", BAD, "test"), "filtered"),
        INSERT(ROW("42", "H", "1250", NA), "reject unavailable_filter channel"),
        INSERT(ROW("42", "H", "1250", BAD), "reject bad_value channel"),
    };
    struct config_mapping m = mapping_of(true, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, filtered_updates)
{
    const struct row_case cases[] = {
        /* in, before unknown */
        UPDATE(ROW("42", "C", "1250", "web"), NULL, NOTHING, "merge booking.changed cinema-42"),
        UPDATE(ROW("42", "C", "1250", "web"), KEY_ONLY("42"), KEY, "merge booking.changed cinema-42"),
        UPDATE(ROW("43", "C", "1250", "web"), KEY_ONLY("42"), KEY,
               "drop booking.deleted cinema-42; put booking.confirmed cinema-43"),
        /* in and was in */
        UPDATE(ROW("42", "C", "1250", "web"), ROW("42", "H", "1250", "app"), FULL,
               "put booking.confirmed cinema-42!"),
        UPDATE(ROW("42", "C", "1250", "web"), ROW("42", "C", "1250", "app"), FULL, "nothing"),
        UPDATE(ROW("43", "C", "1250", "web"), ROW("42", "H", "1250", "app"), FULL,
               "delete booking.deleted cinema-42!; put booking.confirmed cinema-43"),
        /* comes in */
        UPDATE(ROW("42", "C", "1250", "web"), ROW("42", "C", "1250", "test"), FULL,
               "put booking.confirmed cinema-42"),
        UPDATE(ROW("42", "H", "1250", "web"), ROW("42", "H", "1250", "test"), FULL,
               "put booking.created cinema-42"),
        UPDATE(ROW("43", "H", "1250", "web"), ROW("42", "H", "1250", "test"), FULL,
               "put booking.created cinema-43"),
        UPDATE(ROW("42", "H", "1250", "web"), ROW(NULL, "Q", BAD, "test"), FULL,
               "put booking.created cinema-42"),
        /* goes out */
        UPDATE(ROW("42", "C", "1250", "test"), ROW("42", "H", "1250", "web"), FULL,
               "delete booking.deleted cinema-42!"),
        UPDATE(ROW("42", "Q", "1250", "test"), ROW("42", "H", "1250", "web"), FULL,
               "delete booking.deleted cinema-42!"),
        UPDATE(ROW("43", "C", "1250", "test"), ROW("42", "H", "1250", "web"), FULL,
               "delete booking.deleted cinema-42!"),
        UPDATE(ROW("42", "C", "1250", "test"), ROW("42", "Q", "1250", "web"), FULL,
               "delete booking.deleted cinema-42"),
        UPDATE(ROW("42", "C", "1250", "test"), NULL, NOTHING, "drop booking.deleted cinema-42"),
        UPDATE(ROW("42", "C", "1250", "test"), KEY_ONLY("42"), KEY, "drop booking.deleted cinema-42"),
        UPDATE(ROW("43", "C", "1250", "test"), KEY_ONLY("42"), KEY, "drop booking.deleted cinema-42"),
        UPDATE(ROW("42", "C", "1250", "test"), ROW("42", "H", "1250", BAD), FULL,
               "drop booking.deleted cinema-42!"),
        UPDATE(ROW(NULL, "C", "1250", "test"), NULL, NOTHING, "reject null_key id"),
        /* is and was out */
        UPDATE(ROW("42", "C", "1250", "test"), ROW("42", "H", "1250", "test"), FULL, "filtered"),
        UPDATE(ROW(NULL, "Q", BAD, "test"), ROW("42", "H", "1250", "test"), FULL, "filtered"),
        /* the filter's column was not sent */
        UPDATE(ROW("42", "C", "1250", NA), NULL, NOTHING, "reject unavailable_filter channel"),
        UPDATE(ROW("42", "C", "1250", NA), KEY_ONLY("42"), KEY, "reject unavailable_filter channel"),
        UPDATE(ROW("42", "C", "1250", NA), ROW("42", "H", "1250", "web"), FULL,
               "put booking.confirmed cinema-42!"),
        UPDATE(ROW("42", "C", "1250", NA), ROW("42", "H", "1250", "test"), FULL, "filtered"),
        UPDATE(ROW("42", "C", "1250", BAD), ROW("42", "H", "1250", "web"), FULL, "reject bad_value channel"),
        UPDATE(ROW("42", "C", "1250", "web"), ROW("42", "H", "1250", BAD), FULL,
               "put booking.confirmed cinema-42!"),
    };
    struct config_mapping m = mapping_of(true, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, filtered_deletes)
{
    const struct row_case cases[] = {
        DELETE(ROW("42", "H", "1250", "web"), FULL, "delete booking.deleted cinema-42!"),
        DELETE(ROW("42", "H", "1250", "test"), FULL, "filtered"),
        DELETE(ROW(NULL, "H", "1250", "test"), FULL, "filtered"),
        DELETE(KEY_ONLY("42"), KEY, "drop booking.deleted cinema-42"),
        DELETE(ROW("42", NA, NA, "web"), KEY, "delete booking.deleted cinema-42"),
        DELETE(ROW("42", NA, NA, "test"), KEY, "filtered"),
        DELETE(NULL, NOTHING, "reject unavailable_key id"),
    };
    struct config_mapping m = mapping_of(true, CONFIG_DELETE_STATE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, filtered_deletes_that_set_fields)
{
    const struct row_case cases[] = {
        DELETE(ROW("42", "H", "1250", "web"), FULL, "put booking.cancelled cinema-42!"),
        DELETE(ROW("42", "H", "1250", "test"), FULL, "filtered"),
        DELETE(KEY_ONLY("42"), KEY, "merge booking.changed cinema-42?"),
    };
    struct config_mapping m = mapping_of(true, CONFIG_DELETE_SET);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}

Test(row, filtered_deletes_that_are_ignored)
{
    const struct row_case cases[] = {
        DELETE(ROW("42", "H", "1250", "web"), FULL, "nothing"),
        DELETE(ROW("42", "H", "1250", "test"), FULL, "filtered"),
        DELETE(KEY_ONLY("42"), KEY, "nothing"),
        UPDATE(ROW("42", "H", "1250", "test"), NULL, KEY, "drop booking.deleted cinema-42"),
    };
    struct config_mapping m = mapping_of(true, CONFIG_DELETE_IGNORE);

    run_cases(&m, cases, FIXTURE_COUNT(cases));
}
