/*
 * The sink thread: holds the lease, takes batches from the queue, numbers them, has several in flight, and gives them back once
 * the store is known to hold them.
 *
 * After a lost connection it acquires again and reads from the checkpoint which batches arrived; the others are sent again from
 * memory. If the store went back, or somebody else wrote meanwhile, memory is of no use: a new generation begins at the
 * checkpoint. A lease that is lost to another agent ends the pipeline.
 */
#include <stdlib.h>

#include "pipeline/backoff.h"
#include "pipeline/beat.h"
#include "pipeline/flight.h"
#include "pipeline/shared.h"
#include "pipeline/tally.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define MAX_IN_FLIGHT 3
#define BEAT_MS       1000
#define STANDBY_MS    250 /* between two looks at the lease */
#define REPLY_WAIT_MS 100 /* between two looks at the clock while replies are awaited */
#define TEND_WAIT_MS  20
#define STOP_WAIT_MS  4000 /* for a store that does not answer, once we are to stop */

struct apply {
    struct pipeline *pl;
    const struct cdc_sink_ops *ops;
    struct cdc_sink *sink;
    struct flight flight;
    struct backoff backoff;
    bool well;                        /* nothing went wrong since something was done */
    struct cdc_checkpoint checkpoint; /* as acquired */
    struct beat beat;
    uint64_t beaten; /* beats that were answered, when we last looked */
    uint64_t epoch;  /* of the lease we hold or held; 0: never held */
    int64_t beat_ms, tend_ms;
    int64_t caught_up_ms; /* what the source said when tend() was last due */
    uint64_t beats;       /* as many were to be answered after the last one … */
    bool beat_proves;     /* … whose answer proves that the way from source to store is open */
    int64_t stop_ms;      /* when we noticed that we are to stop; 0: not yet */
    bool begun;           /* the store knows the source's identity */
};

static void note_in_flight(struct apply *a)
{
    const struct cdc_batch *oldest = a->flight.head;

    while (oldest && !oldest->first_commit_us)
        oldest = oldest->next;
    atomic_store(&a->pl->stats.in_flight_us, oldest ? oldest->first_commit_us : 0);
}

static void note_applied(struct apply *a, const struct cdc_batch *batch)
{
    struct pipeline *pl = a->pl;

    tally_applied(pl, batch);
    pthread_mutex_lock(&pl->lock);
    cdc_buf_reset(&pl->applied_position);
    cdc_buf_put_slice(&pl->applied_position, cdc_buf_slice(&batch->position));
    pthread_mutex_unlock(&pl->lock);
    if (batch->position.len)
        cdc_log_position(batch->position.data, batch->position.len);
}

/* The store does what it is there for: being reached alone, as a store that is full can be, is not enough. */
static void note_well(struct apply *a)
{
    if (a->well)
        return;
    a->well = true;
    cdc_log(CDC_LOG_INFO, "writing to %s epoch=%llu batch=%llu", a->ops->name, (unsigned long long)a->epoch,
            (unsigned long long)a->flight.applied);
    backoff_reset(&a->backoff);
    shared_trouble_over(a->pl);
}

/* Gives back all batches up to number `applied`. */
static int settle(struct apply *a, uint64_t applied, struct cdc_err *err)
{
    struct cdc_batch *batch;
    int rc = 0;

    while ((batch = flight_pop(&a->flight, applied)) != NULL) {
        note_well(a);
        note_applied(a, batch);
        /* A position inside an open transaction is its beginning, which is safe as well. */
        if (batch->position.len &&
            window_record(&a->pl->window, cdc_buf_slice(&batch->position), cdc_now_ms()))
            rc = cdc_err_memory(err);
        queue_release(&a->pl->queue, batch);
    }
    note_in_flight(a);
    return rc;
}

/* What people ask of snapshots came with the beat. */
static void take_requests(struct apply *a)
{
    struct cdc_buf text = {0};

    while (a->pl->snapshot && a->ops->requested && a->ops->requested(a->sink, &text)) {
        snapshot_ask(a->pl->snapshot, cdc_buf_slice(&text));
        cdc_buf_reset(&text);
    }
    cdc_buf_fini(&text);
}

static int collect(struct apply *a, int timeout_ms, struct cdc_err *err)
{
    uint64_t applied = a->flight.applied;

    if (a->ops->collect(a->sink, timeout_ms, &applied, err))
        return -1;
    take_requests(a);
    return settle(a, applied, err);
}

/* A sweep must find everything that comes before its batch applied. */
static int settle_before(struct apply *a, const struct cdc_batch *batch, struct cdc_err *err)
{
    while (a->flight.head != batch)
        if (collect(a, REPLY_WAIT_MS, err))
            return -1;
    return 0;
}

