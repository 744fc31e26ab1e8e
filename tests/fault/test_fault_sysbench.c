/*
 * sysbench's load on MariaDB through the agent, while the agent is killed, logs are flushed, and the server is restarted twice, a
 * MySQL once by a crash. In the end every committed change must be one event, in order, and every state its row (lib/oltp.h).
 *
 * The server goes away under the load; sysbench then ends (told to ignore that, 1.0.20 crashes), and another one does the rest.
 *
 * The moments are random; the seed is printed and can be given again: TEST_SEED=… make check-fault. FAULT_TRANSACTIONS sets the
 * length: 200000 is the full run.
 */
#include "lib/agent.h"
#include "lib/fail.h"
#include "lib/oltp.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRANSACTIONS = 40000, KILLS = 20, RESTART_AFTER = 7, CRASH_AFTER = 14 };
enum { LOOK_MS = 50, FLUSH_MS = 500, LOAD_MS = 600000, SETTLE_MS = 120000 };

static struct server_mariadb *maria;
static struct server_redis *redis;
static struct agent agent;
static char *load_output;
static unsigned short seed[3];
static unsigned seed_number, transactions;
static pid_t load;
static long long committed; /* by server processes that are gone */

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void configure(void)
{
    char *mapping = oltp_mapping(), *config;

    config = text_print(
        "version: 1\nconnector: oltp\n"
        "source: {type: mysql, host: %s, user: root, server_id: 7101}\n"
        "redis: {url: \"unix://%s\", stream: {max_len: 50000000}}\n"
        "snapshot: {mode: never}\ntables:\n"
        "  sbtest.marker: {entity: request, key: \"marker-${id}\", fields: {subject: {const: m}}}\n"
        "%s",
        maria->socket, redis->socket, mapping);
    agent_configure(&agent, config);
    free(mapping);
    free(config);
}

static void given(void)
{
    seed_number = number_from("TEST_SEED", (unsigned)cdc_wall_us() % 1000000);
    transactions = number_from("FAULT_TRANSACTIONS", TRANSACTIONS);
    fprintf(stderr, "TEST_SEED=%u FAULT_TRANSACTIONS=%u\n", seed_number, transactions);
    seed[0] = (unsigned short)seed_number;
    seed[1] = (unsigned short)(seed_number >> 16);
    committed = 0;
    /* written at each commit, so that a crash of the server loses nothing that it has promised */
    maria = server_mariadb_start(
        (const char *const[]){"innodb-flush-log-at-trx-commit=2", "innodb-buffer-pool-size=128M", NULL});
    redis = server_redis_start(NULL);
    agent_init(&agent);
    load_output = tempdir_path(&agent.dir, "sysbench");
    server_mariadb_sql(maria, "", "CREATE DATABASE sbtest;");
    server_mariadb_sql(maria, OLTP_DATABASE, "CREATE TABLE marker (id integer PRIMARY KEY);");
    oltp_create(maria);
    configure();
    agent_run(&agent);
    agent_wait_log(&agent, "streaming from mysql", SETTLE_MS);
}

static void done(void)
{
    agent_fini(&agent);
    server_redis_stop(redis);
    server_mariadb_stop(maria);
    free(load_output);
    load_output = NULL;
}

TestSuite(fault_sysbench, .init = given, .fini = done, .timeout = 1200);

/* Commits since the load began. */
static long long progress(void)
{
    const char *row = server_mariadb_query(maria, "", "SHOW GLOBAL STATUS LIKE 'Com_commit';"),
               *tab = strchr(row, '\t');

    return committed + (tab ? strtoll(tab, NULL, 10) : 0);
}

static void flush_when_due(void)
{
    static int64_t flushed_ms;

    if (cdc_now_ms() - flushed_ms < FLUSH_MS)
        return;
    server_mariadb_sql(maria, "", "FLUSH BINARY LOGS;");
    flushed_ms = cdc_now_ms();
}

/* The load runs in parts, each from one start of the server to its end. */
static void load_begin(void)
{
    long long done = progress();

    load = oltp_load(maria, transactions > done ? transactions - (unsigned)done : 1,
                     seed_number + (unsigned)done, load_output);
}

/* Waits until `target` transactions are committed; looks and flushes meanwhile. */
static void await_progress(long long target)
{
    while (progress() < target) {
        int64_t until = cdc_now_ms() + LOOK_MS;

        if (!process_runs(load))
            fail("sysbench ended before its time\n%s", process_read_file(load_output));
        flush_when_due();
        while (cdc_now_ms() < until)
            wait_step();
    }
}

static void kill_agent(void)
{
    cr_assert(agent_runs(&agent), "the agent ended by itself\n%s", agent_log(&agent));
    agent_kill(&agent);
    agent_run(&agent);
}

static void await_end_of_load(void)
{
    int64_t until = cdc_now_ms() + LOAD_MS;
    char *said;
    int status;

    for (; process_runs(load) && cdc_now_ms() < until; wait_step())
        flush_when_due();
    status = process_wait(load, 0);
    said = process_read_file(load_output);
    if (status)
        fail("sysbench ends with %d\n%s", status, said);
    free(said);
}

static bool marker_came(void *ctx)
{
    (void)ctx;
    cr_assert(agent_runs(&agent), "the agent ended by itself\n%s", agent_log(&agent));
    return server_redis_exists(redis, "cdc:state:{request}:marker-1");
}

static void settle(void)
{
    server_mariadb_sql(maria, OLTP_DATABASE, "INSERT INTO marker VALUES (1);");
    wait_until("the last change is in Redis", marker_came, NULL, SETTLE_MS);
}

/* What is on its way when the server ends is done again. */
static void disturb_server(int signal)
{
    committed = progress() - OLTP_CLIENTS;
    server_mariadb_down(maria, signal);
    if (process_wait(load, SETTLE_MS) < 0)
        fail("sysbench does not notice that the server is gone");
    server_mariadb_up(maria);
    load_begin();
}

Test(fault_sysbench, kills_rotations_and_restarts)
{
    size_t changes;

    oltp_fill(maria, load_output);
    committed = -progress();
    load_begin();
    for (unsigned kills = 0; kills < KILLS; kills++) {
        await_progress((long long)((kills + erand48(seed)) / (KILLS + 1) * transactions));
        kill_agent();
        if (kills == RESTART_AFTER)
            disturb_server(SIGTERM);
        /* MariaDB leaves an event that a crash has torn in its log, and nobody can read past it; MySQL mends the log. */
        if (kills == CRASH_AFTER)
            disturb_server(server_mariadb_is_mysql() ? SIGKILL : SIGTERM);
    }
    await_end_of_load();
    settle();
    changes = oltp_audit(maria, redis);
    fprintf(stderr, "%zu changes of rows, %d kills\n", changes, KILLS);
    cr_assert_geq(changes, (size_t)OLTP_CHANGES * transactions);
    cr_assert_eq(server_redis_integer(redis, "XLEN cdc:dlq:oltp"), 0);
    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}
