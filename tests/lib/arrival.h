/*
 * When an event becomes readable: a consumer of its own, which waits in XREAD BLOCK on the entity's stream as any consumer would.
 *
 *     struct arrival arrival;
 *     arrival_await(&arrival, redis, "booking", "booking.confirmed", "cinema-42");
 *     committed = company_sql(…);
 *     us = arrival_end(&arrival) - committed;
 */
#ifndef TESTS_LIB_ARRIVAL_H
#define TESTS_LIB_ARRIVAL_H

#include <pthread.h>
#include <stdint.h>

#include "lib/server_redis.h"

struct arrival {
    pthread_t thread;
    struct redisContext *session;
    char *stream, *type, *subject, *from;
    int64_t at_us;
};

/* Begins to wait, in a thread, for the next event of this type about this subject; what is in the stream now does not count. */
void arrival_await(struct arrival *arrival, struct server_redis *redis, const char *entity, const char *type,
                   const char *subject);
/* The wall clock when it was read, in microseconds. Fails the test when the event does not come within 30 s. */
int64_t arrival_end(struct arrival *arrival);
/* Prints "story 3: 2.1 ms from commit to readable". */
void arrival_tell(int story, int64_t us);

#endif
