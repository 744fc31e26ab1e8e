/*
 * A trial: the real pipeline with its snapshots between a world (snapshot_world.h), which it reads and streams from, and a store in
 * memory. Both fail at random, sessions end and begin again, the store goes back in time. A trial runs in a thread of its own, so many
 * can run side by side; what goes wrong is written down, not asserted.
 */
#ifndef SNAPSHOT_TRIAL_H
#define SNAPSHOT_TRIAL_H

#include "cdc/sink.h"
#include "cdc/source.h"
#include "config/config.h"
#include "snapshot/progress.h"
#include "unit/snapshot_world.h"

#define TRIAL_FIELDS 3 /* of a state, beside its key: those of WORLD_A and so on */

enum { TRIAL_MISSING = 'm', TRIAL_DIFFERENT = 'd', TRIAL_EXTRA = 'e' };

struct trial_state {
    bool exists;
    int v[TRIAL_FIELDS];
};

/* Something that was written down in the order of the stream: an event of it, a finding, or a state that vanished. */
struct trial_note {
    char what; /* cdc_event_op as a letter for events of the stream */
    unsigned table, code, tx, ordinal, part;
    unsigned run; /* of a finding, see trial_run() */
};

struct trial_notes {
    struct trial_note *all;
    unsigned n, cap;
};

/* What the store holds. */
struct trial_stored {
    struct cdc_checkpoint checkpoint;
    struct trial_state (*states)[WORLD_KEYS]; /* by table and code */
    unsigned nevents, nfindings, nvanished;   /* of the trial's notes */
};

struct trial_params {
    struct world_params world;
    unsigned clock;          /* when the agent comes */
    unsigned mishaps;        /* of all kinds, at most */
    unsigned fail_one_in;    /* calls; 0: never */
    unsigned go_back_one_in; /* connections of the store */
    unsigned stop_one_in;    /* looks at a session */
    unsigned ask_one_in;     /* looks: pause and resume … */
    bool ask_all;            /* … and cancel and begin anew */
    bool wrong_sees;         /* a transaction up to a chunk's `high` counts as seen */
    bool no_snapshot;
    bool scan_once;    /* no key of a state comes twice */
    unsigned pace;     /* transactions while a chunk is read, at most; 0: 3 */
    unsigned estimate; /* what the catalogue says of each table; 0: the truth */
    uint32_t chunk_rows;
    uint64_t memory_bytes;
};

struct trial {
    struct trial_params params;
    struct world world;
    pthread_mutex_t lock; /* for all that follows and changes */
    struct config config;
    struct config_table tables[WORLD_TABLES];
    unsigned table_of[WORLD_TABLES]; /* of the world */
    const struct cdc_source_ops *source_ops;
    _Atomic unsigned mishaps; /* so far */
    struct trial_stored now, before;
    struct trial_notes events, findings, vanished;
    _Atomic bool hurry;               /* nothing is read any more: commit what is left */
    bool refused[WORLD_TABLES];       /* it cannot be read */
    unsigned rows_read[WORLD_TABLES]; /* by chunks */
    unsigned streamed;                /* the newest transaction that was given out */
    struct cdc_buf request;           /* one, not taken yet */
    char job[16], run[PROGRESS_RUN];  /* that is wanted; "": what the configuration says */
    bool paused;                      /* as the trial's thread wants it */
    bool all_of_it;                   /* to the end of the world */
    uint64_t until_batch;             /* 0: no matter */
    unsigned seed;                    /* of the trial's thread */
    char fault[400];                  /* the first thing that went wrong; "" */
};

/* A number for the name of a run. */
unsigned trial_run(struct cdc_slice name);
/* "t3": the entity and the table of the world's table 3. */
unsigned trial_table(struct cdc_slice name);
void trial_fault(struct trial *trial, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Whether something goes wrong now: once in `one_in`, as long as there are mishaps left. */
bool trial_mishap(struct trial *trial, unsigned *seed, unsigned one_in);
int trial_broken(struct cdc_err *err);

/* snapshot_source.c */
extern const struct cdc_source_ops trial_source_ops, trial_wrong_source_ops;
/* snapshot_store.c */
extern const struct cdc_sink_ops trial_sink_ops;
void trial_store_init(struct trial *trial);
void trial_store_fini(struct trial *trial);
/* Before the agent comes again: the store is as it was a while ago. */
void trial_store_go_back(struct trial *trial);
/* The progress of a table as the store holds it; false: there is none. To be freed with progress_fini(). */
bool trial_progress(struct trial *trial, unsigned table, struct progress *progress);
/* For the tests: changes a state behind everybody's back, whatever the store goes back to. */
void trial_plant(struct trial *trial, unsigned table, unsigned code, const struct trial_state *state);

/* snapshot_trial.c */
void trial_new(struct trial *trial, const struct trial_params *params);
void trial_free(struct trial *trial);
/* Which of the world's tables the configuration names from the next session on: bits. */
void trial_configure(struct trial *trial, unsigned tables);
/* A job that somebody asks for, and goes on asking for until the agent has begun it. NULL: none. */
void trial_want(struct trial *trial, const char *job);
/* Sessions until all jobs are over. */
void trial_load(struct trial *trial);
/* One session, at least until it has stored something. */
void trial_again(struct trial *trial);
/* Sessions until all jobs are over and everything is streamed; the last one undisturbed, for what failures have left. */
void trial_finish(struct trial *trial);
/* Whether the states are the rows. */
void trial_compare(struct trial *trial);
/* Whether the stream brought what it brings without snapshots and without failures, once, and in order. */
void trial_compare_events(struct trial *trial);

#endif
