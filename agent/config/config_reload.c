/*
 * What may change while the program runs (config.h): each setting's row says so. On the main thread, when SIGHUP asks
 * for a reload: all or nothing, and what cannot change says its name.
 */
#include "config/config.h"

#include <string.h>

#include "config/config_duties.h"
#include "config/config_option.h"
#include "config/config_sentinel.h"

static bool same_text(const void *a, const void *b)
{
    const char *left = *(const char *const *)a, *right = *(const char *const *)b;

    return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool same_address(const struct cdc_redis_config *a, const struct cdc_redis_config *b)
{
    return same_text(&a->host, &b->host) && same_text(&a->socket, &b->socket) && a->port == b->port &&
           a->tls == b->tls && a->database == b->database;
}

static bool same_durability(const struct cdc_redis_config *a, const struct cdc_redis_config *b)
{
    return a->durability == b->durability && a->replicas == b->replicas;
}

static bool same(const struct config *now, const struct config *next, const struct config_option *option)
{
    const void *a = config_option_of(now, option), *b = config_option_of(next, option);

    switch (option->type) {
    case CONFIG_STRING:
    case CONFIG_PATH:
    case CONFIG_SECRET:
    case CONFIG_LISTEN:
        return same_text(a, b);
    case CONFIG_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case CONFIG_ENUM:
        return memcmp(a, b, sizeof(unsigned)) == 0;
    case CONFIG_U16:
        return memcmp(a, b, sizeof(uint16_t)) == 0;
    case CONFIG_U32:
        return memcmp(a, b, sizeof(uint32_t)) == 0;
    case CONFIG_U64:
    case CONFIG_DURATION:
    case CONFIG_SIZE:
        return memcmp(a, b, sizeof(uint64_t)) == 0;
    case CONFIG_DURABILITY:
        return same_durability(&now->redis, &next->redis);
    case CONFIG_URL:
        return same_address(&now->redis, &next->redis);
    case CONFIG_NODES:
        return config_sentinel_same(&now->redis.sentinel, &next->redis.sentinel);
    case CONFIG_SECTION:
    case CONFIG_ELSEWHERE:
    case CONFIG_LATER:
        break;
    }
    return true;
}

/* How many settings of the section differ that must not. */
static size_t compare(const struct config *now, const struct config *next,
                      const struct config_option *options, const char *section, FILE *diagnostics)
{
    size_t n = 0;

    for (; options->name; options++) {
        if (options->type == CONFIG_SECTION)
            n += compare(now, next, options->section, options->name, diagnostics);
        if (options->reload || same(now, next, options))
            continue;
        n++;
        if (diagnostics)
            fprintf(diagnostics, "%s: error: %s%s%s: cannot change at run time; restart to use it\n",
                    next->path, section, *section ? "." : "", options->name);
    }
    return n;
}

/* What diverged under the old rule would never converge. */
static size_t compare_agreement(const struct config *now, const struct config *next, FILE *diagnostics)
{
    if (config_duties_same_agreement(now, next))
        return 0;
    if (diagnostics)
        fprintf(diagnostics, "%s: error: agree: cannot change at run time; restart to use it\n", next->path);
    return 1;
}

int config_reloadable(const struct config *now, const struct config *next, FILE *diagnostics,
                      struct cdc_err *err)
{
    size_t n = compare(now, next, config_root_options, "", diagnostics);

    n += compare_agreement(now, next, diagnostics);
    if (!n)
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG, "%s: %zu setting%s cannot change at run time", next->path, n,
                n == 1 ? "" : "s");
    return cdc_err_hint(err, "restart the service to use the new configuration");
}
