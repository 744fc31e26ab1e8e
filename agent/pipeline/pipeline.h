/*
 * The pipeline of one connector: a source thread (capture.c) that turns row changes into batches of events, a queue bounded
 * in bytes, and a sink thread (apply.c) that holds the lease and applies them.
 *
 *     source -> capture: map, encode -> queue -> apply -> store
 *                  ^                               |
 *                  '------ session, window --------'
 *
 * The session goes the other way: where to begin, as the store's checkpoint says. When the store went back (a failover, a
 * restore) the sink thread begins a new generation, and the source thread starts again at the new checkpoint.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "cdc/sink.h"
#include "cdc/source.h"
#include "config/config.h"
#include "map/map.h"
#include "pipeline/stats.h"
#include "pipeline/troubles.h"
#include "snapshot/snapshot.h"

struct pipeline;

/* All of it must outlive the pipeline. */
struct pipeline_params {
    const struct config *config;
    struct map *map;
    const struct cdc_source_ops *source_ops;
    struct cdc_source *source;
    const struct cdc_sink_ops *sink_ops;
    struct cdc_sink *sink;
    /* To make more of the same, for snapshots; NULL: there are none. */
    const struct cdc_source_params *source_params;
    const struct cdc_sink_params *sink_params;
    int64_t lease_ms; /* how long the sink's lease lasts when it is not renewed; 0: for ever */
};

/* What people are shown of it. */
struct pipeline_status {
    const char *
        state; /* "standby", "connecting", "streaming", "redis down", "database down", "slot dropped", "stopping" */
    const char *waits; /* why it is not streaming, the last error; "" */
    char text[600];
    char position[512];
    int64_t lag_ms;         /* -1: not known */
    struct cdc_err failure; /* what ends it; class NONE: nothing does */
    uint64_t queue_bytes, queue_limit_bytes;
};

/* Prepares the map's shapes for the sink and starts the threads. */
int pipeline_start(struct pipeline **pipeline, const struct pipeline_params *params,
                   struct cdc_err *err) CDC_MUST_CHECK;
/* Asks both threads to finish what is in flight and end. Returns at once; any thread. */
void pipeline_stop(struct pipeline *pipeline);
/*
 * Asks the pipeline to end between two transactions, with all applied, so that another one of the same process, with other rules, can
 * go on: it keeps the lease. That may take as long as a transaction lasts. Returns at once; any thread.
 */
void pipeline_drain(struct pipeline *pipeline);
/* Waits up to timeout_ms for the threads to end. True when they have. */
bool pipeline_wait(struct pipeline *pipeline, int timeout_ms);
/*
 * After pipeline_wait() said true: joins the threads and frees everything. Returns 0, or -1 with the error that ended the
 * pipeline.
 */
int pipeline_finish(struct pipeline *pipeline, struct cdc_err *err);

struct stats *pipeline_stats(struct pipeline *pipeline);
/* NULL: there are none. */
struct snapshot *pipeline_snapshot(struct pipeline *pipeline);
void pipeline_status(struct pipeline *pipeline, struct pipeline_status *status);
/* Adds one, for people. Any thread. */
void pipeline_note(struct pipeline *pipeline, const char *what, const struct cdc_err *err);
/* The last troubles, newest first. Returns how many. Any thread. */
unsigned pipeline_troubles(struct pipeline *pipeline, struct trouble out[TROUBLES_KEPT]);
/* Events that were emitted, by type, as far as the store told (cdc/sink.h). Any thread. */
void pipeline_counts(struct pipeline *pipeline, void (*each)(void *ctx, struct cdc_slice type, uint64_t n),
                     void *ctx);

#endif
