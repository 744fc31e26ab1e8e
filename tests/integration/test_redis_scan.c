/* What a sink does beside the one that applies: listing the states of a table, and leaving requests for the agent. */
#include "integration/redis_store.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_scan, .timeout = 120);

enum { STATES = 1000 };

struct seen {
    unsigned times[STATES];
    unsigned others, stop_after;
};

static int see(void *ctx, struct cdc_slice key, struct cdc_err *err)
{
    struct seen *seen = ctx;
    char text[32];
    unsigned long i;

    snprintf(text, sizeof text, "%.*s", CDC_ARG(key));
    i = strtoul(text, NULL, 10);
    if (i < STATES)
        seen->times[i]++;
    else
        seen->others++;
    if (seen->stop_after && --seen->stop_after == 0)
        return cdc_err_set(err, CDC_ERR_FATAL, "enough");
    return 0;
}

static unsigned scan(struct cdc_sink *sink, const struct cdc_shape *shape, struct seen *seen)
{
    struct cdc_err err;
    uint64_t cursor = 0;
    unsigned steps = 0;
    int done;

    do {
        done = redis_sink_ops.scan(sink, shape, &cursor, see, seen, &err);
        cr_assert_geq(done, 0, "%s", err.message);
        steps++;
    } while (!done);
    return steps;
}

static struct store *with_states(void)
{
    struct store *store = store_new(NULL);
    char row[64];

    store_begin(store, "0/10");
    for (unsigned i = 0; i < STATES; i++) {
        snprintf(row, sizeof row, "id=%u status=hold", i);
        store_put(store, "booking.created", row, NULL);
        if (i % 250 == 249)
            store_finish(store);
    }
    server_redis_do(store->redis, "HSET cdc:state:{booking}:other _source another");
    server_redis_do(store->redis, "HSET cdc:state:{bookings}:1 _source cinema");
    server_redis_do(store->redis, "SET cdc:state:{booking}:text 1");
    return store;
}

Test(redis_scan, every_state_of_the_connector_comes)
{
    struct store *store = with_states();
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct seen seen = {.others = 0};

    cr_assert_gt(scan(second, &store->shape, &seen), 3);
    for (unsigned i = 0; i < STATES; i++)
        cr_assert_geq(seen.times[i], 1, "%u", i);
    cr_assert_eq(seen.others, 0);
    redis_sink_ops.close(second);
    store_free(store);
}

/* What others keep in the same Redis costs few steps, and no long ones. */
Test(redis_scan, among_very_many_keys_of_others)
{
    struct store *store = with_states();
    struct seen seen = {.others = 0};

    server_redis_do(store->redis, "EVAL %s 0",
                    "for i = 1, 100000 do redis.call('SET', 'other:' .. i, i) end");
    cr_assert_lt(scan(store->sink, &store->shape, &seen), 101000 / 200 / 3);
    for (unsigned i = 0; i < STATES; i++)
        cr_assert_geq(seen.times[i], 1, "%u", i);
    store_free(store);
}

Test(redis_scan, of_an_entity_that_tables_share_only_one_tables_states)
{
    struct store *store = with_states();
    struct seen seen = {.others = 0};
    struct cdc_shape shape = store->shape;
    unsigned n = 0;

    server_redis_do(store->redis, "HSET cdc:state:{booking}:5 _table public.r");
    server_redis_do(store->redis, "HSET cdc:state:{booking}:6 _table public.s");
    shape.shared = true;
    scan(store->sink, &shape, &seen);
    for (unsigned i = 0; i < STATES; i++)
        n += seen.times[i] > 0;
    cr_assert_eq(n, 1);
    cr_assert_geq(seen.times[5], 1);
    store_free(store);
}

Test(redis_scan, who_lists_can_end_it)
{
    struct store *store = with_states();
    struct seen seen = {.stop_after = 3};
    struct cdc_err err;
    uint64_t cursor = 0;
    int done;

    do
        done = redis_sink_ops.scan(store->sink, &store->shape, &cursor, see, &seen, &err);
    while (!done);
    cr_assert_eq(done, -1);
    cr_assert_str_eq(err.message, "enough");
    store_free(store);
}

static void beat(struct store *store)
{
    const struct cdc_beat beat = {0};
    struct cdc_err err;
    uint64_t beaten = redis_sink_ops.beaten(store->sink);

    cr_assert_eq(redis_sink_ops.beat(store->sink, &beat, &err), 0);
    while (redis_sink_ops.beaten(store->sink) == beaten)
        cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0, "%s", err.message);
}

static int request(struct cdc_sink *sink, const char *text, struct cdc_err *err)
{
    return redis_sink_ops.request(sink, cdc_slice_str(text), err);
}

Test(redis_scan, requests_reach_the_agent_in_order)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct cdc_buf text = {.limit = 0};
    struct cdc_err err;

    cr_assert_not(redis_sink_ops.requested(store->sink, &text));
    cr_assert_eq(request(second, "verify public.r", &err), 0);
    cr_assert_eq(request(second, "snapshot public.s", &err), 0);
    cr_assert_eq(server_redis_integer(store->redis, "PTTL cdc:requests:cinema") > 0, 1);
    beat(store);
    cr_assert_eq(request(second, "later", &err), 0);
    beat(store);
    cr_assert(redis_sink_ops.requested(store->sink, &text));
    cr_assert_str_eq(cdc_buf_str(&text), "verify public.r");
    cr_assert(redis_sink_ops.requested(store->sink, &text));
    cr_assert_str_eq(cdc_buf_str(&text), "snapshot public.s");
    cr_assert_not(redis_sink_ops.requested(store->sink, &text));
    beat(store);
    cr_assert(redis_sink_ops.requested(store->sink, &text));
    cr_assert_str_eq(cdc_buf_str(&text), "later");
    cr_assert_not(server_redis_exists(store->redis, "cdc:requests:cinema"));
    cdc_buf_fini(&text);
    redis_sink_ops.close(second);
    store_free(store);
}

Test(redis_scan, requests_are_few_and_short)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    static char longest[4098];
    struct cdc_err err;

    memset(longest, 'x', sizeof longest - 1);
    cr_assert_eq(request(second, longest, &err), -1);
    longest[4096] = '\0';
    for (int i = 0; i < 16; i++)
        cr_assert_eq(request(second, longest, &err), 0);
    cr_assert_eq(request(second, "one more", &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY, "%s", err.message);
    redis_sink_ops.close(second);
    store_free(store);
}

Test(redis_scan, nobody_is_asked_when_no_agent_runs)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.release(store->sink, cdc_slice(NULL, 0), &err), 0);
    cr_assert_eq(request(second, "verify", &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "no agent runs"), "%s", err.message);
    cr_assert_not(server_redis_exists(store->redis, "cdc:requests:cinema"));
    redis_sink_ops.close(second);
    store_free(store);
}

/* An agent of an older version does not know of requests: its beat leaves them alone. */
Test(redis_scan, a_beat_that_does_not_ask_takes_nothing)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    cr_assert_eq(request(store->sink, "verify", &err), 0);
    server_redis_do(
        store->redis,
        "FCALL tributary_beat 5 cdc:checkpoint:cinema cdc:lease:cinema cdc:connectors cdc:connector:cinema "
        "cdc:events:{booking} %s here/1/1 30000 cinema 60000 0 0 updated now",
        store_checkpoint(store, "epoch"));
    cr_assert(server_redis_exists(store->redis, "cdc:requests:cinema"));
    store_free(store);
}
