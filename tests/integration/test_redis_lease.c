/* Lease, checkpoint, beat and sweep. */
#include "integration/redis_store.h"

#include "cdc/clock.h"
#include "lib/process.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(redis_lease, .timeout = 120);

struct acquired {
    enum cdc_lease lease;
    struct cdc_checkpoint checkpoint;
    struct cdc_buf holder;
};

static void acquire(struct cdc_sink *sink, struct acquired *a)
{
    struct cdc_err err;

    *a = (struct acquired){.lease = CDC_LEASE_OURS};
    cr_assert_eq(redis_sink_ops.acquire(sink, &a->lease, &a->checkpoint, &a->holder, &err), 0, "%s",
                 err.message);
}

static void forget(struct acquired *a)
{
    cdc_checkpoint_fini(&a->checkpoint);
    cdc_buf_fini(&a->holder);
}

static void beat_ok(struct store *store, const struct cdc_beat *beat)
{
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.beat(store->sink, beat, &err), 0, "%s", err.message);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0, "%s", err.message);
}

Test(redis_lease, a_second_agent_waits_and_learns_who_holds_it)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct acquired a;

    acquire(second, &a);
    cr_assert_eq(a.lease, CDC_LEASE_OTHER);
    cr_assert_str_eq(cdc_buf_str(&a.holder), "here/1/1");
    forget(&a);
    redis_sink_ops.close(second);
    store_free(store);
}

Test(redis_lease, a_lease_that_ran_out_is_taken_and_the_first_agent_is_fenced)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct acquired a;
    struct cdc_err err;

    server_redis_do(store->redis, "PEXPIRE cdc:lease:cinema 1");
    do {
        wait_step();
        acquire(second, &a);
    } while (a.lease == CDC_LEASE_OTHER);
    cr_assert_gt(a.checkpoint.epoch, store->checkpoint.epoch);
    cr_assert_str_eq(cdc_buf_str(&a.checkpoint.position), "0/1");
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1", NULL);
    store_commit(store);
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    cr_assert(err.hint[0]);
    forget(&a);
    redis_sink_ops.close(second);
    store_free(store);
}

Test(redis_lease, the_same_owner_takes_it_again_at_once)
{
    struct store *store = store_new(NULL);
    uint64_t epoch = store->checkpoint.epoch;

    cr_assert_eq(store->checkpoint.epoch_before, 0);
    store_connect(store);
    cr_assert_gt(store->checkpoint.epoch, epoch);
    cr_assert_eq(store->checkpoint.epoch_before, epoch);
    store_free(store);
}

/* The holder was a process of this host that is gone. */
Test(redis_lease, a_dead_process_of_this_host_is_replaced_at_once)
{
    struct store *store = store_open(NULL);
    pid_t pid = process_start((const char *const[]){"true", NULL}, NULL);
    char dead[64], mine[64];
    struct acquired a;
    struct cdc_err err;

    process_wait(pid, 10000);
    snprintf(dead, sizeof dead, "host/%d/12345", (int)pid);
    snprintf(mine, sizeof mine, "host/%d/1", (int)getpid());
    store->params.owner = mine;
    redis_sink_ops.unprepare(&store->shape);
    redis_sink_ops.close(store->sink);
    cr_assert_eq(redis_sink_ops.open(&store->sink, &store->params, &err), 0);
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), 0);
    server_redis_do(store->redis, "SET cdc:lease:cinema other%s PX 60000", dead);
    acquire(store->sink, &a);
    cr_assert_eq(a.lease, CDC_LEASE_OTHER);
    forget(&a);
    server_redis_do(store->redis, "SET cdc:lease:cinema %s PX 60000", dead);
    acquire(store->sink, &a);
    cr_assert_eq(a.lease, CDC_LEASE_OURS);
    cr_assert_str_eq(server_redis_text(store->redis, "GET cdc:lease:cinema"), mine);
    forget(&a);
    store_free(store);
}

