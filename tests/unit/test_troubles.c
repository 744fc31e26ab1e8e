/* The last errors, each once. */
#include "pipeline/troubles.h"

#include <criterion/criterion.h>

#include <stdio.h>

TestSuite(troubles);

static struct troubles troubles;
static struct trouble list[TROUBLES_KEPT];

static void note(const char *what, const char *message)
{
    struct cdc_err err = {0};

    cdc_err_set(&err, CDC_ERR_RETRY, "%s", message);
    troubles_note(&troubles, what, &err);
}

Test(troubles, the_same_again_only_counts)
{
    cr_assert_eq(troubles_init(&troubles), 0);
    cr_assert_eq(troubles_copy(&troubles, list), 0);
    note("redis", "refused");
    note("source", "refused");
    note("redis", "refused");
    cr_assert_eq(troubles_copy(&troubles, list), 2);
    cr_assert_str_eq(list[0].what, "redis");
    cr_assert_eq(list[0].times, 2);
    cr_assert_leq(list[0].first_us, list[0].last_us);
    cr_assert_str_eq(list[1].what, "source");
    cr_assert_eq(list[1].times, 1);
    troubles_fini(&troubles);
}

Test(troubles, a_new_one_takes_the_place_of_the_oldest)
{
    char text[24];

    cr_assert_eq(troubles_init(&troubles), 0);
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "error %d", i);
        note("redis", text);
    }
    cr_assert_eq(troubles_copy(&troubles, list), TROUBLES_KEPT);
    cr_assert_str_eq(list[0].err.message, "error 19");
    cr_assert_str_eq(list[TROUBLES_KEPT - 1].err.message, "error 12");
    note("redis", "error 12");
    cr_assert_eq(troubles_copy(&troubles, list), TROUBLES_KEPT);
    cr_assert_str_eq(list[0].err.message, "error 12");
    cr_assert_str_eq(list[TROUBLES_KEPT - 1].err.message, "error 13");
    troubles_fini(&troubles);
}
