/*
 * Faults at random, one after another and now and then two at once, against an agent, its Redis, its database and the wires between
 * them. After each fault a marker row is committed, and how long it takes until that is in Redis is the time to recover.
 *
 * Everything follows from the seed, but for the moments at which the machine does what it is told. Failures end the test.
 */
#ifndef TESTS_LIB_STORM_H
#define TESTS_LIB_STORM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/agent.h"
#include "lib/disk.h"
#include "lib/proxy.h"
#include "lib/server_redis.h"

enum { STORM_KINDS = 40, STORM_TIMES = 1024 };

/* The database, whatever it is. */
struct storm_source {
    void *ctx;
    void (*down)(void *ctx, bool crash);
    void (*up)(void *ctx);
    bool may_crash;
    /* Commits a marker; its state's key in Redis. The database is up. */
    const char *(*mark)(void *ctx);
    /* Called often: keeps the load going. */
    void (*tick)(void *ctx);
};

struct storm_tally {
    unsigned count;
    unsigned times[STORM_TIMES]; /* to recover, in ms, of those that came alone */
    unsigned ntimes;
};

struct storm {
    struct agent *agent;
    struct server_redis *redis;
    struct disk *redis_disk; /* NULL: none */
    struct proxy *redis_wire, *source_wire;
    struct storm_source source;
    bool patient; /* also faults that take an agent minutes to notice */
    unsigned seed;
    /* the storm's own */
    unsigned short random[3];
    struct storm_tally tally[STORM_KINDS];
    unsigned faults;
    int64_t began_ms;
};

/* Blows for that long. Everything is well again when it returns. */
void storm_blow(struct storm *storm, unsigned seconds);
/* How often each kind came, and the times to recover: a line for each on stderr. */
void storm_report(const struct storm *storm);

/* How long storms last: $FAULT_SECONDS, or `otherwise`. The seed: $TEST_SEED, or one of the clock's making; printed. */
unsigned storm_seconds(unsigned otherwise);
unsigned storm_seed(void);

#endif
