/*
 * A database as snapshots see it, known from its seed: tables, and a log of transactions that change them. A transaction is streamed
 * as soon as it is committed, but reads see it only later, and nobody can touch its rows until then, as with a server that waits
 * for a standby. The clock counts what was committed, and goes on when everything was.
 */
#ifndef SNAPSHOT_WORLD_H
#define SNAPSHOT_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define WORLD_TABLES 8
#define WORLD_KEYS   8192 /* ids and codes are below it … */
#define WORLD_FREE   8000 /* … and codes of rows are below that */
#define WORLD_NULL   (-1)
#define WORLD_QUIET  8 /* of the first rows, those whose id is a multiple of it are never touched */

/* The place of a row is its id, its key is its code. Rows of kind 0 are not mapped. */
enum { WORLD_ID, WORLD_CODE, WORLD_KIND, WORLD_A, WORLD_B, WORLD_C, WORLD_COLUMNS };

/* What a table's changes say. */
enum world_image {
    WORLD_FULL,    /* the whole row before and after */
    WORLD_TOASTED, /* the key before, if it changed; after: a large column only if it changed */
    WORLD_MINIMAL, /* the key before; after: what changed */
};

enum world_op { WORLD_INSERT, WORLD_UPDATE, WORLD_DELETE, WORLD_TRUNCATE };

struct world_row {
    int v[WORLD_COLUMNS];
};

struct world_change {
    enum world_op op;
    unsigned table;
    bool has_before, before_full;
    unsigned sent; /* bits of the columns of `after` that the stream sends */
    struct world_row before, after;
};

struct world_tx {
    unsigned first, n; /* changes */
    unsigned visible;  /* the clock when reads see it */
};

struct world_version {
    unsigned tx;
    bool gone;
    struct world_row row;
    int next; /* of the same id; -1: none */
};

struct world_table {
    enum world_image image;
    bool own_key;                            /* code and id are the same */
    bool truncates;                          /* now and then */
    bool moves;                              /* a row may get another id without all of it being sent */
    int first[WORLD_KEYS], last[WORLD_KEYS]; /* versions of each id; -1: none */
};

struct world_params {
    unsigned seed;
    unsigned tables, rows, transactions;
    unsigned most_changes; /* of a transaction */
    unsigned most_delay;   /* until it is visible */
    unsigned large_one_in; /* transactions that change very much; 0: none */
    unsigned key_one_in;   /* updates that change the id, or the code; 0: 10 */
    bool truncates, moves;
};

struct world {
    struct world_params params;
    struct world_table *tables;
    struct world_tx
        *txs; /* the first is the state of affairs at the beginning; the others are numbered from 1 */
    struct world_change *changes;
    struct world_version *versions;
    unsigned ntxs, nchanges, nversions, changes_cap, versions_cap;
    unsigned clock; /* under the trial's lock */
};

unsigned world_random(unsigned *seed);
/* True once in `one_in`; 0: never. */
bool world_chance(unsigned *seed, unsigned one_in);

void world_make(struct world *world, const struct world_params *params);
void world_free(struct world *world);
/* The row with this id as it is seen at this clock, or NULL. */
const struct world_row *world_row(const struct world *world, unsigned table, unsigned id, unsigned clock);
/* When everything is visible. */
unsigned world_end(const struct world *world);

#endif
