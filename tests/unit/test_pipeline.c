/*
 * The pipeline between a scripted source and a store in memory, both of which fail at random: connections break at any item,
 * replies are lost, batches are lost, the store goes back in time. Whatever happens, the store must end up with every row
 * exactly once and in order. The seed of each run is in the failure message.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>
#include <stdlib.h>

#include "pipeline/pipeline.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define TRANSACTIONS 400
#define MAX_ROWS     40

struct record {
    uint32_t tx, row, last;
};

/* Both fakes live on one thread each; what the test reads afterwards is read after the threads have ended. */
struct cdc_source {
    unsigned seed;
    unsigned fail_one_in; /* items; 0: never */
    unsigned rows[TRANSACTIONS + 1];
    unsigned tx, row; /* the next item; row 0: BEGIN */
    bool relation_sent;
    _Atomic bool interrupted;
    struct cdc_column column;
    struct cdc_relation relation;
    struct cdc_value value;
    char id[16], position[16], key[32];
    char confirmed[16];
};

struct stored {
    struct cdc_checkpoint checkpoint;
    size_t n; /* records */
};

struct cdc_sink {
    unsigned seed;
    unsigned fail_one_in, go_back_one_in; /* calls; 0: never */
    struct record records[TRANSACTIONS * MAX_ROWS];
    struct stored now, before;
    uint64_t replied; /* batch number that collect() may report */
    unsigned sweeps;
    bool lost, held_by_other;
    size_t largest; /* records of one batch */
    _Atomic unsigned applied_transactions;
};

static bool chance(unsigned *seed, unsigned one_in)
{
    *seed = *seed * 1103515245u + 12345u;
    return one_in && (*seed >> 16) % one_in == 0;
}

static int broken(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "the connection broke");
}

/* -- source -------------------------------------------------------------------------------------------------------- */

static int source_connect(struct cdc_source *s, struct cdc_err *err)
{
    return chance(&s->seed, s->fail_one_in ? 10 : 0) ? broken(err) : 0;
}

static struct cdc_slice source_identity(const struct cdc_source *s)
{
    (void)s;
    return cdc_slice_str("system=1");
}

static int source_start(struct cdc_source *s, const struct cdc_checkpoint *from, struct cdc_buf *started,
                        struct cdc_err *err)
{
    struct cdc_buf position = {0};

    (void)err;
    cdc_buf_put_slice(&position, cdc_buf_slice(&from->position));
    s->tx = (unsigned)atoi(cdc_buf_str(&position)) + 1;
    s->row = 0;
    s->relation_sent = false;
    cdc_buf_fini(&position);
    cdc_buf_puts(started, "0");
    return 0;
}

static void make_row(struct cdc_source *s, struct cdc_item *item)
{
    snprintf(s->key, sizeof s->key, "%u.%u", s->tx, s->row);
    s->value = (struct cdc_value){s->key, (uint32_t)strlen(s->key), CDC_VALUE_PRESENT};
    item->type = CDC_ITEM_ROW;
    item->row = (struct cdc_row){.op = CDC_OP_INSERT, .relation = &s->relation, .after = &s->value};
}

static int source_next(struct cdc_source *s, struct cdc_item *item, struct cdc_err *err)
{
    *item = (struct cdc_item){.type = CDC_ITEM_NONE};
    if (chance(&s->seed, s->fail_one_in))
        return broken(err);
    if (s->tx > TRANSACTIONS || chance(&s->seed, 20))
        return 0;
    item->tx = (struct cdc_tx){cdc_slice_str(s->id), cdc_slice_str("1"), 1};
    if (s->row == 0) {
        snprintf(s->id, sizeof s->id, "T%u", s->tx);
        item->tx.id = cdc_slice_str(s->id);
        item->type = CDC_ITEM_BEGIN;
        s->row = 1;
    } else if (s->row > s->rows[s->tx]) {
        snprintf(s->position, sizeof s->position, "%u", s->tx++);
        item->type = CDC_ITEM_COMMIT;
        item->position = cdc_slice_str(s->position);
        s->row = 0;
    } else if (!s->relation_sent) {
        item->type = CDC_ITEM_RELATION;
        item->relation = &s->relation;
        s->relation_sent = true;
    } else {
        make_row(s, item);
        s->row++;
    }
    return 0;
}

