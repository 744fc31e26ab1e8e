/*
 * A configuration as YAML, with every default written out and secrets as "***" (config.h). The settings follow their
 * tables, so what can be read can be printed. Cold; write errors are the stream's. Tables: config_print_tables.c.
 */
#include "config/config_print.h"

#include <inttypes.h>
#include <string.h>

#include "config/config_duties.h"
#include "config/config_option.h"
#include "config/config_scalar.h"
#include "config/config_sentinel.h"
#include "config/config_url.h"

/* Words that other YAML readers take for something else than text. */
static bool is_reserved(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "y", "n", NULL};

    for (size_t i = 0; words[i]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool is_plain(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/0123456789.-";

    return *text && strchr(letters, *text) && !text[strspn(text, more)] && strlen(text) < 100 &&
           !is_reserved(text);
}

void config_print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\x%02X", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

void config_print_text(const char *text, FILE *out)
{
    if (is_plain(text))
        fputs(text, out);
    else
        config_print_quoted(text, out);
}

static void print_enum(const struct config_option *option, const void *at, FILE *out)
{
    unsigned value;

    memcpy(&value, at, sizeof value);
    fputs(option->words[value], out);
}

static void print_durability(const struct cdc_redis_config *redis, FILE *out)
{
    switch (redis->durability) {
    case CDC_DURABILITY_APPLIED:
        fputs("applied", out);
        return;
    case CDC_DURABILITY_AOF:
        fputs("aof", out);
        return;
    case CDC_DURABILITY_REPLICAS:
        fprintf(out, "replicas:%u", redis->replicas);
        return;
    }
}

static void print_url(const struct cdc_redis_config *redis, FILE *out)
{
    char url[512];

    config_url_print(redis, url, sizeof url);
    config_print_quoted(url, out);
}

/* A variable's value was expanded when it was read: what still looks like one is meant as text. */
static void print_expandable(const char *text, FILE *out)
{
    const char *dollar = strstr(text, "${");
    char escaped[2 * CONFIG_SECRET_MAX + 1], *at = escaped;

    if (!dollar) {
        config_print_text(text, out);
        return;
    }
    for (; *text && at < escaped + sizeof escaped - 3; text++) {
        if (strncmp(text, "${", 2) == 0)
            *at++ = '$';
        *at++ = *text;
    }
    *at = '\0';
    config_print_quoted(escaped, out);
}

static void print_value(const struct config *config, const struct config_option *option, FILE *out)
{
    const void *at = config_option_of(config, option);
    char text[CONFIG_SCALAR_TEXT];

    switch (option->type) {
    case CONFIG_STRING:
    case CONFIG_PATH:
        print_expandable(*(const char *const *)at, out);
        return;
    case CONFIG_SECRET:
        fputs("\"***\"", out);
        return;
    case CONFIG_BOOL:
        fputs(*(const bool *)at ? "true" : "false", out);
        return;
    case CONFIG_ENUM:
        print_enum(option, at, out);
        return;
    case CONFIG_U16:
        fprintf(out, "%u", *(const uint16_t *)at);
        return;
    case CONFIG_U32:
        fprintf(out, "%" PRIu32, *(const uint32_t *)at);
        return;
    case CONFIG_U64:
        fprintf(out, "%" PRIu64, *(const uint64_t *)at);
        return;
    case CONFIG_DURATION:
        fputs(config_scalar_print_duration(*(const int64_t *)at, text), out);
        return;
    case CONFIG_SIZE:
        fputs(config_scalar_print_size(*(const uint64_t *)at, text), out);
        return;
    case CONFIG_LISTEN:
        config_print_text(*(const char *const *)at ? *(const char *const *)at : "off", out);
        return;
    case CONFIG_DURABILITY:
        print_durability(&config->redis, out);
        return;
    case CONFIG_URL:
        print_url(&config->redis, out);
        return;
    case CONFIG_NODES:
        config_sentinel_print(&config->redis.sentinel, out);
        return;
    case CONFIG_SECTION:
    case CONFIG_ELSEWHERE:
    case CONFIG_LATER:
        return;
    }
}

static bool is_set(const struct config *config, const struct config_option *option)
{
    const void *at = config_option_of(config, option);
    unsigned value;

    if (!config_option_applies(config, option))
        return false;
    switch (option->type) {
    case CONFIG_STRING:
    case CONFIG_PATH:
    case CONFIG_SECRET:
        return *(const char *const *)at != NULL;
    case CONFIG_ENUM:
        memcpy(&value, at, sizeof value);
        return option->words[value] != NULL;
    case CONFIG_NODES:
        return config->redis.sentinel.nnodes > 0;
    case CONFIG_ELSEWHERE:
    case CONFIG_LATER:
        return false;
    case CONFIG_BOOL:
    case CONFIG_U16:
    case CONFIG_U32:
    case CONFIG_U64:
    case CONFIG_DURATION:
    case CONFIG_SIZE:
    case CONFIG_LISTEN:
    case CONFIG_DURABILITY:
    case CONFIG_URL:
    case CONFIG_SECTION:
        return true;
    }
    return false;
}

static bool is_any_set(const struct config *config, const struct config_option *options)
{
    for (; options->name; options++)
        if (is_set(config, options))
            return true;
    return false;
}

static void print_options(const struct config *config, const struct config_option *options, int indent,
                          FILE *out)
{
    for (; options->name; options++) {
        if (!is_set(config, options) ||
            (options->type == CONFIG_SECTION && !is_any_set(config, options->section)))
            continue;
        fprintf(out, "%*s%s:", indent, "", options->name);
        if (options->type == CONFIG_SECTION) {
            fputc('\n', out);
            print_options(config, options->section, indent + 2, out);
            continue;
        }
        fputc(' ', out);
        print_value(config, options, out);
        fputc('\n', out);
    }
}

void config_print(const struct config *config, FILE *out)
{
    fputs("version: 1\n", out);
    print_options(config, config_root_options, 0, out);
    config_duties_print(config, out);
    config_print_tables(config, out);
}
