/*
 * `tributary check` for Redis: connects on a connection of its own, looks, and leaves nothing behind. Findings go to the
 * report with what mends them; -1 only when nothing more can be seen.
 */
#include "redis/master.h"
#include "redis/server.h"
#include "redis/sink.h"

#include <stdlib.h>

enum { SKEW_MS = 2000 };

static void add(const struct cdc_report *report, enum cdc_finding level, const struct cdc_err *err)
{
    cdc_report_add(report, level, err->hint[0] ? err->hint : NULL, "Redis: %s", err->message);
}

static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* Whether all that is said to Redis, and to the sentinels, stays on this host. */
static bool stays_here(const struct cdc_redis_config *config)
{
    bool local = config->socket || !config->host || is_local(config->host);

    for (size_t i = 0; i < config->sentinel.nnodes; i++)
        local = local && is_local(config->sentinel.nodes[i].host);
    return local;
}

static void check_address(const struct cdc_sink *sink, const struct cdc_report *report)
{
    const struct cdc_redis_config *config = sink->config;

    if (!stays_here(config) && !config->tls)
        cdc_report_add(report, CDC_FINDING_WARNING, "redis.url: rediss://…, and tls-port in redis.conf",
                       "Redis: customer data and the password cross the network in the clear");
    if (!config->password)
        cdc_report_add(
            report, CDC_FINDING_WARNING, "`tributary setup` prints the ACL line of a user for the agent",
            "Redis: no password: everybody who reaches this Redis may change what the agent writes");
    if (!config->stream_max_len && !config->stream_max_age_ms)
        cdc_report_add(report, CDC_FINDING_WARNING, "set redis.stream.max_len, or max_age",
                       "Redis: streams are never trimmed and grow until Redis is full");
}

static void check_server(const struct cdc_sink *sink, const struct redis_info *info,
                         const struct cdc_report *report)
{
    struct cdc_err err;

    if (redis_server_suits(info, sink->config, &err))
        add(report, CDC_FINDING_ERROR, &err);
    else
        cdc_report_add(report, CDC_FINDING_OK, NULL, "Redis: %s %s, %s, maxmemory-policy %s", info->server,
                       info->version, info->role, info->policy);
    if (!info->max_memory)
        cdc_report_add(
            report, CDC_FINDING_NOTE, "CONFIG SET maxmemory to what the host can spare",
            "Redis: no maxmemory: when memory runs out the system kills Redis instead of refusing writes");
    else if (info->used_memory > info->max_memory / 10 * 9)
        cdc_report_add(
            report, CDC_FINDING_WARNING, "CONFIG SET maxmemory, or lower redis.stream.max_len and max_age",
            "Redis: more than 90 %% of maxmemory is in use: when it is full, writes are refused and the database keeps its log");
    if (!info->aof && !info->saves)
        cdc_report_add(
            report, CDC_FINDING_WARNING,
            "CONFIG SET appendonly yes, or save points, and the same in redis.conf",
            "Redis: neither an append-only file nor a snapshot: a restart forgets everything, and the "
            "agent must load it again");
    if (sink->config->sentinel.master && !info->min_replicas)
        cdc_report_add(
            report, CDC_FINDING_WARNING,
            "CONFIG SET min-replicas-to-write 1 and min-replicas-max-lag 5, and the same in redis.conf",
            "Redis: a master that is cut off from its replicas goes on taking writes, and loses them when it comes back");
    if (sink->config->durability == CDC_DURABILITY_REPLICAS && info->replicas < sink->config->replicas)
        cdc_report_add(report, CDC_FINDING_ERROR, "connect more replicas, or lower durability: replicas:N",
                       "Redis: durability wants %u replicas, %u are connected", sink->config->replicas,
                       info->replicas);
}

static int check_clock(struct redis_client *client, const struct cdc_report *report, struct cdc_err *err)
{
    const struct redis_reply *reply;
    int64_t theirs, skew_ms;

    if (redis_client_call(client, &reply, err, "TIME", (char *)NULL))
        return -1;
    theirs = redis_reply_integer(redis_reply_at(reply, 0)) * 1000000 +
             redis_reply_integer(redis_reply_at(reply, 1));
    skew_ms = (theirs - cdc_wall_us()) / 1000;
    if (skew_ms > SKEW_MS || skew_ms < -SKEW_MS)
        cdc_report_add(report, CDC_FINDING_WARNING, "synchronise the clocks (chrony, systemd-timesyncd)",
                       "Redis: its clock is %lld ms off: lag and the age of stream entries will look wrong",
                       (long long)skew_ms);
    else
        cdc_report_add(report, CDC_FINDING_OK, NULL, "Redis: clock within %d ms", SKEW_MS);
    return 0;
}

