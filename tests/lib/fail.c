/* Failing with a message, and formatted texts that cannot fail quietly. Any thread of a test; fail() only the main one. */
#include "lib/fail.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char *fmt, ...)
{
    char message[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    cr_assert_fail("%s", message);
    abort(); /* not reached: the assertion ends the test */
}

char *text_vprint(const char *fmt, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    text = len < 0 ? NULL : malloc((size_t)len + 1);
    if (!text)
        fail("out of memory");
    vsnprintf(text, (size_t)len + 1, fmt, args);
    return text;
}

char *text_print(const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = text_vprint(fmt, args);
    va_end(args);
    return text;
}
