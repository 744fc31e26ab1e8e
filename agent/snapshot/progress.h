/*
 * How far the work on one table has come, and its text form, which is stored with the checkpoint under "snapshot:<table>":
 *
 *     job=load state=running run=20261127T183000Z-5f3a phase=rows part=0/1 rows=120000 of=5000000 busy=0 loaded=0 verified=0 since=… until=… why=… after=<place>
 *
 * words in this order; `why` has its spaces as %20; `after`, the last, goes to the end.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "cdc/buf.h"
#include "cdc/clock.h"

#define PROGRESS_PREFIX    "snapshot:"
#define PROGRESS_RUN       40
#define PROGRESS_SCRUB     '~'         /* the first letter of a run that nobody asked for */
#define PROGRESS_CANCELLED "cancelled" /* why it failed, when somebody wanted it so */

enum progress_job {
    PROGRESS_LOAD,   /* the first one: the store has nothing of this table */
    PROGRESS_RELOAD, /* rows are compared and put right, states without a row go */
    PROGRESS_VERIFY, /* what differs is noted */
    PROGRESS_REPAIR, /* noted and put right */
};

enum progress_state { PROGRESS_RUNNING, PROGRESS_PAUSED, PROGRESS_DONE, PROGRESS_FAILED };

enum progress_phase {
    PROGRESS_ROWS, /* the table's rows, in the order of its key */
    PROGRESS_BUSY, /* rows that could not be compared, because they were being changed: again, one by one */
    PROGRESS_COLLECT, /* the keys of the rows that belong to a part, since they are not known yet */
    PROGRESS_KEYS,    /* the store's keys of that part */
};

struct progress {
    enum progress_job job;
    enum progress_state state;
    enum progress_phase phase;
    char run[PROGRESS_RUN];
    uint32_t part, parts; /* of the keys, in the phases COLLECT and KEYS */
    uint64_t rows;        /* that were handled in the phase ROWS */
    uint64_t estimate;
    uint64_t busy;    /* rows that could not be compared in the end */
    bool loaded;      /* the table was loaded once, by this job or one before it */
    int64_t verified; /* when it was last compared as a whole, in seconds since 1970; 0: not yet */
    char begun[CDC_TIME_TEXT], ended[CDC_TIME_TEXT];
    char why[200];        /* it failed, or waits; "" */
    struct cdc_buf after; /* the last row that was handled; empty: none */
};

const char *progress_job_name(enum progress_job job);
const char *progress_state_name(enum progress_state state);
const char *progress_phase_name(enum progress_phase phase);
/* -1: no such name. */
int progress_job_parse(struct cdc_slice name, enum progress_job *job) CDC_MUST_CHECK;

void progress_fini(struct progress *progress);
/* Begins anew; `run` names this run. Keeps `loaded` and `verified`. */
void progress_begin(struct progress *progress, enum progress_job job, const char *run);
/* A name for a run that begins now, by the clock and by chance. */
void progress_new_run(char out[PROGRESS_RUN]);
void progress_print(const struct progress *progress, struct cdc_buf *out);
/* -1: not a progress; it is as after progress_fini() then. */
int progress_parse(struct progress *progress, struct cdc_slice text) CDC_MUST_CHECK;

#endif
