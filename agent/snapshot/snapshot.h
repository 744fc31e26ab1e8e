/*
 * Snapshots: the first load of a table, the load of an added one, the resnapshot after a gap, and verification. All of it happens beside
 * the stream, and is merged into it by the capture thread, which decides everything in the order of the stream.
 *
 *     table ──reader (a thread)──► chunk of rows ─┐
 *                                                 ├─► merge: in small batches between transactions ──► queue
 *     stream ──────────► keys lately touched ─────┘
 *
 * A row of a chunk is written only as far as no streamed transaction that the chunk does not surely see touched it. Progress goes with the
 * batches into the checkpoint, so that a restart, or a store that went back, goes on where the data is.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "map/map.h"
#include "snapshot/progress.h"
#include "snapshot/reader.h"

struct snapshot;

struct snapshot_params {
    struct reader_params reader;
    struct map *map;       /* the capture thread's */
    struct cdc_sink *sink; /* what encodes */
};

/* What people are shown of a table's progress. */
struct snapshot_status {
    const char *table; /* "public.reservation"; lives as long as the configuration */
    bool known;        /* there is or was a job */
    enum progress_job job;
    enum progress_state state;
    enum progress_phase phase;
    uint64_t rows, estimate;
    uint64_t rows_total; /* that this process has read of it, of all jobs */
};

int snapshot_new(struct snapshot **snapshot, const struct snapshot_params *params,
                 struct cdc_err *err) CDC_MUST_CHECK;
void snapshot_free(struct snapshot *snapshot);

/* ---- any thread ---- */

/*
 * "start|pause|resume|cancel <job> <run> <table, or *>", as the commands send it. A request that makes no sense is logged and dropped.
 */
void snapshot_ask(struct snapshot *snapshot, struct cdc_slice text);
/* Of table `i` of the configuration. False: there is none. */
bool snapshot_status(struct snapshot *snapshot, size_t i, struct snapshot_status *out);
/* Whether a job runs, other than a verification. */
bool snapshot_loading(struct snapshot *snapshot);

/* ---- capture thread ---- */

/* A session begins at this checkpoint: what is to be done is as it says, and as the configuration asks for. */
int snapshot_open(struct snapshot *snapshot, const struct cdc_checkpoint *checkpoint,
                  struct cdc_err *err) CDC_MUST_CHECK;
/* All tables are to be loaded anew, since changes were lost: the progress for the checkpoint that begins anew. */
int snapshot_reload_all(const struct config *config, struct cdc_buf *progress,
                        struct cdc_err *err) CDC_MUST_CHECK;
/* The stream starts, or starts again, at this position. */
int snapshot_stream(struct snapshot *snapshot, struct cdc_slice position, struct cdc_err *err) CDC_MUST_CHECK;

/* A row change of the stream. */
struct snapshot_change {
    const struct cdc_row *row;
    const struct cdc_tx *tx;
    uint64_t ordinal;
    struct cdc_batch
        *batch; /* that holds what it became, and gets what there is to add; NULL: it was applied before */
};

/* Whether the stream is to be watched: then snapshot_row() must be told of every row change, also of one that was applied before. */
bool snapshot_watches(const struct snapshot *snapshot);
void snapshot_tx(struct snapshot *snapshot);
/* `result`, what the change became, counts no longer afterwards. */
int snapshot_row(struct snapshot *snapshot, const struct snapshot_change *change,
                 const struct map_result *result, struct cdc_err *err) CDC_MUST_CHECK;
void snapshot_truncate(struct snapshot *snapshot);

/*
 * Between transactions, when the stream stands at `position`: fills the batch, which is empty, with some rows, or with progress.
 * 1: it is to be handed over, with that position; 0: nothing to do now.
 */
int snapshot_turn(struct snapshot *snapshot, struct cdc_slice position, struct cdc_batch *batch,
                  struct cdc_err *err) CDC_MUST_CHECK;
/* The position that the stream must reach before there is something to do; empty: none. Lives until the next turn. */
struct cdc_slice snapshot_awaits(const struct snapshot *snapshot);
/* How long to wait for the source before the next turn: 0: there is something to do as soon as the queue allows; -1: for ever. */
int snapshot_wait_ms(const struct snapshot *snapshot);

#endif
