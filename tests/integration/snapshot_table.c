/* See snapshot_table.h. pgbench makes the changes. */
#include "integration/snapshot_table.h"

#include "lib/fail.h"
#include "lib/process.h"
#include "lib/template.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AWAIT_MS = 120000 };

const char SNAPSHOT_SCHEMA[] = "CREATE TABLE article (sku integer PRIMARY KEY, quantity integer, note text);"
                               "ALTER TABLE article ALTER note SET STORAGE EXTERNAL";
const char SNAPSHOT_MAPPING[] =
    "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: quantity, unit_code: note}}\n";

/* A row that is stored away is 3000 bytes. Rows are changed in part, as a whole, deleted and inserted again, and made. */
static const char SCRIPT[] =
    "\\set sku random(0, :rows / 2 - 1) * 2 + 1\n"
    "\\set new random(1, 1000000) * 2 + 1000001\n"
    "\\set what random(1, 10)\n"
    "\\if :what <= 5\n"
    "UPDATE article SET quantity = quantity + 1 WHERE sku = :sku;\n"
    "\\elif :what <= 7\n"
    "UPDATE article SET note = repeat('n', :what * 400) WHERE sku = :sku;\n"
    "\\elif :what = 8\n"
    "BEGIN;\n"
    "DELETE FROM article WHERE sku = :sku;\n"
    "INSERT INTO article VALUES (:sku, :new, repeat('r', 2500)) ON CONFLICT DO NOTHING;\n"
    "COMMIT;\n"
    "\\elif :what = 9\n"
    "INSERT INTO article VALUES (:new, :sku, NULL) ON CONFLICT (sku) DO UPDATE SET quantity = 0;\n"
    "\\else\n"
    "DELETE FROM article WHERE sku = (SELECT max(sku) FROM article);\n"
    "\\endif\n";

void snapshot_table_init(struct snapshot_table *t, struct scene *scene, unsigned rows)
{
    *t = (struct snapshot_table){
        .scene = scene, .rows = rows, .watch = {scene->redis, &scene->agent, "cdc:checkpoint:cinema"}};
    server_postgresql_sqlf(
        scene->pg, "cinema",
        "INSERT INTO article SELECT i, i %% 1000, repeat('x', CASE WHEN i %% 10 < 2 THEN 3000 ELSE 10 END)"
        " FROM generate_series(1, %u) i",
        rows);
    scene_sql(scene, "ANALYZE article");
}

void snapshot_table_fini(struct snapshot_table *t)
{
    if (t->load)
        process_end(t->load, SIGKILL, 5000);
    *t = (struct snapshot_table){0};
}

void snapshot_table_load(struct snapshot_table *t, unsigned per_second)
{
    struct scene *scene = t->scene;
    char *program = server_postgresql_program(scene->pg, "pgbench"),
         *port = text_print("%u", scene->pg->port), *rate = text_print("%u", per_second),
         *rows = text_print("rows=%u", t->rows),
         *script = tempdir_write(&scene->agent.dir, "changes.sql", SCRIPT);
    const char *argv[] = {
        program, "-h", scene->pg->host, "-p", port, "-U", "postgres", "-n",     "-c", "4", "-j", "1", "-R",
        rate,    "-T", "100000",        "-D", rows, "-f", script,     "cinema", NULL};

    t->load =
        process_start(argv, &(struct process_options){.output = scene->agent.log,
                                                      .environment = (const char *const[]){
                                                          t->options ? t->options : "PGOPTIONS=", NULL}});
    free(program);
    free(port);
    free(rate);
    free(rows);
    free(script);
}

