/*
 * The encoding for Redis alone: events in memory in, bodies of batches out, no server. For budget.sh, which counts the instructions
 * of an event under valgrind.
 *
 *     encode EVENTS insert|update|merge
 *
 * Seven fields of a booking, which concerns a customer: an insert, an update of which all values of before are known, or one of which
 * the store must find out. Batches of 256 events; transactions of two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/sink.h"

enum { FIELDS = 7, BATCH = 256, ROWS = 2 };

static const struct cdc_slice names[FIELDS] = {
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
    struct cdc_field fields[FIELDS];
    struct cdc_event event;
    struct cdc_tx tx;
    struct cdc_buf body;
};

static void require(int rc, const struct cdc_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "encode: %s %s\n", err->message, err->hint);
    exit(1);
}

static void fill(struct bench *bench)
{
    static const char *const after[FIELDS] = {
        "cinema-4711", "booking-site:723", "screening-78", "confirmed", "C", "8.81", "GBP"};
    static const char *const before[FIELDS] = {
        "cinema-4711", "booking-site:723", "screening-78", "hold", "H", "8.31", "GBP"};

    for (int f = 0; f < FIELDS; f++)
        bench->fields[f] = (struct cdc_field){cdc_slice_str(after[f]), cdc_slice_str(before[f]),
                                              CDC_VALUE_PRESENT, CDC_VALUE_PRESENT};
    bench->shape = (struct cdc_shape){.entity = cdc_slice_str("booking"),
                                      .nfields = FIELDS,
                                      .names = names,
                                      .table = cdc_slice_str("public.reservation")};
    bench->event.key = bench->fields[0].after;
    bench->event.customer = bench->fields[1].after;
}

static void encode(struct bench *bench, unsigned long events)
{
    struct cdc_event *event = &bench->event;
    struct cdc_err err;
    size_t last;

    for (unsigned long i = 0; i < events; i++) {
        if (i % BATCH == 0)
            cdc_buf_reset(&bench->body);
        event->ordinal = i % ROWS + 1;
        bench->tx.commit_us += event->ordinal == 1 ? 37 : 0;
        require(redis_sink_ops.encode(bench->sink, event, &bench->body, &last, &err), &err);
        if (event->ordinal == ROWS)
            redis_sink_ops.mark_last(&bench->body, last);
    }
}

int main(int argc, char **argv)
{
    static const struct cdc_candidate candidate = {.field = 3, .type = {"booking.confirmed", 17}};
    unsigned long events = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    const char *mode = argc == 3 ? argv[2] : "";
    struct cdc_redis_config config = {.prefix = "cdc", .stream_max_len = 100000, .timeline_max_len = 1000};
    struct cdc_sink_params params = {
        .connector = "bench", .config = &config, .lease_ms = 10000, .owner = "bench"};
    struct bench bench = {.tx = {{"0/16B3740", 9}, {"731", 3}, 1795285800000000}};
    struct cdc_err err;

    if (!events || !*mode || !strchr("ium", *mode)) {
        fprintf(stderr, "usage: encode EVENTS insert|update|merge\n");
        return 64;
    }
    bench.event = (struct cdc_event){.op = *mode == 'm' ? CDC_EVENT_MERGE : CDC_EVENT_PUT,
                                     .shape = &bench.shape,
                                     .type = cdc_slice_str("booking.updated"),
                                     .fields = bench.fields,
                                     .before_known = *mode == 'u',
                                     .candidates = &candidate,
                                     .ncandidates = *mode == 'm',
                                     .tx = &bench.tx};
    fill(&bench);
    require(redis_sink_ops.open(&bench.sink, &params, &err), &err);
    require(redis_sink_ops.prepare(bench.sink, &bench.shape, &err), &err);
    encode(&bench, events);
    printf("%s: %lu events, %zu bytes in the last batch\n", mode, events, bench.body.len);
    redis_sink_ops.unprepare(&bench.shape);
    redis_sink_ops.close(bench.sink);
    cdc_buf_fini(&bench.body);
    return 0;
}
