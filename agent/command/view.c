/* Opening the view for reading commands (view.h). */
#include "command/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config_url.h"
#include "redis/keys.h"
#include "redis/master.h"

static int from_url(struct view *view, const char *url, const char *prefix, struct cdc_err *err)
{
    struct config_url parsed;
    const char *wrong;

    if (!url) {
        cdc_err_set(err, CDC_ERR_CONFIG, "which Redis?");
        return cdc_err_hint(err,
                            "name a configuration, or --redis redis://HOST:PORT/0, or set TRIBUTARY_REDIS");
    }
    wrong = config_url_parse(&parsed, url, false, &view->arena);
    if (wrong)
        return cdc_err_set(err, CDC_ERR_CONFIG, "the Redis URL %s", wrong);
    view->redis = (struct cdc_redis_config){
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

int view_open(struct view *view, const struct options *options, struct cdc_err *err)
{
    const char *url = options->redis ? options->redis : getenv("TRIBUTARY_REDIS");
    int rc;

    if (options->config) {
        rc = config_load(&view->config, options->config, stderr, err);
        if (rc == 0)
            view->redis = view->config->redis;
    } else {
        rc = from_url(view, url, options->prefix, err);
    }
    if (rc == 0)
        rc = redis_master_open(&view->client, &view->redis, "tributary-command", NULL, err);
    if (rc)
        view_close(view);
    return rc;
}

void view_close(struct view *view)
{
    redis_client_close(view->client);
    config_free(view->config);
    cdc_arena_fini(&view->arena);
    *view = (struct view){0};
}

int view_call(struct view *view, const char *command, const char *what, const char *name, const char *more,
              const struct redis_reply **reply, struct cdc_err *err)
{
    struct cdc_buf key = {0};
    int rc;

    redis_key_named(&key, view->redis.prefix, what, name);
    rc = key.failed
             ? cdc_err_memory(err)
             : redis_client_call(view->client, reply, err, command, cdc_buf_str(&key), more, (char *)NULL);
    cdc_buf_fini(&key);
    return rc;
}

void view_put_text(struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i],
                      next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;

        if (c == 0xc2 && next >= 0x80 && next < 0xa0) /* U+0080 to U+009F */
            printf("\\x%02x", (unsigned char)text.ptr[++i]);
        else if (c < 0x20 || c == 0x7f)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}
