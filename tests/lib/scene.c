/*
 * The usual scene of an end-to-end test. Markers are rows of a table of their own, mapped to `request`; because an agent
 * applies in commit order, whatever was committed before a marker is in Redis when the marker is. Failures end the test.
 */
#include "lib/scene.h"

#include "lib/fail.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 60000 };

static const char DATABASE[] = "cinema";

static char *scene_config(const struct scene *scene, const struct scene_options *options)
{
    char listen[32] = "off";

    if (options->http_port)
        snprintf(listen, sizeof listen, "127.0.0.1:%u", options->http_port);
    return text_print("version: 1\n"
                      "connector: cinema\n"
                      "system: booking-site\n"
                      "source:\n"
                      "  type: postgresql\n"
                      "  host: %s\n"
                      "  port: %u\n"
                      "  database: %s\n"
                      "  user: tributary\n"
                      "%s"
                      "redis:\n"
                      "  url: unix://%s\n"
                      "%s"
                      "snapshot: {mode: never}\n"
                      "http: {listen: \"%s\"}\n"
                      "%s"
                      "tables:\n"
                      "  public.scene_marker:\n"
                      "    entity: request\n"
                      "    key: {request_id: \"marker-${id}\"}\n"
                      "    fields: {subject: {const: marker}}\n"
                      "%s",
                      scene->pg->host, scene->pg->port, DATABASE, options->source ? options->source : "",
                      scene->redis->socket, options->redis ? options->redis : "", listen,
                      options->top ? options->top : "", options->tables ? options->tables : "");
}

