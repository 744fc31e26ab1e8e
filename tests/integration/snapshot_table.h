/*
 * A table that is loaded, changed meanwhile, and compared with its states: `article`, with a column that is stored away. Changes are of
 * rows with an odd number, so that the states of the others can be spoilt and found again.
 */
#ifndef SNAPSHOT_TABLE_H
#define SNAPSHOT_TABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "integration/snapshot_watch.h"
#include "lib/scene.h"

#define SNAPSHOT_PLANTED 9 /* errors of each kind */

extern const char SNAPSHOT_SCHEMA[], SNAPSHOT_MAPPING[];
/* Another table `shelf`, for `tables:`. */
#define SNAPSHOT_SHELF                                                                                       \
    "  public.shelf: {entity: message, key: {message_id: \"shelf-${id}\"}, fields: {campaign: quantity}}\n"

struct snapshot_table {
    struct scene *scene;
    struct snapshot_watch watch;
    unsigned rows;
    const char *options; /* what the sessions that change rows ask for, as $PGOPTIONS has it; NULL: nothing */
    pid_t load;          /* 0: none */
};

/* Fills the table with rows 1, 2, … */
void snapshot_table_init(struct snapshot_table *table, struct scene *scene, unsigned rows);
void snapshot_table_fini(struct snapshot_table *table);
/* Changes rows, at this pace, until it is ended. */
void snapshot_table_load(struct snapshot_table *table, unsigned per_second);
void snapshot_table_unload(struct snapshot_table *table);

/* The load of the table, which runs, is paused when it is somewhere in the middle. */
void snapshot_table_pause(struct snapshot_table *table);

/* Once everything is in Redis: each row has its state, and there is no other. */
void snapshot_table_compare(struct snapshot_table *table);

/* Spoils states of each kind; they must be among what a verification printed, and nothing else. */
void snapshot_table_plant(struct snapshot_table *table);
void snapshot_table_expect_planted(const struct snapshot_table *table, const char *json);

#endif