static bool is_unloaded(void *ctx)
{
    return strcmp(
               scene_query(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'"),
               "0") == 0;
}

void snapshot_table_unload(struct snapshot_table *t)
{
    cr_assert(process_runs(t->load), "the load ended by itself\n%s", agent_log(&t->scene->agent));
    process_end(t->load, SIGTERM, 5000);
    t->load = 0;
    wait_until("the last change is committed", is_unloaded, t->scene, AWAIT_MS);
}

/* The lock is for a load that would be over before it hears of the pause. */
void snapshot_table_pause(struct snapshot_table *t)
{
    struct progress p;

    snapshot_watch_rows(&t->watch, "public.article", 1000);
    scene_sql(t->scene, "BEGIN; LOCK TABLE article");
    snapshot_watch_command(&t->watch, 0, (const char *const[]){"snapshot", "pause", NULL});
    snapshot_watch_state(&t->watch, "public.article", PROGRESS_PAUSED);
    scene_sql(t->scene, "COMMIT");
    p = snapshot_watch_progress(&t->watch, "public.article");
    cr_assert_lt(p.rows, t->rows);
    progress_fini(&p);
}

/* ---- states ---- */

static struct server_rows *rows;

static void print_key(size_t i, char *out, size_t cap)
{
    snprintf(out, cap, "cdc:state:{inventory}:%s:-", server_rows_at(rows, i, 0));
}

static void compare_state(void *ctx, size_t i, const struct stored_record *hash)
{
    const char *quantity = stored_record_get(hash, "quantity"), *note = stored_record_get(hash, "unit_code"),
               *want = server_rows_at(rows, i, 2);

    (void)ctx;
    cr_assert(hash->n, "row %s has no state", server_rows_at(rows, i, 0));
    cr_assert(quantity && strcmp(quantity, server_rows_at(rows, i, 1)) == 0, "row %s has %s, its state %s",
              server_rows_at(rows, i, 0), server_rows_at(rows, i, 1), quantity ? quantity : "none");
    cr_assert(want ? note && strcmp(note, want) == 0 : !note, "row %s has the note %.20s, its state %.20s",
              server_rows_at(rows, i, 0), want ? want : "none", note ? note : "none");
}

void snapshot_table_compare(struct snapshot_table *t)
{
    size_t n;

    scene_settle(t->scene);
    rows = server_postgresql_rows(t->scene->pg, "cinema",
                                  "SELECT sku, quantity, note FROM article ORDER BY sku");
    n = server_rows_count(rows);
    stored_hash_each(t->scene->redis, n, print_key, compare_state, NULL);
    cr_assert_eq(snapshot_watch_count(&t->watch, "inventory"), n, "there are %u states of %zu rows",
                 snapshot_watch_count(&t->watch, "inventory"), n);
    server_rows_free(rows);
}

/* ---- errors ---- */

/* From the beginning, the end and between. */
static unsigned planted(const struct snapshot_table *t, unsigned i, unsigned kind)
{
    return (t->rows / (2 * SNAPSHOT_PLANTED) * i + kind + 1) * 2;
}

void snapshot_table_plant(struct snapshot_table *t)
{
    struct server_redis *redis = t->scene->redis;

    for (unsigned i = 0; i < SNAPSHOT_PLANTED; i++) {
        server_redis_do(redis, "DEL cdc:state:{inventory}:%d:-", planted(t, i, 0));
        server_redis_do(redis,
                        i % 2 ? "HSET cdc:state:{inventory}:%d:- quantity wrong"
                              : "HDEL cdc:state:{inventory}:%d:- unit_code",
                        planted(t, i, 1));
        server_redis_do(redis, "HSET cdc:state:{inventory}:gone-%d:- _source cinema _seq 0/1:1 sku gone-%d",
                        i, i);
    }
}

static void expect_finding(const char *json, const char *kind, const char *key)
{
    char *text = text_print("{\"kind\":\"%s\",\"entity\":\"inventory\",\"key\":\"%s:-\"", kind, key);

    cr_assert(strstr(json, text), "not %s in\n%s", text, json);
    free(text);
}

void snapshot_table_expect_planted(const struct snapshot_table *t, const char *json)
{
    char key[32];

    for (unsigned i = 0; i < SNAPSHOT_PLANTED; i++) {
        snprintf(key, sizeof key, "%u", planted(t, i, 0));
        expect_finding(json, "missing", key);
        snprintf(key, sizeof key, "%u", planted(t, i, 1));
        expect_finding(json, "different", key);
        snprintf(key, sizeof key, "gone-%u", i);
        expect_finding(json, "extra", key);
    }
}