void scene_set(struct scene *scene, const struct scene_options *options)
{
    memset(scene, 0, sizeof *scene);
    disk_use(options->postgresql_disk);
    scene->pg = server_postgresql_start(options->postgresql_settings);
    disk_use(NULL);
    disk_use(options->redis_disk);
    scene->redis = server_redis_start(options->redis_settings);
    disk_use(NULL);
    agent_init(&scene->agent);
    server_postgresql_sql(scene->pg, "postgres", "CREATE ROLE tributary LOGIN REPLICATION");
    server_postgresql_sqlf(scene->pg, "postgres", "CREATE DATABASE %s %s", DATABASE,
                           options->database ? options->database : "");
    scene_sql(scene, "CREATE TABLE scene_marker (id integer PRIMARY KEY)");
    if (options->schema)
        scene_sql(scene, options->schema);
    scene_sql(scene, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO tributary");
    server_postgresql_sqlf(scene->pg, DATABASE, "CREATE PUBLICATION tributary_cinema %s",
                           options->publication ? options->publication : "FOR ALL TABLES");
    scene->config = scene_config(scene, options);
    agent_configure(&scene->agent, scene->config);
}

void scene_replace(struct scene *scene, const char *piece, const char *with)
{
    char *at = strstr(scene->config, piece), *config;

    if (!at || strstr(at + 1, piece))
        fail("\"%s\" is not once in the configuration", piece);
    config = text_print("%.*s%s%s", (int)(at - scene->config), scene->config, with, at + strlen(piece));
    free(scene->config);
    scene->config = config;
    agent_configure(&scene->agent, config);
}

void scene_start(struct scene *scene)
{
    agent_run(&scene->agent);
    scene_await_streaming(scene);
}

void scene_end(struct scene *scene)
{
    int status = scene->agent.pid ? agent_stop(&scene->agent) : 0;

    if (status)
        fail("the agent ended with status %d\n%s", status, agent_log(&scene->agent));
    scene_clean(scene);
}

void scene_clean(struct scene *scene)
{
    agent_fini(&scene->agent);
    server_redis_stop(scene->redis);
    server_postgresql_stop(scene->pg);
    free(scene->config);
    memset(scene, 0, sizeof *scene);
}

void scene_sql(struct scene *scene, const char *sql)
{
    server_postgresql_sql(scene->pg, DATABASE, sql);
}

const char *scene_query(struct scene *scene, const char *sql)
{
    return server_postgresql_query(scene->pg, DATABASE, sql);
}

unsigned scene_mark(struct scene *scene)
{
    server_postgresql_sqlf(scene->pg, DATABASE, "INSERT INTO scene_marker VALUES (%u)", ++scene->markers);
    return scene->markers;
}

struct marker {
    struct scene *scene;
    char key[64];
};

static bool marker_came(void *ctx)
{
    struct marker *marker = ctx;

    if (marker->scene->agent.pid && !agent_runs(&marker->scene->agent))
        fail("the agent ended\n%s", agent_log(&marker->scene->agent));
    return server_redis_exists(marker->scene->redis, marker->key);
}

void scene_await(struct scene *scene, unsigned number)
{
    struct marker marker = {.scene = scene};

    snprintf(marker.key, sizeof marker.key, "cdc:state:{request}:marker-%u", number);
    wait_until(marker.key, marker_came, &marker, SETTLE_MS);
}

void scene_settle(struct scene *scene)
{
    scene_await(scene, scene_mark(scene));
}

/* A slot is active while it is being made, too, and is gone again if the server ends before that is finished. */
static const char IS_STREAMING[] =
    "SELECT count(*) FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid"
    " WHERE s.slot_name = 'tributary_cinema' AND r.state IN ('catchup', 'streaming')";

static bool is_streaming(void *ctx)
{
    struct scene *scene = ctx;

    if (scene->agent.pid && !agent_runs(&scene->agent))
        fail("the agent ended\n%s", agent_log(&scene->agent));
    return strcmp(scene_query(scene, IS_STREAMING), "1") == 0;
}

void scene_await_streaming(struct scene *scene)
{
    wait_until("the slot streams", is_streaming, scene, SETTLE_MS);
}

static bool is_not_streaming(void *ctx)
{
    return strcmp(scene_query(ctx, "SELECT count(*) FROM pg_replication_slots WHERE active"), "0") == 0;
}

void scene_await_not_streaming(struct scene *scene)
{
    wait_until("the slot is free", is_not_streaming, scene, SETTLE_MS);
}

void scene_expect_state(struct scene *scene, const char *key, const char *fields)
{
    char *name = text_print("cdc:state:%s", key), *found;
    struct stored_record *state = stored_hash_read(scene->redis, name);

    found = stored_record_print(state);
    if (fields)
        cr_assert_str_eq(found, fields, "state %s\n   is: %s\n not: %s", key, found, fields);
    else
        cr_assert_eq(state->n, 0, "state %s exists: %s", key, found);
    stored_record_free(state);
    free(found);
    free(name);
}

void scene_expect(const struct stored_record *event, const char *field, const char *value)
{
    const char *found = event ? stored_record_get(event, field) : NULL;

    cr_assert(event, "there is no such event (%s should be %s)", field, value ? value : "absent");
    if (value)
        cr_assert(found && strcmp(found, value) == 0, "%s of event %s\n   is: %s\n not: %s", field,
                  stored_record_get(event, "id"), found ? found : "absent", value);
    else
        cr_assert(!found, "%s of event %s is %s, should be absent", field, stored_record_get(event, "id"),
                  found);
}

struct stored_stream scene_events(struct scene *scene, const char *entity)
{
    char *key = text_print("cdc:events:{%s}", entity);
    struct stored_stream stream;

    stored_stream_read(&stream, scene->redis, key);
    stored_stream_check(&stream, "cinema");
    free(key);
    return stream;
}

struct stored_stream scene_rejects(struct scene *scene)
{
    struct stored_stream stream;

    stored_stream_read(&stream, scene->redis, "cdc:dlq:cinema");
    return stream;
}

struct rows {
    unsigned n;
    struct stored_position last;
};

static void on_row(void *ctx, const struct stored_record *event)
{
    struct rows *rows = ctx;
    struct stored_position at = stored_event_position(stored_record_get(event, "id"), "cinema");
    char subject[32];

    snprintf(subject, sizeof subject, "%u:-", ++rows->n);
    scene_expect(event, "subject", subject);
    cr_assert_lt(stored_position_compare(&rows->last, &at), 0, "event %s comes again, or after a later one",
                 stored_record_get(event, "id"));
    rows->last = at;
}

void scene_expect_rows(struct scene *scene, unsigned n)
{
    struct rows rows = {0};

    scene_settle(scene);
    stored_stream_each(scene->redis, "cdc:events:{inventory}", on_row, &rows);
    cr_assert_eq(rows.n, n, "%u events, not %u", rows.n, n);
}
