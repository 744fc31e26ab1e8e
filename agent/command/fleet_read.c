/*
 * The fleet from Redis (fleet_read.h): the set of connectors, each one's hash, and of those that are not running what their checkpoint
 * says. On a thread of the HTTP server, a second or so at most between two calls; small reads only.
 */
#include "command/fleet_read.h"

#include <stdio.h>

#include "redis/master.h"

#define KEY_MAX 256

static int ask(struct redis_client *client, const struct cdc_redis_config *redis, const char *command,
               const char *what, const char *name, const char *field, const struct redis_reply **reply,
               struct cdc_err *err)
{
    char key[KEY_MAX];

    snprintf(key, sizeof key, "%s:%s%s%s", redis->prefix, what, name ? ":" : "", name ? name : "");
    return redis_client_call(client, reply, err, command, key, field, (char *)NULL);
}

static int read_names(struct redis_client *client, const struct cdc_redis_config *redis, struct fleet *fleet,
                      struct cdc_err *err)
{
    const struct redis_reply *reply;
    size_t n;

    if (ask(client, redis, "SMEMBERS", "connectors", NULL, NULL, &reply, err))
        return -1;
    n = redis_reply_count(reply);
    fleet->more = n > FLEET_AGENTS;
    for (size_t i = 0; i < n && i < FLEET_AGENTS; i++) {
        const char *name = cdc_arena_str(&fleet->arena, redis_reply_text(redis_reply_at(reply, i)));
        if (!name)
            return cdc_err_memory(err);
        fleet->agents[fleet->n++] = (struct fleet_agent){.name = name};
    }
    return 0;
}

static const char *take(struct fleet *fleet, const struct redis_reply *reply)
{
    struct cdc_slice text = redis_reply_text(reply);

    return text.len ? cdc_arena_str(&fleet->arena, text) : NULL;
}

static int read_agent(struct redis_client *client, const struct cdc_redis_config *redis, struct fleet *fleet,
                      struct fleet_agent *agent, struct cdc_err *err)
{
    const struct redis_reply *reply;
    const struct {
        const char *name;
        const char **to;
    } fields[] = {{"state", &agent->state},   {"failure", &agent->failure},   {"reason", &agent->reason},
                  {"remedy", &agent->remedy}, {"trouble", &agent->trouble},   {"lag_ms", &agent->lag_ms},
                  {"events", &agent->events}, {"rejected", &agent->rejected}, {"position", &agent->position},
                  {"source", &agent->source}, {"host", &agent->host},         {"version", &agent->version},
                  {"seen", &agent->seen},     {"http", &agent->http}};

    if (ask(client, redis, "HGETALL", "connector", agent->name, NULL, &reply, err))
        return -1;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i].to = take(fleet, redis_reply_field(reply, fields[i].name));
    if (agent->state)
        return 0;
    if (ask(client, redis, "HGET", "checkpoint", agent->name, "gap", &reply, err))
        return -1;
    agent->gap = take(fleet, reply);
    return 0;
}

int fleet_read(void *ctx, struct fleet *fleet, struct cdc_err *err)
{
    const struct cdc_redis_config *redis = ctx;
    struct redis_client *client;
    int rc;

    if (redis_master_open(&client, redis, "tributary-fleet", NULL, err))
        return -1;
    rc = read_names(client, redis, fleet, err);
    for (size_t i = 0; rc == 0 && i < fleet->n; i++)
        rc = read_agent(client, redis, fleet, &fleet->agents[i], err);
    redis_client_close(client);
    fleet_sort(fleet);
    return rc;
}
