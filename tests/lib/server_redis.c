/* Private Redis servers, and speaking to them through hiredis. Runs on the test's main thread; failures end the test. */
#include "lib/server_redis.h"

#include "lib/fail.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <hiredis/hiredis.h>

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Over these come the settings of the test. */
static const char *const DEFAULTS[] = {"bind=127.0.0.1", "save=", "appendonly=no", "daemonize=no", NULL};

static void redis_settings(struct server_redis *redis, const char *const *settings)
{
    for (; settings && *settings; settings++) {
        const char *equals = strchr(*settings, '=');

        if (!equals)
            fail("\"%s\" is not name=value", *settings);
        server_word(&redis->server, "--%.*s", (int)(equals - *settings), *settings);
        server_word(&redis->server, "%s", equals + 1);
    }
}

/* A server with its folder, and a command that begins with the program. */
static struct server_redis *redis_new(void)
{
    struct server_redis *redis = calloc(1, sizeof *redis);
    char *program;

    if (!redis)
        fail("out of memory");
    server_init(&redis->server);
    program = server_program("REDIS_SERVER",
                             (const char *const[]){"/usr/bin/redis-server", "/usr/local/bin/redis-server",
                                                   "/usr/bin/valkey-server", NULL});
    redis->path = tempdir_path(&redis->server.dir, "redis.sock");
    redis->socket = redis->path;
    redis->port = process_free_port();
    server_word(&redis->server, "%s", program);
    free(program);
    return redis;
}

/* The file is the sentinel's own from now on: it keeps there what it has learned. */
struct server_redis *server_redis_sentinel(const char *lines)
{
    struct server_redis *redis = redis_new();
    char *text = text_print("bind 127.0.0.1\nport %u\nunixsocket %s\ndir %s\n%s", redis->port, redis->socket,
                            redis->server.dir.path, lines),
         *path = tempdir_write(&redis->server.dir, "sentinel.conf", text);

    if (process_ordinary_own(path))
        fail("cannot give %s away", path);
    server_word(&redis->server, "%s", path);
    server_word(&redis->server, "--sentinel");
    free(text);
    free(path);
    server_redis_up(redis);
    return redis;
}

struct server_redis *server_redis_start(const char *const *settings)
{
    struct server_redis *redis = redis_new();

    server_word(&redis->server, "--dir");
    server_word(&redis->server, "%s", redis->server.dir.path);
    server_word(&redis->server, "--unixsocket");
    server_word(&redis->server, "%s", redis->socket);
    server_word(&redis->server, "--port");
    server_word(&redis->server, "%u", redis->port);
    redis_settings(redis, DEFAULTS);
    redis_settings(redis, settings);
    server_redis_up(redis);
    return redis;
}

static void redis_forget_session(struct server_redis *redis)
{
    if (redis->session)
        redisFree(redis->session);
    redis->session = NULL;
}

void server_redis_stop(struct server_redis *redis)
{
    if (!redis)
        return;
    server_redis_down(redis, SIGKILL);
    server_fini(&redis->server);
    free(redis->path);
    free(redis->answer);
    free(redis);
}

static bool redis_ready(void *ctx)
{
    struct server_redis *redis = ctx;
    redisReply *reply;
    bool ready;

    if (!process_runs(redis->server.pid))
        server_fail(&redis->server, "Redis does not start");
    redis->session = redisConnectUnix(redis->socket);
    if (!redis->session)
        fail("out of memory");
    /* an old socket file is there before the new server is: an error of the connection means not yet */
    reply = redis->session->err ? NULL : redisCommand(redis->session, "PING");
    /* a password in the settings: up, but nobody is let in */
    ready = reply && (reply->type == REDIS_REPLY_STATUS || strncmp(reply->str, "NOAUTH", 6) == 0);
    if (reply)
        freeReplyObject(reply);
    if (!ready)
        redis_forget_session(redis);
    return ready;
}

