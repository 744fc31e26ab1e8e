/* Waiting until what Redis has applied is as durable as redis.durability asks: on disk, or on replicas. */
#ifndef REDIS_DURABLE_H
#define REDIS_DURABLE_H

#include "redis/sink.h"

/* Appends the command that waits for all that this connection wrote before. Not with CDC_DURABILITY_APPLIED. */
void redis_durable_put(const struct cdc_sink *sink, struct cdc_buf *out);
/* What its reply means: 0, or CDC_ERR_RETRY. */
int redis_durable_judge(const struct cdc_sink *sink, const struct redis_reply *reply,
                        struct cdc_err *err) CDC_MUST_CHECK;
/* Waits for everything that is in Redis, whoever wrote it; this connection must have written last. */
int redis_durable_await(struct cdc_sink *sink, struct cdc_err *err) CDC_MUST_CHECK;

#endif
