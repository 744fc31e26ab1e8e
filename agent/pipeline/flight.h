/* The batches that were sent and are not yet known to be applied, oldest first, in the order of their numbers. Sink thread. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include "pipeline/queue.h"

struct flight {
    struct cdc_batch *head, **tail;
    unsigned count;
    uint64_t applied; /* number of the newest batch known to be applied */
    uint64_t sent;    /* number of the newest batch that was numbered */
};

/* Starts counting behind a checkpoint whose newest batch is `applied`. Must be empty. */
void flight_init(struct flight *flight, uint64_t applied);
/* Gives the batch the next number and keeps it. */
void flight_add(struct flight *flight, struct cdc_batch *batch);
/* The oldest batch, no longer kept, if its number is at most `applied`; else NULL. */
struct cdc_batch *flight_pop(struct flight *flight, uint64_t applied);
/* Gives all of them back to the queue: they are not going to be applied by us. */
void flight_drop(struct flight *flight, struct queue *queue);

#endif
