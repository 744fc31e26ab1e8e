/* A borrowed run of bytes: who made it says how long it lives. Not terminated by a NUL. */
#ifndef CDC_SLICE_H
#define CDC_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct cdc_slice {
    const char *ptr;
    size_t len;
};

/* For printf: ("%.*s", CDC_ARG(slice)) */
#define CDC_ARG(s) (int)(s).len, (s).ptr

static inline struct cdc_slice cdc_slice(const char *ptr, size_t len)
{
    return (struct cdc_slice){ptr, len};
}

/* NULL gives the empty slice. */
static inline struct cdc_slice cdc_slice_str(const char *str)
{
    return (struct cdc_slice){str, str ? strlen(str) : 0};
}

static inline bool cdc_slice_eq(struct cdc_slice a, struct cdc_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool cdc_slice_is(struct cdc_slice a, const char *str)
{
    return cdc_slice_eq(a, cdc_slice_str(str));
}

#endif
