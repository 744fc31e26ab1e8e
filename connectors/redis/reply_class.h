/* What each error reply of Redis means for us: its class and what to do about it. Pure; any thread. */
#ifndef REDIS_REPLY_CLASS_H
#define REDIS_REPLY_CLASS_H

#include "cdc/err.h"
#include "cdc/slice.h"

/* Sets `err` from the text of an error reply ("READONLY You can't write …"). Returns -1. */
int redis_reply_class(struct cdc_slice text, struct cdc_err *err);

#endif
