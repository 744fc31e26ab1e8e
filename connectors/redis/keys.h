/*
 * Names of keys (design: what is in Redis). The braces are part of a key: they keep an entity type in one cluster slot. Each
 * function appends to `out`, whose sticky error stands for all.
 */
#ifndef REDIS_KEYS_H
#define REDIS_KEYS_H

#include "cdc/buf.h"

/* "cdc:state:{booking}:", to be followed by the entity's key */
void redis_key_state(struct cdc_buf *out, const char *prefix, struct cdc_slice entity);
/* "cdc:events:{booking}" */
void redis_key_events(struct cdc_buf *out, const char *prefix, struct cdc_slice entity);
/* "cdc:<what>:<connector>" for checkpoint, lease, connector, dlq; "cdc:<what>" without a connector. */
void redis_key_named(struct cdc_buf *out, const char *prefix, const char *what, const char *connector);
/* `text` with SCAN's and KEYS' special characters escaped, so that it matches only itself. */
void redis_key_glob(struct cdc_buf *out, struct cdc_slice text);

#endif
