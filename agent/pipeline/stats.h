/* What the pipeline counts: written by its threads, read by anyone, without locks. */
#ifndef STATS_H
#define STATS_H

#include <stdatomic.h>
#include <stdint.h>

struct stats {
    /* counters */
    _Atomic uint64_t rows;         /* row changes that were mapped, or rejected */
    _Atomic uint64_t filtered;     /* mappings whose `where` did not fit */
    _Atomic uint64_t events;       /* records that were queued, before comparison in the store */
    _Atomic uint64_t rejected;     /* rows that went to the dead letters */
    _Atomic uint64_t transactions; /* that were applied */
    _Atomic uint64_t batches;      /* that were applied */
    _Atomic uint64_t source_reconnects, sink_reconnects;
    _Atomic uint64_t bytes_read;
    /* gauges */
    _Atomic int source_up, sink_up, leader;
    _Atomic int64_t caught_up_ms; /* cdc_now_ms() when the source last had nothing more; 0: not yet */
    _Atomic int64_t
        applied_commit_us; /* commit time of the newest transaction that is applied; 0: none yet */
    _Atomic uint64_t retained_bytes, behind_bytes;
};

/* How far the store is behind the database, in milliseconds: 0 when nothing is pending, -1 when it is not known. */
int64_t stats_lag_ms(struct stats *stats, int64_t heartbeat_ms, int pending);

#endif
