/* Which stream of which server a checkpoint is of. */
#ifndef PGIDENTITY_H
#define PGIDENTITY_H

#include "cdc/buf.h"
#include "cdc/err.h"
#include "cdc/slice.h"

/* Into `out`, in place of what it held; look at out->failed. */
void pgidentity_print(struct cdc_buf *out, const char *system, const char *timeline, const char *database,
                      const char *slot);
/*
 * The checkpoint's identity `before` must be of the stream `now`: CDC_ERR_GAP if not; an empty one is of any. A new timeline is
 * told: the same system was promoted.
 */
int pgidentity_compare(struct cdc_slice now, struct cdc_slice before, struct cdc_err *err) CDC_MUST_CHECK;

#endif
