/*
 * A private MariaDB or MySQL, a private Redis and an agent between them, with tables of typed columns: every value that is inserted,
 * updated or deleted is compared, in states and events, with what the server itself shows.
 *
 *     static struct typed_scene scene;
 *     typed_scene_set(&scene, tables, 2);
 *     typed_scene_round(&scene, "SET GLOBAL binlog_row_image = MINIMAL");
 *     typed_scene_end(&scene);
 */
#ifndef TESTS_INTEGRATION_TYPED_SCENE_H
#define TESTS_INTEGRATION_TYPED_SCENE_H

#include "lib/agent.h"
#include "lib/server_mariadb.h"
#include "lib/server_redis.h"
#include "lib/stored.h"

#include "typed_table.h"

struct typed_scene {
    struct server_mariadb *maria;
    struct server_redis *redis;
    struct agent agent;
    const struct typed_table *tables;
    size_t ntables;
    unsigned server; /* TYPED_MARIADB, … */
    unsigned markers;
};

/* Starts everything; the agent streams when it returns. Database `types`, connector `types`. */
void typed_scene_set(struct typed_scene *scene, const struct typed_table *tables, size_t ntables);
/*
 * Inserts all rows, gives each the next row's values, changes a column that is not looked at, and deletes all; compares after each step.
 * `how`: statements before them, for instance of the binlog's format; they last. The tables must be empty, and are so again.
 */
void typed_scene_round(struct typed_scene *scene, const char *how);
/* Rounds in every form that the server's binlog has: row images, metadata, compression. */
void typed_scene_rounds(struct typed_scene *scene);
/* Ends the agent, which must end with 0, and the servers. */
void typed_scene_end(struct typed_scene *scene);
/* For a suite's .fini: kills and removes what a failed test has left, with the agent's log. */
void typed_scene_clean(struct typed_scene *scene);

/* SQL in the database, with time zone UTC and without strict mode. */
void typed_scene_sql(struct typed_scene *scene, const char *sql);
/* Compares the states of all tables with what the server shows now. Ids are from 1, without gaps. */
void typed_scene_compare(struct typed_scene *scene);
/* Waits until everything that is committed is in Redis. */
void typed_scene_settle(struct typed_scene *scene);

#endif
