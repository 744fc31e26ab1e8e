/*
 * Starts and ends, FAULT_STARTS (10) of them, under a light load: each ends with status 0 and leaves nothing behind but what is in Redis,
 * and the next one begins there. In the end every change must be one event, in order. How long starts and ends take is printed.
 */
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/oltp.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARTS = 10, SCALE = 1, PER_SECOND = 20, SOON_MS = 30000, SETTLE_MS = 120000 };

TestSuite(fault_starts, .timeout = 3600);

/* The database, whatever it is. */
struct side {
    const char *name;
    struct agent *agent;
    struct server_redis *redis;
    const char *lease; /* key */
    void (*settle)(void);
    bool (*has_sessions)(void); /* of the agent */
};

static struct scene scene;
static struct server_mariadb *maria;
static struct server_redis *redis;
static struct agent agent;
static char *load_output;
static unsigned markers;

static unsigned starts(void)
{
    const char *text = getenv("FAULT_STARTS");

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : STARTS;
}

/* ---- what may be left behind ---- */

static unsigned count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;

    if (!dir)
        fail("cannot read %s", folder);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static unsigned descriptors(const struct side *side)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/fd", (int)side->agent->pid);
    return count_entries(path);
}

/* Ours among them. */
static unsigned redis_clients(const struct side *side)
{
    const char *at = server_redis_text(side->redis, "CLIENT LIST");
    unsigned n = 0;

    while ((at = strchr(at, '\n')) != NULL) {
        at++;
        n++;
    }
    return n;
}

struct usual {
    const struct side *side;
    unsigned descriptors, clients;
};

/* What is fetched now and then, of a table or a server, comes with a connection of its own. */
static bool has_usual_descriptors(void *ctx)
{
    const struct usual *usual = ctx;

    return descriptors(usual->side) == usual->descriptors;
}

static bool left_nothing(void *ctx)
{
    const struct usual *usual = ctx;

    return !usual->side->has_sessions() && redis_clients(usual->side) == usual->clients;
}

/* ---- starts ---- */

struct times {
    unsigned *start, *end;
    unsigned n;
};

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return (x > y) - (x < y);
}

static void tell(const struct side *side, struct times *times)
{
    unsigned n = times->n;

    qsort(times->start, n, sizeof *times->start, by_size);
    qsort(times->end, n, sizeof *times->end, by_size);
    fprintf(
        stderr,
        "%u starts on %s: streaming after %u ms in the median, %u at most; ended after %u ms in the median, "
        "%u at most\n",
        n, side->name, times->start[n / 2], times->start[n - 1], times->end[n / 2], times->end[n - 1]);
    free(times->start);
    free(times->end);
}

static unsigned since(int64_t began_ms)
{
    return (unsigned)(cdc_now_ms() - began_ms);
}

static void start_once(const struct side *side, struct usual *usual, struct times *times)
{
    int64_t began = cdc_now_ms();

    agent_log_clear(side->agent);
    agent_run(side->agent);
    agent_wait_log(side->agent, "streaming from", SOON_MS);
    times->start[times->n] = since(began);
    side->settle();
    if (!usual->descriptors)
        usual->descriptors = descriptors(side);
    wait_until("the agent has as many descriptors as at its first start", has_usual_descriptors, usual,
               SOON_MS);
    began = cdc_now_ms();
    if (agent_stop(side->agent))
        fail("the agent ended with status %d\n%s", side->agent->status, agent_log(side->agent));
    times->end[times->n++] = since(began);
    if (server_redis_exists(side->redis, side->lease))
        fail("%s is left behind\n%s", side->lease, agent_log(side->agent));
    wait_until("the connections are gone", left_nothing, usual, SOON_MS);
}

static void start_often(const struct side *side)
{
    struct usual usual = {.side = side, .clients = redis_clients(side)};
    struct times times = {calloc(starts(), sizeof(unsigned)), calloc(starts(), sizeof(unsigned)), 0};
    unsigned files = count_entries(side->agent->dir.path);

    if (!times.start || !times.end)
        fail("out of memory");
    while (times.n < starts())
        start_once(side, &usual, &times);
    cr_assert_eq(count_entries(side->agent->dir.path), files, "files are left behind");
    tell(side, &times);
}

/* ---- PostgreSQL ---- */

static void pg_settle(void)
{
    scene_settle(&scene);
}

