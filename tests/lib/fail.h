/* What every test needs: to end loudly, and to make a text. */
#ifndef TESTS_LIB_FAIL_H
#define TESTS_LIB_FAIL_H

#include <stdarg.h>

/* Ends the test as failed, with this message. */
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A formatted text; the caller frees it. Never NULL. */
char *text_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

char *text_vprint(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#endif
