/*
 * For calls that can be made to fail. The linker leads the program's own calls of NAME to __wrap_NAME() (--wrap), and a call there to
 * __real_NAME() to what it was; the Makefile asks the objects of this folder for the names. Calls of the libraries among each other are
 * not touched.
 */
#ifndef TESTS_CALLS_FAILS_H
#define TESTS_CALLS_FAILS_H

#include "fault/calls/plan.h"

#include <errno.h>

/* The error that this call is to give; 0: none, it is to do its work. `errors` ends with 0. */
int call_fails(const char *function, const int *errors, const void *at, const void *from);

#define CALL_ERRORS(...) ((const int[]){__VA_ARGS__, 0})
#define CALL_FAILS(name, ...)                                                                                \
    call_fails(#name, CALL_ERRORS(__VA_ARGS__), __builtin_return_address(0), (const void *)0)

#define CALL_DECLARE(result, name, parameters)                                                               \
    result __real_##name parameters;                                                                         \
    result __wrap_##name parameters;

/* One that gives `failed`, and one of these in errno. */
#define CALL(result, name, parameters, arguments, failed, ...)                                               \
    CALL_DECLARE(result, name, parameters)                                                                   \
    result __wrap_##name parameters                                                                          \
    {                                                                                                        \
        int error = CALL_FAILS(name, __VA_ARGS__);                                                           \
                                                                                                             \
        if (!error)                                                                                          \
            return __real_##name arguments;                                                                  \
        errno = error;                                                                                       \
        return failed;                                                                                       \
    }

/* One that gives `failed`, and errno says nothing. */
#define CALL_PLAIN(result, name, parameters, arguments, failed)                                              \
    CALL(result, name, parameters, arguments, failed, CALL_FAILED)

#endif
