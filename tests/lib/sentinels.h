/*
 * Redis Sentinel for a test: three sentinels over a master and one replica, which promote the replica when the master is gone.
 *
 *     sentinels_start(&sentinels, scene.redis, "");
 *     … sentinels.config is what goes into the configuration's `redis` section …
 *     server_redis_down(scene.redis, SIGKILL);
 *     sentinels_await(&sentinels, sentinels.replica);
 *     sentinels_stop(&sentinels);
 */
#ifndef TESTS_LIB_SENTINELS_H
#define TESTS_LIB_SENTINELS_H

#include "lib/server_redis.h"

enum { SENTINELS = 3, SENTINELS_DOWN_MS = 500 };

struct sentinels {
    struct server_redis *at[SENTINELS];
    struct server_redis *replica;
    char *config; /* YAML, indented by two spaces: "  sentinel: {…}" */
};

/*
 * Starts the replica with these settings (as in server_redis.h) and the sentinels with `lines` more, and returns when all know each
 * other and the replica has what the master has.
 */
void sentinels_start(struct sentinels *sentinels, struct server_redis *master, const char *const *settings,
                     const char *lines);
void sentinels_stop(struct sentinels *sentinels);
/* The sentinels and the replica no longer reach this Redis, nor it them; everybody else does. And the end of that. */
void sentinels_cut(struct server_redis *redis);
/* Only the replica. */
void sentinels_cut_replica(struct server_redis *redis);
void sentinels_mend(struct server_redis *redis);
/* A Redis that was down and kept nothing comes back: empty, and a master until the sentinels tell it. */
void sentinels_return(struct server_redis *old);
/* Waits until this one has a replica that has caught up. */
void sentinels_await_replica(struct server_redis *master);
/* Waits until all sentinels that run call this one the master, and it says so itself. */
void sentinels_await(struct sentinels *sentinels, struct server_redis *master);

#endif
