/* Memory (fails.h). A place is the call together with its caller: most memory is taken by a few functions that all use. */
#include "fault/calls/wrap/fails.h"

#include <stddef.h>

/* The caller's frame is found by its pointer, which the build keeps. */
#pragma GCC diagnostic ignored "-Wframe-address"

#define MEMORY(name, parameters, arguments)                                                                  \
    CALL_DECLARE(void *, name, parameters)                                                                   \
    void *__wrap_##name parameters                                                                           \
    {                                                                                                        \
        int error = call_fails(#name, CALL_ERRORS(ENOMEM), __builtin_return_address(0),                      \
                               __builtin_return_address(1));                                                 \
                                                                                                             \
        if (!error)                                                                                          \
            return __real_##name arguments;                                                                  \
        errno = error;                                                                                       \
        return NULL;                                                                                         \
    }

MEMORY(malloc, (size_t size), (size))
MEMORY(calloc, (size_t n, size_t size), (n, size))
MEMORY(realloc, (void *old, size_t size), (old, size))
CALL(char *, strndup, (const char *text, size_t n), (text, n), NULL, ENOMEM)