static int check_library(const struct cdc_sink *sink, struct redis_client *client,
                         const struct cdc_report *report, struct cdc_err *err)
{
    enum redis_library library;
    unsigned revision;

    if (redis_server_library(client, &library, &revision, err))
        return -1;
    switch (library) {
    case REDIS_LIBRARY_ABSENT:
        cdc_report_add(report, CDC_FINDING_NOTE, NULL,
                       "Redis: the functions are not loaded yet; `tributary run` loads them");
        return 0;
    case REDIS_LIBRARY_OTHER:
        cdc_report_add(report, CDC_FINDING_NOTE, NULL,
                       "Redis: functions of revision %u are loaded; `tributary run` will replace them",
                       revision);
        return 0;
    case REDIS_LIBRARY_NEWER:
        cdc_report_add(report, CDC_FINDING_NOTE, "update this agent",
                       "Redis: functions of a newer revision, %u, are loaded, and will be used", revision);
        break;
    case REDIS_LIBRARY_OURS:
        cdc_report_add(report, CDC_FINDING_OK, NULL, "Redis: functions of revision %u are loaded", revision);
        break;
    }
    if (redis_server_probe(client, sink->config->prefix, sink->connector, err))
        return -1;
    cdc_report_add(report, CDC_FINDING_OK, NULL, "Redis: rights under %s:*", sink->config->prefix);
    return 0;
}

/* Who runs this connector now, and whether its checkpoint can be used. */
static int check_lease(const struct cdc_sink *sink, struct redis_client *client,
                       const struct cdc_report *report, struct cdc_err *err)
{
    struct cdc_slice get[] = {{"GET", 3}, cdc_buf_slice(&sink->lease_key)};
    struct cdc_slice hmget[] = {
        {"HMGET", 5}, cdc_buf_slice(&sink->checkpoint_key), {"position", 8}, {"broken", 6}};
    const struct redis_reply *reply;
    struct cdc_slice text;

    if (redis_client_command(client, 2, get, 0, &reply, err))
        return -1;
    text = redis_reply_text(reply);
    if (text.len)
        cdc_report_add(
            report, CDC_FINDING_NOTE,
            "none needed: a second agent waits as the standby; if that one is of another database, choose another `connector`",
            "Redis: the connector runs now: %.*s", CDC_ARG(text));
    if (redis_client_command(client, 4, hmget, 0, &reply, err))
        return -1;
    text = redis_reply_text(redis_reply_at(reply, 1));
    if (text.len)
        cdc_report_add(report, CDC_FINDING_ERROR,
                       "compare with `tributary verify`, then HDEL the field `broken`",
                       "Redis: the checkpoint is broken: %.*s", CDC_ARG(text));
    text = redis_reply_text(redis_reply_at(reply, 0));
    if (text.len)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "Redis: checkpoint at %.*s", CDC_ARG(text));
    else
        cdc_report_add(report, CDC_FINDING_NOTE, NULL,
                       "Redis: no checkpoint yet: this would be the first run");
    return 0;
}

int redis_check_sink(struct cdc_sink *sink, const struct cdc_report *report, struct cdc_err *err)
{
    struct redis_client *client;
    struct redis_info info;
    struct cdc_err found;

    check_address(sink, report);
    if (redis_master_open(&client, sink->config, "tributary-check", &sink->wake, err))
        return -1;
    if (redis_server_info(client, &info, err)) {
        redis_client_close(client);
        return -1;
    }
    check_server(sink, &info, report);
    if (info.major >= 7 && !info.loading && strcmp(info.role, "master") == 0) {
        if (check_library(sink, client, report, &found))
            add(report, CDC_FINDING_ERROR, &found);
        else if (check_lease(sink, client, report, &found) || check_clock(client, report, &found))
            add(report, CDC_FINDING_ERROR, &found);
    }
    redis_client_close(client);
    return 0;
}

static int read_peeked(struct cdc_checkpoint *checkpoint, const struct redis_reply *reply,
                       struct cdc_err *err)
{
    cdc_buf_reset(&checkpoint->position);
    cdc_buf_reset(&checkpoint->identity);
    cdc_buf_put_slice(&checkpoint->position, redis_reply_text(redis_reply_field(reply, "position")));
    cdc_buf_put_slice(&checkpoint->identity, redis_reply_text(redis_reply_field(reply, "identity")));
    if (checkpoint->position.failed || checkpoint->identity.failed)
        return cdc_err_memory(err);
    return redis_lease_progress(&checkpoint->progress, reply, err);
}

int redis_check_peek(struct cdc_sink *sink, struct cdc_checkpoint *checkpoint, struct cdc_err *err)
{
    struct cdc_slice hgetall[] = {{"HGETALL", 7}, cdc_buf_slice(&sink->checkpoint_key)};
    const struct redis_reply *reply;
    struct redis_client *client;
    int rc;

    if (redis_master_open(&client, sink->config, "tributary-check", &sink->wake, err))
        return -1;
    rc = redis_client_command(client, 2, hgetall, 0, &reply, err);
    if (rc == 0)
        rc = read_peeked(checkpoint, reply, err);
    redis_client_close(client);
    return rc;
}
