/*
 * Storms: a steady load, and faults of every kind at random, one after another and two at once, for FAULT_SECONDS. Afterwards
 * every row must be its state, and every change one event, in order. All connections of the agent go through wires that can be
 * spoilt, with TLS: without it a changed byte cannot be told from a right one, but in a binlog, which has checksums.
 */
#include "lib/certificate.h"
#include "lib/fail.h"
#include "lib/ledger.h"
#include "lib/oltp.h"
#include "lib/storm.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECONDS = 25,
    SCALE = 1,
    PER_SECOND = 200,
    REDIS_DISK_MB = 256,
    DISK_MB_PER_MINUTE = 200,
    SETTLE_MS = 120000
};

static struct certificate certificate;
static struct disk disk;
static struct storm storm;
static unsigned tls_port;
static char *redis_url, *redis_settings[8];

static pid_t load; /* 0: there must be none now */
static bool source_is_up;
static char marker[64];

static void given_a_wire_to_redis(void)
{
    tls_port = process_free_port();
    storm.seed = storm_seed();
    storm.patient = getenv("FAULT_PATIENT") != NULL;
    certificate_init(&certificate);
    redis_settings[0] = text_print("tls-port=%u", tls_port);
    redis_settings[1] = text_print("tls-cert-file=%s", certificate.path);
    redis_settings[2] = text_print("tls-key-file=%s", certificate.key);
    redis_settings[3] = text_print("tls-ca-cert-file=%s", certificate.path);
    redis_settings[4] = text_print("tls-auth-clients=no");
    redis_settings[5] = text_print("appendonly=yes");
    redis_settings[6] = text_print("appendfsync=always");
    storm.redis_wire = proxy_start(&(struct proxy_options){.to_port = tls_port, .seed = storm.seed});
    redis_url = text_print("rediss://127.0.0.1:%u/0", proxy_port(storm.redis_wire));
    if (disk_possible()) {
        disk_init(&disk, REDIS_DISK_MB + storm_seconds(SECONDS) / 60 * DISK_MB_PER_MINUTE);
        storm.redis_disk = &disk;
    }
}

static void done_with_wires(void)
{
    proxy_stop(storm.source_wire);
    proxy_stop(storm.redis_wire);
    disk_fini(&disk);
    certificate_fini(&certificate);
    for (size_t i = 0; i < sizeof redis_settings / sizeof *redis_settings; i++)
        free(redis_settings[i]);
    free(redis_url);
}

/* The last line that a storm prints. */
static void tell(const char *source, unsigned long changes)
{
    struct proxy_count a = proxy_count(storm.source_wire), b = proxy_count(storm.redis_wire);

    storm_report(&storm);
    fprintf(
        stderr,
        "storm on %s: %u faults in %u s, %lu connections cut, %lu bytes spoilt, %lu changes written, 0 violations "
        "(TEST_SEED=%u FAULT_SECONDS=%u)\n",
        source, storm.faults, storm_seconds(SECONDS), (unsigned long)(a.cut + b.cut),
        (unsigned long)(a.spoilt + b.spoilt), changes, storm.seed, storm_seconds(SECONDS));
}

/* PostgreSQL with pgbench */

static struct scene scene;

static void pg_down(void *ctx, bool crash)
{
    source_is_up = false;
    server_postgresql_down(ctx, crash ? SERVER_POSTGRESQL_IMMEDIATE : SERVER_POSTGRESQL_FAST);
}

static void pg_up(void *ctx)
{
    server_postgresql_up(ctx);
    source_is_up = true;
}

static const char *pg_mark(void *ctx)
{
    (void)ctx;
    snprintf(marker, sizeof marker, "cdc:state:{request}:marker-%u", scene_mark(&scene));
    return marker;
}

/* pgbench ends when its server does. */
static void pg_tick(void *ctx)
{
    (void)ctx;
    if (source_is_up && !process_runs(load)) {
        process_wait(load, 0);
        load = ledger_load_steady(&scene, PER_SECOND);
    }
}

