/*
 * Judging a server and loading the functions (server.h): part of every connect(), and of `tributary check`. Sink thread or a
 * command. Fails with the setting that must be changed, and how.
 */
#include "redis/server.h"

#include <stdlib.h>
#include <string.h>

#include "redis/keys.h"

#define LIBRARY "tributary_v1"

static struct cdc_slice our_code(void)
{
    return cdc_slice_str((const char *)embedded_functions_lua);
}

int redis_server_info(struct redis_client *client, struct redis_info *info, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (redis_client_call(client, &reply, err, "INFO", (char *)NULL))
        return -1;
    redis_info_parse(info, redis_reply_text(reply));
    return 0;
}

static int suits_durability(const struct redis_info *info, const struct cdc_redis_config *config,
                            struct cdc_err *err)
{
    if (config->durability != CDC_DURABILITY_AOF)
        return 0;
    if (info->major < 7 || (info->major == 7 && info->minor < 2)) {
        cdc_err_set(err, CDC_ERR_CONFIG, "durability: aof needs Redis 7.2 or newer (WAITAOF), this is %s %s",
                    info->server, info->version);
        return cdc_err_hint(err,
                            "use durability: applied, which with appendfsync always in redis.conf is as good "
                            "(Redis answers when it is on disk), or replicas:N");
    }
    if (!info->aof) {
        cdc_err_set(err, CDC_ERR_CONFIG, "durability: aof, but this Redis writes no append-only file");
        return cdc_err_hint(err, "CONFIG SET appendonly yes, and the same in redis.conf");
    }
    return 0;
}

int redis_server_suits(const struct redis_info *info, const struct cdc_redis_config *config,
                       struct cdc_err *err)
{
    if (info->loading)
        return cdc_err_set(err, CDC_ERR_RETRY, "Redis is loading its data set");
    if (info->major < 7) {
        cdc_err_set(err, CDC_ERR_CONFIG, "%s %s is too old: functions are needed", info->server,
                    info->version);
        return cdc_err_hint(err, "use Redis 7.0 or newer, or Valkey 7.2 or newer");
    }
    if (info->cluster) {
        cdc_err_set(err, CDC_ERR_CONFIG, "this Redis is a node of a cluster, which redis.url cannot serve");
        return cdc_err_hint(err, "use a Redis that is not in cluster mode (cluster-enabled no)");
    }
    if (strcmp(info->role, "master") != 0) {
        cdc_err_set(err, CDC_ERR_RETRY, "this Redis is a replica");
        return cdc_err_hint(err, config->sentinel.master ? "the sentinels will soon name the new master"
                                                         : "redis.url must lead to the master");
    }
    if (!redis_info_keeps(info)) {
        cdc_err_set(err, CDC_ERR_CONFIG,
                    "maxmemory-policy is %s: Redis would throw away streams and checkpoints", info->policy);
        return cdc_err_hint(err, "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf");
    }
    return suits_durability(info, config, err);
}

unsigned redis_server_revision(struct cdc_slice code)
{
    static const char mark[] = "\n-- revision: ";
    char digits[12] = "";

    for (size_t i = 0; i + sizeof mark + sizeof digits < code.len; i++) {
        if (memcmp(code.ptr + i, mark, sizeof mark - 1) == 0) {
            memcpy(digits, code.ptr + i + sizeof mark - 1, sizeof digits - 1);
            return (unsigned)strtoul(digits, NULL, 10);
        }
    }
    return 0;
}

int redis_server_library(struct redis_client *client, enum redis_library *library, unsigned *revision,
                         struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct cdc_slice code;

    *revision = 0;
    if (redis_client_call(client, &reply, err, "FUNCTION", "LIST", "LIBRARYNAME", LIBRARY, "WITHCODE",
                          (char *)NULL))
        return cdc_err_wrap(err, "looking for the functions");
    if (!redis_reply_count(reply)) {
        *library = REDIS_LIBRARY_ABSENT;
        return 0;
    }
    code = redis_reply_text(redis_reply_field(redis_reply_at(reply, 0), "library_code"));
    *revision = redis_server_revision(code);
    if (cdc_slice_eq(code, our_code()))
        *library = REDIS_LIBRARY_OURS;
    else
        *library = *revision > redis_server_revision(our_code()) ? REDIS_LIBRARY_NEWER : REDIS_LIBRARY_OTHER;
    return 0;
}

int redis_server_load(struct redis_client *client, struct cdc_err *err)
{
    const struct redis_reply *reply;
    enum redis_library library;
    unsigned revision;

    if (redis_server_library(client, &library, &revision, err))
        return -1;
    if (library == REDIS_LIBRARY_OURS || library == REDIS_LIBRARY_NEWER)
        return 0;
    if (redis_client_call(client, &reply, err, "FUNCTION", "LOAD", "REPLACE",
                          (const char *)embedded_functions_lua, (char *)NULL))
        return cdc_err_wrap(err, "loading the functions");
    return 0;
}

/* Keys of all types, under each of which the functions write. */
static void put_probe(struct cdc_buf *out, const char *prefix, const char *connector)
{
    struct cdc_buf keys[4] = {{.limit = 0}, {.limit = 0}, {.limit = 0}, {.limit = 0}};
    static const char *const whats[] = {"entities:{probe}", "due:{probe}"};

    redis_key_state(&keys[0], prefix, cdc_slice_str("probe"));
    redis_key_events(&keys[1], prefix, cdc_slice_str("probe"));
    redis_key_named(&keys[2], prefix, whats[0], NULL);
    redis_key_named(&keys[3], prefix, whats[1], NULL);
    redis_resp_command(out, 7);
    redis_resp_str(out, "FCALL");
    redis_resp_str(out, "tributary_probe");
    redis_resp_number(out, 4);
    for (size_t i = 0; i < 4; i++) {
        if (i)
            cdc_buf_putc(&keys[i], ':');
        cdc_buf_puts(&keys[i], connector);
        redis_resp_arg(out, cdc_buf_slice(&keys[i]));
        out->failed = out->failed || keys[i].failed;
        cdc_buf_fini(&keys[i]);
    }
}

int redis_server_probe(struct redis_client *client, const char *prefix, const char *connector,
                       struct cdc_err *err)
{
    struct cdc_buf command = {.limit = 0};
    const struct redis_reply *reply;
    int rc;

    put_probe(&command, prefix, connector);
    rc = command.failed ? cdc_err_memory(err) : redis_client_send(client, &command, 0, &reply, err);
    cdc_buf_fini(&command);
    return rc ? cdc_err_wrap(err, "trying the rights under %s:*", prefix) : 0;
}