static int beat_when_due(struct apply *a, struct cdc_err *err);

/* Whether we have been asked to stop for so long that what is in flight has to wait for the next start. */
static bool out_of_time(struct apply *a)
{
    if (!shared_stopping(a->pl))
        return false;
    if (a->stop_ms == 0)
        a->stop_ms = cdc_now_ms();
    return cdc_now_ms() - a->stop_ms > STOP_WAIT_MS;
}

static int give_up(struct apply *a, struct cdc_err *err)
{
    return out_of_time(a)
               ? cdc_err_set(err, CDC_ERR_RETRY, "stopped before all states of a table were removed")
               : 0;
}

static int sweep(struct apply *a, const struct cdc_batch *batch, struct cdc_err *err)
{
    if (settle_before(a, batch, err))
        return -1;
    for (uint32_t i = 0; i < batch->nsweep; i++) {
        uint64_t cursor = 0;
        int done;
        do {
            shared_turn(&a->pl->stats.apply_turn_ms);
            done = a->ops->sweep(a->sink, batch->sweep[i], &cursor, err);
            stats_add(&a->pl->stats.sweeps, done >= 0);
            if (done == 0 && (beat_when_due(a, err) || give_up(a, err)))
                done = -1;
        } while (done == 0);
        if (done < 0)
            return -1;
    }
    return 0;
}

/* A first run: the store learns whose changes these are, and where they begin, before the first batch. */
static int begin(struct apply *a, struct cdc_err *err)
{
    struct pipeline *pl = a->pl;
    struct cdc_buf identity = {0}, position = {0};
    int rc;

    if (a->begun)
        return 0;
    pthread_mutex_lock(&pl->lock);
    cdc_buf_put_slice(&identity, cdc_buf_slice(&pl->origin_identity));
    cdc_buf_put_slice(&position, cdc_buf_slice(&pl->origin_position));
    pthread_mutex_unlock(&pl->lock);
    rc = identity.failed || position.failed ? cdc_err_memory(err) : 0;
    if (rc == 0)
        rc = a->ops->begin(a->sink, cdc_buf_slice(&identity), cdc_buf_slice(&position), err);
    a->begun = rc == 0;
    cdc_buf_fini(&identity);
    cdc_buf_fini(&position);
    return rc;
}

static int send_batch(struct apply *a, struct cdc_batch *batch, struct cdc_err *err)
{
    if (batch->nsweep && sweep(a, batch, err))
        return -1;
    batch->sent_us = cdc_now_us();
    return a->ops->submit(a->sink, batch, err);
}

static int send_new(struct apply *a, struct cdc_batch *batch, struct cdc_err *err)
{
    if (batch->generation != atomic_load(&a->pl->session.generation)) {
        queue_release(&a->pl->queue, batch);
        return 0;
    }
    flight_add(&a->flight, batch);
    note_in_flight(a);
    return begin(a, err) || send_batch(a, batch, err) ? -1 : 0;
}

/* Nothing waits here, and the source had nothing more: what is sent to the store now comes after all of that. */
static bool is_idle(const struct apply *a)
{
    return a->caught_up_ms && a->flight.count == 0 && queue_idle(&a->pl->queue);
}

/*
 * An answered beat has renewed the lease. It says that the store is well only if nothing waits to be written: a store that is full
 * answers beats, and refuses batches.
 */
static void note_held(struct apply *a)
{
    uint64_t beaten = a->ops->beaten ? a->ops->beaten(a->sink) : a->beaten + 1;

    if (beaten != a->beaten) {
        shared_turn(&a->pl->held_ms);
        if (a->flight.count == 0)
            note_well(a);
    }
    a->beaten = beaten;
}

/* A beat that is answered is a heartbeat of the source that went all the way, if the source was heard when it was sent. */
static void note_beat(struct apply *a)
{
    uint64_t beaten = a->ops->beaten ? a->ops->beaten(a->sink) : 0;

    if (a->beat_proves && beaten >= a->beats) {
        a->beat_proves = false;
        shared_turn(&a->pl->stats.through_ms);
    }
}

static void expect_beat(struct apply *a)
{
    int64_t lag = stats_lag_ms(&a->pl->stats, a->pl->params.config->source.heartbeat_ms, 0);

    if (a->beat_proves || !a->ops->beaten)
        return;
    a->beats = a->ops->beaten(a->sink) + 1;
    a->beat_proves = is_idle(a) && lag == 0;
}

