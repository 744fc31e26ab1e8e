/* redis://[user:password@]host[:port][/db], rediss://… (TLS), unix://[user:password@]/path[?db=N] */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

#include "cdc/arena.h"
#include "cdc/config.h"
#include "cdc/err.h"

/* What a URL says; strings live in the arena, absent ones are NULL. */
struct config_url {
    bool tls;
    const char *host;
    uint16_t port;
    const char *socket;
    unsigned database;
    char *user;
    char *password; /* secret */
};

/*
 * NULL, or what is wrong, without any part of the URL in it. Percent-encoded bytes are decoded. The host may be missing if `hostless`:
 * then somebody else says where Redis is.
 */
const char *config_url_parse(struct config_url *url, const char *text, bool hostless,
                             struct cdc_arena *arena) CDC_MUST_CHECK;
/* [user[:password]@]host[:port], and nothing else of a URL; the host may be missing if `hostless`. As config_url_parse(). */
const char *config_url_authority(struct config_url *url, struct cdc_slice part, bool hostless,
                                 struct cdc_arena *arena) CDC_MUST_CHECK;
/* A part of a URL without its percent signs, in the arena. As config_url_parse(). */
const char *config_url_decode(struct cdc_slice part, struct cdc_arena *arena, char **out) CDC_MUST_CHECK;
/* Whether the text of a configuration (before ${…} is expanded) has a password written out in it. */
bool config_url_has_password(const char *text);
/* The URL of a configuration, without user and password; what must be is percent-encoded. */
void config_url_print(const struct cdc_redis_config *redis, char *out, size_t size);

#endif
