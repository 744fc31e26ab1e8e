/* Errors: wrapping, truncation, the NULL error. */
#include <criterion/criterion.h>

#include "cdc/err.h"

Test(err, wraps_from_the_inside_out)
{
    struct cdc_err err;

    cr_assert_eq(cdc_err_set(&err, CDC_ERR_RETRY, "connection to %s refused", "db"), -1);
    cr_assert_eq(cdc_err_hint(&err, "start it"), -1);
    cr_assert_eq(cdc_err_wrap(&err, "opening %d", 1), -1);
    cr_assert_str_eq(err.message, "opening 1: connection to db refused");
    cr_assert_str_eq(err.hint, "start it");
    cr_assert_eq(err.class, CDC_ERR_RETRY);
}

Test(err, a_new_error_has_no_old_hint)
{
    struct cdc_err err;

    cdc_err_set(&err, CDC_ERR_RETRY, "a");
    cdc_err_hint(&err, "b");
    cdc_err_set(&err, CDC_ERR_GAP, "c");
    cr_assert_str_eq(err.hint, "");
}

Test(err, long_messages_are_cut)
{
    struct cdc_err err;
    char text[2000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    cdc_err_set(&err, CDC_ERR_FATAL, "%s", text);
    cdc_err_wrap(&err, "outer");
    cr_assert_eq(strlen(err.message), sizeof err.message - 1);
    cr_assert_eq(strncmp(err.message, "outer: xxx", 10), 0);
}

Test(err, nobody_has_to_listen)
{
    cr_assert_eq(cdc_err_set(NULL, CDC_ERR_RETRY, "x"), -1);
    cr_assert_eq(cdc_err_wrap(NULL, "x"), -1);
    cr_assert_eq(cdc_err_hint(NULL, "x"), -1);
}

Test(err, classes_have_names)
{
    for (int i = CDC_ERR_NONE; i <= CDC_ERR_FATAL; i++)
        cr_assert_str_neq(cdc_err_class_name((enum cdc_err_class)i), "?");
}
