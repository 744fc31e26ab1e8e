/* Inside of snapshots: what snapshot.c (what is to be done), request.c (what people ask for) and merge.c (doing it) share. */
#ifndef SNAPSHOT_IMPL_H
#define SNAPSHOT_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "snapshot/keyhash.h"
#include "snapshot/keyset.h"
#include "snapshot/keysums.h"
#include "snapshot/snapshot.h"
#include "snapshot/touched.h"

#define BUSY_MAX    1000 /* rows of a table that are compared again */
#define BUSY_ROUNDS 5

struct task {
    struct progress progress;
    char name[256];         /* "schema.table", as in the configuration */
    bool known;             /* there is a job, or was one */
    bool dirty;             /* the progress is to be stored; see task_changed() */
    bool due;               /* snapshot.mode is `always`, and this process has not loaded it yet */
    uint64_t serial;        /* of the order under way; 0: none */
    struct cdc_buf busy;    /* places of rows to be compared again, each with a NUL behind it … */
    uint32_t nbusy, rounds; /* … how many, and how often that was done */
    struct cdc_buf round;   /* those that are being compared again, … */
    size_t round_at;        /* … as far as this was done */
    uint64_t skipped;       /* rows that are not among them, for want of room … */
    uint64_t lost;          /* … or since the session in which they were met is over */
    bool keys_known;        /* those of all rows are remembered, or summed up */
    bool keys_due;          /* others are to be remembered from now on */
    bool many;              /* keys: they do not fit */
    uint64_t rows_total;
};

struct snapshot {
    struct snapshot_params params;
    struct reader *reader;
    size_t ntables;
    struct task *tasks;
    struct cdc_buf
        forgotten; /* names of progress that belongs to no table any more, each with a NUL behind it */
    uint64_t serial;

    struct keyhash seed;
    struct touched touched;
    bool watching;
    bool standing;        /* a load rests in the middle of its table: rows that move must not be missed */
    bool anew;            /* a load begins anew at the next turn */
    struct cdc_buf since; /* the stream's position when watching began */
    struct keyset
        rejected; /* keys of rows that the stream rejected since it is watched: they have their dead letter */
    struct keyset keys;
    struct keysums sums;
    long keys_of; /* the table whose keys they hold; -1: none */

    struct chunk *chunk;       /* being merged; NULL: none */
    uint32_t row;              /* the next of its rows */
    bool reached;              /* the stream has all that the chunk saw */
    int64_t looked_ms;         /* when that was last asked */
    uint64_t chunk_rows;       /* at most; less after an overflow */
    struct cdc_field *scratch; /* of one event */
    bool dirty;                /* a task is, or there are names to forget */
    int64_t scrub_ms;          /* when it was last looked what is to be verified again */

    pthread_mutex_t lock;    /* for the requests and for what status reads */
    struct cdc_buf requests; /* each with a NUL behind it */
    atomic_bool asked;
    struct snapshot_status *status;
    atomic_bool loading;
};

static inline const struct config *snapshot_config(const struct snapshot *s)
{
    return s->params.reader.config;
}

/* Whether states without a row are looked for when the rows are done. */
static inline bool task_wants_keys(const struct task *task)
{
    return task->progress.job != PROGRESS_LOAD;
}

/* snapshot.c */
/* The progress is to be stored, and shown. */
void task_changed(struct snapshot *s, struct task *task);
void task_begin(struct snapshot *s, struct task *task, enum progress_job job, const char *run);
/* Orders what the tasks need now, and no more; `anew`: what was read before is of no use. */
int snapshot_order(struct snapshot *s, bool anew, struct cdc_err *err) CDC_MUST_CHECK;

void snapshot_drop_chunk(struct snapshot *s);
/* NULL: no table of that name is mapped. */
struct task *snapshot_task(struct snapshot *s, struct cdc_slice name);
/* Ends a job, well or not (`why`). */
void task_end(struct snapshot *s, struct task *task, enum progress_state state, const char *why);

/* turn.c */
int snapshot_put_progress(struct task *task, struct cdc_batch *batch, struct cdc_err *err) CDC_MUST_CHECK;

/* keys.c */
void keys_forget(struct snapshot *s, struct task *task);
/* Before the task's phase is ordered: begins to remember what it needs, if that is not so already. */
int keys_prepare(struct snapshot *s, struct task *task, struct cdc_err *err) CDC_MUST_CHECK;
/* The first rows are there, and it is known about how many there will be. */
int keys_estimated(struct snapshot *s, struct task *task, struct cdc_err *err) CDC_MUST_CHECK;
/* The next phase reads the rows' keys: those of all were not met, or did not fit. */
void keys_collect(struct snapshot *s, struct task *task);
/* All keys of the store are through. True: the job is over. */
bool keys_judged(struct snapshot *s, struct task *task);
/* The key of a state that has a row: as the stream, or a chunk, says. */
int keys_streamed(struct snapshot *s, uint64_t hash, struct cdc_err *err) CDC_MUST_CHECK;
int keys_read(struct snapshot *s, uint64_t hash, struct cdc_err *err) CDC_MUST_CHECK;
/* The key of a state. True: there is no row for it. */
bool keys_judge(struct snapshot *s, uint64_t hash);

/* merge.c: row `i` of the chunk at hand goes into the batch. */
struct merging {
    struct snapshot *s;
    struct cdc_batch *batch;
    struct cdc_buf id; /* of the transaction that the rows stand for */
    struct cdc_tx tx;
    char type[80]; /* of an event that a snapshot makes */
};
int merge_row(struct merging *m, uint32_t i, struct cdc_err *err) CDC_MUST_CHECK;

/* scrub.c: begins to verify a table again, if it is time. */
bool scrub_when_due(struct snapshot *s);

/* request.c */
int snapshot_requests(struct snapshot *s, struct cdc_err *err) CDC_MUST_CHECK;

#endif
