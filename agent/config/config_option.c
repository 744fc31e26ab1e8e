/*
 * Reads the settings of a section by its table (config_option.h): known names, types, limits, defaults. Runs on the
 * loading thread; each error gets its place and reading goes on. Relations between settings: config.c.
 */
#include "config/config_option.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"
#include "config/config_node.h"
#include "config/config_scalar.h"
#include "config/config_secret.h"
#include "config/config_sentinel.h"
#include "config/config_url.h"

#include "cdc/suggest.h"

static const char *const source_names[] = {"PostgreSQL", "MySQL and MariaDB"};

void *config_option_at(struct config *config, const struct config_option *option)
{
    return (char *)config + option->offset;
}

const void *config_option_of(const struct config *config, const struct config_option *option)
{
    return (const char *)config + option->offset;
}

bool config_option_applies(const struct config *config, const struct config_option *option)
{
    return !option->only || option->only & 1u << config->source.type;
}

static const char *store_string(struct config_build *build, const struct config_option *option,
                                const char *text)
{
    const char *why = option->check ? option->check(text) : NULL;

    if (!why)
        *(const char **)config_option_at(build->config, option) = config_copy(build, text);
    return why;
}

static const char *store_path(struct config_build *build, const struct config_option *option,
                              const char *text)
{
    const char *path = config_file_path(build->config->path, text, build->arena);

    if (!path)
        build->diag->failed = true;
    return path ? store_string(build, option, path) : NULL;
}

static const char *store_bool(struct config_build *build, const struct config_option *option,
                              const char *text)
{
    bool yes = strcmp(text, "true") == 0;

    if (!yes && strcmp(text, "false") != 0)
        return "is not true or false";
    *(bool *)config_option_at(build->config, option) = yes;
    return NULL;
}

static const char *check_range(const struct config_option *option, int64_t value)
{
    if (value < option->min)
        return "is too small";
    return value > option->max ? "is too large" : NULL;
}

static const char *store_number(struct config_build *build, const struct config_option *option,
                                const char *text)
{
    void *at = config_option_at(build->config, option);
    int64_t value;
    const char *why = config_scalar_integer(text, &value);

    if (!why)
        why = check_range(option, value);
    if (why)
        return why;
    if (option->type == CONFIG_U16)
        *(uint16_t *)at = (uint16_t)value;
    else if (option->type == CONFIG_U32)
        *(uint32_t *)at = (uint32_t)value;
    else
        *(uint64_t *)at = (uint64_t)value;
    return NULL;
}

static const char *store_duration(struct config_build *build, const struct config_option *option,
                                  const char *text)
{
    int64_t ms;
    const char *why = config_scalar_duration(text, &ms);

    if (!why)
        why = check_range(option, ms);
    if (!why)
        *(int64_t *)config_option_at(build->config, option) = ms;
    return why;
}

static const char *store_size(struct config_build *build, const struct config_option *option,
                              const char *text)
{
    uint64_t bytes;
    const char *why = config_scalar_size(text, &bytes);

    if (!why)
        why = check_range(option, (int64_t)bytes);
    if (!why)
        *(uint64_t *)config_option_at(build->config, option) = bytes;
    return why;
}

/* All enums of the configuration have the size of an int. */
static const char *store_enum(struct config_build *build, const struct config_option *option,
                              const char *text)
{
    for (size_t i = 0; i < option->nwords; i++)
        if (option->words[i] && strcmp(option->words[i], text) == 0) {
            unsigned value = (unsigned)i;

            memcpy(config_option_at(build->config, option), &value, sizeof value);
            build->source_known |= option->offset == offsetof(struct config, source.type);
            return NULL;
        }
    return "is unknown";
}

