/* What goes wrong while batches are applied, and that nothing is lost or doubled by it. */
#include "integration/redis_store.h"

#include "cdc/clock.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

TestSuite(redis_failures, .timeout = 120);

static void put(struct store *store, const char *tx, const char *row)
{
    store_begin(store, tx);
    store_put(store, "booking.created", row, NULL);
    store_commit(store);
}

Test(redis_failures, a_batch_that_was_applied_already_is_not_applied_again)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    put(store, "0/10", "id=1");
    store->batch.number = 1;
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    while (store_entries(store) < 1)
        wait_step();
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    cr_assert_eq(store->applied, 1);
    cr_assert_eq(store_entries(store), 1);
    store_free(store);
}

Test(redis_failures, a_batch_out_of_order_is_refused)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    put(store, "0/10", "id=1");
    store->applied = 4;
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FATAL);
    cr_assert(strstr(err.message, "batch 5 cannot follow batch 0"), "%s", err.message);
    cr_assert_eq(store_entries(store), 0);
    store_free(store);
}

Test(redis_failures, an_old_epoch_is_fenced)
{
    struct store *store = store_new(NULL);
    struct cdc_sink_params params;
    struct cdc_sink *second = store_second(store, &params);
    struct cdc_err err;
    const struct cdc_beat beat = {.n = 0};

    put(store, "0/10", "id=1");
    server_redis_do(store->redis, "HINCRBY cdc:checkpoint:cinema epoch 1");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    cr_assert_eq(store_entries(store), 0);
    store_connect(store);
    server_redis_do(store->redis, "HINCRBY cdc:checkpoint:cinema epoch 1");
    cr_assert_eq(redis_sink_ops.beat(store->sink, &beat, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FENCED);
    redis_sink_ops.close(second);
    store_free(store);
}

/* The store was emptied, or went back to a backup: nobody has fenced us, acquire again and see what is left. */
Test(redis_failures, a_store_that_forgot_the_epoch_is_acquired_again)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    put(store, "0/10", "id=1");
    store_apply(store);
    server_redis_do(store->redis, "FLUSHALL");
    put(store, "0/20", "id=2");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY, "%s", err.message);
    server_redis_do(store->redis, "HSET cdc:checkpoint:cinema epoch 1");
    store_connect(store);
    cr_assert_eq(store->checkpoint.position.len, 0);
    cr_assert_eq(store->checkpoint.batch, 0);
    server_redis_do(store->redis, "HSET cdc:checkpoint:cinema epoch 1");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY, "%s", err.message);
    store_free(store);
}

/* A store that went back to a backup must not hand out an epoch that it has handed out before. */
Test(redis_failures, an_epoch_never_comes_again)
{
    struct store *store = store_new(NULL);
    uint64_t first = store->checkpoint.epoch, second;

    store_connect(store);
    second = store->checkpoint.epoch;
    cr_assert_gt(second, first);
    while ((uint64_t)cdc_wall_us() / 1000 <= second)
        wait_step();
    server_redis_do(store->redis, "DEL cdc:checkpoint:cinema");
    store_connect(store);
    cr_assert_gt(store->checkpoint.epoch, second);
    store_free(store);
}

/* Applied, but the connection died before the reply: connect, acquire, see that it was applied, go on. */
Test(redis_failures, a_lost_reply_loses_and_doubles_nothing)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    put(store, "0/10", "id=1");
    store->batch.number = 1;
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    while (store_entries(store) < 1)
        wait_step();
    server_redis_do(store->redis, "CLIENT KILL TYPE normal SKIPME yes");
    store_connect(store);
    cr_assert_eq(store->checkpoint.batch, 1);
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    cr_assert_eq(store_entries(store), 1);
    cdc_buf_reset(&store->batch.body);
    put(store, "0/20", "id=2");
    store_apply(store);
    cr_assert_eq(store_entries(store), 2);
    store_free(store);
}

Test(redis_failures, a_killed_connection_is_an_error_that_passes)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    server_redis_do(store->redis, "CLIENT KILL TYPE normal SKIPME yes");
    put(store, "0/10", "id=1");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert(strstr(err.message, "not connected"), "%s", err.message);
    store_connect(store);
    store_apply(store);
    cr_assert_eq(store_entries(store), 1);
    store_free(store);
}

