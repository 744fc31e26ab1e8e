/*
 * The source thread: pulls items from the source, maps rows to events, has the sink encode them straight into the batch being
 * filled, and hands batches to the queue.
 *
 * When a batch goes: at the end of a transaction if the sink thread has nothing to do; when it is full; and whenever the source
 * has nothing more at the moment. So a lone commit leaves at once, and under load batches grow by themselves.
 *
 * Passing errors reconnect the source at what has been filled so far; everything that was filled stays valid. Other errors end
 * the pipeline.
 */
#include "pipeline/capture.h"

#include "pipeline/backoff.h"
#include "pipeline/tally.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define FULL_BYTES      (1024 * 1024) /* a batch this large goes even with few events */
#define LEASE_LOOK_MS   20
#define SESSION_WAIT_MS 100  /* between two looks at what the source keeps */
#define PUSH_WAIT_MS    100  /* between two looks at the connection while the queue is full */
#define STOP_WAIT_MS    5000 /* for what is in flight at the end */

int capture_keep_alive(struct capture *c, struct cdc_err *err)
{
    int64_t now = cdc_now_ms();

    c->confirmed_ms = now;
    window_take(&c->pl->window, now, &c->confirmed);
    return c->source_ops->confirm(c->source, cdc_buf_slice(&c->confirmed), err);
}

static int keep_alive_when_due(struct capture *c, struct cdc_err *err)
{
    if (cdc_now_ms() - c->confirmed_ms < PUSH_WAIT_MS)
        return 0;
    return capture_keep_alive(c, err);
}

bool capture_outdated(const struct capture *c)
{
    return shared_stopping(c->pl) || atomic_load(&c->pl->session.generation) != c->filling.generation;
}

bool capture_between_transactions(const struct capture *c)
{
    return !c->resuming && c->filling.open_tx.len == 0 && c->filling.done.len > 0;
}

int capture_hand_over(struct capture *c, struct cdc_batch *batch, struct cdc_err *err)
{
    int rc = 0;

    c->pushed_ms = cdc_now_ms();
    while (queue_push(&c->pl->queue, batch, PUSH_WAIT_MS)) {
        tally_source(c->pl);
        if (capture_outdated(c)) {
            queue_discard(&c->pl->queue, batch);
            c->filling.generation = 0; /* what follows it must not go either */
            return 0;
        }
        /* A lost connection must not lose the batch: remember the error, push first. */
        if (rc == 0)
            rc = capture_keep_alive(c, err);
    }
    return rc;
}

int capture_cut(struct capture *c, bool force, struct cdc_err *err)
{
    struct cdc_batch *batch;

    if (filling_cut(&c->filling, force, &batch))
        return cdc_err_memory(err);
    return batch ? capture_hand_over(c, batch, err) : 0;
}

bool capture_is_full(const struct capture *c)
{
    const struct cdc_batch *batch = c->filling.batch;

    return batch && (batch->records >= c->config->redis.batch_events || batch->body.len >= FULL_BYTES);
}

/* Positions alone are stored once a heartbeat at most. */
int capture_flush(struct capture *c, struct cdc_err *err)
{
    if (filling_has_complete(&c->filling))
        return capture_cut(c, false, err);
    if (c->filling.advanced && cdc_now_ms() - c->pushed_ms >= c->config->source.heartbeat_ms) {
        if (filling_ready(&c->filling))
            return cdc_err_memory(err);
        return capture_cut(c, false, err);
    }
    return 0;
}

/* The source has nothing more: let go what is complete, then wait. */
static int rest(struct capture *c, struct cdc_err *err)
{
    if (capture_flush(c, err) || keep_alive_when_due(c, err))
        return -1;
    tally_source(c->pl);
    if (capture_snapshot_waits(c))
        return 0;
    return c->source_ops->wait(c->source, capture_wait_ms(c), err);
}

#define ITEMS_PER_LOOK 1024 /* at the clock, under load */

static int stream(struct capture *c, struct cdc_err *err)
{
    struct cdc_item item;
    unsigned n = 0;

    while (!capture_outdated(c)) {
        if (capture_drains(c))
            return capture_drain(c, err);
        if (c->source_ops->next(c->source, &item, err) || capture_item(c, &item, err) ||
            capture_snapshot(c, err))
            return -1;
        if (item.type == CDC_ITEM_NONE) {
            if (rest(c, err))
                return -1;
            n = 0;
        } else if (++n % ITEMS_PER_LOOK == 0) {
            if (keep_alive_when_due(c, err))
                return -1;
            tally_source(c->pl);
        }
    }
    return 0;
}

