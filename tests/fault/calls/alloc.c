/* Allocations that fail on demand (alloc.h). One thread. What leaks is the address sanitizer's to say. */
#include "fault/calls/alloc.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>

enum { MOST = 100000 };

static unsigned left; /* allocations until the one that fails; 0: none will */
static bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
    if (left == 0 || --left > 0)
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

unsigned alloc_each(int (*scenario)(void *ctx, struct cdc_err *err), void *ctx)
{
    for (unsigned n = 1; n < MOST; n++) {
        struct cdc_err err = {.class = CDC_ERR_NONE};
        int rc;

        left = n;
        failed = false;
        rc = scenario(ctx, &err);
        left = 0;
        if (!failed) {
            cr_assert_eq(rc, 0, "with all its memory it fails: %s", err.message);
            return n - 1;
        }
        if (rc)
            cr_assert_eq(err.class, CDC_ERR_RETRY, "allocation %u: %s: %s", n, cdc_err_class_name(err.class),
                         err.message);
    }
    cr_assert_fail("more than %d allocations", MOST);
    return 0;
}