Test(redis_failures, batches_behind_a_failed_one_refuse_themselves)
{
    struct store *store = store_new(NULL);
    struct cdc_batch second = {.number = 2}, third = {.number = 3};
    struct cdc_err err;

    server_redis_do(store->redis, "SET cdc:state:{booking}:1 mine");
    put(store, "0/10", "id=1");
    store->batch.number = 1;
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    cr_assert_eq(redis_sink_ops.submit(store->sink, &second, &err), 0);
    cr_assert_eq(redis_sink_ops.submit(store->sink, &third, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FATAL);
    cr_assert_eq(store->applied, 0);
    cr_assert_null(store_checkpoint(store, "batch"));
    store_free(store);
}

/*
 * The foreign key is met in the middle of a batch, behind every kind of record. Nothing of the batch may be seen then, and
 * after the key is gone the same batch must do exactly what it would have done.
 */
static void fill(struct store *store)
{
    store_begin(store, "0/20");
    store_put(store, "booking.changed", "id=1 status=paid price=1", "id=1 status=hold price=1");
    store_merge(store, "booking.changed", "id=2 status=paid");
    store_merge(store, "booking.changed", "id=5 status=new");
    store_drop(store, "booking.deleted", "id=3");
    store_delete(store, "booking.deleted", "id=4", NULL);
    store_put(store, "booking.created", "id=3 status=again", NULL);
    store_reject(store, "bad_value", "7");
    store_merge(store, "booking.changed", "id=2 status=paid note=n");
    store_put(store, "booking.created", "id=6 status=hold", NULL);
    store_merge(store, "booking.changed", "id=1 status=done price=1");
    store_commit(store);
}

static void prepare_states(struct store *store)
{
    store_begin(store, "0/10");
    store_put(store, "booking.created", "id=1 status=hold price=1", NULL);
    store_put(store, "booking.created", "id=2 status=hold note=x", NULL);
    store_put(store, "booking.created", "id=3 status=hold note=y", NULL);
    store_put(store, "booking.created", "id=4 status=hold note=z", NULL);
    store_finish(store);
}

static void assert_filled(struct store *store)
{
    cr_assert_eq(store_entries(store), 4 + 9);
    cr_assert_str_eq(store_entry(store, 4, "previous"), "{\"status\":\"hold\"}");
    cr_assert_str_eq(store_entry(store, 5, "previous"), "{\"status\":\"hold\",\"note\":\"x\"}");
    cr_assert_str_eq(store_entry(store, 5, "subject"), "2");
    cr_assert_null(store_entry(store, 6, "previous"));
    cr_assert(strstr(store_entry(store, 7, "previous"), "\"note\":\"y\""));
    cr_assert(strstr(store_entry(store, 8, "previous"), "\"note\":\"z\""));
    cr_assert_str_eq(store_entry(store, 9, "data"), "{\"id\":\"3\",\"status\":\"again\"}");
    cr_assert_str_eq(store_entry(store, 10, "previous"), "{\"note\":null}");
    cr_assert_str_eq(store_entry(store, 12, "previous"), "{\"status\":\"paid\"}");
    cr_assert_str_eq(store_entry(store, 12, "txlast"), "1");
    cr_assert_eq(server_redis_integer(store->redis, "XLEN cdc:dlq:cinema"), 1);
    cr_assert_str_eq(store_state(store, "1", "status"), "done");
    cr_assert_null(store_state(store, "3", "note"));
    cr_assert_not(store_has_state(store, "4"));
    cr_assert_str_eq(store_checkpoint(store, "position"), "0/20");
}

Test(redis_failures, a_foreign_key_in_the_middle_of_a_batch_takes_all_of_it_back)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    prepare_states(store);
    fill(store);
    server_redis_do(store->redis, "SET cdc:state:{booking}:6 mine");
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(store_try(store, &err), -1);
        cr_assert_eq(err.class, CDC_ERR_FATAL, "%s", err.message);
        cr_assert(strstr(err.message, "cdc:state:{booking}:6"), "%s", err.message);
        cr_assert_eq(store_entries(store), 4);
        cr_assert_eq(server_redis_integer(store->redis, "XLEN cdc:dlq:cinema"), 0);
        cr_assert_str_eq(store_state(store, "2", "status"), "hold");
        cr_assert_str_eq(store_state(store, "2", "note"), "x");
        cr_assert_str_eq(store_state(store, "3", "note"), "y");
        cr_assert_str_eq(store_state(store, "4", "note"), "z");
        cr_assert_not(store_has_state(store, "5"));
        cr_assert_str_eq(store_checkpoint(store, "position"), "0/10");
        cr_assert_null(store_checkpoint(store, "broken"));
        store_connect(store);
    }
    server_redis_do(store->redis, "DEL cdc:state:{booking}:6");
    store_apply(store);
    assert_filled(store);
    store_free(store);
}

Test(redis_failures, the_same_without_a_failure)
{
    struct store *store = store_new(NULL);

    prepare_states(store);
    fill(store);
    store_apply(store);
    assert_filled(store);
    store_free(store);
}

Test(redis_failures, a_foreign_stream_key_refuses_the_batch)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    server_redis_do(store->redis, "SET " STORE_STREAM " mine");
    put(store, "0/10", "id=1");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FATAL);
    cr_assert(strstr(err.message, "WRONGTYPE"), "%s", err.message);
    cr_assert(err.hint[0]);
    store_free(store);
}

