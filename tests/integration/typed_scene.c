/*
 * The scene of the type tests (typed_scene.h): configuration and model come from the tables; a marker row, mapped too, says that all
 * before it is in Redis. Main thread of a test; failures end it, but wrong values are told all at once.
 */
#include "typed_scene.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "lib/wait.h"

#include "integration/snapshot_watch.h"
#include "typed_check.h"

enum { SETTLE_MS = 60000 };

static const char SESSION[] = "SET sql_mode = '', time_zone = '+00:00', group_concat_max_len = 1000000;\n";

static FILE *text_open(char **text, size_t *len)
{
    FILE *out = open_memstream(text, len);

    if (!out)
        fail("out of memory");
    return out;
}

void typed_scene_sql(struct typed_scene *scene, const char *sql)
{
    char *whole = text_print("%s%s", SESSION, sql);

    server_mariadb_sql(scene->maria, "types", whole);
    free(whole);
}

static unsigned server_of(struct server_mariadb *maria)
{
    const char *version = server_mariadb_query(maria, "", "SELECT VERSION()");
    unsigned major = 0, minor = 0;

    sscanf(version, "%u.%u", &major, &minor);
    if (!strstr(version, "MariaDB"))
        return TYPED_MYSQL;
    return TYPED_MARIADB | (major * 100 + minor >= 1107 ? TYPED_MARIADB_VECTOR : 0) |
           (major < 11 ? TYPED_MARIADB_10 : 0);
}

static void create_tables(struct typed_scene *scene)
{
    char *text;
    size_t len;
    FILE *sql = text_open(&text, &len);

    fputs("CREATE TABLE marker (id int PRIMARY KEY);\n", sql);
    for (size_t i = 0; i < scene->ntables; i++)
        typed_table_create(&scene->tables[i], scene->server, sql);
    fclose(sql);
    server_mariadb_sql(scene->maria, "", "CREATE DATABASE types CHARACTER SET utf8mb4;");
    typed_scene_sql(scene, text);
    free(text);
}

static void write_model(struct typed_scene *scene)
{
    char *text;
    size_t len;
    FILE *yaml = text_open(&text, &len);

    fputs(
        "version: 1\nentities:\n"
        "  marker:\n    meaning: a test\n    key: [id]\n"
        "    verbs: {insert: added, update: changed, delete: gone}\n"
        "    fields:\n      id: {type: string, meaning: a test}\n      note: {type: string, meaning: a test}\n",
        yaml);
    for (size_t i = 0; i < scene->ntables; i++)
        typed_table_model(&scene->tables[i], scene->server, yaml);
    fclose(yaml);
    free(tempdir_write(&scene->agent.dir, "model.yaml", text));
    free(text);
}

static void write_config(struct typed_scene *scene)
{
    char *text;
    size_t len;
    FILE *yaml = text_open(&text, &len);

    fprintf(yaml,
            "version: 1\nconnector: types\nmodel: model.yaml\n"
            "source: {type: mysql, host: \"%s\", database: types, user: root, server_id: 7101}\n"
            "redis: {url: \"unix://%s\"}\nsnapshot: {mode: never}\n"
            "tables:\n  types.marker: {entity: marker, key: {id: id}, fields: {note: {const: here}}}\n",
            scene->maria->socket, scene->redis->socket);
    for (size_t i = 0; i < scene->ntables; i++)
        typed_table_mapping(&scene->tables[i], scene->server, yaml);
    fclose(yaml);
    agent_configure(&scene->agent, text);
    free(text);
}

void typed_scene_set(struct typed_scene *scene, const struct typed_table *tables, size_t ntables)
{
    memset(scene, 0, sizeof *scene);
    scene->tables = tables;
    scene->ntables = ntables;
    scene->maria = server_mariadb_start(NULL);
    scene->redis = server_redis_start(NULL);
    scene->server = server_of(scene->maria);
    agent_init(&scene->agent);
    create_tables(scene);
    write_model(scene);
    write_config(scene);
    agent_run(&scene->agent);
    agent_wait_log(&scene->agent, "streaming from mysql", SETTLE_MS);
}

static bool marker_came(void *ctx)
{
    struct typed_scene *scene = ctx;
    char key[64];

    if (!agent_runs(&scene->agent))
        fail("the agent ended\n%s", agent_log(&scene->agent));
    snprintf(key, sizeof key, "cdc:state:{marker}:%u", scene->markers);
    return server_redis_exists(scene->redis, key);
}

void typed_scene_settle(struct typed_scene *scene)
{
    char *sql = text_print("INSERT INTO marker VALUES (%u);", ++scene->markers);

    typed_scene_sql(scene, sql);
    free(sql);
    wait_until("the marker", marker_came, scene, SETTLE_MS);
}

/* One statement for each table, made by `put`. */
static void each_table(struct typed_scene *scene,
                       void (*put)(const struct typed_table *table, unsigned server, FILE *sql))
{
    char *text;
    size_t len;
    FILE *sql = text_open(&text, &len);

    for (size_t i = 0; i < scene->ntables; i++)
        put(&scene->tables[i], scene->server, sql);
    fclose(sql);
    typed_scene_sql(scene, text);
    free(text);
    typed_scene_settle(scene);
}

static void put_touch(const struct typed_table *table, unsigned server, FILE *sql)
{
    (void)server;
    fprintf(sql, "UPDATE %s SET touched = touched + 1;\n", table->name);
}

static void put_delete(const struct typed_table *table, unsigned server, FILE *sql)
{
    (void)server;
    fprintf(sql, "DELETE FROM %s;\n", table->name);
}

