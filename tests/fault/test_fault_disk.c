/*
 * The disk of the database is full, under load: it refuses writes, or crashes because it cannot write its log, and does not come up
 * again until there is room. The agent is there all the time, and afterwards nothing is missing.
 */
#include "lib/disk.h"
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 1, DISK_MB = 256, PER_SECOND = 200, TIMES = 2, TRANSACTIONS = 300, SOON_MS = 60000 };

static struct scene scene;
static struct disk disk;
static pid_t load;

static void given(void)
{
    if (!disk_possible())
        cr_skip_test("no disk can be mounted here");
    disk_init(&disk, DISK_MB);
    scene_set(&scene,
              &(struct scene_options){.tables = LEDGER_MAPPING,
                                      .redis = "  stream: {max_len: 5000000}\n  replay_window: 0s\n",
                                      .postgresql_settings = (const char *const[]){"min_wal_size=32MB",
                                                                                   "max_wal_size=48MB", NULL},
                                      .postgresql_disk = &disk});
    ledger_create(&scene, SCALE);
    scene_start(&scene);
    ledger_fill(&scene, SCALE);
    scene_settle(&scene);
}

static void done(void)
{
    scene_clean(&scene);
    disk_fini(&disk);
}

TestSuite(fault_disk, .init = given, .fini = done, .timeout = 300);

/* The server frees a little now and then: all of it is taken, until nobody can write. */
static bool has_failed(void *ctx)
{
    (void)ctx;
    disk_fill(&disk);
    return !process_runs(load);
}

static void make_room(void)
{
    disk_relieve(&disk);
    server_postgresql_down(scene.pg, SERVER_POSTGRESQL_IMMEDIATE);
    server_postgresql_up(scene.pg);
}

Test(fault_disk, the_database_has_no_room)
{
    for (int i = 0; i < TIMES; i++) {
        load = ledger_load_more(&scene, PER_SECOND, TRANSACTIONS);
        wait_until("the load to fail", has_failed, NULL, SOON_MS);
        process_wait(load, SOON_MS);
        make_room();
        cr_assert(agent_runs(&scene.agent), "%s", agent_log(&scene.agent));
    }
    load = ledger_load_more(&scene, PER_SECOND, TRANSACTIONS);
    process_end(load, SIGKILL, SOON_MS);
    server_postgresql_restart(scene.pg, SERVER_POSTGRESQL_FAST); /* what the load left running is over */
    scene_settle(&scene);
    ledger_audit(&scene);
    scene_end(&scene);
}