static const char *store_durability(struct config_build *build, const char *text)
{
    struct cdc_redis_config *redis = &build->config->redis;
    int64_t replicas = 0;

    if (strncmp(text, "replicas:", 9) == 0) {
        if (config_scalar_integer(text + 9, &replicas) || replicas < 1 || replicas > 100)
            return "needs a number of replicas from 1 to 100: replicas:1";
        redis->durability = CDC_DURABILITY_REPLICAS;
    } else if (strcmp(text, "applied") == 0) {
        redis->durability = CDC_DURABILITY_APPLIED;
    } else if (strcmp(text, "aof") == 0) {
        redis->durability = CDC_DURABILITY_AOF;
    } else {
        return "is not applied, aof or replicas:N";
    }
    redis->replicas = (unsigned)replicas;
    return NULL;
}

static const char *store_url(struct config_build *build, const char *text)
{
    struct cdc_redis_config *redis = &build->config->redis;
    struct config_url url;
    const char *why = config_url_parse(&url, text, true, build->arena);

    config_keep_secret(build, url.password);
    if (why)
        return why;
    build->url_read = true;
    redis->host = url.host;
    redis->port = url.port;
    redis->socket = url.socket;
    redis->tls = url.tls;
    redis->database = url.database;
    build->url_user = url.user != NULL;
    build->url_password = url.password != NULL;
    redis->user = url.user;
    redis->password = url.password;
    return NULL;
}

static const char *store_listen(struct config_build *build, const struct config_option *option,
                                const char *text)
{
    if (strcmp(text, "off") != 0)
        return store_string(build, option, text);
    *(const char **)config_option_at(build->config, option) = NULL;
    return NULL;
}

/* NULL, or what is wrong with the text. */
static const char *store(struct config_build *build, const struct config_option *option, const char *text)
{
    switch (option->type) {
    case CONFIG_STRING:
        return store_string(build, option, text);
    case CONFIG_PATH:
        return *text ? store_path(build, option, text) : "is empty";
    case CONFIG_SECRET:
        *(const char **)config_option_at(build->config, option) = text;
        return *text ? NULL : "is empty";
    case CONFIG_BOOL:
        return store_bool(build, option, text);
    case CONFIG_ENUM:
        return store_enum(build, option, text);
    case CONFIG_U16:
    case CONFIG_U32:
    case CONFIG_U64:
        return store_number(build, option, text);
    case CONFIG_DURATION:
        return store_duration(build, option, text);
    case CONFIG_SIZE:
        return store_size(build, option, text);
    case CONFIG_LISTEN:
        return store_listen(build, option, text);
    case CONFIG_DURABILITY:
        return store_durability(build, text);
    case CONFIG_URL:
        return store_url(build, text);
    case CONFIG_NODES:
    case CONFIG_SECTION:
    case CONFIG_ELSEWHERE:
    case CONFIG_LATER:
        break;
    }
    return NULL;
}

/* What would have been right, for the end of a message. */
static void put_expected(const struct config_option *option, const char *text, char *out, size_t size)
{
    struct cdc_suggest suggest = cdc_suggest_start(text);
    char low[CONFIG_SCALAR_TEXT], high[CONFIG_SCALAR_TEXT];
    size_t used = 0;

    *out = '\0';
    if (option->type == CONFIG_ENUM) {
        for (size_t i = 0; i < option->nwords; i++)
            if (option->words[i] && used < size) {
                cdc_suggest_offer(&suggest, option->words[i]);
                used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : ": allowed are ",
                                         option->words[i]);
            }
        if (used < size)
            cdc_suggest_text(&suggest, out + used, size - used);
    } else if (option->type == CONFIG_DURATION) {
        snprintf(out, size, ": from %s to %s, with one of ms, s, m, h, d",
                 config_scalar_print_duration(option->min, low),
                 config_scalar_print_duration(option->max, high));
    } else if (option->type == CONFIG_SIZE) {
        snprintf(out, size, ": at least %s, with one of B, KiB, MiB, GiB, TiB",
                 config_scalar_print_size((uint64_t)option->min, low));
    } else if (option->max) {
        snprintf(out, size, ": from %lld to %lld", (long long)option->min, (long long)option->max);
    }
}

