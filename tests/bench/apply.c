/*
 * The apply function alone: feeds a Redis with batches that were encoded beforehand and prints events per second.
 *
 *     apply SOCKET EVENTS BATCH put|update|merge|plain
 *
 * Six fields and a full envelope; `put` inserts, `update` knows what was before, `merge` compares with the state, all with a
 * customer whose timeline and index follow; `plain` inserts what concerns no customer. Two fields of six change. The key space is
 * walked again and again, so after the first round every event meets a state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"
#include "cdc/sink.h"

enum { FIELDS = 6, KEYS = 51200, ROUNDS = 2, IN_FLIGHT = 4 };

static struct cdc_slice names[FIELDS] = {
    {"reservation_id", 14},     {"customer_id", 11}, {"service_id", 10},
    {"reservation_status", 18}, {"total_price", 11}, {"price_currency", 14},
};

struct bench {
    struct cdc_sink *sink;
    struct cdc_shape shape;
    enum cdc_event_op op;
    bool update;
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

static void encode(struct bench *bench, enum cdc_event_op op, unsigned round, uint64_t i,
                   struct cdc_buf *body)
{
    char buf[6][48];
    struct cdc_err err;
    uint64_t key = i * 7919 % KEYS;
    struct cdc_tx tx = {.id = text(buf[0], 48, "0/%lX", 0x16B3740 + (round * KEYS + i) * 0x98),
                        .xid = text(buf[1], 48, "%lu", 700 + i),
                        .commit_us = (int64_t)(1795285800000000 + (round * KEYS + i) * 37)};
    struct cdc_field fields[FIELDS] = {
        {.after = text(buf[2], 48, "cinema-%lu", key)},
        {.after = text(buf[3], 48, "booking-site:%lu", key % 997)},
        {.after = text(buf[4], 48, "screening-%lu", key % 113)},
        {.after = cdc_slice_str(round ? "confirmed" : "hold")},
        {.after = text(buf[5], 48, round ? "%lu.50" : "%lu.00", key % 40 + 8)},
        {.after = cdc_slice_str("GBP")},
    };
    struct cdc_event event = {.op = op,
                              .shape = &bench->shape,
                              .key = fields[0].after,
                              .type = cdc_slice_str("booking.changed"),
                              .fields = fields,
                              .customer = fields[1].after,
                              .tx = &tx,
                              .ordinal = 1,
                              .before_known = bench->update};
    size_t last;

    for (int f = 0; f < FIELDS; f++) {
        fields[f].after_state = fields[f].before_state = CDC_VALUE_PRESENT;
        fields[f].before = fields[f].after;
    }
    fields[3].before = cdc_slice_str(round ? "hold" : "confirmed");
    fields[4].before = cdc_slice_str("9.99");
    require(redis_sink_ops.encode(bench->sink, &event, body, &last, &err), &err);
    redis_sink_ops.mark_last(body, last);
}

static void encode_rounds(struct bench *bench)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        bench->batches[round] = calloc(bench->nbatches, sizeof *bench->batches[round]);
        if (!bench->batches[round])
            abort();
        for (uint64_t b = 0; b < bench->nbatches; b++) {
            struct cdc_batch *batch = &bench->batches[round][b];
            for (uint64_t i = 0; i < bench->batch_size; i++)
                encode(bench, bench->op, round, b * bench->batch_size + i, &batch->body);
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
            uint64_t k = (next - first) % (ROUNDS * bench->nbatches);
            struct cdc_batch *batch = &bench->batches[k / bench->nbatches][k % bench->nbatches];
            batch->number = next++;
            require(redis_sink_ops.submit(bench->sink, batch, &err), &err);
        }
        require(redis_sink_ops.collect(bench->sink, 1000, &applied, &err), &err);
    }
    return applied;
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
    int64_t began_us, bytes;

    if (argc != 5 || !strstr(" put update merge plain ", argv[4])) {
        fprintf(stderr, "usage: apply SOCKET EVENTS BATCH put|update|merge|plain\n");
        return 64;
    }
    config.socket = argv[1];
    bench.op = strcmp(argv[4], "merge") == 0 ? CDC_EVENT_MERGE : CDC_EVENT_PUT;
    bench.update = strcmp(argv[4], "update") == 0;
    if (strcmp(argv[4], "plain") == 0)
        names[1] = cdc_slice_str("customer_no");
    bench.batch_size = strtoull(argv[3], NULL, 10);
    if (bench.batch_size < 1 || bench.batch_size > KEYS)
        bench.batch_size = 256;
    bench.nbatches = KEYS / bench.batch_size;
    nbatches = (strtoull(argv[2], NULL, 10) + bench.batch_size - 1) / bench.batch_size;
    require(redis_sink_ops.open(&bench.sink, &params, &err), &err);
    require(redis_sink_ops.prepare(bench.sink, &bench.shape, &err), &err);
    require(redis_sink_ops.connect(bench.sink, &err), &err);
    require(redis_sink_ops.acquire(bench.sink, &lease, &checkpoint, &holder, &err), &err);
    began_us = cdc_now_us();
    encode_rounds(&bench);
    fprintf(stderr, "encoding: %.0f events/s\n",
            (double)(ROUNDS * bench.nbatches * bench.batch_size) * 1e6 / (double)(cdc_now_us() - began_us));
    last = feed(&bench, checkpoint.batch + 1, bench.nbatches);
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