static int source_wait(struct cdc_source *s, int timeout_ms, struct cdc_err *err)
{
    struct timespec nap = {.tv_nsec = 100000};

    (void)timeout_ms;
    if (s->interrupted || s->tx > TRANSACTIONS)
        nanosleep(&nap, NULL);
    s->interrupted = false;
    return chance(&s->seed, s->fail_one_in) ? broken(err) : 0;
}

static int source_confirm(struct cdc_source *s, struct cdc_slice position, struct cdc_err *err)
{
    (void)err;
    snprintf(s->confirmed, sizeof s->confirmed, "%.*s", CDC_ARG(position));
    return 0;
}

static void source_interrupt(struct cdc_source *s)
{
    s->interrupted = true;
}

static void source_stats(const struct cdc_source *s, struct cdc_source_stats *out)
{
    (void)s;
    *out = (struct cdc_source_stats){0};
}

static const struct cdc_source_ops source_ops = {
    .name = "script",
    .connect = source_connect,
    .identity = source_identity,
    .start = source_start,
    .next = source_next,
    .wait = source_wait,
    .confirm = source_confirm,
    .interrupt = source_interrupt,
    .stats = source_stats,
};

/* -- sink ---------------------------------------------------------------------------------------------------------- */

static int sink_prepare(const struct cdc_sink *s, struct cdc_shape *shape, struct cdc_err *err)
{
    (void)s, (void)shape, (void)err;
    return 0;
}

static void sink_unprepare(struct cdc_shape *shape)
{
    (void)shape;
}

static int sink_encode(const struct cdc_sink *s, const struct cdc_event *event, struct cdc_buf *body,
                       size_t *last, struct cdc_err *err)
{
    char text[32];
    struct record r = {0};

    (void)s;
    snprintf(text, sizeof text, "%.*s", CDC_ARG(event->key));
    cr_assert_eq(sscanf(text, "%u.%u", &r.tx, &r.row), 2);
    cr_assert_eq(r.row, event->ordinal);
    *last = body->len + offsetof(struct record, last);
    cdc_buf_put(body, &r, sizeof r);
    return body->failed ? cdc_err_memory(err) : 0;
}

static void sink_mark_last(struct cdc_buf *body, size_t last)
{
    memcpy(body->data + last, &(uint32_t){1}, sizeof(uint32_t));
}

static int sink_split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin)
{
    *begin = 0;
    cdc_buf_put(rest, body->data + at, body->len - at);
    return rest->failed ? -1 : 0;
}

static int copy_stored(struct stored *to, const struct stored *from)
{
    to->n = from->n;
    return cdc_checkpoint_copy(&to->checkpoint, &from->checkpoint);
}

static int sink_connect(struct cdc_sink *s, struct cdc_err *err)
{
    uint64_t epoch = s->now.checkpoint.epoch;

    s->lost = false;
    if (chance(&s->seed, s->fail_one_in ? 5 : 0))
        return broken(err);
    if (s->before.checkpoint.identity.len && chance(&s->seed, s->go_back_one_in)) {
        cr_assert_eq(copy_stored(&s->now, &s->before), 0);
        s->now.checkpoint.epoch = epoch;
    } else {
        cr_assert_eq(copy_stored(&s->before, &s->now), 0);
    }
    return 0;
}

static int sink_acquire(struct cdc_sink *s, enum cdc_lease *lease, struct cdc_checkpoint *checkpoint,
                        struct cdc_buf *holder, struct cdc_err *err)
{
    (void)err;
    *lease = s->held_by_other ? CDC_LEASE_OTHER : CDC_LEASE_OURS;
    if (s->held_by_other) {
        cdc_buf_puts(holder, "elsewhere/1/1");
        return 0;
    }
    checkpoint->epoch_before = s->now.checkpoint.epoch;
    s->now.checkpoint.epoch += 1000;
    s->replied = s->now.checkpoint.batch;
    return cdc_checkpoint_copy(checkpoint, &s->now.checkpoint);
}

static int sink_begin(struct cdc_sink *s, struct cdc_slice identity, struct cdc_slice position,
                      struct cdc_err *err)
{
    (void)err;
    cr_assert_eq(s->now.checkpoint.identity.len, 0, "begun twice");
    cdc_buf_put_slice(&s->now.checkpoint.identity, identity);
    cdc_buf_put_slice(&s->now.checkpoint.position, position);
    return 0;
}

