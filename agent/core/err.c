/* Errors as values (cdc/err.h). No state; any thread. */
#include "cdc/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int cdc_err_set(struct cdc_err *err, enum cdc_err_class class, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    err->class = class;
    err->word = NULL;
    err->hint[0] = '\0';
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    return -1;
}

int cdc_err_hint(struct cdc_err *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    va_start(ap, fmt);
    vsnprintf(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
    return -1;
}

int cdc_err_wrap(struct cdc_err *err, const char *fmt, ...)
{
    char cause[sizeof err->message];
    size_t used;
    va_list ap;

    if (!err)
        return -1;
    memcpy(cause, err->message, sizeof cause);
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", cause);
    return -1;
}

int cdc_err_memory(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "out of memory");
}

const char *cdc_err_class_name(enum cdc_err_class class)
{
    switch (class) {
    case CDC_ERR_NONE:
        return "none";
    case CDC_ERR_RETRY:
        return "retry";
    case CDC_ERR_DATA:
        return "data";
    case CDC_ERR_CONFIG:
        return "config";
    case CDC_ERR_DENIED:
        return "denied";
    case CDC_ERR_GAP:
        return "gap";
    case CDC_ERR_FENCED:
        return "fenced";
    case CDC_ERR_FATAL:
        return "fatal";
    }
    return "?";
}
