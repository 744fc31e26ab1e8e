/* Reads what the agents of a Redis say of themselves there. */
#ifndef FLEET_READ_H
#define FLEET_READ_H

#include "cdc/config.h"
#include "http/fleet.h"

/* `ctx` is the struct cdc_redis_config. On a connection of its own, which ends with the call. Any one thread at a time. */
int fleet_read(void *ctx, struct fleet *fleet, struct cdc_err *err) CDC_MUST_CHECK;

#endif