static int beat_when_due(struct apply *a, struct cdc_err *err)
{
    int64_t now = cdc_now_ms();

    note_held(a);
    if (now - a->beat_ms < BEAT_MS)
        return 0;
    a->beat_ms = now;
    expect_beat(a);
    tally_findings(a->pl);
    beat_make(&a->beat, a->pl, a->pl->params.config);
    return a->ops->beat(a->sink, &a->beat.pairs, err);
}

/*
 * Up to when the store holds what the source committed: to the moment when the source last had nothing more, if nothing waits here
 * (that moment as it was known a turn ago: what was received by then has been handed over since); else as far as was applied.
 * Time must not bring about what a change that is still under way prevents.
 */
static int64_t as_of_ms(const struct apply *a)
{
    int64_t applied = atomic_load(&a->pl->stats.applied_commit_us) / 1000, idle;

    if (!is_idle(a))
        return applied;
    idle = cdc_wall_us() / 1000 - (cdc_now_ms() - a->caught_up_ms);
    return idle > applied ? idle : applied;
}

/* With the beat, and again at once while there is more to do. */
static int tend_when_due(struct apply *a, struct cdc_err *err)
{
    int64_t now = cdc_now_ms(), as_of = as_of_ms(a);
    bool due = now - a->tend_ms >= BEAT_MS;

    if (!a->begun || !(due || a->ops->tending(a->sink)))
        return 0;
    atomic_store(&a->pl->stats.complete_us, as_of * 1000);
    if (a->ops->tend(a->sink, as_of, err))
        return -1;
    if (due) {
        a->tend_ms = now;
        a->caught_up_ms = atomic_load(&a->pl->stats.caught_up_ms);
    }
    return a->flight.count
               ? 0
               : collect(a, TEND_WAIT_MS, err); /* what it says decides when the next one is due */
}

static int until_beat(const struct apply *a)
{
    int64_t left = a->beat_ms + BEAT_MS - cdc_now_ms();

    return left < 0 ? 0 : (int)left;
}

/* One turn: a batch if there is one and room for it, else whatever replies come. */
static int turn(struct apply *a, struct cdc_err *err)
{
    struct cdc_batch *batch = NULL;

    shared_turn(&a->pl->stats.apply_turn_ms);
    if (a->flight.count < MAX_IN_FLIGHT)
        batch = queue_take(&a->pl->queue, a->flight.count || a->ops->tending(a->sink) ? 0 : until_beat(a));
    if (batch && send_new(a, batch, err))
        return -1;
    if (collect(a, batch || a->flight.count == 0 ? 0 : REPLY_WAIT_MS, err))
        return -1;
    note_beat(a);
    return beat_when_due(a, err) || tend_when_due(a, err) ? -1 : 0;
}

static bool finished(struct apply *a)
{
    if (a->flight.count == 0 && queue_finished(&a->pl->queue))
        return true;
    return out_of_time(a);
}

static int stream(struct apply *a, struct cdc_err *err)
{
    while (!finished(a))
        if (turn(a, err))
            return -1;
    return 0;
}

/* The store is not where we left it: what we hold in memory does not follow it. Start again from its checkpoint. */
static int restart(struct apply *a, struct cdc_err *err)
{
    flight_drop(&a->flight, &a->pl->queue);
    queue_clear(&a->pl->queue);
    flight_init(&a->flight, a->checkpoint.batch);
    a->begun = a->checkpoint.identity.len > 0;
    if (shared_begin_session(a->pl, &a->checkpoint))
        return cdc_err_memory(err);
    if (a->checkpoint.position.len &&
        window_record(&a->pl->window, cdc_buf_slice(&a->checkpoint.position), cdc_now_ms()))
        return cdc_err_memory(err);
    return 0;
}

static bool continues(const struct apply *a)
{
    const struct cdc_checkpoint *now = &a->checkpoint;

    return a->epoch && now->epoch_before == a->epoch && now->batch >= a->flight.applied &&
           now->batch <= a->flight.sent && (now->identity.len > 0) == a->begun;
}

/* The lease is ours again: send once more what did not arrive. */
static int resume(struct apply *a, struct cdc_err *err)
{
    bool same = continues(a);
    int rc = a->ops->settled ? a->ops->settled(a->sink, err) : 0;

    if (rc == 0 && !same)
        rc = restart(a, err);
    if (rc == 0 || same) /* else memory is of no use the next time either */
        a->epoch = a->checkpoint.epoch;
    if (rc || !same)
        return rc;
    if (settle(a, a->checkpoint.batch, err) || (a->flight.count && begin(a, err)))
        return -1;
    for (struct cdc_batch *b = a->flight.head, *next; b; b = next) {
        next = b->next; /* a sweep waits for replies, which may give back the batches before it */
        if (send_batch(a, b, err))
            return -1;
    }
    return 0;
}