Test(redis_failures, a_right_that_is_lost_in_the_middle_is_said_and_can_be_given_back)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    prepare_states(store);
    fill(store);
    server_redis_do(store->redis, "ACL SETUSER tributary-writer -hdel");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED, "%s", err.message);
    cr_assert_eq(store_entries(store), 4);
    server_redis_do(store->redis, "ACL SETUSER tributary-writer +hdel");
    store_connect(store);
    store_apply(store);
    assert_filled(store);
    store_free(store);
}

/* The checkpoint is the last that is written. */
Test(redis_failures, a_checkpoint_that_cannot_be_written_takes_the_batch_back)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    prepare_states(store);
    fill(store);
    server_redis_do(
        store->redis,
        "ACL SETUSER tributary-writer resetkeys ~cdc:state:* ~cdc:events:* ~cdc:dlq:* %%R~cdc:checkpoint:*");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED, "%s", err.message);
    cr_assert_eq(store_entries(store), 4);
    cr_assert_eq(server_redis_integer(store->redis, "XLEN cdc:dlq:cinema"), 0);
    cr_assert_str_eq(store_checkpoint(store, "position"), "0/10");
    server_redis_do(store->redis, "ACL SETUSER tributary-writer ~cdc:*");
    store_connect(store);
    store_apply(store);
    assert_filled(store);
    store_free(store);
}

/* Trimming comes after the checkpoint: when it fails, the batch is applied all the same, and only once. */
Test(redis_failures, a_right_to_trim_that_is_lost_doubles_nothing)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    store->config.stream_max_len = 1000000;
    put(store, "0/10", "id=1");
    store->batch.records = 5000;
    server_redis_do(store->redis, "ACL SETUSER tributary-writer -xtrim");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED, "%s", err.message);
    cr_assert_eq(store_entries(store), 1);
    server_redis_do(store->redis, "ACL SETUSER tributary-writer +xtrim");
    store_connect(store);
    cr_assert_eq(store->checkpoint.batch, 1);
    store->applied = 0;
    store_apply(store);
    cr_assert_eq(store_entries(store), 1);
    store_free(store);
}

Test(redis_failures, what_cannot_be_taken_back_stops_the_connector)
{
    struct store *store = store_new(NULL);
    enum cdc_lease lease;
    struct cdc_err err;

    prepare_states(store);
    fill(store);
    server_redis_do(store->redis, "SET cdc:state:{booking}:6 mine");
    server_redis_do(store->redis, "ACL SETUSER tributary-writer -xdel");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert(store_checkpoint(store, "broken"));
    server_redis_do(store->redis, "DEL cdc:state:{booking}:6");
    server_redis_do(store->redis, "ACL SETUSER tributary-writer +xdel");
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), 0);
    cr_assert_eq(redis_sink_ops.acquire(store->sink, &lease, &store->checkpoint, &store->holder, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_FATAL, "%s: %s", cdc_err_class_name(err.class), err.message);
    cr_assert(strstr(err.hint, "HDEL"), "%s", err.hint);
    store_free(store);
}

/* Bytes that are not a batch: refused and taken back, not half applied. */
Test(redis_failures, a_mangled_body_changes_nothing)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;
    size_t whole;

    prepare_states(store);
    fill(store);
    whole = store->batch.body.len;
    for (size_t cut = whole - 1; cut > whole - 60; cut -= 7) {
        store->batch.body.len = cut;
        cr_assert_eq(store_try(store, &err), -1, "cut at %zu of %zu", cut, whole);
        cr_assert_eq(err.class, CDC_ERR_FATAL, "%s", err.message);
        cr_assert_eq(store_entries(store), 4);
        store_connect(store);
    }
    store->batch.body.len = whole;
    store_apply(store);
    assert_filled(store);
    store_free(store);
}

Test(redis_failures, a_full_redis_is_an_error_that_passes)
{
    struct store *store = store_new(NULL);
    const struct cdc_beat beat = {.n = 0};
    struct cdc_err err;

    store->config.stream_max_len = 1;
    put(store, "0/10", "id=1");
    store_apply(store);
    server_redis_do(store->redis, "CONFIG SET maxmemory 1");
    put(store, "0/20", "id=2");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "OOM"), "%s", err.message);
    cr_assert(strstr(err.hint, "maxmemory"), "%s", err.hint);
    /* the lease can be held on to, and streams trimmed, meanwhile */
    store_connect(store);
    cr_assert_eq(redis_sink_ops.beat(store->sink, &beat, &err), 0);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    server_redis_do(store->redis, "CONFIG SET maxmemory 0");
    store_apply(store);
    cr_assert_eq(store_entries(store), 2);
    store_free(store);
}

