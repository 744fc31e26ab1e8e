/*
 * The apply function alone: feeds a Redis with batches that were encoded beforehand and prints events per second.
 *
 *     apply SOCKET EVENTS BATCH insert|put|update|merge|load|check [ROWS [customer [FIELDS]]]
 *
 * Seven fields and a full envelope: the events that the configurations of run.sh make, with the state as the database has it beside its
 * canonical value. `insert` and `put` know nothing of what was before; `update` brings the previous values of the three fields that
 * changed, as a source with full before images does; `merge` has the store find out. `load` writes rows without events; `check`
 * compares rows that are as they must be. ROWS is how many events a transaction has (1).
 * With `customer` each event concerns one, whose timeline and index follow. FIELDS more, of 41 bytes, never change (0).
 * `insert` and `load` make a state of its own with each event, so the store grows. With the others the key space is walked again and
 * again, and after the first round every event meets a state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"
#include "cdc/sink.h"

enum { FIELDS = 7, MORE = 50, KEYS = 51200, ROUNDS = 2, IN_FLIGHT = 4 };

static const struct cdc_slice LONG_TEXT = {"4711abcdefghij abcdefghij abcdefghij abcde", 41};

static struct cdc_slice names[FIELDS + MORE] = {
    {"reservation_id", 14},
    {"customer_id", 11},
    {"service_id", 10},
    {"reservation_status", 18},
    {"source_reservation_status", 25},
    {"total_price", 11},
    {"price_currency", 14},
};

struct bench {
    struct cdc_sink *sink;
    struct cdc_shape shape;
    enum cdc_event_op op;
    bool before_known, customer;
    unsigned from, rounds; /* those that are fed begin with `from` */
    uint64_t keys;
    uint64_t tx_rows;
    uint64_t batch_size, nbatches; /* of a round */
    struct cdc_batch *batches[ROUNDS];
};

static void require(int rc, const struct cdc_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "apply: %s %s\n", err->message, err->hint);
    exit(1);
}

static struct cdc_slice text(char *out, size_t size, const char *fmt, unsigned long a)
{
    int n = snprintf(out, size, fmt, a);

    return cdc_slice(out, (size_t)n);
}

struct texts {
    char key[48], customer[48], service[48], price[48];
};

/* The fields as they are in a round; those of the other round are what was before. */
static void fill(unsigned round, uint64_t key, struct texts *texts, struct cdc_slice out[FIELDS])
{
    out[0] = text(texts->key, 48, "cinema-%lu", key);
    out[1] = text(texts->customer, 48, "booking-site:%lu", key % 997);
    out[2] = text(texts->service, 48, "screening-%lu", key % 113);
    out[3] = cdc_slice_str(round ? "confirmed" : "hold");
    out[4] = cdc_slice_str(round ? "C" : "H");
    out[5] = text(texts->price, 48, round ? "%lu.50" : "%lu.00", key % 40 + 8);
    out[6] = cdc_slice_str("GBP");
}

static void encode(struct bench *bench, unsigned round, uint64_t i, struct cdc_buf *body)
{
    struct texts is, was;
    char tx_id[48], xid[48];
    struct cdc_err err;
    uint64_t tx_number = round * bench->keys + i / bench->tx_rows;
    struct cdc_tx tx = {.id = text(tx_id, 48, "0/%lX", 0x16B3740 + tx_number * 0x98),
                        .xid = text(xid, 48, "%lu", 700 + tx_number),
                        .commit_us = (int64_t)(1795285800000000 + tx_number * 37)};
    struct cdc_slice after[FIELDS], before[FIELDS];
    struct cdc_field fields[FIELDS + MORE];
    struct cdc_event event = {.op = bench->op == CDC_EVENT_CHECK && !round ? CDC_EVENT_LOAD : bench->op,
                              .shape = &bench->shape,
                              .type = cdc_slice_str(bench->op >= CDC_EVENT_LOAD ? "" : "booking.changed"),
                              .note = true,
                              .fields = fields,
                              .before_known = bench->before_known,
                              .tx = &tx,
                              .ordinal = i % bench->tx_rows + 1};
    size_t last;

    fill(bench->op == CDC_EVENT_CHECK ? 0 : round, i * 7919 % bench->keys, &is, after);
    fill(!round, i * 7919 % bench->keys, &was, before);
    for (int f = 0; f < FIELDS; f++)
        fields[f] = (struct cdc_field){after[f], before[f], CDC_VALUE_PRESENT, CDC_VALUE_PRESENT};
    for (uint32_t f = FIELDS; f < bench->shape.nfields; f++)
        fields[f] = (struct cdc_field){LONG_TEXT, LONG_TEXT, CDC_VALUE_PRESENT, CDC_VALUE_PRESENT};
    event.key = after[0];
    if (bench->customer)
        event.customer = after[1];
    require(redis_sink_ops.encode(bench->sink, &event, body, &last, &err), &err);
    if (event.ordinal == bench->tx_rows)
        redis_sink_ops.mark_last(body, last);
}

static void encode_rounds(struct bench *bench)
{
    for (unsigned round = 0; round < bench->rounds; round++) {
        bench->batches[round] = calloc(bench->nbatches, sizeof *bench->batches[round]);
        if (!bench->batches[round])
            abort();
        for (uint64_t b = 0; b < bench->nbatches; b++) {
            struct cdc_batch *batch = &bench->batches[round][b];
            for (uint64_t i = 0; i < bench->batch_size; i++)
                encode(bench, round, b * bench->batch_size + i, &batch->body);
            cdc_buf_puts(&batch->position, "0/FFFFFFF");
            batch->records = (uint32_t)bench->batch_size;
            batch->commit_us = 1795285800000000;
        }
    }
}

