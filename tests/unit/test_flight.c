/* Batches in flight: numbers, order, what an acknowledgement frees. */
#include <criterion/criterion.h>

#include "pipeline/flight.h"

static struct queue queue;
static struct flight flight;

static void send_one(void)
{
    struct cdc_batch *batch = queue_batch(&queue);

    cr_assert_eq(queue_push(&queue, batch, 0), 0);
    flight_add(&flight, queue_take(&queue, 0));
}

static void init(void)
{
    queue_init(&queue, 1 << 20);
    flight_init(&flight, 41);
}

static void fini(void)
{
    flight_drop(&flight, &queue);
    queue_fini(&queue);
}

Test(flight, numbers_follow_the_checkpoint, .init = init, .fini = fini)
{
    send_one();
    send_one();
    cr_assert_eq(flight.head->number, 42);
    cr_assert_eq(flight.sent, 43);
    cr_assert_eq(flight.count, 2);
}

Test(flight, an_acknowledgement_covers_all_before_it, .init = init, .fini = fini)
{
    struct cdc_batch *batch;
    uint64_t number = 42;

    for (int i = 0; i < 4; i++)
        send_one();
    while ((batch = flight_pop(&flight, 44)) != NULL) {
        cr_assert_eq(batch->number, number++);
        queue_release(&queue, batch);
    }
    cr_assert_eq(flight.count, 1);
    cr_assert_eq(flight.applied, 44);
    cr_assert_null(flight_pop(&flight, 44));
}

Test(flight, dropping_frees_the_queue, .init = init, .fini = fini)
{
    send_one();
    send_one();
    flight_drop(&flight, &queue);
    cr_assert(queue_wait_drained(&queue, 0));
    cr_assert_eq(flight.count, 0);
}