/* Remembers where a first run began, for the sink thread to store before the first batch. */
static int note_origin(struct capture *c, const struct cdc_buf *started, struct cdc_err *err)
{
    struct pipeline *pl = c->pl;
    bool failed;

    pthread_mutex_lock(&pl->lock);
    cdc_buf_reset(&pl->origin_identity);
    cdc_buf_put_slice(&pl->origin_identity, c->source_ops->identity(c->source));
    cdc_buf_reset(&pl->origin_position);
    cdc_buf_put_slice(&pl->origin_position, cdc_buf_slice(started));
    failed = pl->origin_identity.failed || pl->origin_position.failed;
    pthread_mutex_unlock(&pl->lock);
    return failed ? cdc_err_memory(err) : 0;
}

/*
 * The checkpoint is empty. For a first run that is as it should be; later it means that the store was emptied under us, and then
 * the source must still have everything since the first run began.
 */
static int check_origin(struct capture *c, const struct cdc_buf *started, struct cdc_err *err)
{
    if (c->has_run && !cdc_slice_eq(cdc_buf_slice(&c->origin), cdc_buf_slice(started))) {
        cdc_err_set(
            err, CDC_ERR_GAP,
            "Redis has lost the checkpoint and what was applied up to it, and the source can only go on from %.*s",
            CDC_ARG(cdc_buf_slice(started)));
        c->pl->store_lost = true;
        return cdc_err_hint(err, "restore Redis, or begin anew at the slot, without what is missing: "
                                 "`tributary checkpoint CONFIG reset --yes`");
    }
    if (!c->has_run)
        cdc_buf_put_slice(&c->origin, cdc_buf_slice(started));
    return c->origin.failed ? cdc_err_memory(err) : note_origin(c, started, err);
}

static int start_at(struct capture *c, const struct cdc_checkpoint *from, struct cdc_err *err)
{
    struct cdc_buf started = {0};
    int rc = 0;

    if (c->source_ops->connect(c->source, err) || c->source_ops->start(c->source, from, &started, err))
        rc = -1;
    if (rc == 0 && from->position.len == 0) {
        rc = check_origin(c, &started, err);
        if (rc == 0 && filling_advance(&c->filling, cdc_buf_slice(&started)))
            rc = cdc_err_memory(err);
    }
    if (rc == 0 && c->snapshot)
        rc = snapshot_stream(c->snapshot, cdc_buf_slice(&c->filling.done), err);
    c->has_run = c->has_run || rc == 0;
    cdc_buf_fini(&started);
    return rc;
}

static int start_source(struct capture *c, const struct cdc_checkpoint *session, struct cdc_err *err)
{
    struct cdc_checkpoint from = {0};
    int rc;

    map_unbind_all(c->map);
    rc = filling_checkpoint(&c->filling, &from);
    cdc_buf_put_slice(&from.identity, cdc_buf_slice(&session->identity));
    cdc_buf_put_slice(&from.holder, cdc_buf_slice(&session->holder));
    rc = rc || from.identity.failed ? cdc_err_memory(err) : start_at(c, &from, err);
    c->resuming = c->filling.open_tx.len > 0;
    cdc_checkpoint_fini(&from);
    return rc;
}

/* One connection of the source, from connect to its end. 0: the generation is over or the pipeline stops. */
static int run_connection(struct capture *c, const struct cdc_checkpoint *session, struct backoff *backoff,
                          struct cdc_err *err)
{
    int rc = start_source(c, session, err);

    if (rc == 0) {
        cdc_log(CDC_LOG_INFO, "streaming from %s position=%.*s", c->source_ops->name,
                CDC_ARG(cdc_buf_slice(&c->filling.done)));
        shared_trouble_over(c->pl);
        backoff_reset(backoff);
        atomic_store(&c->pl->stats.slot_dropped, 0); /* it was made anew, for a first run */
        stats_set_up(&c->pl->stats.source_up, &c->pl->stats.source_since_us, 1);
        rc = stream(c, err);
    }
    stats_set_up(&c->pl->stats.source_up, &c->pl->stats.source_since_us, 0);
    atomic_store(&c->pl->stats.caught_up_ms, 0);
    return rc;
}