static bool pg_has_sessions(void)
{
    return strcmp(scene_query(&scene,
                              "SELECT (SELECT count(*) FROM pg_stat_activity WHERE usename = 'tributary')"
                              " + (SELECT count(*) FROM pg_replication_slots"
                              "    WHERE active OR slot_name <> 'tributary_cinema')"),
                  "0") != 0;
}

static void done_postgresql(void)
{
    scene_clean(&scene);
}

Test(fault_starts, postgresql, .fini = done_postgresql)
{
    struct side side = {.name = "PostgreSQL",
                        .agent = &scene.agent,
                        .lease = "cdc:lease:cinema",
                        .settle = pg_settle,
                        .has_sessions = pg_has_sessions};
    pid_t load;

    scene_set(&scene, &(struct scene_options){.tables = LEDGER_MAPPING});
    side.redis = scene.redis;
    ledger_create(&scene, SCALE);
    scene_start(&scene);
    ledger_fill(&scene, SCALE);
    scene_settle(&scene);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    load = ledger_load_steady(&scene, PER_SECOND);
    start_often(&side);
    process_end(load, SIGTERM, SOON_MS);
    scene_start(&scene);
    scene_settle(&scene);
    ledger_audit(&scene);
    scene_end(&scene);
}

/* ---- MariaDB or MySQL ---- */

static bool marker_came(void *ctx)
{
    return server_redis_exists(redis, ctx);
}

static void oltp_settle(void)
{
    char sql[64], key[64];

    snprintf(sql, sizeof sql, "INSERT INTO marker VALUES (%u);", ++markers);
    snprintf(key, sizeof key, "cdc:state:{request}:marker-%u", markers);
    server_mariadb_sql(maria, OLTP_DATABASE, sql);
    wait_until(key, marker_came, key, SETTLE_MS);
}

/* A dump thread notices that nobody reads when it next has something to send. */
static bool oltp_has_sessions(void)
{
    return atoi(server_mariadb_query(
               maria, "", "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'agent';")) != 0;
}

static void configure(void)
{
    char *mapping = oltp_mapping(), *config;

    config = text_print(
        "version: 1\nconnector: oltp\n"
        "source: {type: mysql, host: %s, user: agent, server_id: 7101}\n"
        "redis: {url: \"unix://%s\", stream: {max_len: 50000000}}\n"
        "snapshot: {mode: never}\nhttp: {listen: \"off\"}\ntables:\n"
        "  sbtest.marker: {entity: request, key: \"marker-${id}\", fields: {subject: {const: m}}}\n"
        "%s",
        maria->socket, redis->socket, mapping);
    agent_configure(&agent, config);
    free(mapping);
    free(config);
}

static void given_mariadb(void)
{
    maria = server_mariadb_start((const char *const[]){"innodb-flush-log-at-trx-commit=2", NULL});
    redis = server_redis_start(NULL);
    agent_init(&agent);
    load_output = tempdir_path(&agent.dir, "sysbench");
    server_mariadb_sql(
        maria, "",
        "CREATE DATABASE sbtest; CREATE USER agent@localhost;"
        "GRANT REPLICATION SLAVE ON *.* TO agent@localhost; GRANT SELECT ON sbtest.* TO agent@localhost;");
    server_mariadb_sql(maria, OLTP_DATABASE, "CREATE TABLE marker (id integer PRIMARY KEY);");
    oltp_create(maria);
    configure();
}

static void done_mariadb(void)
{
    agent_fini(&agent);
    server_redis_stop(redis);
    server_mariadb_stop(maria);
    free(load_output);
}

Test(fault_starts, mariadb, .init = given_mariadb, .fini = done_mariadb)
{
    struct side side = {.name = server_mariadb_is_mysql() ? "MySQL" : "MariaDB",
                        .agent = &agent,
                        .redis = redis,
                        .lease = "cdc:lease:oltp",
                        .settle = oltp_settle,
                        .has_sessions = oltp_has_sessions};
    pid_t load;

    agent_run(&agent);
    agent_wait_log(&agent, "streaming from mysql", SETTLE_MS);
    oltp_fill(maria, load_output);
    oltp_settle();
    cr_assert_eq(agent_stop(&agent), 0);
    load = oltp_load_steady(maria, PER_SECOND, 1, load_output);
    start_often(&side);
    process_end(load, SIGKILL, SOON_MS);
    agent_run(&agent);
    oltp_settle();
    oltp_audit(maria, redis);
    cr_assert_eq(agent_stop(&agent), 0);
}
