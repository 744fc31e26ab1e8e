/* Opening the store for reading commands (store.h). */
#include "command/store.h"

#include <stdlib.h>

#include "config/config_url.h"
#include "redis/keys.h"

static int from_url(struct store *store, const char *url, const char *prefix, struct cdc_err *err)
{
    struct config_url parsed;
    const char *wrong;

    if (!url) {
        cdc_err_set(err, CDC_ERR_CONFIG, "which Redis?");
        return cdc_err_hint(err,
                            "name a configuration, or --redis redis://HOST:PORT/0, or set TRIBUTARY_REDIS");
    }
    wrong = config_url_parse(&parsed, url, &store->arena);
    if (wrong)
        return cdc_err_set(err, CDC_ERR_CONFIG, "the Redis URL %s", wrong);
    store->redis = (struct cdc_redis_config){
        .host = parsed.host,
        .port = parsed.port,
        .socket = parsed.socket,
        .tls = parsed.tls,
        .database = parsed.database,
        .user = parsed.user,
        .password = parsed.password,
        .prefix = prefix ? prefix : "cdc",
    };
    return 0;
}

int store_open(struct store *store, const struct options *options, struct cdc_err *err)
{
    const char *url = options->redis ? options->redis : getenv("TRIBUTARY_REDIS");
    int rc;

    if (options->config) {
        rc = config_load(&store->config, options->config, stderr, err);
        if (rc == 0)
            store->redis = store->config->redis;
    } else {
        rc = from_url(store, url, options->prefix, err);
    }
    if (rc == 0)
        rc = redis_client_open(&store->client, &store->redis, "tributary-command", NULL, err);
    if (rc)
        store_close(store);
    return rc;
}

void store_close(struct store *store)
{
    redis_client_close(store->client);
    config_free(store->config);
    cdc_arena_fini(&store->arena);
    *store = (struct store){0};
}

int store_call(struct store *store, const char *command, const char *what, const char *name, const char *more,
               const struct redis_reply **reply, struct cdc_err *err)
{
    struct cdc_buf key = {0};
    int rc;

    redis_key_named(&key, store->redis.prefix, what, name);
    rc = key.failed
             ? cdc_err_memory(err)
             : redis_client_call(store->client, reply, err, command, cdc_buf_str(&key), more, (char *)NULL);
    cdc_buf_fini(&key);
    return rc;
}