/* One generation. -1: an error that ends the pipeline. */
static int run_session(struct capture *c, const struct cdc_checkpoint *session, struct cdc_err *err)
{
    struct backoff backoff = {.seed = (uint64_t)cdc_now_us()};
    struct cdc_err other;

    while (!capture_outdated(c)) {
        shared_turn(&c->pl->stats.capture_turn_ms);
        if (capture_drains(c)) /* also while the database is away */
            return capture_drain(c, err);
        if (!shared_holds(c->pl)) { /* another agent may have the source: do not take it back */
            tally_source(c->pl);
            shared_sleep(c->pl, LEASE_LOOK_MS);
            continue;
        }
        if (run_connection(c, session, &backoff, err) == 0)
            return 0;
        if (capture_outdated(c))
            return 0;
        if (err->class != CDC_ERR_RETRY)
            return -1;
        if (capture_flush(c, &other)) /* what is complete need not wait for the database to come back */
            cdc_log_err(CDC_LOG_DEBUG, "source", &other);
        atomic_fetch_add(&c->pl->stats.source_reconnects, 1);
        shared_trouble(c->pl, "source", err);
        shared_sleep(c->pl, backoff_next(&backoff));
    }
    return 0;
}

/* The end: let go what is complete, wait until it is applied, confirm what the replay window allows. */
static void finish(struct capture *c)
{
    struct cdc_err err = {0};
    struct cdc_batch *batch = NULL;
    int64_t until = cdc_now_ms() + STOP_WAIT_MS;

    if (c->pl->failure.class == CDC_ERR_NONE &&
        c->filling.generation == atomic_load(&c->pl->session.generation))
        if (filling_cut(&c->filling, false, &batch) == 0 && batch &&
            queue_push(&c->pl->queue, batch, STOP_WAIT_MS))
            queue_discard(&c->pl->queue, batch);
    queue_close(&c->pl->queue);
    while (!queue_wait_drained(&c->pl->queue, PUSH_WAIT_MS) && cdc_now_ms() < until)
        if (err.class == CDC_ERR_NONE && capture_keep_alive(c, &err))
            cdc_log_err(CDC_LOG_DEBUG, "source while stopping", &err);
    if (err.class == CDC_ERR_NONE && capture_keep_alive(c, &err))
        cdc_log_err(CDC_LOG_DEBUG, "source while stopping", &err);
}

/* The next generation; 0: the pipeline stops. */
static uint64_t next_session(struct capture *c, uint64_t seen, struct cdc_checkpoint *session)
{
    uint64_t generation;

    while ((generation = shared_wait_session(c->pl, seen, session, SESSION_WAIT_MS)) == 0 &&
           !shared_stopping(c->pl))
        retention_wait(c->pl);
    return generation;
}

static struct capture capture_of(struct pipeline *pl)
{
    const struct pipeline_params *p = &pl->params;
    struct capture c = {
        .pl = pl,
        .config = p->config,
        .map = p->map,
        .source_ops = p->source_ops,
        .source = p->source,
        .sink_ops = p->sink_ops,
        .sink = p->sink,
        .snapshot = pl->snapshot,
    };

    return c;
}

void *capture_main(void *arg)
{
    struct pipeline *pl = arg;
    struct capture c = capture_of(pl);
    struct cdc_checkpoint session = {0};
    struct cdc_err err = {0};
    uint64_t generation = 0;

    filling_init(&c.filling, &pl->queue, pl->params.sink_ops->split);
    while ((generation = next_session(&c, generation, &session)) != 0) {
        cdc_buf_reset(&c.confirmed);
        if (filling_restart(&c.filling, &session, generation) == 0 &&
            (!c.snapshot || snapshot_open(c.snapshot, &session, &err) == 0) &&
            run_session(&c, &session, &err) == 0)
            continue;
        if (err.class == CDC_ERR_NONE)
            cdc_err_memory(&err);
        shared_fail(pl, &err);
        break;
    }
    finish(&c);
    map_unbind_all(c.map);
    filling_fini(&c.filling);
    cdc_buf_fini(&c.confirmed);
    cdc_buf_fini(&c.origin);
    cdc_checkpoint_fini(&session);
    pthread_mutex_lock(&pl->lock);
    pl->running--;
    pthread_cond_broadcast(&pl->changed);
    pthread_mutex_unlock(&pl->lock);
    return NULL;
}
