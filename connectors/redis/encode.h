/* Events, rejects and truncations as records of a batch's body (body.h). Pure: one thread at a time for each body and shape. */
#ifndef REDIS_ENCODE_H
#define REDIS_ENCODE_H

#include <stdatomic.h>

#include "cdc/event.h"
#include "redis/shape.h"

/* What encoding needs of a sink. `bodies` counts the bodies that were begun, from all threads. */
struct redis_encoder {
    const char *connector;
    const char *prefix;
    atomic_uint_fast64_t *bodies;
};

/*
 * Append one record. *last receives the offset of its txlast mark, for redis_encode_mark_last(). -1: CDC_ERR_RETRY, the body
 * has reached its limit or memory ran out; the body is then as it was before.
 */
int redis_encode_event(const struct redis_encoder *encoder, const struct cdc_event *event,
                       struct cdc_buf *body, size_t *last, struct cdc_err *err) CDC_MUST_CHECK;
int redis_encode_truncate(const struct redis_encoder *encoder, const struct cdc_shape *shape,
                          const struct cdc_tx *tx, uint64_t ordinal, struct cdc_buf *body, size_t *last,
                          struct cdc_err *err) CDC_MUST_CHECK;
int redis_encode_reject(const struct redis_encoder *encoder, const struct cdc_reject *reject,
                        struct cdc_buf *body, struct cdc_err *err) CDC_MUST_CHECK;
/* Part of a record: the packed "<tx>:<ordinal>[.<part>]". */
void redis_encode_seq(struct cdc_buf *body, const struct cdc_tx *tx, uint64_t ordinal, uint32_t part);
void redis_encode_mark_last(struct cdc_buf *body, size_t last);

#endif
