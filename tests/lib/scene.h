/*
 * The usual scene of an end-to-end test: a private PostgreSQL with database `cinema`, a private Redis, and one agent
 * (connector `cinema`, system `booking-site`, prefix `cdc`) between them.
 *
 *     static struct scene scene;
 *     scene_set(&scene, &(struct scene_options){.schema = "CREATE TABLE …", .tables = "  public.t:\n …"});
 *     scene_start(&scene);
 *     scene_sql(&scene, "INSERT …");
 *     scene_settle(&scene);                      // everything that was committed is in Redis
 *     scene_expect_state(&scene, "{booking}:cinema-42", "reservation_id=cinema-42 …");
 *     scene_end(&scene);
 */
#ifndef TESTS_LIB_SCENE_H
#define TESTS_LIB_SCENE_H

#include <stdbool.h>

#include "lib/agent.h"
#include "lib/disk.h"
#include "lib/stored.h"
#include "lib/server_postgresql.h"
#include "lib/server_redis.h"

struct scene_options {
    const char *database;    /* more words of CREATE DATABASE; may be NULL */
    const char *schema;      /* SQL run before publication and agent are there */
    const char *publication; /* what CREATE PUBLICATION says behind the name; NULL: FOR ALL TABLES */
    const char *tables;      /* YAML under `tables:`, indented by two spaces */
    const char
        *source; /* more YAML lines for these sections, indented by two spaces; may be NULL. A key that */
    const char *redis;                      /* the scene writes itself cannot be given again */
    const char *top;                        /* lines of the top level */
    unsigned http_port;                     /* of 127.0.0.1; 0: http is off */
    const char *const *postgresql_settings; /* as in server_postgresql.h */
    const char *const *redis_settings;
    const struct disk *redis_disk; /* that Redis keeps its data on; NULL: where everything is */
    const struct disk *postgresql_disk;
};

struct scene {
    struct server_postgresql *pg;
    struct server_redis *redis;
    struct agent agent;
    char *config; /* what the scene wrote for the agent */
    unsigned markers;
};

/*
 * Starts the servers, makes the schema, role `tributary` (replication, SELECT on everything) and publication
 * `tributary_cinema`, and writes the configuration. The agent does not run yet.
 */
void scene_set(struct scene *scene, const struct scene_options *options);
/* Replaces a piece of the configuration, which must be in it once, and writes it anew. */
void scene_replace(struct scene *scene, const char *piece, const char *with);
/* Starts the agent and waits until its slot streams. */
void scene_start(struct scene *scene);
/* Ends the agent, which must end with 0, and the servers. */
void scene_end(struct scene *scene);
/* For a suite's .fini: kills and removes what a failed test has left, with the agent's log. */
void scene_clean(struct scene *scene);

void scene_sql(struct scene *scene, const char *sql);
const char *scene_query(struct scene *scene, const char *sql);
/* Waits until everything that is committed is in Redis: a marker row is written, and must come through. */
void scene_settle(struct scene *scene);
/* The first half of it, and the second: what the marker's state is called, and waiting for it. */
unsigned scene_mark(struct scene *scene);
void scene_await(struct scene *scene, unsigned marker);
/* Waits until the slot is in use; until none is. */
void scene_await_streaming(struct scene *scene);
void scene_await_not_streaming(struct scene *scene);

/* Compares the state `cdc:state:<key>` with stored_record_print()'s form; NULL: there must be none. */
void scene_expect_state(struct scene *scene, const char *key, const char *fields);
/* Compares a field of an event with a text; NULL: the field must be absent. */
void scene_expect(const struct stored_record *event, const char *field, const char *value);
/* The stream of an entity, read and checked for order and repetition. Free it with stored_stream_fini(). */
struct stored_stream scene_events(struct scene *scene, const char *entity);
/*
 * Once everything that is committed is in Redis: the events of `inventory` are about rows 1, 2, … n (subject "1:-"), each once and in
 * order.
 */
void scene_expect_rows(struct scene *scene, unsigned n);
/* The dead letters. */
struct stored_stream scene_rejects(struct scene *scene);

#endif
