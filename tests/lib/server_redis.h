/*
 * A private Redis for one test: on a socket, in a folder of its own, gone with the test. Keeps nothing over a restart
 * unless settings say so.
 *
 *     struct server_redis *redis = server_redis_start((const char *const[]){"appendonly=yes", NULL});
 *     server_redis_do(redis, "SET %s %d", "key", 1);
 *     cr_assert_str_eq(server_redis_text(redis, "GET %s", "key"), "1");
 *     server_redis_stop(redis);
 *
 * Everything that goes wrong, error replies too, fails the test. Use it from the test's main thread.
 */
#ifndef TESTS_LIB_SERVER_REDIS_H
#define TESTS_LIB_SERVER_REDIS_H

#include <stdbool.h>

#include "lib/server.h"

struct redisReply;
struct redisContext;

struct server_redis {
    struct server server;
    const char *socket;
    unsigned port; /* of 127.0.0.1 */
    struct redisContext *session;
    char *answer;
    char *path;
};

/* `settings`: NULL-ended "name=value" of redis.conf, over the test defaults; may be NULL. */
struct server_redis *server_redis_start(const char *const *settings);
/* A Redis Sentinel; `lines` are those of its configuration, its port apart. Of the server's things it has those that follow. */
struct server_redis *server_redis_sentinel(const char *lines);
/* Ends the server and removes its folder. NULL is fine. */
void server_redis_stop(struct server_redis *redis);
/* SIGTERM (saves what settings want saved) or SIGKILL, then a start with the same data folder and settings. */
void server_redis_restart(struct server_redis *redis);
void server_redis_crash(struct server_redis *redis);
/* The halves of it. up() returns once the data are loaded. */
void server_redis_down(struct server_redis *redis, int signal);
void server_redis_up(struct server_redis *redis);

/* hiredis' formats: %s, %d, %b, … Text of the reply ("" for nil; arrays: elements joined by '\n'); the server's, until the next call. */
const char *server_redis_text(struct server_redis *redis, const char *fmt, ...);
long long server_redis_integer(struct server_redis *redis, const char *fmt, ...);
void server_redis_do(struct server_redis *redis, const char *fmt, ...);
/* The reply itself, also an error; for those who know hiredis. Free it with freeReplyObject(). */
struct redisReply *server_redis_reply(struct server_redis *redis, const char *fmt, ...);

/* Common questions. */
bool server_redis_exists(struct server_redis *redis, const char *key);
/* NULL if there is no such field. The server's, until the next call. */
const char *server_redis_hget(struct server_redis *redis, const char *key, const char *field);

#endif
