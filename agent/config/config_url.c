/* Addresses of Redis (config_url.h). Pure; on the loading thread. Never puts a part of a URL into a message. */
#include "config/config_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/config_scalar.h"

#define REDIS_PORT   6379
#define MAX_DATABASE 65535
#define MAX_SOCKET   107
#define MAX_HOST     255
#define HOST_BYTES   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define NO_MEMORY    "could not be kept: out of memory"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `part` without its percent signs, in the arena. */
const char *config_url_decode(struct cdc_slice part, struct cdc_arena *arena, char **out)
{
    char *at = cdc_arena_str(arena, part);

    *out = at;
    if (!at)
        return NO_MEMORY;
    for (size_t i = 0; i < part.len; i++) {
        int high, low;

        if (part.ptr[i] != '%') {
            *at++ = part.ptr[i];
            continue;
        }
        high = i + 2 < part.len ? hex(part.ptr[i + 1]) : -1;
        low = high < 0 ? -1 : hex(part.ptr[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return "has a % that is not followed by two hexadecimal digits";
        *at++ = (char)(high * 16 + low);
        i += 2;
    }
    *at = '\0';
    return NULL;
}

static struct cdc_slice until(const char *text, const char *end)
{
    return cdc_slice(text, (size_t)(end - text));
}

/* user:password@, :password@, or user@ */
static const char *read_userinfo(struct config_url *url, struct cdc_slice part, struct cdc_arena *arena)
{
    const char *colon = memchr(part.ptr, ':', part.len), *why;

    if (colon && colon + 1 < part.ptr + part.len) {
        why = config_url_decode(until(colon + 1, part.ptr + part.len), arena, &url->password);
        if (why)
            return why;
    }
    part.len = colon ? (size_t)(colon - part.ptr) : part.len;
    return part.len ? config_url_decode(part, arena, &url->user) : NULL;
}

static const char *read_database(const char *text, unsigned *database)
{
    int64_t value;

    if (config_scalar_integer(text, &value) || value < 0 || value > MAX_DATABASE)
        return "has a database that is not a number from 0 to 65535";
    *database = (unsigned)value;
    return NULL;
}

static const char *read_port(struct cdc_slice text, uint16_t *port)
{
    char digits[8];
    int64_t value;

    snprintf(digits, sizeof digits, "%.*s", (int)(text.len < 7 ? text.len : 7), text.ptr);
    if (config_scalar_integer(digits, &value) || value < 1 || value > 65535)
        return "has a port that is not a number from 1 to 65535";
    *port = (uint16_t)value;
    return NULL;
}

static bool is_ipv6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

/* [ADDRESS] or [ADDRESS]:port; `*rest` is what stands behind the bracket. */
static const char *read_ipv6(struct config_url *url, struct cdc_slice part, struct cdc_arena *arena,
                             struct cdc_slice *rest)
{
    const char *end = part.ptr + part.len, *close = memchr(part.ptr, ']', part.len);

    if (!close)
        return "has a [ without its ]";
    *rest = until(close + 1, end);
    url->host = cdc_arena_str(arena, until(part.ptr + 1, close));
    if (!url->host)
        return NO_MEMORY;
    return is_ipv6(url->host) ? NULL : "has no valid address in its brackets";
}

/* A name or an IPv4 address, perhaps with a port. */
static const char *read_name(struct config_url *url, struct cdc_slice part, struct cdc_arena *arena,
                             struct cdc_slice *rest)
{
    const char *end = part.ptr + part.len, *colon = memchr(part.ptr, ':', part.len);
    struct cdc_slice name = until(part.ptr, colon ? colon : end);

    *rest = until(colon ? colon : end, end);
    url->host = cdc_arena_str(arena, name);
    if (!url->host)
        return NO_MEMORY;
    if (!name.len || name.len > MAX_HOST || strspn(url->host, HOST_BYTES) != name.len)
        return "has no valid host";
    return NULL;
}

static const char *read_host(struct config_url *url, struct cdc_slice part, struct cdc_arena *arena)
{
    bool bracketed = part.len && *part.ptr == '[';
    struct cdc_slice rest;
    const char *why = bracketed ? read_ipv6(url, part, arena, &rest) : read_name(url, part, arena, &rest);

    if (why || !rest.len)
        return why;
    if (*rest.ptr != ':')
        return "has something other than a port behind the ]";
    return read_port(cdc_slice(rest.ptr + 1, rest.len - 1), &url->port);
}

/* A password may hold an unencoded @: the last one ends it. */
static const char *last_at(const char *text, const char *end)
{
    while (end > text)
        if (*--end == '@')
            return end;
    return NULL;
}

const char *config_url_authority(struct config_url *url, struct cdc_slice part, bool hostless,
                                 struct cdc_arena *arena)
{
    const char *end = part.ptr + part.len, *at = last_at(part.ptr, end), *why = NULL;

    if (at)
        why = read_userinfo(url, until(part.ptr, at), arena);
    part = until(at ? at + 1 : part.ptr, end);
    if (why || (hostless && !part.len))
        return why;
    return hostless && *part.ptr == ':' ? read_port(cdc_slice(part.ptr + 1, part.len - 1), &url->port)
                                        : read_host(url, part, arena);
}

/* Behind redis:// or rediss:// */
static const char *read_tcp(struct config_url *url, const char *text, bool hostless, struct cdc_arena *arena)
{
    const char *slash = strchr(text, '/'), *end = slash ? slash : text + strlen(text);
    const char *why;

    if (strpbrk(end, "?#"))
        return "has a ? or # in it; only a database can follow the host";
    why = config_url_authority(url, until(text, end), hostless, arena);
    if (!why && !url->host && url->port != REDIS_PORT)
        why = "has a port without a host";
    if (!why && slash && slash[1])
        why = read_database(slash + 1, &url->database);
    return why;
}

/* Behind unix:// */
static const char *read_unix(struct config_url *url, const char *text, struct cdc_arena *arena)
{
    const char *slash = strchr(text, '/'), *query = strchr(text, '?'), *why = NULL;
    char *path;

    if (!slash || (query && query < slash) || (slash > text && slash[-1] != '@'))
        return "needs the absolute path of a socket: unix:///run/redis/redis.sock";
    if (slash > text)
        why = read_userinfo(url, until(text, slash - 1), arena);
    if (!why)
        why = config_url_decode(query ? until(slash, query) : cdc_slice_str(slash), arena, &path);
    if (why)
        return why;
    if (strlen(path) > MAX_SOCKET)
        return "has a longer path than a socket can have (107 bytes)";
    url->socket = path;
    if (!query)
        return NULL;
    return strncmp(query, "?db=", 4) == 0 ? read_database(query + 4, &url->database)
                                          : "has an unknown option; only ?db=N can follow the path";
}

const char *config_url_parse(struct config_url *url, const char *text, bool hostless, struct cdc_arena *arena)
{
    *url = (struct config_url){.port = REDIS_PORT};
    if (strncmp(text, "unix://", 7) == 0)
        return read_unix(url, text + 7, arena);
    url->tls = strncmp(text, "rediss://", 9) == 0;
    if (url->tls || strncmp(text, "redis://", 8) == 0)
        return read_tcp(url, text + (url->tls ? 9 : 8), hostless, arena);
    return "does not start with redis://, rediss:// or unix://";
}

bool config_url_has_password(const char *text)
{
    const char *info = strstr(text, "://"), *at = strrchr(text, '@'), *colon, *variable;

    if (!info || !at || at < info + 3)
        return false;
    info += 3;
    colon = memchr(info, ':', (size_t)(at - info));
    if (!colon || colon + 1 == at)
        return false;
    variable = strstr(colon, "${");
    return !variable || variable > at;
}

static void put_encoded(char *out, size_t size, const char *path)
{
    size_t used = strlen(out);

    for (; *path && used + 4 < size; path++) {
        unsigned char c = (unsigned char)*path;
        used += (size_t)snprintf(out + used, size - used,
                                 c <= 0x20 || c >= 0x7F || strchr("%?#@$", c) ? "%%%02X" : "%c", c);
    }
}

void config_url_print(const struct cdc_redis_config *redis, char *out, size_t size)
{
    if (redis->socket) {
        snprintf(out, size, "unix://");
        put_encoded(out, size, redis->socket);
        if (redis->database)
            snprintf(out + strlen(out), size - strlen(out), "?db=%u", redis->database);
        return;
    }
    if (!redis->host) {
        snprintf(out, size, "redis%s:///%u", redis->tls ? "s" : "", redis->database);
        return;
    }
    snprintf(out, size, strchr(redis->host, ':') ? "redis%s://[%s]:%u/%u" : "redis%s://%s:%u/%u",
             redis->tls ? "s" : "", redis->host, redis->port, redis->database);
}