Test(redis_lease, release_lets_the_next_one_in)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct acquired a;
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.release(store->sink, cdc_slice(NULL, 0), &err), 0);
    acquire(second, &a);
    cr_assert_eq(a.lease, CDC_LEASE_OURS);
    /* the first one is over, and does not take the lease away from the second */
    cr_assert_eq(redis_sink_ops.release(store->sink, cdc_slice(NULL, 0), &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    cr_assert_str_eq(server_redis_text(store->redis, "GET cdc:lease:cinema"), "elsewhere/2/2");
    forget(&a);
    redis_sink_ops.close(second);
    store_free(store);
}

Test(redis_lease, a_gap_that_was_found_is_not_forgotten)
{
    struct store *store = store_new(NULL);
    enum cdc_lease lease;
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.release(store->sink, cdc_slice_str("0/1 to 0/9"), &err), 0);
    cr_assert_eq(redis_sink_ops.acquire(store->sink, &lease, &store->checkpoint, &store->holder, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_GAP, "%s", err.message);
    cr_assert(strstr(err.message, "0/1 to 0/9"), "%s", err.message);
    cr_assert_not(server_redis_exists(store->redis, "cdc:lease:cinema"));
    store_free(store);
}

Test(redis_lease, begin_is_done_once)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    cr_assert_eq(redis_sink_ops.begin(store->sink, cdc_slice_str("system=1"), cdc_slice_str("0/1"), &err), 0);
    cr_assert_eq(redis_sink_ops.begin(store->sink, cdc_slice_str("system=2"), cdc_slice_str("0/9"), &err),
                 -1);
    cr_assert_eq(err.class, CDC_ERR_FATAL);
    cr_assert_str_eq(store_checkpoint(store, "position"), "0/1");
    cr_assert_str_eq(store_checkpoint(store, "identity"), "system=1");
    server_redis_do(store->redis, "HSET cdc:checkpoint:cinema epoch 99999999999999");
    cr_assert_eq(redis_sink_ops.begin(store->sink, cdc_slice_str("system=1"), cdc_slice_str("0/1"), &err),
                 -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    store_free(store);
}

Test(redis_lease, a_beat_renews_the_lease_and_tells_the_fleet)
{
    struct store *store = store_new(NULL);
    const char *names[] = {"state", "lag"}, *values[] = {"streaming", "0.2"};
    const struct cdc_beat beat = {.n = 2, .names = names, .values = values};
    long long left;

    server_redis_do(store->redis, "PEXPIRE cdc:lease:cinema 5000");
    beat_ok(store, &beat);
    cr_assert_gt(server_redis_integer(store->redis, "PTTL cdc:lease:cinema"), 20000);
    cr_assert_str_eq(server_redis_text(store->redis, "SMEMBERS cdc:connectors"), "cinema");
    cr_assert_str_eq(server_redis_text(store->redis, "HMGET cdc:connector:cinema state lag"),
                     "streaming\n0.2");
    cr_assert(server_redis_hget(store->redis, "cdc:connector:cinema", "updated"));
    left = server_redis_integer(store->redis, "PTTL cdc:connector:cinema");
    cr_assert(left > 15000 && left <= 90000, "%lld", left);
    /* nobody took it meanwhile: ours again */
    server_redis_do(store->redis, "DEL cdc:lease:cinema");
    beat_ok(store, &beat);
    cr_assert_str_eq(server_redis_text(store->redis, "GET cdc:lease:cinema"), "here/1/1");
    store_free(store);
}

Test(redis_lease, a_beat_without_the_lease_is_fenced)
{
    struct store *store = store_new(NULL);
    const struct cdc_beat beat = {.n = 0};
    struct cdc_err err;

    server_redis_do(store->redis, "SET cdc:lease:cinema somebody");
    cr_assert_eq(redis_sink_ops.beat(store->sink, &beat, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    cr_assert(strstr(err.message, "somebody"), "%s", err.message);
    store_free(store);
}

Test(redis_lease, a_beat_trims_by_length_and_by_age)
{
    struct store *store = store_new(NULL);
    const struct cdc_beat beat = {.n = 0};
    long long now_ms = cdc_wall_us() / 1000;

    for (int i = 0; i < 1000; i++)
        server_redis_do(store->redis, "XADD " STORE_STREAM " %lld-%d a b", now_ms - (i < 600 ? 60000 : 0),
                        i + 1);
    beat_ok(store, &beat);
    cr_assert_eq(store_entries(store), 1000);
    store->config.stream_max_len = 800;
    beat_ok(store, &beat);
    cr_assert_leq(store_entries(store), 900);
    cr_assert_geq(store_entries(store), 800);
    store->config.stream_max_len = 0;
    store->config.stream_max_age_ms = 30000;
    beat_ok(store, &beat);
    cr_assert_leq(store_entries(store), 500);
    cr_assert_geq(store_entries(store), 400);
    store_free(store);
}

static size_t states(struct store *store)
{
    return (size_t)server_redis_integer(store->redis, "EVAL %s 0",
                                        "return #redis.call('KEYS', 'cdc:state:*')");
}

static void sweep(struct store *store)
{
    uint64_t cursor = 0;
    struct cdc_err err;
    int rc;

    do {
        rc = redis_sink_ops.sweep(store->sink, &store->shape, &cursor, &err);
        cr_assert_geq(rc, 0, "%s", err.message);
    } while (rc == 0);
}

Test(redis_lease, a_sweep_removes_the_states_of_this_connector_only)
{
    struct store *store = store_new(NULL);
    char row[32];

    store_begin(store, "0/10");
    for (int i = 0; i < 3000; i++) {
        snprintf(row, sizeof row, "id=%d", i);
        store_put(store, "booking.created", row, NULL);
    }
    store_finish(store);
    server_redis_do(store->redis, "HSET cdc:state:{booking}:other _source elsewhere id other");
    server_redis_do(store->redis, "HSET cdc:state:{basket}:1 _source cinema id 1");
    server_redis_do(store->redis, "SET cdc:state:{booking}:string x");
    cr_assert_eq(states(store), 3003);
    sweep(store);
    cr_assert_eq(states(store), 3);
    cr_assert_eq(store_entries(store), 3000);
    store_free(store);
}

Test(redis_lease, a_sweep_of_a_shared_entity_minds_the_table)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    redis_sink_ops.unprepare(&store->shape);
    store->shape.shared = true;
    cr_assert_eq(redis_sink_ops.prepare(store->sink, &store->shape, &err), 0);
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1", NULL);
    store_finish(store);
    server_redis_do(store->redis, "HSET cdc:state:{booking}:2 _source cinema _table public.other");
    sweep(store);
    cr_assert_not(store_has_state(store, "1"));
    cr_assert(store_has_state(store, "2"));
    store_free(store);
}

Test(redis_lease, a_sweep_takes_the_prefix_literally)
{
    struct store *store = store_open(NULL);
    struct cdc_err err;

    redis_sink_ops.unprepare(&store->shape);
    redis_sink_ops.close(store->sink);
    store->config.prefix = "c[d]*c";
    server_redis_do(store->redis, "ACL SETUSER tributary-writer ~*");
    cr_assert_eq(redis_sink_ops.open(&store->sink, &store->params, &err), 0);
    cr_assert_eq(redis_sink_ops.prepare(store->sink, &store->shape, &err), 0);
    store_connect(store);
    server_redis_do(store->redis, "HSET %s _source cinema", "c[d]*c:state:{booking}:1");
    server_redis_do(store->redis, "HSET %s _source cinema", "cdxc:state:{booking}:1");
    sweep(store);
    cr_assert_not(server_redis_exists(store->redis, "c[d]*c:state:{booking}:1"));
    cr_assert(server_redis_exists(store->redis, "cdxc:state:{booking}:1"));
    store_free(store);
}

Test(redis_lease, a_sweep_by_an_old_epoch_is_fenced)
{
    struct store *store = store_new(NULL);
    uint64_t cursor = 0;
    struct cdc_err err;

    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1", NULL);
    store_finish(store);
    server_redis_do(store->redis, "HSET cdc:checkpoint:cinema epoch 99999999999999");
    cr_assert_eq(redis_sink_ops.sweep(store->sink, &store->shape, &cursor, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    cr_assert(store_has_state(store, "1"));
    store_free(store);
}
