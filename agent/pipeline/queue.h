/*
 * The one queue of the agent: batches from the source thread to the sink thread, bounded in bytes. What has been taken but
 * not yet applied still counts, since it has to be kept for sending again. When the queue is full the source thread stops
 * reading, and nothing grows.
 *
 * It is also where batches come from and go back to, so that a steady state allocates nothing.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cdc/sink.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;  /* to the sink thread */
    pthread_cond_t drained; /* to the source thread */
    struct cdc_batch *head, **tail;
    struct cdc_batch *spare;
    unsigned nspare;
    size_t limit_bytes;
    atomic_size_t bytes;   /* held by all batches that were pushed and not yet given back */
    atomic_uint waiting;   /* batches that were pushed and not yet taken */
    atomic_uint in_flight; /* batches that were taken and not yet given back */
    bool closed, woken;
};

/* 0, or -1 when the system is out of resources. */
int queue_init(struct queue *queue, size_t limit_bytes);
/* Frees every batch that is in it. No thread may be using it. */
void queue_fini(struct queue *queue);

/* An empty batch, or NULL when memory runs out. Any thread. */
struct cdc_batch *queue_batch(struct queue *queue);
/* Gives back a batch that was never pushed. NULL is fine. */
void queue_discard(struct queue *queue, struct cdc_batch *batch);

/*
 * Source thread. Waits up to timeout_ms for room. 0: the batch is the queue's now; 1: still full, the batch is still the
 * caller's. A batch larger than the limit goes in when the queue is empty, so that any row gets through.
 */
int queue_push(struct queue *queue, struct cdc_batch *batch, int timeout_ms);
/* Source thread: no more batches will come. */
void queue_close(struct queue *queue);
/* Source thread: waits until everything that was pushed has been given back, or timeout_ms. True if so. */
bool queue_wait_drained(struct queue *queue, int timeout_ms);
/* Whether the sink thread has nothing to do: then even a small batch should go to it. Any thread. */
bool queue_idle(struct queue *queue);

/* Commit time of the oldest change that waits to be taken; 0: none does. Any thread. */
int64_t queue_oldest_us(struct queue *queue);

/* Sink thread. The oldest batch, or NULL after timeout_ms, queue_wake(), or when it is closed and empty. */
struct cdc_batch *queue_take(struct queue *queue, int timeout_ms);
/* Sink thread: a batch that was taken is applied, or not to be applied. */
void queue_release(struct queue *queue, struct cdc_batch *batch);
/* Sink thread: drops everything that waits. */
void queue_clear(struct queue *queue);
/* Whether no batch waits and none will come. */
bool queue_finished(struct queue *queue);
/* Any thread: makes queue_take() return. */
void queue_wake(struct queue *queue);

#endif
