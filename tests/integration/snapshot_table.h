/*
 * A table that is loaded, changed meanwhile, and compared with its states: `article`, with a column that is stored away. Changes are of
 * rows with an odd number, so that the states of the others can be spoilt and found again.
 */
#ifndef SNAPSHOT_TABLE_H
#define SNAPSHOT_TABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/scene.h"
#include "snapshot/progress.h"

#define SNAPSHOT_PLANTED 9 /* errors of each kind */

extern const char SNAPSHOT_SCHEMA[], SNAPSHOT_MAPPING[];
/* Another table `shelf`, for `tables:`. */
#define SNAPSHOT_SHELF                                                                                       \
    "  public.shelf: {entity: message, key: {message_id: \"shelf-${id}\"}, fields: {campaign: quantity}}\n"

struct snapshot_table {
    struct scene *scene;
    unsigned rows;
    pid_t load; /* 0: none */
};

/* $SNAPSHOT_ROWS or else so many. */
unsigned snapshot_rows(unsigned otherwise);

/* Fills the table with rows 1, 2, … */
void snapshot_table_init(struct snapshot_table *table, struct scene *scene, unsigned rows);
void snapshot_table_fini(struct snapshot_table *table);
/* Changes rows, at this pace, until it is ended. */
void snapshot_table_load(struct snapshot_table *table, unsigned per_second);
void snapshot_table_unload(struct snapshot_table *table);

/* The progress that Redis holds; to be freed. Fails the test when there is none. */
struct progress snapshot_table_progress(struct snapshot_table *table, const char *name);
void snapshot_table_await(struct snapshot_table *table, const char *name, enum progress_state state);
/* Until so many rows are loaded, or the job is done. */
void snapshot_table_await_rows(struct snapshot_table *table, const char *name, unsigned rows);

/* How many states of an entity there are. */
unsigned snapshot_table_states(struct snapshot_table *table, const char *entity);
/* Once everything is in Redis: each row has its state, and there is no other. */
void snapshot_table_compare(struct snapshot_table *table);

/* Spoils states of each kind; they must be among what a verification printed, and nothing else. */
void snapshot_table_plant(struct snapshot_table *table);
void snapshot_table_expect_planted(const struct snapshot_table *table, const char *json);

#endif
