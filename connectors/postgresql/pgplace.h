/* The place of a row in the order of a key, as text: "0123456789abcdef:2:42:5:hello". */
#ifndef PGPLACE_H
#define PGPLACE_H

#include <stdint.h>

#include "cdc/buf.h"

/*
 * Appends the place: `order` tells one definition of a key from another, since a place means something only in the order that it
 * was made in; `values` are the server's texts, `n` at least 1.
 */
void pgplace_put(struct cdc_buf *out, uint64_t order, size_t n, const struct cdc_slice *values);
/* 0, or -1 when the text is not the place of `n` values in that order. The values borrow from the text and hold no NUL. */
int pgplace_parse(struct cdc_slice place, uint64_t order, size_t n, struct cdc_slice *values);

#endif