void server_redis_up(struct server_redis *redis)
{
    server_run(&redis->server, SIGKILL);
    if (!wait_for(redis_ready, redis, SERVER_READY_MS))
        server_fail(&redis->server, "Redis does not become ready");
}

void server_redis_down(struct server_redis *redis, int signal)
{
    redis_forget_session(redis);
    server_end(&redis->server, signal);
    unlink(redis->socket);
}

void server_redis_restart(struct server_redis *redis)
{
    server_redis_down(redis, SIGTERM);
    server_redis_up(redis);
}

void server_redis_crash(struct server_redis *redis)
{
    server_redis_down(redis, SIGKILL);
    server_redis_up(redis);
}

/* A Redis that changes its role closes the connections that it has. */
static bool redis_hung_up(const struct redisContext *session)
{
    char byte;

    return recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static redisReply *redis_ask(struct server_redis *redis, const char *fmt, va_list args)
{
    redisReply *reply;

    if (!redis->session || redis->session->err || redis_hung_up(redis->session)) {
        redis_forget_session(redis);
        redis->session = redisConnectUnix(redis->socket);
    }
    reply = redis->session && !redis->session->err ? redisvCommand(redis->session, fmt, args) : NULL;
    if (!reply)
        server_fail(&redis->server, redis->session ? redis->session->errstr : "out of memory");
    return reply;
}

struct redisReply *server_redis_reply(struct server_redis *redis, const char *fmt, ...)
{
    redisReply *reply;
    va_list args;

    va_start(args, fmt);
    reply = redis_ask(redis, fmt, args);
    va_end(args);
    return reply;
}

static void redis_print(const redisReply *reply, FILE *out)
{
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        fprintf(out, "%lld", reply->integer);
        break;
    case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < reply->elements; i++) {
            if (i)
                fputc('\n', out);
            redis_print(reply->element[i], out);
        }
        break;
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
        fwrite(reply->str, 1, (size_t)reply->len, out);
        break;
    default: /* nil */
        break;
    }
}

static redisReply *redis_good(const char *fmt, redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR)
        fail("Redis answers to \"%s\": %s", fmt, reply->str);
    return reply;
}

static const char *redis_remember(struct server_redis *redis, const redisReply *reply)
{
    size_t len = 0;
    FILE *out;

    free(redis->answer);
    redis->answer = NULL;
    out = open_memstream(&redis->answer, &len);
    if (out)
        redis_print(reply, out);
    if (!out || fclose(out))
        fail("out of memory");
    return redis->answer;
}

const char *server_redis_text(struct server_redis *redis, const char *fmt, ...)
{
    redisReply *reply;
    va_list args;

    va_start(args, fmt);
    reply = redis_good(fmt, redis_ask(redis, fmt, args));
    va_end(args);
    redis_remember(redis, reply);
    freeReplyObject(reply);
    return redis->answer;
}

long long server_redis_integer(struct server_redis *redis, const char *fmt, ...)
{
    redisReply *reply;
    long long value;
    va_list args;

    va_start(args, fmt);
    reply = redis_good(fmt, redis_ask(redis, fmt, args));
    va_end(args);
    if (reply->type != REDIS_REPLY_INTEGER)
        fail("Redis does not answer an integer to \"%s\"", fmt);
    value = reply->integer;
    freeReplyObject(reply);
    return value;
}

void server_redis_do(struct server_redis *redis, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    freeReplyObject(redis_good(fmt, redis_ask(redis, fmt, args)));
    va_end(args);
}

bool server_redis_exists(struct server_redis *redis, const char *key)
{
    return server_redis_integer(redis, "EXISTS %s", key) == 1;
}

const char *server_redis_hget(struct server_redis *redis, const char *key, const char *field)
{
    redisReply *reply = redis_good("HGET", server_redis_reply(redis, "HGET %s %s", key, field));
    const char *value = reply->type == REDIS_REPLY_NIL ? NULL : redis_remember(redis, reply);

    freeReplyObject(reply);
    return value;
}
