/* What each kind of fault does (fault.h), and how it is undone. Runs on the test's main thread; failures end the test. */
#include "lib/fault.h"

#include "lib/fail.h"

#include <signal.h>

static void agent_killed(struct storm *s)
{
    agent_kill(s->agent);
}

static void agent_stopped(struct storm *s)
{
    int status = agent_stop(s->agent);

    if (status)
        fail("the agent ended with status %d\n%s", status, agent_log(s->agent));
}

static void agent_again(struct storm *s)
{
    agent_run(s->agent);
}

static void agent_paused(struct storm *s)
{
    agent_signal(s->agent, SIGSTOP);
}

static void agent_goes_on(struct storm *s)
{
    agent_signal(s->agent, SIGCONT);
}

static void redis_crashed(struct storm *s)
{
    server_redis_down(s->redis, SIGKILL);
}

static void redis_stopped(struct storm *s)
{
    server_redis_down(s->redis, SIGTERM);
}

static void redis_again(struct storm *s)
{
    server_redis_up(s->redis);
}

static void redis_frozen(struct storm *s)
{
    server_freeze(&s->redis->server);
}

static void redis_thawed(struct storm *s)
{
    server_thaw(&s->redis->server);
}

static void redis_full(struct storm *s)
{
    server_redis_do(s->redis, "CONFIG SET maxmemory 1mb");
}

static void redis_has_room(struct storm *s)
{
    server_redis_do(s->redis, "CONFIG SET maxmemory 0");
}

/* With appendfsync always Redis ends when it cannot write, because it has promised to have written. */
static void redis_disk_full(struct storm *s)
{
    disk_fill(s->redis_disk);
}

static void redis_disk_has_room(struct storm *s)
{
    disk_relieve(s->redis_disk);
    if (process_runs(s->redis->server.pid))
        return;
    server_redis_down(s->redis, SIGKILL);
    server_redis_up(s->redis);
}

static bool redis_has_disk(const struct storm *s)
{
    return s->redis_disk != NULL;
}

static void source_crashed(struct storm *s)
{
    s->source.down(s->source.ctx, true);
}

static void source_stopped(struct storm *s)
{
    s->source.down(s->source.ctx, false);
}

static void source_again(struct storm *s)
{
    s->source.up(s->source.ctx);
}

static bool source_may_crash(const struct storm *s)
{
    return s->source.may_crash;
}

#define WIRE_SET(name, wire, ...)                                                                            \
    static void name(struct storm *s)                                                                        \
    {                                                                                                        \
        proxy_set(s->wire, &(struct proxy_weather){__VA_ARGS__});                                            \
    }
#define WIRE_DO(name, wire, event)                                                                           \
    static void name(struct storm *s)                                                                        \
    {                                                                                                        \
        proxy_do(s->wire, event);                                                                            \
    }