static void given_postgresql(void)
{
    char *settings[5], *from[2], *to[2];

    given_a_wire_to_redis();
    settings[0] = text_print("listen_addresses=127.0.0.1");
    settings[1] = text_print("ssl=on");
    settings[2] = text_print("ssl_cert_file=%s", certificate.path);
    settings[3] = text_print("ssl_key_file=%s", certificate.key);
    settings[4] = NULL;
    scene_set(&scene, &(struct scene_options){.tables = LEDGER_MAPPING,
                                              .redis = "  stream: {max_len: 50000000}\n",
                                              .postgresql_settings = (const char *const *)settings,
                                              .redis_settings = (const char *const *)redis_settings,
                                              .redis_disk = storm.redis_disk});
    server_postgresql_hba(scene.pg, "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
    storm.source_wire =
        proxy_start(&(struct proxy_options){.to_port = scene.pg->port, .seed = storm.seed + 1});
    from[0] = text_print("  host: %s\n  port: %u\n", scene.pg->host, scene.pg->port);
    to[0] = text_print("  host: 127.0.0.1\n  port: %u\n  tls: require\n", proxy_port(storm.source_wire));
    from[1] = text_print("unix://%s\n", scene.redis->socket);
    to[1] = text_print("%s\n  tls_ca: %s\n", redis_url, certificate.path);
    for (size_t i = 0; i < 2; i++) {
        scene_replace(&scene, from[i], to[i]);
        free(from[i]);
        free(to[i]);
    }
    for (size_t i = 0; i < 4; i++)
        free(settings[i]);
    ledger_create(&scene, SCALE);
    scene_start(&scene);
    storm.agent = &scene.agent;
    storm.redis = scene.redis;
    storm.source = (struct storm_source){
        .ctx = scene.pg, .down = pg_down, .up = pg_up, .may_crash = true, .mark = pg_mark, .tick = pg_tick};
}

static void done_postgresql(void)
{
    scene_clean(&scene);
    done_with_wires();
}

TestSuite(fault_storm, .timeout = 10000);

Test(fault_storm, postgresql, .init = given_postgresql, .fini = done_postgresql)
{
    ledger_fill(&scene, SCALE);
    scene_settle(&scene);
    load = ledger_load_steady(&scene, PER_SECOND);
    source_is_up = true;
    storm_blow(&storm, storm_seconds(SECONDS));
    source_is_up = false;
    ledger_load_end(&scene, load);
    scene_settle(&scene);
    ledger_audit(&scene);
    tell("PostgreSQL", strtoul(scene_query(&scene, "SELECT 2 * count(*) FROM pgbench_history"), NULL, 10));
    scene_end(&scene);
}

/* MariaDB or MySQL with sysbench */

static struct server_mariadb *maria;
static struct agent agent;
static char *load_output;
static unsigned markers, loads;

static void maria_down(void *ctx, bool crash)
{
    source_is_up = false;
    server_mariadb_down(ctx, crash ? SIGKILL : SIGTERM);
}

static void maria_up(void *ctx)
{
    server_mariadb_up(ctx);
    source_is_up = true;
}

static const char *maria_mark(void *ctx)
{
    char *sql = text_print("INSERT INTO marker VALUES (%u);", ++markers);

    server_mariadb_sql(ctx, OLTP_DATABASE, sql);
    free(sql);
    snprintf(marker, sizeof marker, "cdc:state:{request}:marker-%u", markers);
    return marker;
}

static void begin_oltp(void)
{
    load = oltp_load_steady(maria, PER_SECOND, storm.seed + loads++, load_output);
}

static void maria_tick(void *ctx)
{
    (void)ctx;
    if (source_is_up && !process_runs(load)) {
        process_wait(load, 0);
        begin_oltp();
    }
}

static bool maria_is_quiet(void *ctx)
{
    return atoi(server_mariadb_query(ctx, "",
                                     "SELECT COUNT(*) FROM information_schema.processlist"
                                     " WHERE db = 'sbtest' AND user = 'root';")) == 0;
}

static bool marker_came(void *ctx)
{
    return server_redis_exists(storm.redis, ctx);
}

static void maria_settle(void)
{
    wait_until("the last change is in Redis", marker_came, (void *)(uintptr_t)maria_mark(maria), SETTLE_MS);
}

static void configure_agent(void)
{
    char *mapping = oltp_mapping(), *config;

    config = text_print(
        "version: 1\nconnector: oltp\n"
        "source: {type: mysql, host: 127.0.0.1, port: %u, tls: require, user: agent, password: sesame,"
        " server_id: 7101}\n"
        "redis: {url: \"%s\", tls_ca: %s, stream: {max_len: 50000000}}\n"
        "snapshot: {mode: never}\ntables:\n"
        "  sbtest.marker: {entity: request, key: \"marker-${id}\", fields: {subject: {const: m}}}\n"
        "%s",
        proxy_port(storm.source_wire), redis_url, certificate.path, mapping);
    agent_configure(&agent, config);
    free(mapping);
    free(config);
}

static void given_mariadb(void)
{
    char *settings[3];

    given_a_wire_to_redis();
    settings[0] = text_print("ssl-cert=%s", certificate.path);
    settings[1] = text_print("ssl-key=%s", certificate.key);
    maria = server_mariadb_start((const char *const[]){
        "innodb-flush-log-at-trx-commit=2", "innodb-buffer-pool-size=128M", settings[0], settings[1], NULL});
    free(settings[0]);
    free(settings[1]);
    disk_use(storm.redis_disk);
    storm.redis = server_redis_start((const char *const *)redis_settings);
    disk_use(NULL);
    storm.source_wire = proxy_start(&(struct proxy_options){.to_port = maria->port, .seed = storm.seed + 1});
    agent_init(&agent);
    load_output = tempdir_path(&agent.dir, "sysbench");
    server_mariadb_sql(maria, "",
                       "CREATE DATABASE sbtest; CREATE USER agent@'%' IDENTIFIED BY 'sesame';"
                       "GRANT REPLICATION SLAVE ON *.* TO agent@'%'; GRANT SELECT ON sbtest.* TO agent@'%';");
    server_mariadb_sql(maria, OLTP_DATABASE, "CREATE TABLE marker (id integer PRIMARY KEY);");
    oltp_create(maria);
    configure_agent();
    agent_run(&agent);
    agent_wait_log(&agent, "streaming from mysql", SETTLE_MS);
    storm.agent = &agent;
    storm.source = (struct storm_source){.ctx = maria,
                                         .down = maria_down,
                                         .up = maria_up,
                                         .may_crash = server_mariadb_is_mysql(),
                                         .mark = maria_mark,
                                         .tick = maria_tick};
}

static void done_mariadb(void)
{
    agent_fini(&agent);
    server_redis_stop(storm.redis);
    server_mariadb_stop(maria);
    free(load_output);
    done_with_wires();
}

Test(fault_storm, mariadb, .init = given_mariadb, .fini = done_mariadb)
{
    size_t changes;

    oltp_fill(maria, load_output);
    maria_settle();
    begin_oltp();
    source_is_up = true;
    storm_blow(&storm, storm_seconds(SECONDS));
    source_is_up = false;
    process_end(load, SIGKILL, SETTLE_MS);
    wait_until("the load has ended", maria_is_quiet, maria, SETTLE_MS);
    maria_settle();
    changes = oltp_audit(maria, storm.redis);
    tell(server_mariadb_is_mysql() ? "MySQL" : "MariaDB", changes);
    cr_assert_eq(server_redis_integer(storm.redis, "XLEN cdc:dlq:oltp"), 0);
    cr_assert_eq(agent_stop(&agent), 0, "%s", agent_log(&agent));
}