/* 1: the lease is ours, 0: somebody else's, -1: error. */
static int acquire(struct apply *a, struct cdc_err *err)
{
    struct cdc_buf holder = {0};
    enum cdc_lease lease = CDC_LEASE_OTHER;
    int rc = a->ops->acquire(a->sink, &lease, &a->checkpoint, &holder, err);

    if (rc == 0 && lease == CDC_LEASE_OURS) {
        shared_turn(&a->pl->held_ms);
        rc = 1;
    }
    if (rc == 0 && a->epoch) {
        cdc_err_set(err, CDC_ERR_FENCED, "another agent (%s) has taken this connector over",
                    cdc_buf_str(&holder));
        cdc_err_hint(
            err, "two agents with one configuration are fine: start this one again and it waits as standby");
        rc = -1;
    } else if (rc == 0) {
        cdc_err_set(err, CDC_ERR_RETRY, "the connector is run by another agent (%s): waiting for its lease",
                    cdc_buf_str(&holder));
        a->well = false;
        atomic_store(&a->pl->standby, true);
        shared_trouble(a->pl, "standby", err);
        cdc_buf_reset(&a->checkpoint.holder);
        cdc_buf_put_slice(&a->checkpoint.holder, cdc_buf_slice(&holder));
    }
    cdc_buf_fini(&holder);
    return rc;
}

/* Waits for the lease. 1: ours, 0: the pipeline stops, -1: error. */
static int wait_lease(struct apply *a, struct cdc_err *err)
{
    int rc;

    while ((rc = acquire(a, err)) == 0) {
        shared_turn(&a->pl->stats.apply_turn_ms);
        shared_sleep(a->pl, STANDBY_MS);
        if (shared_stopping(a->pl))
            return 0;
    }
    return rc;
}

/* One connection of the sink, from connect to its end. 0: finished. */
static int run_connection(struct apply *a, struct cdc_err *err)
{
    int rc;

    a->beat_proves = false;
    if (a->ops->connect(a->sink, err))
        return -1;
    stats_set_up(&a->pl->stats.sink_up, &a->pl->stats.sink_since_us, 1);
    rc = wait_lease(a, err);
    if (rc <= 0)
        return rc;
    atomic_store(&a->pl->stats.leader, 1);
    a->beat_ms = cdc_now_ms() - BEAT_MS;
    if (beat_when_due(a, err) || resume(a, err)) /* the beat tells of trouble even if all else is refused */
        return -1;
    return stream(a, err);
}

static void run(struct apply *a)
{
    struct cdc_err err = {0};

    a->backoff.seed = (uint64_t)cdc_now_us() ^ 0x5bd1e995;
    while (!finished(a) && run_connection(a, &err)) {
        shared_turn(&a->pl->stats.apply_turn_ms);
        stats_set_up(&a->pl->stats.sink_up, &a->pl->stats.sink_since_us, 0);
        stats_sink_error(&a->pl->stats, &err);
        if (err.class != CDC_ERR_RETRY) {
            shared_fail(a->pl, &err);
            return;
        }
        atomic_fetch_add(&a->pl->stats.sink_reconnects, 1);
        a->well = false;
        shared_trouble(a->pl, "redis", &err);
        shared_pause(a->pl, backoff_next(&a->backoff));
        if (shared_stopping(a->pl) && a->epoch == 0)
            return;
    }
}

/* What the fleet sees until the hash expires is that this agent has stopped. For a pipeline that follows, the lease stays. */
static void release(struct apply *a)
{
    struct pipeline *pl = a->pl;
    struct cdc_slice gap = cdc_slice_str(pl->store_lost ? pl->failure.message : "");
    struct cdc_err err = {0};

    if (a->epoch == 0 || !atomic_load(&pl->stats.sink_up) || a->flight.count)
        return;
    beat_make(&a->beat, pl, pl->params.config);
    if (a->ops->beat(a->sink, &a->beat.pairs, &err) || (!pl->drained && a->ops->release(a->sink, gap, &err)))
        cdc_log_err(CDC_LOG_DEBUG, "redis while stopping", &err);
}

void *apply_main(void *arg)
{
    struct pipeline *pl = arg;
    struct apply a = {.pl = pl, .ops = pl->params.sink_ops, .sink = pl->params.sink};

    flight_init(&a.flight, 0);
    beat_init(&a.beat);
    run(&a);
    release(&a);
    flight_drop(&a.flight, &pl->queue);
    queue_clear(&pl->queue);
    cdc_checkpoint_fini(&a.checkpoint);
    pthread_mutex_lock(&pl->lock);
    pl->running--;
    pthread_cond_broadcast(&pl->changed);
    pthread_mutex_unlock(&pl->lock);
    return NULL;
}
