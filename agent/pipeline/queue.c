/*
 * Batches between the source thread and the sink thread (queue.h). One mutex, taken once per batch on each side; rows never
 * touch it.
 */
#include "pipeline/queue.h"

#include <errno.h>
#include <stdlib.h>

#include "core/cond.h"

#define MAX_SPARE       8
#define MAX_SPARE_BYTES (512 * 1024) /* a batch that grew beyond this is freed, not kept */

static void batch_free(struct cdc_batch *batch)
{
    cdc_buf_fini(&batch->body);
    cdc_buf_fini(&batch->position);
    cdc_buf_fini(&batch->open_tx);
    cdc_buf_fini(&batch->progress);
    free(batch);
}

static void batch_reset(struct cdc_batch *batch)
{
    struct cdc_buf body = batch->body, position = batch->position, open_tx = batch->open_tx,
                   progress = batch->progress;

    cdc_buf_reset(&body);
    cdc_buf_reset(&position);
    cdc_buf_reset(&open_tx);
    cdc_buf_reset(&progress);
    *batch = (struct cdc_batch){.body = body, .position = position, .open_tx = open_tx, .progress = progress};
}

static size_t batch_bytes(const struct cdc_batch *batch)
{
    return sizeof *batch + batch->body.cap + batch->position.cap + batch->open_tx.cap + batch->progress.cap;
}

int queue_init(struct queue *queue, size_t limit_bytes)
{
    *queue = (struct queue){.limit_bytes = limit_bytes};
    queue->tail = &queue->head;
    return pthread_mutex_init(&queue->lock, NULL) || cond_init(&queue->filled) || cond_init(&queue->drained)
               ? -1
               : 0;
}

static void free_list(struct cdc_batch *batch)
{
    struct cdc_batch *next;

    for (; batch; batch = next) {
        next = batch->next;
        batch_free(batch);
    }
}

void queue_fini(struct queue *queue)
{
    free_list(queue->head);
    free_list(queue->spare);
    pthread_cond_destroy(&queue->filled);
    pthread_cond_destroy(&queue->drained);
    pthread_mutex_destroy(&queue->lock);
}

struct cdc_batch *queue_batch(struct queue *queue)
{
    struct cdc_batch *batch;

    pthread_mutex_lock(&queue->lock);
    batch = queue->spare;
    if (batch) {
        queue->spare = batch->next;
        queue->nspare--;
    }
    pthread_mutex_unlock(&queue->lock);
    if (!batch)
        return calloc(1, sizeof *batch);
    batch_reset(batch);
    return batch;
}

static void keep_or_free(struct queue *queue, struct cdc_batch *batch)
{
    if (queue->nspare >= MAX_SPARE || batch->body.cap > MAX_SPARE_BYTES) {
        batch_free(batch);
        return;
    }
    batch->next = queue->spare;
    queue->spare = batch;
    queue->nspare++;
}

void queue_discard(struct queue *queue, struct cdc_batch *batch)
{
    if (!batch)
        return;
    pthread_mutex_lock(&queue->lock);
    keep_or_free(queue, batch);
    pthread_mutex_unlock(&queue->lock);
}

static bool has_room(struct queue *queue, size_t bytes)
{
    size_t held = atomic_load(&queue->bytes);

    return held == 0 || held + bytes <= queue->limit_bytes;
}

int queue_push(struct queue *queue, struct cdc_batch *batch, int timeout_ms)
{
    struct timespec until = cond_deadline(timeout_ms);
    size_t bytes = batch_bytes(batch);
    int rc = 0;

    pthread_mutex_lock(&queue->lock);
    while (!has_room(queue, bytes) && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&queue->drained, &queue->lock, &until);
    if (!has_room(queue, bytes)) {
        pthread_mutex_unlock(&queue->lock);
        return 1;
    }
    batch->next = NULL;
    *queue->tail = batch;
    queue->tail = &batch->next;
    atomic_fetch_add(&queue->bytes, bytes);
    atomic_fetch_add(&queue->waiting, 1);
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
    return 0;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_wait_drained(struct queue *queue, int timeout_ms)
{
    struct timespec until = cond_deadline(timeout_ms);
    int rc = 0;
    bool empty;

    pthread_mutex_lock(&queue->lock);
    while (atomic_load(&queue->bytes) && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&queue->drained, &queue->lock, &until);
    empty = atomic_load(&queue->bytes) == 0;
    pthread_mutex_unlock(&queue->lock);
    return empty;
}

bool queue_idle(struct queue *queue)
{
    return atomic_load(&queue->waiting) == 0 && atomic_load(&queue->in_flight) == 0;
}

int64_t queue_oldest_us(struct queue *queue)
{
    int64_t oldest = 0;

    pthread_mutex_lock(&queue->lock);
    for (const struct cdc_batch *batch = queue->head; batch && !oldest; batch = batch->next)
        oldest = batch->first_commit_us;
    pthread_mutex_unlock(&queue->lock);
    return oldest;
}

struct cdc_batch *queue_take(struct queue *queue, int timeout_ms)
{
    struct timespec until = cond_deadline(timeout_ms);
    struct cdc_batch *batch;
    int rc = 0;

    pthread_mutex_lock(&queue->lock);
    while (!queue->head && !queue->closed && !queue->woken && timeout_ms > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&queue->filled, &queue->lock, &until);
    queue->woken = false;
    batch = queue->head;
    if (batch) {
        queue->head = batch->next;
        if (!queue->head)
            queue->tail = &queue->head;
        batch->next = NULL;
        atomic_fetch_sub(&queue->waiting, 1);
        atomic_fetch_add(&queue->in_flight, 1);
    }
    pthread_mutex_unlock(&queue->lock);
    return batch;
}

void queue_release(struct queue *queue, struct cdc_batch *batch)
{
    pthread_mutex_lock(&queue->lock);
    atomic_fetch_sub(&queue->bytes, batch_bytes(batch));
    atomic_fetch_sub(&queue->in_flight, 1);
    keep_or_free(queue, batch);
    pthread_cond_broadcast(&queue->drained);
    pthread_mutex_unlock(&queue->lock);
}

void queue_clear(struct queue *queue)
{
    struct cdc_batch *batch, *next;

    pthread_mutex_lock(&queue->lock);
    for (batch = queue->head; batch; batch = next) {
        next = batch->next;
        atomic_fetch_sub(&queue->bytes, batch_bytes(batch));
        atomic_fetch_sub(&queue->waiting, 1);
        keep_or_free(queue, batch);
    }
    queue->head = NULL;
    queue->tail = &queue->head;
    pthread_cond_broadcast(&queue->drained);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_finished(struct queue *queue)
{
    bool finished;

    pthread_mutex_lock(&queue->lock);
    finished = queue->closed && !queue->head;
    pthread_mutex_unlock(&queue->lock);
    return finished;
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->woken = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}
