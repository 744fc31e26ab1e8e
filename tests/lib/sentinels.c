/* Redis Sentinel for a test (sentinels.h). Runs on the test's main thread; failures end the test. */
#include "lib/sentinels.h"

#include "lib/fail.h"
#include "lib/wait.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AWAIT_MS = 60000 };

struct awaited {
    struct sentinels *sentinels;
    struct server_redis *master;
};

static bool is_replicated(void *ctx)
{
    return strstr(server_redis_text(ctx, "INFO replication"), "state=online") != NULL;
}

/* A sentinel that knows the others and the replica can do its work. */
static bool are_acquainted(void *ctx)
{
    struct sentinels *sentinels = ctx;

    for (size_t i = 0; i < SENTINELS; i++)
        if (!strstr(server_redis_text(sentinels->at[i], "INFO sentinel"), "slaves=1,sentinels=3"))
            return false;
    return true;
}

void sentinels_await_replica(struct server_redis *master)
{
    wait_until("the replica", is_replicated, master, AWAIT_MS);
}

/* Those who can be cut off have users of their own. A sentinel that may not be one goes on as the default user. */
void sentinels_mend(struct server_redis *redis)
{
    server_redis_do(redis, "ACL SETUSER watcher on >watcher ~* &* +@all");
    server_redis_do(redis, "ACL SETUSER follower on >follower ~* &* +@all");
    server_redis_do(redis, "ACL SETUSER default +@all");
}

static void lock_out(struct server_redis *redis, const char *user)
{
    server_redis_do(redis, "ACL SETUSER %s off", user);
    server_redis_do(redis, "CLIENT KILL USER %s", user);
}

void sentinels_cut_replica(struct server_redis *redis)
{
    lock_out(redis, "follower");
}

void sentinels_cut(struct server_redis *redis)
{
    server_redis_do(redis, "ACL SETUSER default -ping -publish -replicaof -slaveof");
    lock_out(redis, "watcher");
    lock_out(redis, "follower");
}

static void prepare(struct server_redis *redis)
{
    sentinels_mend(redis);
    server_redis_do(redis, "CONFIG SET masteruser follower masterauth follower");
}

void sentinels_start(struct sentinels *sentinels, struct server_redis *master, const char *const *settings,
                     const char *lines)
{
    char *text = text_print("sentinel monitor river 127.0.0.1 %u 2\n"
                            "sentinel auth-user river watcher\n"
                            "sentinel auth-pass river watcher\n"
                            "sentinel down-after-milliseconds river %d\n"
                            "sentinel failover-timeout river 3000\n%s",
                            master->port, SENTINELS_DOWN_MS, lines);

    *sentinels = (struct sentinels){.replica = server_redis_start(settings)};
    prepare(master);
    prepare(sentinels->replica);
    server_redis_do(sentinels->replica, "REPLICAOF 127.0.0.1 %u", master->port);
    sentinels_await_replica(master);
    for (size_t i = 0; i < SENTINELS; i++)
        sentinels->at[i] = server_redis_sentinel(text);
    free(text);
    wait_until("the sentinels know each other", are_acquainted, sentinels, AWAIT_MS);
    sentinels->config = text_print("  sentinel: {master: river, nodes: [\"127.0.0.1:%u\", \"127.0.0.1:%u\", "
                                   "\"127.0.0.1:%u\"]}\n",
                                   sentinels->at[0]->port, sentinels->at[1]->port, sentinels->at[2]->port);
}

void sentinels_return(struct server_redis *old)
{
    server_redis_up(old);
    prepare(old);
}

void sentinels_stop(struct sentinels *sentinels)
{
    for (size_t i = 0; i < SENTINELS; i++)
        server_redis_stop(sentinels->at[i]);
    server_redis_stop(sentinels->replica);
    free(sentinels->config);
    *sentinels = (struct sentinels){.config = NULL};
}

static bool is_agreed(void *ctx)
{
    struct awaited *awaited = ctx;
    char address[32];

    snprintf(address, sizeof address, "127.0.0.1\n%u", awaited->master->port);
    for (size_t i = 0; i < SENTINELS; i++) {
        struct server_redis *one = awaited->sentinels->at[i];

        if (one->server.pid &&
            strcmp(server_redis_text(one, "SENTINEL GET-MASTER-ADDR-BY-NAME river"), address) != 0)
            return false;
    }
    return strncmp(server_redis_text(awaited->master, "ROLE"), "master", 6) == 0;
}

void sentinels_await(struct sentinels *sentinels, struct server_redis *master)
{
    wait_until("the sentinels agree who is master", is_agreed, &(struct awaited){sentinels, master},
               AWAIT_MS);
}
