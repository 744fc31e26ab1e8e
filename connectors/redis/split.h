/* Cutting the body of a batch in two (cdc/sink.h, split). Pure. */
#ifndef REDIS_SPLIT_H
#define REDIS_SPLIT_H

#include "cdc/buf.h"

int redis_split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin) CDC_MUST_CHECK;

#endif
