/* What the two threads of a pipeline share; private to agent/pipeline. */
#ifndef PIPELINE_SHARED_H
#define PIPELINE_SHARED_H

#include <pthread.h>

#include "pipeline/pipeline.h"
#include "pipeline/queue.h"
#include "pipeline/retention.h"
#include "pipeline/troubles.h"
#include "pipeline/window.h"

#include "cdc/clock.h"

/* Where the source thread is to begin; set by the sink thread, guarded by the pipeline's lock. */
struct session {
    _Atomic uint64_t generation; /* 0: not yet; written under the lock, read by anyone */
    struct cdc_checkpoint checkpoint;
};

struct pipeline {
    struct pipeline_params params;
    struct queue queue;
    struct window window;
    struct stats stats;
    struct troubles troubles;
    struct snapshot *snapshot;  /* NULL: none */
    struct retention retention; /* the source thread's */
    pthread_t capture_thread, apply_thread;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* anything below */
    struct session session;
    struct cdc_buf origin_identity,
        origin_position; /* of a first run; set by the source thread before its first batch */
    struct cdc_buf applied_position;
    char trouble[600];       /* the last passing error, for people; "" */
    struct cdc_err failure;  /* the first one that ends the pipeline; class NONE: none */
    _Atomic bool stopping;   /* likewise */
    _Atomic bool draining;   /* to stop between two transactions */
    _Atomic bool drained;    /* done so: another pipeline of this process goes on, and the lease is for it */
    _Atomic bool store_lost; /* the store lacks what the source can no longer send; `failure` says so */
    _Atomic bool standby;    /* the store has said that another agent runs */
    _Atomic int64_t held_ms; /* cdc_now_ms() when the store last said that the lease is ours */
    unsigned running;        /* threads */
};

void *capture_main(void *pipeline);
void *apply_main(void *pipeline);

/* Whether the threads are to end. */
bool shared_stopping(struct pipeline *pl);
/* The thread's loop has come round: `turn_ms` is its mark in the stats. */
static inline void shared_turn(_Atomic int64_t *turn_ms)
{
    atomic_store_explicit(turn_ms, cdc_now_ms(), memory_order_relaxed);
}

/* Whether the lease is surely ours still. Who cannot renew it goes on with the stream that it has, but opens no other. */
bool shared_holds(struct pipeline *pl);
/* Sleeps, or returns early when the pipeline is stopping. */
void shared_sleep(struct pipeline *pl, int64_t ms);
/* The same between two tries; a moment also while stopping, since what is in flight is still worth a few tries. */
void shared_pause(struct pipeline *pl, int64_t ms);
/* Notes an error that will pass, for the status and among the troubles, and logs it as "what: …" unless it is the same as before. */
void shared_trouble(struct pipeline *pl, const char *what, const struct cdc_err *err);
void shared_trouble_over(struct pipeline *pl);
/* How far the store is behind, see stats_lag_ms(). */
int64_t shared_lag_ms(struct pipeline *pl);
/* Ends the pipeline with this error, unless it is ending with another one already. */
void shared_fail(struct pipeline *pl, const struct cdc_err *err);

/* Sink thread: a new generation begins at `checkpoint`. */
int shared_begin_session(struct pipeline *pl, const struct cdc_checkpoint *checkpoint);
/* Source thread: waits up to `ms` for a generation newer than `seen`; copies its checkpoint. 0: none came, or the pipeline stops. */
uint64_t shared_wait_session(struct pipeline *pl, uint64_t seen, struct cdc_checkpoint *checkpoint,
                             int64_t ms);

#endif