static void report(struct config_build *build, const struct config_option *option,
                   const struct yaml_node *node, const char *why)
{
    char expected[160];

    /* the text as it stands in the file, not what a variable holds; and nothing at all of secrets */
    if (option->type == CONFIG_SECRET || option->type == CONFIG_URL) {
        config_diag_node(build->diag, node, "the %s %s", option->type == CONFIG_URL ? "URL" : "secret", why);
        return;
    }
    put_expected(option, node->text, expected, sizeof expected);
    config_diag_node(build->diag, node, "\"%.100s\" %s%s", node->text, why, expected);
}

static void check_literal(struct config_build *build, const struct config_option *option,
                          const struct yaml_node *node, bool expanded)
{
    bool secret = option->type == CONFIG_SECRET && !expanded;

    if (option->type == CONFIG_URL)
        secret = config_url_has_password(node->text);
    if (secret && build->flags & CONFIG_OTHERS_READ)
        config_diag_node(build->diag, node,
                         "others can read this file and a secret stands in it; chmod 640 %.200s, or write "
                         "${file:PATH}, ${env:NAME} or ${cred:NAME}",
                         build->config->path);
}

static void read_scalar(struct config_build *build, const struct config_option *option,
                        const struct yaml_node *node)
{
    const char *text, *why;
    bool expanded;

    if (!config_node_is_string(build->diag, node))
        return;
    text = config_secret_expand(build, node, &expanded);
    if (!text)
        return;
    if (!expanded && (option->type == CONFIG_SECRET || option->type == CONFIG_URL))
        config_keep_secret(build, (char *)text);
    check_literal(build, option, node, expanded);
    why = store(build, option, text);
    if (why)
        report(build, option, node, why);
}

static void read_given(struct config_build *build, const struct config_option *option,
                       const struct yaml_node *node)
{
    if (option->type == CONFIG_ELSEWHERE)
        return;
    if (option->type == CONFIG_LATER)
        config_diag_key(build->diag, node, "\"%s\" is not supported by this version", option->name);
    else if (build->source_known && !config_option_applies(build->config, option))
        config_diag_key(build->diag, node, "\"%s\" is for %s only", option->name,
                        source_names[option->only == CONFIG_MYSQL]);
    else if (option->type == CONFIG_NODES)
        config_sentinel_nodes(build, node);
    else if (option->type != CONFIG_SECTION)
        read_scalar(build, option, node);
    else if (config_node_is_map(build->diag, node))
        config_options_read(build, option->section, node);
    else
        config_options_read(build, option->section, NULL);
}

static void read_missing(struct config_build *build, const struct config_option *option,
                         const struct yaml_node *map)
{
    bool required = option->required == CONFIG_ANY ||
                    (build->source_known && option->required & 1u << build->config->source.type);

    if (map && required)
        config_diag_node(build->diag, map, "missing key \"%s\"", option->name);
    if (option->type == CONFIG_SECTION)
        config_options_read(build, option->section, NULL);
    else if (option->fallback && store(build, option, option->fallback))
        build->diag->failed = true; /* a default that its own rules refuse; a unit test reads them all */
}

static void report_unknown(struct config_build *build, const struct config_option *options,
                           const struct yaml_node *child)
{
    struct cdc_suggest suggest = cdc_suggest_start(child->key->text);
    char suggestion[CONFIG_SUGGEST_BYTES];
    const struct config_option *option;

    for (option = options; option->name; option++) {
        if (strcmp(option->name, child->key->text) == 0)
            return;
        cdc_suggest_offer(&suggest, option->name);
    }
    config_diag_key(build->diag, child, "unknown key \"%.100s\"%s", child->key->text,
                    cdc_suggest_text(&suggest, suggestion, sizeof suggestion));
}

void config_options_read(struct config_build *build, const struct config_option *options,
                         const struct yaml_node *map)
{
    const struct config_option *option;
    const struct yaml_node *child;

    for (option = options; option->name; option++) {
        child = yaml_child(map, option->name);
        if (child)
            read_given(build, option, child);
        else
            read_missing(build, option, map);
    }
    for (child = map ? map->first : NULL; child; child = child->next)
        if (!child->repeated)
            report_unknown(build, options, child);
}