static void store(struct cdc_sink *s, const struct cdc_batch *batch)
{
    struct cdc_checkpoint *c = &s->now.checkpoint;

    cr_assert_eq(batch->body.len, batch->records * sizeof(struct record));
    cr_assert_leq(s->now.n + batch->records, sizeof s->records / sizeof *s->records);
    if (batch->records)
        memcpy(s->records + s->now.n, batch->body.data, batch->body.len);
    s->now.n += batch->records;
    s->largest = batch->records > s->largest ? batch->records : s->largest;
    c->batch = batch->number;
    c->ordinal = batch->ordinal;
    cdc_buf_reset(&c->position);
    cdc_buf_put_slice(&c->position, cdc_buf_slice(&batch->position));
    cdc_buf_reset(&c->open_tx);
    cdc_buf_put_slice(&c->open_tx, cdc_buf_slice(&batch->open_tx));
    s->applied_transactions = (unsigned)atoi(cdc_buf_str(&c->position));
}

static int sink_submit(struct cdc_sink *s, const struct cdc_batch *batch, struct cdc_err *err)
{
    cr_assert(s->now.checkpoint.identity.len, "a batch before begin");
    if (s->lost || chance(&s->seed, s->fail_one_in)) {
        s->lost = true; /* it never arrives, nor does what is sent behind it */
        return chance(&s->seed, 2) ? broken(err) : 0;
    }
    cr_assert_eq(batch->number, s->now.checkpoint.batch + 1, "batches out of order");
    store(s, batch);
    if (!chance(&s->seed, s->fail_one_in))
        s->replied = batch->number;
    else
        s->lost = true; /* applied, but nobody will hear of it */
    return 0;
}

static int sink_collect(struct cdc_sink *s, int timeout_ms, uint64_t *applied, struct cdc_err *err)
{
    (void)timeout_ms;
    *applied = s->replied;
    return s->lost ? broken(err) : 0;
}

static int sink_beat(struct cdc_sink *s, const struct cdc_beat *beat, struct cdc_err *err)
{
    (void)beat;
    return s->lost ? broken(err) : 0;
}

static int sink_tend(struct cdc_sink *s, int64_t as_of_ms, struct cdc_err *err)
{
    (void)as_of_ms;
    return s->lost ? broken(err) : 0;
}

static bool sink_tending(const struct cdc_sink *s)
{
    (void)s;
    return false;
}

static int sink_release(struct cdc_sink *s, struct cdc_slice gap, struct cdc_err *err)
{
    (void)s, (void)gap, (void)err;
    return 0;
}

static const struct cdc_sink_ops sink_ops = {
    .name = "memory",
    .prepare = sink_prepare,
    .unprepare = sink_unprepare,
    .encode = sink_encode,
    .mark_last = sink_mark_last,
    .split = sink_split,
    .connect = sink_connect,
    .acquire = sink_acquire,
    .begin = sink_begin,
    .submit = sink_submit,
    .collect = sink_collect,
    .beat = sink_beat,
    .tend = sink_tend,
    .tending = sink_tending,
    .release = sink_release,
};

/* -- the scene ----------------------------------------------------------------------------------------------------- */

static const struct model_field model_fields[] = {{.name = "reservation_id", .type = MODEL_STRING}};
static const size_t model_keys[] = {0};
static const struct model_entity entity = {
    .name = "booking",
    .nkeys = 1,
    .keys = model_keys,
    .nfields = 1,
    .fields = model_fields,
    .verb_insert = "created",
    .verb_update = "changed",
    .verb_delete = "deleted",
};
static const struct config_field key = {.field = 0, .from = CONFIG_FROM_COLUMN, .column = "id"};
static const struct config_field *const keys[] = {&key};
static const struct config_mapping mapping = {.entity = &entity, .keys = keys};
static const struct config_table table = {
    .schema = "public", .name = "t", .nmappings = 1, .mappings = &mapping};

static struct cdc_source source;
static struct cdc_sink sink;
static struct config config;

static void set_scene(unsigned seed, unsigned fail_one_in, unsigned go_back_one_in)
{
    source = (struct cdc_source){.seed = seed, .fail_one_in = fail_one_in};
    sink = (struct cdc_sink){.seed = seed + 1, .fail_one_in = fail_one_in, .go_back_one_in = go_back_one_in};
    for (unsigned i = 1; i <= TRANSACTIONS; i++)
        source.rows[i] = chance(&source.seed, 10) ? MAX_ROWS : 1 + i % 3;
    source.column = (struct cdc_column){.name = cdc_slice_str("id"), .kind = CDC_KIND_TEXT, .key = true};
    source.relation = (struct cdc_relation){.id = 1,
                                            .schema = cdc_slice_str("public"),
                                            .name = cdc_slice_str("t"),
                                            .ncolumns = 1,
                                            .columns = &source.column,
                                            .identity = CDC_IDENTITY_KEY};
    config = (struct config){
        .path = "test", .connector = "test", .system = "test", .ntables = 1, .tables = &table};
    config.source.timezone = "UTC";
    config.source.heartbeat_ms = 1;
    config.redis.batch_events = 16;
    config.limit_memory_bytes = 64 * 1024;
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "test");
}

