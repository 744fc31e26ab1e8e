/* Lets any thread end the waiting of another one. */
#ifndef REDIS_WAKE_H
#define REDIS_WAKE_H

#include <stdbool.h>

#include "cdc/err.h"

struct redis_wake {
    int fd; /* readable when set */
};

/* -1: CDC_ERR_RETRY, no file descriptor left. */
int redis_wake_init(struct redis_wake *wake, struct cdc_err *err) CDC_MUST_CHECK;
void redis_wake_fini(struct redis_wake *wake);
/* Any thread, also a signal handler. */
void redis_wake_set(const struct redis_wake *wake);
/* Whether it was set; unsets it. */
bool redis_wake_take(const struct redis_wake *wake);

#endif
