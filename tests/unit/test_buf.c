/* The growable buffer: limit, sticky failure, formatted appends. */
#include <criterion/criterion.h>

#include "cdc/buf.h"

static struct cdc_buf buf;

static void fini(void)
{
    cdc_buf_fini(&buf);
}

Test(buf, appends_grow_it, .fini = fini)
{
    for (int i = 0; i < 10000; i++)
        cdc_buf_putc(&buf, (char)('a' + i % 26));
    cr_assert_not(buf.failed);
    cr_assert_eq(buf.len, 10000);
    cr_assert_eq(buf.data[9999], 'a' + 9999 % 26);
}

Test(buf, the_limit_is_kept_and_the_failure_sticks, .fini = fini)
{
    cdc_buf_init(&buf, 10);
    cdc_buf_puts(&buf, "0123456789");
    cr_assert_not(buf.failed);
    cdc_buf_putc(&buf, 'x');
    cr_assert(buf.failed);
    cdc_buf_reset(&buf);
    cr_assert_not(buf.failed);
    cdc_buf_puts(&buf, "01234567890");
    cdc_buf_puts(&buf, "x");
    cr_assert(buf.failed);
    cr_assert_eq(buf.len, 0);
}

Test(buf, a_size_that_overflows_fails, .fini = fini)
{
    cdc_buf_puts(&buf, "abc");
    cr_assert_null(cdc_buf_reserve(&buf, SIZE_MAX));
    cr_assert(buf.failed);
}

Test(buf, printf_and_str, .fini = fini)
{
    cdc_buf_printf(&buf, "%d-%s", 42, "x");
    cdc_buf_printf(&buf, "%s", "");
    cr_assert_str_eq(cdc_buf_str(&buf), "42-x");
    cr_assert_eq(buf.len, 4);
}

Test(buf, empty_reads_as_empty, .fini = fini)
{
    cr_assert_str_eq(cdc_buf_str(&buf), "");
    cr_assert_eq(cdc_buf_slice(&buf).len, 0);
}
