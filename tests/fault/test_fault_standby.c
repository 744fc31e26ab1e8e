/*
 * Two agents with one configuration, under load: the one that writes is killed, stopped, paused for longer than its lease, or cut off
 * from Redis, and so is the one that waits. The other takes over within the lease; who comes back too late is fenced in the store
 * and ends with status 4. Afterwards the ledger must be right, so never have two written.
 */
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/proxy.h"
#include "lib/storm.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 1, PER_SECOND = 200, LEASE_MS = 10000, SOON_MS = 30000, FENCED = 4 };

static struct scene scene;
static struct agent other;
static struct agent *agents[2]; /* the first one writes, the second one waits */
static struct proxy *wires[2];
static pid_t load;
static unsigned long long epoch;
static unsigned short seed[3];

static char *config_by(struct proxy *wire)
{
    char *from = text_print("unix://%s", scene.redis->socket), *at = strstr(scene.config, from), *config;

    cr_assert_not_null(at);
    config = text_print("%.*sredis://127.0.0.1:%u/0%s", (int)(at - scene.config), scene.config,
                        proxy_port(wire), at + strlen(from));
    free(from);
    return config;
}

static void given_agent(struct agent *agent, struct proxy *wire)
{
    char *config = config_by(wire);

    agent_configure(agent, config);
    free(config);
}

static bool waits(void *ctx)
{
    return agent_log_contains(ctx, "waiting for its lease");
}

static void start_standby(void)
{
    agent_log_clear(agents[1]);
    agent_run(agents[1]);
    wait_until("the second agent waits", waits, agents[1], SOON_MS);
}

static void given(void)
{
    unsigned number = storm_seed();

    seed[0] = (unsigned short)number;
    seed[1] = (unsigned short)(number >> 16);
    scene_set(&scene,
              &(struct scene_options){.tables = LEDGER_MAPPING, .redis = "  stream: {max_len: 50000000}\n"});
    agent_init(&other);
    agents[0] = &scene.agent;
    agents[1] = &other;
    for (unsigned i = 0; i < 2; i++) {
        wires[i] = proxy_start(&(struct proxy_options){.to_socket = scene.redis->socket, .seed = number + i});
        given_agent(agents[i], wires[i]);
    }
    ledger_create(&scene, SCALE);
    scene_start(&scene);
    ledger_fill(&scene, SCALE);
    scene_settle(&scene);
    start_standby();
    load = ledger_load_steady(&scene, PER_SECOND);
}

static void done(void)
{
    agent_fini(&other);
    scene_clean(&scene);
    for (unsigned i = 0; i < 2; i++)
        proxy_stop(wires[i]);
}

TestSuite(fault_standby, .init = given, .fini = done, .timeout = 600);

/* In the store it only ever rises. */
static void watch_epoch(void)
{
    const char *text = server_redis_hget(scene.redis, "cdc:checkpoint:cinema", "epoch");
    unsigned long long now = text ? strtoull(text, NULL, 10) : 0;

    if (now < epoch)
        fail("the epoch went from %llu back to %llu", epoch, now);
    epoch = now;
}

static bool came(void *ctx)
{
    watch_epoch();
    return server_redis_exists(scene.redis, ctx);
}

/* How long until what is committed now is in Redis. */
static unsigned recover(void)
{
    char *key = text_print("cdc:state:{request}:marker-%u", scene_mark(&scene));
    int64_t began = cdc_now_ms();

    wait_until(key, came, key, SOON_MS);
    free(key);
    return (unsigned)(cdc_now_ms() - began);
}

static void swap(void)
{
    struct agent *agent = agents[0];
    struct proxy *wire = wires[0];

    agents[0] = agents[1];
    agents[1] = agent;
    wires[0] = wires[1];
    wires[1] = wire;
}

static void expect_fenced(void)
{
    int status = agent_wait_exit(agents[1], SOON_MS);

    if (status != FENCED)
        fail("who was replaced ends with status %d\n%s", status, agent_log(agents[1]));
    cr_assert(agent_log_contains(agents[1], "FENCED") ||
                  agent_log_contains(agents[1], "has taken this connector over"),
              "%s", agent_log(agents[1]));
}

static void killed(void)
{
    agent_kill(agents[0]);
}

static void stopped(void)
{
    int status = agent_stop(agents[0]);

    cr_assert_eq(status, 0, "status %d\n%s", status, agent_log(agents[0]));
}

static void paused(void)
{
    agent_signal(agents[0], SIGSTOP);
}

static void woken(void)
{
    agent_signal(agents[1], SIGCONT);
    expect_fenced();
}

static void cut_off(void)
{
    proxy_set(wires[0], &(struct proxy_weather){.held = true});
}

/* What it had sent arrives now, too late. */
static void joined(void)
{
    proxy_set(wires[1], &(struct proxy_weather){0});
    expect_fenced();
}

struct blow {
    const char *name;
    void (*strike)(void); /* the one that writes is agents[0] */
    void (*back)(void);   /* the other writes now: this one is agents[1] */
};

static const struct blow blows[] = {{"killed", killed, NULL},
                                    {"stopped", stopped, NULL},
                                    {"paused", paused, woken},
                                    {"cut off", cut_off, joined}};

static void expect_one_writer(void)
{
    cr_assert(agent_runs(agents[0]), "the agent that took over has ended\n%s", agent_log(agents[0]));
    watch_epoch();
}

static void strike(const struct blow *blow)
{
    unsigned ms;

    blow->strike();
    ms = recover();
    swap();
    expect_one_writer();
    if (blow->back)
        blow->back();
    start_standby();
    expect_one_writer();
    fprintf(stderr, "the agent that writes is %s: the other one has taken over after %u ms (lease %d ms)\n",
            blow->name, ms, LEASE_MS);
}

/* Whatever is done to the one that waits, the other one goes on. */
static void disturb_standby(void)
{
    unsigned ms;

    proxy_set(wires[1], &(struct proxy_weather){.held = true});
    agent_signal(agents[1], SIGSTOP);
    ms = recover();
    agent_signal(agents[1], SIGCONT);
    proxy_set(wires[1], &(struct proxy_weather){0});
    fprintf(stderr, "the agent that waits is paused and cut off: the next change comes after %u ms\n", ms);
}

Test(fault_standby, one_writes_at_a_time)
{
    unsigned kinds = sizeof blows / sizeof *blows, rounds = storm_seconds(0) ? storm_seconds(0) / 10 : kinds;

    for (unsigned i = 0; i < rounds; i++) {
        strike(&blows[i < kinds ? i : (unsigned)(erand48(seed) * kinds)]);
        disturb_standby();
    }
    process_end(load, SIGKILL, SOON_MS);
    scene_settle(&scene);
    scene_settle(&scene);
    ledger_audit(&scene);
    cr_assert_eq(agent_stop(agents[1]), 0, "%s", agent_log(agents[1]));
    cr_assert_eq(agent_stop(agents[0]), 0, "%s", agent_log(agents[0]));
}
