/* The Redis that a command reads: from a configuration, or from --redis URL (or $TRIBUTARY_REDIS) and --prefix. */
#ifndef STORE_H
#define STORE_H

#include "cdc/arena.h"
#include "command/command.h"
#include "config/config.h"
#include "redis/client.h"

struct store {
    struct config *config; /* NULL without one */
    struct cdc_redis_config redis;
    struct redis_client *client;
    struct cdc_arena arena;
};

/* Connects. `options->config` wins over the URL. Must be zeroed before. */
int store_open(struct store *store, const struct options *options, struct cdc_err *err) CDC_MUST_CHECK;
void store_close(struct store *store);
/* Calls a command whose only key is "<prefix>:<what>:<name>" (or "<prefix>:<what>" if name is NULL), with one more argument or NULL. */
int store_call(struct store *store, const char *command, const char *what, const char *name, const char *more,
               const struct redis_reply **reply, struct cdc_err *err) CDC_MUST_CHECK;

#endif