static void read_shown(struct typed_scene *scene, const struct typed_table *table, struct typed_rows *rows)
{
    char *text;
    size_t len;
    FILE *sql = text_open(&text, &len);

    fputs(SESSION, sql);
    typed_table_select(table, scene->server, sql);
    fclose(sql);
    typed_rows_read(rows, table, scene->server, server_mariadb_query(scene->maria, "types", text));
    free(text);
}

/* What the server shows now, of all tables, is what the states must be. */
static void expect_states(struct typed_scene *scene, struct typed_rows *rows, const char *when)
{
    for (size_t i = 0; i < scene->ntables; i++) {
        read_shown(scene, &scene->tables[i], &rows[i]);
        cr_assert_gt(rows[i].n, 0, "%s: no rows", scene->tables[i].name);
        typed_check_states(scene->redis, &scene->tables[i], &rows[i], when);
    }
}

/* The same rows read by a snapshot are the same bytes. */
static void expect_loaded(struct typed_scene *scene, struct typed_rows *rows)
{
    struct snapshot_watch watch = {scene->redis, &scene->agent, "cdc:checkpoint:types"};

    snapshot_watch_load_anew(&watch, "cdc");
    for (size_t i = 0; i < scene->ntables; i++)
        typed_check_states(scene->redis, &scene->tables[i], &rows[i], "loaded");
}

static struct typed_rows *rows_new(const struct typed_scene *scene)
{
    struct typed_rows *rows = calloc(scene->ntables, sizeof *rows);

    if (!rows)
        fail("out of memory");
    return rows;
}

static void rows_end(const struct typed_scene *scene, struct typed_rows *rows)
{
    for (size_t i = 0; i < scene->ntables; i++)
        typed_rows_free(&rows[i]);
    free(rows);
}

void typed_scene_compare(struct typed_scene *scene)
{
    struct typed_rows *rows = rows_new(scene);

    expect_states(scene, rows, "now");
    rows_end(scene, rows);
}

static void check_rejects(struct typed_scene *scene, const char *how)
{
    struct stored_stream rejects;

    stored_stream_read(&rejects, scene->redis, "cdc:dlq:types");
    for (size_t i = 0; i < rejects.n && i < 10; i++)
        cr_expect(false, "%s: dead letter %s %s: %s", how, stored_record_get(&rejects.entries[i], "table"),
                  stored_record_get(&rejects.entries[i], "key"),
                  stored_record_get(&rejects.entries[i], "detail"));
    stored_stream_fini(&rejects);
    server_redis_do(scene->redis, "DEL cdc:dlq:types");
}

void typed_scene_round(struct typed_scene *scene, const char *how)
{
    struct typed_rows *inserted = rows_new(scene), *updated = rows_new(scene), *touched = rows_new(scene);

    for (size_t i = 0; i < scene->ntables; i++)
        server_redis_do(scene->redis, "DEL cdc:events:{%s}", scene->tables[i].name);
    typed_scene_sql(scene, how);
    each_table(scene, typed_table_insert);
    expect_states(scene, inserted, "inserted");
    expect_loaded(scene, inserted);
    each_table(scene, typed_table_update);
    expect_states(scene, updated, "updated");
    each_table(scene, put_touch);
    expect_states(scene, touched, "touched");
    each_table(scene, put_delete);
    for (size_t i = 0; i < scene->ntables; i++)
        typed_check_events(scene->redis, &scene->tables[i], &inserted[i], &updated[i], how);
    check_rejects(scene, how);
    rows_end(scene, inserted);
    rows_end(scene, updated);
    rows_end(scene, touched);
}

static const char *const mariadb_forms[] = {
    "SET GLOBAL binlog_row_image = FULL, GLOBAL binlog_row_metadata = FULL",
    "SET GLOBAL binlog_row_image = MINIMAL, GLOBAL binlog_row_metadata = MINIMAL",
    "SET GLOBAL binlog_row_image = NOBLOB, GLOBAL binlog_row_metadata = NO_LOG,"
    " GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10",
    "SET GLOBAL binlog_row_image = MINIMAL, GLOBAL binlog_row_metadata = FULL",
};

static const char *const mysql_forms[] = {
    "SET GLOBAL binlog_row_image = FULL, GLOBAL binlog_row_metadata = FULL",
    "SET GLOBAL binlog_row_image = MINIMAL, GLOBAL binlog_row_metadata = MINIMAL",
    "SET GLOBAL binlog_row_image = NOBLOB, GLOBAL binlog_transaction_compression = ON",
    "SET GLOBAL binlog_row_image = MINIMAL, GLOBAL binlog_row_metadata = FULL",
};

void typed_scene_rounds(struct typed_scene *scene)
{
    const char *const *forms = scene->server & TYPED_MYSQL ? mysql_forms : mariadb_forms;

    for (size_t i = 0; i < sizeof mariadb_forms / sizeof *mariadb_forms; i++)
        typed_scene_round(scene, forms[i]);
}

void typed_scene_end(struct typed_scene *scene)
{
    int status = agent_stop(&scene->agent);

    if (status)
        fail("the agent ended with status %d\n%s", status, agent_log(&scene->agent));
    typed_scene_clean(scene);
}

void typed_scene_clean(struct typed_scene *scene)
{
    agent_fini(&scene->agent);
    server_redis_stop(scene->redis);
    server_mariadb_stop(scene->maria);
    memset(scene, 0, sizeof *scene);
}