Test(redis_failures, a_replica_is_refused_while_it_is_one)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    put(store, "0/10", "id=1");
    server_redis_do(store->redis, "REPLICAOF 127.0.0.1 1");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY, "%s", err.message);
    cr_assert_eq(redis_sink_ops.connect(store->sink, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY, "%s", err.message);
    cr_assert(strstr(err.hint, "master"), "%s", err.hint);
    server_redis_do(store->redis, "REPLICAOF NO ONE");
    store_connect(store);
    store_apply(store);
    cr_assert_eq(store_entries(store), 1);
    store_free(store);
}

Test(redis_failures, functions_that_were_flushed_come_back_on_connecting)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;

    put(store, "0/10", "id=1");
    server_redis_do(store->redis, "FUNCTION FLUSH");
    cr_assert_eq(store_try(store, &err), -1);
    store_connect(store);
    store_apply(store);
    cr_assert_eq(store_entries(store), 1);
    store_free(store);
}

Test(redis_failures, a_redis_that_hangs_is_waited_for_and_interrupt_ends_the_waiting)
{
    struct store *store = store_new(NULL);
    struct cdc_err err;
    int64_t began_ms;

    put(store, "0/10", "id=1");
    server_freeze(&store->redis->server);
    store->batch.number = 1;
    cr_assert_eq(redis_sink_ops.submit(store->sink, &store->batch, &err), 0);
    began_ms = cdc_now_ms();
    cr_assert_eq(redis_sink_ops.collect(store->sink, 50, &store->applied, &err), 0);
    cr_assert_geq(cdc_now_ms() - began_ms, 50);
    redis_sink_ops.interrupt(store->sink);
    cr_assert_eq(redis_sink_ops.collect(store->sink, 60000, &store->applied, &err), 0);
    cr_assert_lt(cdc_now_ms() - began_ms, 30000);
    cr_assert_eq(store->applied, 0);
    server_thaw(&store->redis->server);
    while (store->applied < 1)
        cr_assert_eq(redis_sink_ops.collect(store->sink, 1000, &store->applied, &err), 0);
    store_free(store);
}

/* More than the socket takes, while Redis does not read: submit() must not block. */
Test(redis_failures, submitting_to_a_redis_that_hangs_does_not_block)
{
    struct store *store = store_new(NULL);
    enum { BATCHES = 20, BIG = 1 << 20 };
    static char row[BIG + 64];
    struct cdc_batch batches[BATCHES];
    struct cdc_err err;

    memset(batches, 0, sizeof batches);
    server_freeze(&store->redis->server);
    for (int i = 0; i < BATCHES; i++) {
        int n = snprintf(row, 64, "id=%d note=", i);
        memset(row + n, 'x', BIG);
        store_begin(store, "0/10");
        store_put(store, "booking.created", row, NULL);
        batches[i] = store->batch;
        batches[i].number = (uint64_t)i + 1;
        store->batch = (struct cdc_batch){.number = 0};
        cr_assert_eq(redis_sink_ops.submit(store->sink, &batches[i], &err), 0);
    }
    server_thaw(&store->redis->server);
    while (store->applied < BATCHES)
        cr_assert_eq(redis_sink_ops.collect(store->sink, 1000, &store->applied, &err), 0);
    cr_assert_eq(store_entries(store), BATCHES);
    for (int i = 0; i < BATCHES; i++)
        cdc_buf_fini(&batches[i].body);
    store_free(store);
}

Test(redis_failures, more_batches_than_fit_in_flight_are_no_problem)
{
    struct store *store = store_new(NULL);
    struct cdc_batch empty = {.number = 0};
    struct cdc_err err;

    for (uint64_t i = 1; i <= 300; i++) {
        empty.number = i;
        cr_assert_eq(redis_sink_ops.submit(store->sink, &empty, &err), 0);
    }
    while (store->applied < 300)
        cr_assert_eq(redis_sink_ops.collect(store->sink, 5000, &store->applied, &err), 0);
    store_free(store);
}

/* A crash of Redis takes back what was not on disk: the checkpoint goes back together with the data. */
Test(redis_failures, a_crash_takes_the_checkpoint_back_with_the_data)
{
    struct store *store = store_new((const char *const[]){"appendonly=yes", "appendfsync=always", NULL});
    struct cdc_err err;

    put(store, "0/10", "id=1");
    store_apply(store);
    server_redis_crash(store->redis);
    server_redis_do(store->redis, "ACL SETUSER tributary-writer reset on >a-password ~* +@all");
    put(store, "0/20", "id=2");
    cr_assert_eq(store_try(store, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    store_connect(store);
    cr_assert_eq(store->checkpoint.batch, 1);
    store_apply(store);
    cr_assert_eq(store_entries(store), 2);
    store_free(store);
}
