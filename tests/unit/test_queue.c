/* The queue: order, its limit in bytes, waking, closing. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "pipeline/queue.h"

static struct queue queue;

static struct cdc_batch *batch_of(size_t bytes)
{
    struct cdc_batch *batch = queue_batch(&queue);

    cr_assert_not_null(batch);
    cr_assert_not_null(cdc_buf_reserve(&batch->body, bytes));
    batch->body.len = bytes;
    return batch;
}

static void fini(void)
{
    queue_fini(&queue);
}

Test(queue, first_in_first_out, .fini = fini)
{
    struct cdc_batch *a, *b;

    queue_init(&queue, 1 << 20);
    a = batch_of(10);
    b = batch_of(10);
    cr_assert_eq(queue_push(&queue, a, 0), 0);
    cr_assert_eq(queue_push(&queue, b, 0), 0);
    cr_assert_not(queue_idle(&queue));
    cr_assert_eq(queue_take(&queue, 0), a);
    cr_assert_eq(queue_take(&queue, 0), b);
    cr_assert_null(queue_take(&queue, 0));
    queue_release(&queue, a);
    queue_release(&queue, b);
    cr_assert(queue_idle(&queue));
}

Test(queue, full_until_what_was_taken_is_given_back, .fini = fini)
{
    struct cdc_batch *a, *b;

    queue_init(&queue, 100 * 1024);
    a = batch_of(60 * 1024);
    b = batch_of(60 * 1024);
    cr_assert_eq(queue_push(&queue, a, 0), 0);
    cr_assert_eq(queue_push(&queue, b, 1), 1);
    cr_assert_eq(queue_take(&queue, 0), a);
    cr_assert_eq(queue_push(&queue, b, 1), 1, "in flight still counts");
    queue_release(&queue, a);
    cr_assert_eq(queue_push(&queue, b, 0), 0);
}

Test(queue, a_batch_above_the_limit_goes_in_alone, .fini = fini)
{
    struct cdc_batch *big, *small;

    queue_init(&queue, 1024);
    big = batch_of(1 << 20);
    small = batch_of(1);
    cr_assert_eq(queue_push(&queue, big, 0), 0);
    cr_assert_eq(queue_push(&queue, small, 1), 1);
    queue_release(&queue, queue_take(&queue, 0));
    cr_assert_eq(queue_push(&queue, small, 0), 0);
}

Test(queue, batches_come_back_empty, .fini = fini)
{
    struct cdc_batch *batch;

    queue_init(&queue, 1 << 20);
    batch = batch_of(100);
    batch->records = 7;
    batch->nsweep = 1;
    cdc_buf_puts(&batch->position, "0/1");
    cr_assert_eq(queue_push(&queue, batch, 0), 0);
    queue_release(&queue, queue_take(&queue, 0));
    batch = queue_batch(&queue);
    cr_assert_eq(batch->records, 0);
    cr_assert_eq(batch->nsweep, 0);
    cr_assert_eq(batch->body.len, 0);
    cr_assert_eq(batch->position.len, 0);
    queue_discard(&queue, batch);
}

Test(queue, clear_makes_room, .fini = fini)
{
    queue_init(&queue, 100 * 1024);
    cr_assert_eq(queue_push(&queue, batch_of(60 * 1024), 0), 0);
    queue_clear(&queue);
    cr_assert(queue_wait_drained(&queue, 0));
    cr_assert_eq(queue_push(&queue, batch_of(60 * 1024), 0), 0);
}

static void *produce(void *arg)
{
    uint64_t n = *(uint64_t *)arg;

    for (uint64_t i = 1; i <= n; i++) {
        struct cdc_batch *batch = batch_of(512);
        batch->ordinal = i;
        while (queue_push(&queue, batch, 1000))
            ;
    }
    queue_close(&queue);
    return NULL;
}

Test(queue, two_threads_under_back_pressure, .fini = fini)
{
    pthread_t producer;
    uint64_t n = 20000, seen = 0;

    queue_init(&queue, 8 * 1024);
    pthread_create(&producer, NULL, produce, &n);
    while (!queue_finished(&queue)) {
        struct cdc_batch *batch = queue_take(&queue, 1000);
        if (!batch)
            continue;
        cr_assert_eq(batch->ordinal, ++seen);
        cr_assert_leq(atomic_load(&queue.bytes), 8u * 1024);
        queue_release(&queue, batch);
    }
    pthread_join(producer, NULL);
    cr_assert_eq(seen, n);
}

static void *wake(void *arg)
{
    (void)arg;
    queue_wake(&queue);
    return NULL;
}

Test(queue, wake_ends_a_wait, .fini = fini, .timeout = 10)
{
    pthread_t waker;

    queue_init(&queue, 1024);
    pthread_create(&waker, NULL, wake, NULL);
    cr_assert_null(queue_take(&queue, 60000));
    pthread_join(waker, NULL);
}
