/*
 * What the pipeline counts: written by its threads, read by anyone, without locks. A counter of a table or a histogram has one
 * writer, which is what makes it cheap; the others may have several.
 */
#ifndef STATS_H
#define STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "cdc/err.h"
#include "cdc/event.h"
#include "cdc/row.h"

enum { STATS_TRUNCATE = CDC_OP_DELETE + 1, STATS_OPS, STATS_REASONS = 16, STATS_WORDS = 32 };

/* "insert", "update", "delete", "truncate" */
const char *stats_op_name(unsigned op);

/* One mapped table. Written by the source thread; the snapshot's by whoever makes it. */
struct stats_table {
    struct cdc_slice name; /* "public.reservation"; the map's */
    _Atomic uint64_t ops[STATS_OPS];
    _Atomic uint64_t filtered;                /* mappings whose `where` did not fit */
    _Atomic uint64_t rejected[STATS_REASONS]; /* by reason, see stats_reason() */
    _Atomic int64_t changed_us;               /* commit time of its newest change; 0: none yet */
    _Atomic uint64_t snapshot_rows;           /* that were read since the start */
    _Atomic uint64_t snapshot_done;           /* of the job that runs, or ran last */
    _Atomic uint64_t snapshot_estimated;      /* rows, by the catalogue; 0: not known */
};

/* Values in [0, bounds[0]], … and beyond. One thread writes. */
struct stats_histogram {
    const int64_t *bounds; /* upper ones, rising */
    size_t n;
    _Atomic uint64_t buckets[24]; /* n + 1 of them; not cumulative */
    _Atomic uint64_t sum;
};

enum stats_verified { STATS_SAME, STATS_MISSING, STATS_DIFFERENT, STATS_EXTRA, STATS_VERIFIED };

/* "same", "missing", "different", "extra" */
const char *stats_verified_name(enum stats_verified verified);

struct stats {
    /* counters */
    _Atomic uint64_t rows;         /* row changes that were mapped, or rejected */
    _Atomic uint64_t filtered;     /* mappings whose `where` did not fit */
    _Atomic uint64_t events;       /* records that were queued, before comparison in the store */
    _Atomic uint64_t rejected;     /* rows that went to the dead letters */
    _Atomic uint64_t transactions; /* that were applied */
    _Atomic uint64_t batches;      /* that were applied */
    _Atomic uint64_t sweeps;       /* steps in which states of emptied tables were removed */
    _Atomic uint64_t source_reconnects, sink_reconnects;
    _Atomic uint64_t bytes_read;
    _Atomic unsigned nwords;
    const char *words[STATS_WORDS]; /* what errors of the sink are called; written before nwords covers it */
    _Atomic uint64_t sink_errors[STATS_WORDS];
    _Atomic uint64_t verified[STATS_VERIFIED];
    size_t ntables;
    struct stats_table *tables;    /* each mapped table once */
    struct stats_table **of_shape; /* of the shapes of the map, in its order */
    _Atomic unsigned nreasons;
    const char *reasons[STATS_REASONS];        /* written before nreasons covers it */
    struct stats_histogram commit_to_store_us; /* one value for each transaction */
    struct stats_histogram apply_us;           /* a batch, from sending to the answer */
    struct stats_histogram batch_records;
    /* gauges */
    _Atomic int source_up, sink_up, leader;
    _Atomic int64_t source_since_us, sink_since_us; /* wall clock when that last changed; 0: never yet */
    _Atomic int snapshot_running;
    _Atomic int slot_dropped;     /* the source was made to give up what it kept for us */
    _Atomic int reload_failed;    /* the last reload of the configuration was not taken */
    _Atomic int64_t caught_up_ms; /* cdc_now_ms() when the source last had nothing more; 0: not yet */
    _Atomic int64_t
        applied_commit_us;      /* commit time of the newest transaction that is applied; 0: none yet */
    _Atomic int64_t applied_us; /* wall clock of the newest answer to a batch; 0: none yet */
    _Atomic int64_t
        in_flight_us; /* commit time of the oldest change that was sent and not answered; 0: none */
    _Atomic int64_t complete_us; /* the store surely holds what was committed up to then; 0: not known yet */
    _Atomic int64_t
        through_ms; /* cdc_now_ms() when something last went all the way from source to store; 0: never */
    _Atomic uint64_t retained_bytes, behind_bytes;
    _Atomic int64_t
        keep_ms; /* how long the server keeps what was written to its log; 0: not limited, or not known */
    _Atomic int64_t
        safe_bytes; /* of log that may come before the server drops what we need; -1: no limit, or not known */
    _Atomic int64_t capture_turn_ms,
        apply_turn_ms; /* cdc_now_ms() when the thread last came round its loop */
};

/* Makes `stats` for these shapes, which must outlive it; `ntables` names in all at most. -1: no memory. */
int stats_init(struct stats *stats, const struct cdc_shape *shapes, size_t nshapes) CDC_MUST_CHECK;
void stats_fini(struct stats *stats);

/* The table of this name; NULL: it is not mapped. */
struct stats_table *stats_find(struct stats *stats, struct cdc_slice name);

/* The only writer of a counter adds to it. */
static inline void stats_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline uint64_t stats_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* source_up or sink_up, with the time. */
void stats_set_up(_Atomic int *up, _Atomic int64_t *since_us, int value);
/* Source thread: the slot of a reason in stats_table's `rejected`. `reason` is a constant; the last slot takes what has no room. */
unsigned stats_reason(struct stats *stats, struct cdc_slice reason);
/* Sink thread: counts an error of the sink by its word, or its class. */
void stats_sink_error(struct stats *stats, const struct cdc_err *err);
/* The histogram's writer: `n` times the same value. */
void stats_observe(struct stats_histogram *histogram, int64_t value, uint64_t n);

/*
 * How far the store is behind the database, in milliseconds: 0 when nothing is pending, -1 when it is not known. `oldest_us`: commit time
 * of the oldest change that waits for the store; 0: none does.
 */
int64_t stats_lag_ms(const struct stats *stats, int64_t heartbeat_ms, int64_t oldest_us);
/*
 * The time until the server may purge log that is still needed, for a lag as above; at least that long, since it purges whole files that
 * have not been written to for `keep_ms`. -1: never, or not known.
 */
int64_t stats_purge_ms(const struct stats *stats, int64_t lag_ms);
/* Whether something went from source to store lately, and both are there. */
int stats_flows(const struct stats *stats, int64_t heartbeat_ms);

#endif