static int run_to_the_end(struct cdc_err *err)
{
    struct pipeline_params params = {.config = &config,
                                     .source_ops = &source_ops,
                                     .source = &source,
                                     .sink_ops = &sink_ops,
                                     .sink = &sink};
    int64_t until = cdc_now_ms() + 60000;
    struct pipeline *pipeline;
    int rc;

    cr_assert_eq(map_new(&params.map, &config, err), 0, "%s", err->message);
    cr_assert_eq(pipeline_start(&pipeline, &params, err), 0);
    while (sink.applied_transactions < TRANSACTIONS && cdc_now_ms() < until && !pipeline_wait(pipeline, 1))
        ;
    pipeline_stop(pipeline);
    cr_assert(pipeline_wait(pipeline, 30000), "the threads do not end");
    rc = pipeline_finish(pipeline, err);
    map_free(params.map);
    return rc;
}

/* Every row once, in order; the last of each transaction marked as such. */
static void expect_everything(unsigned seed)
{
    size_t n = 0;

    for (unsigned tx = 1; tx <= TRANSACTIONS; tx++)
        for (unsigned row = 1; row <= source.rows[tx]; row++, n++) {
            cr_assert_lt(n, sink.now.n, "seed %u: row %u of transaction %u is lost", seed, row, tx);
            cr_assert(sink.records[n].tx == tx && sink.records[n].row == row,
                      "seed %u: %u.%u stands where %u.%u should", seed, sink.records[n].tx,
                      sink.records[n].row, tx, row);
            cr_assert_eq(sink.records[n].last, row == source.rows[tx], "seed %u: txlast at %u.%u", seed, tx,
                         row);
        }
    cr_assert_eq(n, sink.now.n, "seed %u: %zu records too many", seed, sink.now.n - n);
}

static void clean(void)
{
    cdc_checkpoint_fini(&sink.now.checkpoint);
    cdc_checkpoint_fini(&sink.before.checkpoint);
}

Test(pipeline, carries_everything_and_confirms_it)
{
    struct cdc_err err = {0};

    set_scene(1, 0, 0);
    cr_assert_eq(run_to_the_end(&err), 0, "%s", err.message);
    expect_everything(1);
    cr_assert_str_eq(source.confirmed, "400");
    cr_assert_leq(sink.largest, 16 + MAX_ROWS);
    clean();
}

Test(pipeline, broken_connections_and_lost_replies, .timeout = 120)
{
    for (unsigned seed = 1; seed <= 15; seed++) {
        struct cdc_err err = {0};
        set_scene(seed, 200, 0);
        cr_assert_eq(run_to_the_end(&err), 0, "seed %u: %s", seed, err.message);
        expect_everything(seed);
        clean();
    }
}

/* A store that goes back while the agent is already stopping is caught up by the next start. */
static void restart_undisturbed(void)
{
    source.fail_one_in = sink.fail_one_in = sink.go_back_one_in = 0;
    sink.applied_transactions = (unsigned)atoi(cdc_buf_str(&sink.now.checkpoint.position));
}

Test(pipeline, a_store_that_goes_back_in_time, .timeout = 120)
{
    for (unsigned seed = 1; seed <= 15; seed++) {
        struct cdc_err err = {0};
        set_scene(seed, 200, 4);
        cr_assert_eq(run_to_the_end(&err), 0, "seed %u: %s", seed, err.message);
        restart_undisturbed();
        cr_assert_eq(run_to_the_end(&err), 0, "seed %u: %s", seed, err.message);
        expect_everything(seed);
        clean();
    }
}

Test(pipeline, a_standby_writes_nothing_and_stops)
{
    struct cdc_err err = {0};

    set_scene(1, 0, 0);
    sink.held_by_other = true;
    sink.applied_transactions = TRANSACTIONS; /* do not wait for any */
    cr_assert_eq(run_to_the_end(&err), 0, "%s", err.message);
    cr_assert_eq(sink.now.n, 0);
    clean();
}