/* Submits `n` batches, going round and round; at most IN_FLIGHT are under way. Returns the number of the last. */
static uint64_t feed(struct bench *bench, uint64_t first, uint64_t n)
{
    uint64_t applied = first - 1, next = first;
    struct cdc_err err;

    while (applied + 1 < first + n) {
        while (next < first + n && next <= applied + IN_FLIGHT) {
            uint64_t k = (next - first) % ((bench->rounds - bench->from) * bench->nbatches);
            struct cdc_batch *batch = &bench->batches[bench->from + k / bench->nbatches][k % bench->nbatches];
            batch->number = next++;
            require(redis_sink_ops.submit(bench->sink, batch, &err), &err);
        }
        require(redis_sink_ops.collect(bench->sink, 1000, &applied, &err), &err);
    }
    return applied;
}

static void add_fields(struct bench *bench, uint32_t more)
{
    static char texts[MORE][8];

    for (uint32_t i = 0; i < more; i++)
        names[FIELDS + i] = text(texts[i], sizeof texts[i], "f%lu", i + 1);
    bench->shape.nfields += more;
}

static bool is_mode(const char *mode)
{
    static const char *const modes[] = {"insert", "put", "update", "merge", "load", "check"};

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(mode, modes[i]) == 0)
            return true;
    return false;
}

static enum cdc_event_op op_of(const char *mode)
{
    if (strcmp(mode, "merge") == 0)
        return CDC_EVENT_MERGE;
    if (strcmp(mode, "load") == 0)
        return CDC_EVENT_LOAD;
    return strcmp(mode, "check") == 0 ? CDC_EVENT_CHECK : CDC_EVENT_PUT;
}

int main(int argc, char **argv)
{
    struct cdc_redis_config config = {.prefix = "bench", .stream_max_len = 100000, .timeline_max_len = 1000};
    struct cdc_sink_params params = {
        .connector = "cinema-bookings", .config = &config, .lease_ms = 60000, .owner = "bench"};
    struct bench bench = {
        .shape = {.entity = {"booking", 7}, .nfields = FIELDS, .names = names, .table = {"public.r", 8}}};
    struct cdc_checkpoint checkpoint = {.ordinal = 0};
    struct cdc_buf holder = {.limit = 0};
    enum cdc_lease lease;
    struct cdc_err err;
    uint64_t nbatches, last;
    bool insert;
    int64_t began_us, bytes;

    if (argc < 5 || argc > 8 || !is_mode(argv[4])) {
        fprintf(
            stderr,
            "usage: apply SOCKET EVENTS BATCH insert|put|update|merge|load|check [ROWS [customer [FIELDS]]]\n");
        return 64;
    }
    config.socket = argv[1];
    bench.op = op_of(argv[4]);
    insert = strcmp(argv[4], "insert") == 0 || bench.op == CDC_EVENT_LOAD;
    bench.before_known = strcmp(argv[4], "update") == 0;
    bench.tx_rows = argc > 5 ? strtoull(argv[5], NULL, 10) : 1;
    if (bench.tx_rows < 1)
        bench.tx_rows = 1;
    bench.customer = argc > 6;
    if (argc > 7)
        add_fields(&bench, (uint32_t)strtoul(argv[7], NULL, 10) % (MORE + 1));
    if (!bench.customer)
        names[1] = cdc_slice_str("customer_no"); /* not a reference */
    bench.batch_size = strtoull(argv[3], NULL, 10);
    if (bench.batch_size < 1 || bench.batch_size > KEYS)
        bench.batch_size = 256;
    nbatches = (strtoull(argv[2], NULL, 10) + bench.batch_size - 1) / bench.batch_size;
    bench.nbatches = insert ? nbatches : KEYS / bench.batch_size;
    bench.keys = insert ? nbatches * bench.batch_size : KEYS;
    bench.rounds = insert ? 1 : ROUNDS;
    require(redis_sink_ops.open(&bench.sink, &params, &err), &err);
    require(redis_sink_ops.prepare(bench.sink, &bench.shape, &err), &err);
    require(redis_sink_ops.connect(bench.sink, &err), &err);
    require(redis_sink_ops.acquire(bench.sink, &lease, &checkpoint, &holder, &err), &err);
    began_us = cdc_now_us();
    encode_rounds(&bench);
    fprintf(stderr, "encoding: %.0f events/s\n",
            (double)(bench.rounds * bench.nbatches * bench.batch_size) * 1e6 /
                (double)(cdc_now_us() - began_us));
    last = checkpoint.batch;
    if (!insert)
        last = feed(&bench, last + 1, bench.nbatches);
    bench.from = bench.op == CDC_EVENT_CHECK; /* the first round has loaded what is checked */
    bytes = (int64_t)bench.batches[0][bench.nbatches - 1].body.len;
    began_us = cdc_now_us();
    feed(&bench, last + 1, nbatches);
    printf("%s: %.0f events/s, batches of %llu events and %lld bytes\n", argv[4],
           (double)(nbatches * bench.batch_size) * 1e6 / (double)(cdc_now_us() - began_us),
           (unsigned long long)bench.batch_size, (long long)bytes);
    redis_sink_ops.unprepare(&bench.shape);
    redis_sink_ops.close(bench.sink);
    return 0;
}
