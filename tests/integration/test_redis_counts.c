/* The sink learns from Redis how many events of each type were emitted: what a comparison there kept back does not count. */
#include "redis_store.h"

#include <criterion/criterion.h>

#include <stdio.h>

TestSuite(redis_counts, .timeout = 120);

static char said[512];

static void say(void *ctx, struct cdc_slice type, uint64_t n)
{
    size_t used = strlen(said);

    (void)ctx;
    snprintf(said + used, sizeof said - used, "%.*s=%llu\n", CDC_ARG(type), (unsigned long long)n);
}

static void expect(const struct store *store, const char *line)
{
    said[0] = '\0';
    redis_sink_ops.counts(store->sink, say, NULL);
    cr_assert(strstr(said, line), "not \"%s\":\n%s", line, said);
}

Test(redis_counts, the_store_decides_the_verb_and_whether_there_is_one)
{
    struct store *store = store_new(NULL);
    const struct cdc_candidate confirmed = {
        .field = 1, .has_from = true, .from = {"hold", 4}, .type = {"booking.confirmed", 17}};

    store->candidates = &confirmed;
    store->ncandidates = 1;
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_put(store, "booking.created", "id=2 status=hold", NULL);
    store_merge(store, "booking.changed", "id=1 status=confirmed");
    store_merge(store, "booking.changed", "id=1 status=confirmed");
    store_merge(store, "booking.changed", "id=1 status=left");
    store_drop(store, "booking.deleted", "id=99");
    store_finish(store);
    expect(store, "booking.created=2\n");
    expect(store, "booking.confirmed=1\n");
    expect(store, "booking.changed=1\n");
    cr_assert_null(strstr(said, "booking.deleted"), "%s", said);
    store_begin(store, "0/20");
    store_drop(store, "booking.deleted", "id=2");
    store_put(store, "booking.created", "id=3 status=hold", NULL);
    store_finish(store);
    expect(store, "booking.created=3\n");
    expect(store, "booking.deleted=1\n");
    store_free(store);
}

Test(redis_counts, a_batch_that_was_taken_back_counts_nothing)
{
    struct store *store = store_new(NULL);
    struct cdc_err err = {0};

    server_redis_do(store->redis, "SET cdc:state:{booking}:2 x");
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold", NULL);
    store_put(store, "booking.created", "id=2 status=hold", NULL);
    store_commit(store);
    cr_assert_eq(store_try(store, &err), -1);
    said[0] = '\0';
    redis_sink_ops.counts(store->sink, say, NULL);
    cr_assert_str_eq(said, "");
    server_redis_do(store->redis, "DEL cdc:state:{booking}:2");
    store_connect(store);
    store_apply(store);
    expect(store, "booking.created=2\n");
    store_free(store);
}
