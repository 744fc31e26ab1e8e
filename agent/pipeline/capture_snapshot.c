/* Rows of snapshots between the transactions of the stream (capture.h): batches of their own, which stand where the stream stands. Source thread. */
#include "pipeline/capture.h"

#include "cdc/clock.h"

#define WAITING                                                                                              \
    2 /* batches that may wait when one of a snapshot joins them: what is streamed must not wait long */

/* The snapshot has gone on, but not what it gave: only the store's checkpoint is safe to go on from. */
static int lost_rows(struct cdc_batch *batch, struct capture *c, struct cdc_err *err)
{
    queue_discard(&c->pl->queue, batch);
    if (err->class == CDC_ERR_RETRY)
        err->class = CDC_ERR_FATAL;
    return -1;
}

/*
 * A batch of a snapshot stands where the stream stands; all that was streamed goes ahead of it. An error of the source's connection
 * must not keep it from the queue.
 */
static int hand_over_rows(struct capture *c, struct cdc_batch *batch, struct cdc_err *err)
{
    struct cdc_err second; /* the first one counts */
    int rc;

    cdc_buf_put_slice(&batch->position, cdc_buf_slice(&c->filling.done));
    batch->generation = c->filling.generation;
    batch->made_us = cdc_now_us();
    if (batch->position.failed) {
        cdc_err_memory(err);
        return lost_rows(batch, c, err);
    }
    rc = capture_cut(c, false, err);
    if (rc && filling_has_complete(&c->filling))
        return lost_rows(batch, c, err);
    return capture_hand_over(c, batch, rc ? &second : err) || rc ? -1 : 0;
}

/* Some rows of a snapshot, if there are any and what is streamed leaves room. */
static int snapshot_step(struct capture *c, struct cdc_err *err)
{
    int64_t now = cdc_now_ms();
    struct cdc_batch *batch;
    int rc;

    if (atomic_load(&c->pl->queue.waiting) >= WAITING ||
        (now == c->snapshot_ms && snapshot_wait_ms(c->snapshot) > 0))
        return 0;
    c->snapshot_ms = now;
    batch = queue_batch(&c->pl->queue);
    if (!batch)
        return cdc_err_memory(err);
    rc = snapshot_turn(c->snapshot, cdc_buf_slice(&c->filling.done), batch, err);
    if (rc == 1)
        return hand_over_rows(c, batch, err);
    if (rc < 0)
        return lost_rows(batch, c, err);
    queue_discard(&c->pl->queue, batch);
    if (c->source_ops->await)
        c->source_ops->await(c->source, snapshot_awaits(c->snapshot));
    return 0;
}

int capture_snapshot(struct capture *c, struct cdc_err *err)
{
    if (!c->snapshot || snapshot_wait_ms(c->snapshot) < 0 || !capture_between_transactions(c))
        return 0;
    return snapshot_step(c, err);
}

bool capture_snapshot_waits(const struct capture *c)
{
    return c->snapshot && snapshot_wait_ms(c->snapshot) == 0 && capture_between_transactions(c) &&
           atomic_load(&c->pl->queue.waiting) < WAITING;
}

int capture_wait_ms(const struct capture *c)
{
    int64_t heartbeat = c->config->source.heartbeat_ms;
    int ms = heartbeat < 1000 ? (int)heartbeat : 1000;
    int snapshot = c->snapshot ? snapshot_wait_ms(c->snapshot) : -1;

    if (snapshot < 0 || snapshot > ms)
        return ms;
    return snapshot ? snapshot : 1; /* there are rows, but no room */
}
