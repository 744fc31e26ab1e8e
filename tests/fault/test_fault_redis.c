/*
 * Memory and completeness, as the kernel and the tables tell them, under a steady load while Redis takes a batch a second, and while it is
 * away, for FAULT_SECONDS each (10).
 */
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/proxy.h"
#include "lib/scene.h"
#include "lib/storm.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SECONDS = 10,
    SCALE = 1,
    PER_SECOND = 500,
    BATCH_BYTES = 60000, /* about what 256 events of the ledger are */
    LIMIT_MB = 64
};

static struct scene scene;
static struct proxy *wire;

static void given(void)
{
    char *from, *to;

    scene_set(&scene,
              &(struct scene_options){.tables = LEDGER_MAPPING,
                                      .redis = "  stream: {max_len: 50000000}\n",
                                      .redis_settings = (const char *const[]){"appendonly=yes", NULL}});
    wire = proxy_start(&(struct proxy_options){.to_socket = scene.redis->socket});
    from = text_print("unix://%s\n", scene.redis->socket);
    to = text_print("redis://127.0.0.1:%u\n", proxy_port(wire));
    scene_replace(&scene, from, to);
    free(from);
    free(to);
    ledger_create(&scene, SCALE);
    scene_start(&scene);
    ledger_fill(&scene, SCALE);
    scene_settle(&scene);
}

static void done(void)
{
    scene_clean(&scene);
    proxy_stop(wire);
}

TestSuite(fault_redis, .init = given, .fini = done, .timeout = 3000);

/* The load goes on for that long in this weather, which then clears up. */
static void endure(const char *what, const struct proxy_weather *weather)
{
    int64_t until = cdc_now_ms() + storm_seconds(SECONDS) * 1000LL;
    pid_t load = ledger_load_steady(&scene, PER_SECOND);
    unsigned marker;
    long peak;

    proxy_set(wire, weather);
    while (cdc_now_ms() < until) {
        cr_assert(agent_runs(&scene.agent), "%s", agent_log(&scene.agent));
        wait_step();
    }
    ledger_load_end(&scene, load);
    peak = agent_peak_mb(&scene.agent);
    proxy_set(wire, &(struct proxy_weather){.held = false});
    marker = scene_mark(&scene);
    scene_await(&scene, marker);
    ledger_audit(&scene);
    fprintf(stderr, "%s for %u s, %s changes: peak %ld MB, %ld MB in the end\n", what, storm_seconds(SECONDS),
            scene_query(&scene, "SELECT 2 * count(*) FROM pgbench_history"), peak,
            agent_peak_mb(&scene.agent));
    cr_assert_leq(agent_peak_mb(&scene.agent), LIMIT_MB);
    scene_end(&scene);
}

Test(fault_redis, a_batch_a_second)
{
    endure("a batch a second", &(struct proxy_weather){.bytes_per_second = BATCH_BYTES});
}

Test(fault_redis, away_under_load)
{
    endure("Redis hangs", &(struct proxy_weather){.held = true});
}
