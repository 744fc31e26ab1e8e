/*
 * A connection to the Redis that is written to: the one that the configuration names, or the one that most of its sentinels call
 * the master.
 */
#ifndef REDIS_MASTER_H
#define REDIS_MASTER_H

#include "redis/client.h"

/* As redis_client_open(). Asks the sentinels anew each time. Whether it is a master is for the caller to see (server.h). */
int redis_master_open(struct redis_client **client, const struct cdc_redis_config *config, const char *name,
                      const struct redis_wake *wake, struct cdc_err *err) CDC_MUST_CHECK;

#endif
