/* Batches in flight (flight.h): a list, since there are a handful at most. */
#include "pipeline/flight.h"

void flight_init(struct flight *flight, uint64_t applied)
{
    *flight = (struct flight){.applied = applied, .sent = applied};
    flight->tail = &flight->head;
}

void flight_add(struct flight *flight, struct cdc_batch *batch)
{
    batch->number = ++flight->sent;
    batch->next = NULL;
    *flight->tail = batch;
    flight->tail = &batch->next;
    flight->count++;
}

struct cdc_batch *flight_pop(struct flight *flight, uint64_t applied)
{
    struct cdc_batch *batch = flight->head;

    if (!batch || batch->number > applied)
        return NULL;
    flight->head = batch->next;
    if (!flight->head)
        flight->tail = &flight->head;
    flight->count--;
    flight->applied = batch->number;
    return batch;
}

void flight_drop(struct flight *flight, struct queue *queue)
{
    struct cdc_batch *batch;

    while ((batch = flight_pop(flight, UINT64_MAX)) != NULL)
        queue_release(queue, batch);
}
