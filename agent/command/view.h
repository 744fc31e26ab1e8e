/* The Redis that a command reads: from a configuration, or from --redis URL (or $TRIBUTARY_REDIS) and --prefix. */
#ifndef VIEW_H
#define VIEW_H

#include "cdc/arena.h"
#include "command/command.h"
#include "config/config.h"
#include "redis/client.h"

struct view {
    struct config *config; /* NULL without one */
    struct cdc_redis_config redis;
    struct redis_client *client;
    struct cdc_arena arena;
};

/* Connects. `options->config` wins over the URL. Must be zeroed before. */
int view_open(struct view *view, const struct options *options, struct cdc_err *err) CDC_MUST_CHECK;
void view_close(struct view *view);
/* Calls a command whose only key is "<prefix>:<what>:<name>" (or "<prefix>:<what>" if name is NULL), with one more argument or NULL. */
int view_call(struct view *view, const char *command, const char *what, const char *name, const char *more,
              const struct redis_reply **reply, struct cdc_err *err) CDC_MUST_CHECK;

/* Prints text from rows for people: on one line, and with nothing in it that a terminal would obey (C0, DEL, C1). */
void view_put_text(struct cdc_slice text);

#endif