#define WIRE(side)                                                                                           \
    WIRE_SET(side##_delayed, side##_wire, .delay_ms = 30)                                                    \
    WIRE_SET(side##_slow, side##_wire, .bytes_per_second = 50000)                                            \
    WIRE_SET(side##_held, side##_wire, .held = true)                                                         \
    WIRE_SET(side##_good, side##_wire, .held = false)                                                        \
    WIRE_DO(side##_cut, side##_wire, PROXY_CUT)                                                              \
    WIRE_DO(side##_cut_to, side##_wire, PROXY_CUT_TO_SERVER)                                                 \
    WIRE_DO(side##_cut_from, side##_wire, PROXY_CUT_TO_CLIENT)                                               \
    WIRE_DO(side##_half, side##_wire, PROXY_HALF_OPEN)                                                       \
    WIRE_DO(side##_spoilt_to, side##_wire, PROXY_SPOIL_TO_SERVER)                                            \
    WIRE_DO(side##_spoilt_from, side##_wire, PROXY_SPOIL_TO_CLIENT)                                          \
    static void side##_gone(struct storm *s)                                                                 \
    {                                                                                                        \
        proxy_set(s->side##_wire, &(struct proxy_weather){.refused = true});                                 \
        proxy_do(s->side##_wire, PROXY_CUT);                                                                 \
    }

WIRE(redis)
WIRE(source)

static bool is_patient(const struct storm *s)
{
    return s->patient;
}

const struct fault faults[] = {
    {"agent killed", FAULT_AGENT, 4, 0, 300, agent_killed, agent_again, NULL},
    {"agent restarted", FAULT_AGENT, 2, 0, 300, agent_stopped, agent_again, NULL},
    {"agent paused", FAULT_AGENT, 2, 100, 4000, agent_paused, agent_goes_on, NULL},
    {"Redis killed", FAULT_REDIS, 3, 0, 2000, redis_crashed, redis_again, NULL},
    {"Redis restarted", FAULT_REDIS, 2, 0, 2000, redis_stopped, redis_again, NULL},
    {"Redis frozen", FAULT_REDIS, 2, 100, 4000, redis_frozen, redis_thawed, NULL},
    {"Redis full", FAULT_REDIS, 2, 100, 3000, redis_full, redis_has_room, NULL},
    {"Redis disk full", FAULT_REDIS, 2, 100, 2000, redis_disk_full, redis_disk_has_room, redis_has_disk},
    {"database killed", FAULT_SOURCE, 3, 0, 2000, source_crashed, source_again, source_may_crash},
    {"database restarted", FAULT_SOURCE, 2, 0, 2000, source_stopped, source_again, NULL},
    {"Redis wire delayed", FAULT_REDIS_WIRE, 1, 500, 2000, redis_delayed, redis_good, NULL},
    {"Redis wire slow", FAULT_REDIS_WIRE, 1, 500, 2000, redis_slow, redis_good, NULL},
    {"Redis wire held", FAULT_REDIS_WIRE, 2, 500, 4000, redis_held, redis_good, NULL},
    {"Redis wire gone", FAULT_REDIS_WIRE, 2, 100, 2000, redis_gone, redis_good, NULL},
    {"Redis wire cut", FAULT_REDIS_WIRE, 2, 0, 0, redis_cut, NULL, NULL},
    {"Redis call cut inside", FAULT_REDIS_WIRE, 3, 0, 100, redis_cut_to, NULL, NULL},
    {"Redis reply cut inside", FAULT_REDIS_WIRE, 3, 0, 100, redis_cut_from, NULL, NULL},
    {"Redis wire half open", FAULT_REDIS_WIRE, 1, 0, 0, redis_half, NULL, is_patient},
    {"Redis call spoilt", FAULT_REDIS_WIRE, 2, 0, 100, redis_spoilt_to, NULL, NULL},
    {"Redis reply spoilt", FAULT_REDIS_WIRE, 2, 0, 100, redis_spoilt_from, NULL, NULL},
    {"source wire delayed", FAULT_SOURCE_WIRE, 1, 500, 2000, source_delayed, source_good, NULL},
    {"source wire slow", FAULT_SOURCE_WIRE, 1, 500, 2000, source_slow, source_good, NULL},
    {"source wire held", FAULT_SOURCE_WIRE, 2, 500, 4000, source_held, source_good, NULL},
    {"source wire gone", FAULT_SOURCE_WIRE, 2, 100, 2000, source_gone, source_good, NULL},
    {"source wire cut", FAULT_SOURCE_WIRE, 2, 0, 0, source_cut, NULL, NULL},
    {"source call cut inside", FAULT_SOURCE_WIRE, 1, 0, 100, source_cut_to, NULL, NULL},
    {"stream cut inside", FAULT_SOURCE_WIRE, 3, 0, 100, source_cut_from, NULL, NULL},
    {"source wire half open", FAULT_SOURCE_WIRE, 1, 0, 0, source_half, NULL, is_patient},
    {"source call spoilt", FAULT_SOURCE_WIRE, 1, 0, 100, source_spoilt_to, NULL, NULL},
    {"stream spoilt", FAULT_SOURCE_WIRE, 2, 0, 100, source_spoilt_from, NULL, NULL},
};

const unsigned faults_count = sizeof faults / sizeof *faults;
