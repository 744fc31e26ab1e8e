/* `where`. */
#include <criterion/criterion.h>

#include "map/filter.h"

static struct cdc_arena arena;

static void fini(void)
{
    cdc_arena_fini(&arena);
}

static enum filter_match match(const struct config_condition *conditions, size_t n,
                               const struct cdc_value *row, size_t *at)
{
    static const uint32_t columns[] = {0, 1};
    struct config_mapping mapping = {.nconditions = n, .conditions = conditions};
    struct image image = {row, NULL};
    struct filter filter;

    cr_assert_eq(filter_init(&filter, &arena, &mapping), 0);
    return filter_match(&filter, columns, &image, at);
}

static struct cdc_value present(const char *text)
{
    return (struct cdc_value){text, (uint32_t)strlen(text), CDC_VALUE_PRESENT};
}

static const struct cdc_value null = {.state = CDC_VALUE_NULL}, missing = {.state = CDC_VALUE_UNAVAILABLE},
                              bad = {.state = CDC_VALUE_INVALID};

Test(filter, one_condition_of_every_form, .fini = fini)
{
    static const char *const one[] = {"web"}, *const two[] = {"web", "app"}, *const or_null[] = {"web", NULL};
    static const struct {
        struct config_condition condition;
        enum filter_match web, app, other, none;
    } rows[] = {
        {{.column = "c", .nvalues = 1, .values = one}, FILTER_YES, FILTER_NO, FILTER_NO, FILTER_NO},
        {{.column = "c", .nvalues = 2, .values = two}, FILTER_YES, FILTER_YES, FILTER_NO, FILTER_NO},
        {{.column = "c", .nvalues = 2, .values = or_null}, FILTER_YES, FILTER_NO, FILTER_NO, FILTER_YES},
        {{.column = "c", .negate = true, .nvalues = 1, .values = one},
         FILTER_NO,
         FILTER_YES,
         FILTER_YES,
         FILTER_YES},
        {{.column = "c", .negate = true, .nvalues = 2, .values = two},
         FILTER_NO,
         FILTER_NO,
         FILTER_YES,
         FILTER_YES},
        {{.column = "c", .negate = true, .nvalues = 2, .values = or_null},
         FILTER_NO,
         FILTER_YES,
         FILTER_YES,
         FILTER_NO},
    };
    size_t at;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cdc_value web = present("web"), app = present("app"), other = present("WEB");
        cr_assert_eq(match(&rows[i].condition, 1, &web, &at), rows[i].web, "%zu", i);
        cr_assert_eq(match(&rows[i].condition, 1, &app, &at), rows[i].app, "%zu", i);
        cr_assert_eq(match(&rows[i].condition, 1, &other, &at), rows[i].other, "%zu", i);
        cr_assert_eq(match(&rows[i].condition, 1, &null, &at), rows[i].none, "%zu", i);
        cr_assert_eq(match(&rows[i].condition, 1, &missing, &at), FILTER_UNKNOWN, "%zu", i);
        cr_assert_eq(match(&rows[i].condition, 1, &bad, &at), FILTER_INVALID, "%zu", i);
    }
}

Test(filter, all_conditions_must_hold_and_one_that_fails_decides, .fini = fini)
{
    static const char *const web[] = {"web"}, *const yes[] = {"true"};
    static const struct config_condition both[] = {{.column = "c", .nvalues = 1, .values = web},
                                                   {.column = "d", .nvalues = 1, .values = yes}};
    struct cdc_value w = present("web"), t = present("true"), x = present("x");
    size_t at = 9;

    cr_assert_eq(match(both, 2, (struct cdc_value[]){w, t}, &at), FILTER_YES);
    cr_assert_eq(match(both, 2, (struct cdc_value[]){w, x}, &at), FILTER_NO);
    cr_assert_eq(match(both, 2, (struct cdc_value[]){missing, x}, &at), FILTER_NO);
    cr_assert_eq(match(both, 2, (struct cdc_value[]){bad, x}, &at), FILTER_NO);
    cr_assert_eq(match(both, 2, (struct cdc_value[]){w, missing}, &at), FILTER_UNKNOWN);
    cr_assert_eq(at, 1);
    cr_assert_eq(match(both, 2, (struct cdc_value[]){bad, missing}, &at), FILTER_INVALID);
    cr_assert_eq(at, 0);
    cr_assert_eq(match(both, 2, (struct cdc_value[]){missing, bad}, &at), FILTER_INVALID);
    cr_assert_eq(at, 1);
}

Test(filter, without_conditions_every_row_matches, .fini = fini)
{
    size_t at;

    cr_assert_eq(match(NULL, 0, &null, &at), FILTER_YES);
}
