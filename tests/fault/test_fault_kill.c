/*
 * pgbench's load through the agent, first undisturbed, then while the agent is killed and Redis restarted over and over.
 * In the end every account, every change and their order must be right. The moments are random; the seed is printed and
 * can be given again: TEST_SEED=… make check-fault.
 */
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCALE = 10, TRANSACTIONS = 100000, KILLS = 20, RESTARTS = 5, LOAD_MS = 240000, STEP_MS = 1500 };

static struct scene scene;
static unsigned short seed[3];

static void given(void)
{
    const char *text = getenv("TEST_SEED");
    unsigned long number = text ? strtoul(text, NULL, 10) : (unsigned long)cdc_wall_us() % 1000000;

    fprintf(stderr, "TEST_SEED=%lu\n", number);
    seed[0] = (unsigned short)number;
    seed[1] = (unsigned short)(number >> 16);
    scene_set(&scene, &(struct scene_options){.tables = LEDGER_MAPPING,
                                              .redis = "  stream: {max_len: 5000000}\n",
                                              .redis_settings = (const char *const[]){
                                                  "appendonly=yes", "appendfsync=always", NULL}});
    ledger_create(&scene, SCALE);
    scene_start(&scene);
}

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(fault_kill, .init = given, .fini = done, .timeout = 600);

static void await_end_of_load(pid_t load)
{
    int status = process_wait(load, LOAD_MS);

    if (status)
        fail("pgbench ended with %d\n%s", status, agent_output(&scene.agent));
}

Test(fault_kill, undisturbed)
{
    ledger_fill(&scene, SCALE);
    await_end_of_load(ledger_load(&scene, TRANSACTIONS));
    scene_settle(&scene);
    ledger_audit(&scene);
    scene_end(&scene);
}

/* A moment between 0 and 2 * STEP_MS from now. */
static void await_a_moment(void)
{
    int64_t until = cdc_now_ms() + (int64_t)(erand48(seed) * 2 * STEP_MS);

    while (cdc_now_ms() < until)
        wait_step();
}

static void kill_agent(void)
{
    cr_assert(agent_runs(&scene.agent), "the agent ended by itself\n%s", agent_log(&scene.agent));
    agent_kill(&scene.agent);
    agent_run(&scene.agent);
}

/* Every fourth kill is followed by a crash of Redis. */
Test(fault_kill, kills_and_restarts)
{
    pid_t load;
    unsigned crashes = 0;

    ledger_fill(&scene, SCALE);
    load = ledger_load(&scene, TRANSACTIONS);
    for (unsigned kills = 1; kills <= KILLS; kills++) {
        await_a_moment();
        kill_agent();
        if (kills % (KILLS / RESTARTS) == 0) {
            await_a_moment();
            server_redis_crash(scene.redis);
            crashes++;
        }
    }
    cr_assert_eq(crashes, RESTARTS);
    await_end_of_load(load);
    scene_settle(&scene);
    ledger_audit(&scene);
    scene_end(&scene);
}
