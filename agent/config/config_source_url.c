/* Addresses of databases (config_source_url.h). Pure. Never puts a part of a URL into a message. */
#include "config/config_source_url.h"

#include <string.h>

#include "config/config_url.h"

static const struct {
    const char *scheme;
    enum cdc_source_type type;
} schemes[] = {
    {"postgresql://", CDC_SOURCE_POSTGRESQL},
    {"postgres://", CDC_SOURCE_POSTGRESQL},
    {"mysql://", CDC_SOURCE_MYSQL},
    {"mariadb://", CDC_SOURCE_MYSQL},
};

static const char *const tls_words[] = {[CDC_TLS_DISABLE] = "disable",
                                        [CDC_TLS_REQUIRE] = "require",
                                        [CDC_TLS_VERIFY_CA] = "verify-ca",
                                        [CDC_TLS_VERIFY_FULL] = "verify-full"};

static const char *read_tls(struct cdc_source_config *source, const char *value)
{
    for (size_t i = CDC_TLS_DISABLE; i < sizeof tls_words / sizeof *tls_words; i++)
        if (strcmp(tls_words[i], value) == 0) {
            source->tls = (enum cdc_tls)i;
            return NULL;
        }
    return "has an unknown tls; allowed are disable, require, verify-ca, verify-full";
}

static const char *read_option(struct cdc_source_config *source, char *name)
{
    char *value = strchr(name, '=');

    if (!value)
        return "has an option without its value";
    *value++ = '\0';
    if (strcmp(name, "host") == 0 || strcmp(name, "socket") == 0)
        source->host = value;
    else if (strcmp(name, "tls_ca") == 0)
        source->tls_ca = value;
    else if (strcmp(name, "tls") == 0)
        return read_tls(source, value);
    else
        return "has an unknown option; host, socket, tls and tls_ca may follow the ?";
    return NULL;
}

/* host=/run/postgresql&tls=disable */
static const char *read_options(struct cdc_source_config *source, const char *text, struct cdc_arena *arena)
{
    char *copy, *next;
    const char *why = config_url_decode(cdc_slice_str(text), arena, &copy);

    for (; !why && copy; copy = next) {
        next = strchr(copy, '&');
        if (next)
            *next++ = '\0';
        why = read_option(source, copy);
    }
    return why;
}

static const char *read_authority(struct cdc_source_config *source, struct cdc_slice part,
                                  struct cdc_arena *arena)
{
    struct config_url url = {0};
    const char *why = config_url_authority(&url, part, true, arena);

    if (why)
        return why;
    if (url.password)
        return "has a password in it, which everybody on this machine could read: leave it out, and put it into the "
               "environment variable TRIBUTARY_PASSWORD";
    source->user = url.user;
    source->host = url.host;
    source->port = url.port;
    return NULL;
}

const char *config_source_url_parse(struct cdc_source_config *source, const char *text,
                                    struct cdc_arena *arena)
{
    const char *at = NULL, *why, *question, *slash;
    char *database;

    *source = (struct cdc_source_config){0};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !at; i++)
        if (strncmp(text, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
            source->type = schemes[i].type;
            at = text + strlen(schemes[i].scheme);
        }
    if (!at)
        return "does not start with postgresql://, mysql:// or mariadb://";
    question = at + strcspn(at, "?");
    slash = memchr(at, '/', (size_t)(question - at));
    why = read_authority(source, cdc_slice(at, (size_t)((slash ? slash : question) - at)), arena);
    if (!why && slash && slash + 1 < question) {
        why = config_url_decode(cdc_slice(slash + 1, (size_t)(question - slash - 1)), arena, &database);
        source->database = database;
    }
    if (!why && *question)
        why = read_options(source, question + 1, arena);
    if (!why && !source->host)
        return source->type == CDC_SOURCE_POSTGRESQL
                   ? "names no host: postgresql://host/database, or ?host=FOLDER of a socket"
                   : "names no host: mysql://host/database, or ?socket=PATH";
    return !why && !source->database && source->type == CDC_SOURCE_POSTGRESQL
               ? "names no database: postgresql://host/database"
               : why;
}
