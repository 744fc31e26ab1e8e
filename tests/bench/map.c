/*
 * The mapping alone: rows in, events out, no server. Prints rows per second; under `valgrind --tool=callgrind` or `perf stat`
 * the difference between two numbers of rows gives the instructions of a row.
 *
 *     map ROWS insert|update|full|json
 *
 * Six fields of a booking: an insert, an update of which the old row is not known, one that came whole with a new customer; or
 * a product whose JSON field is made of five columns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"
#include "map/map.h"

#define HEAD                                                                                                 \
    "version: 1\nconnector: bench\nsource: {type: postgresql, host: localhost, database: d, user: u}\n"      \
    "redis: {url: 'redis://localhost'}\ntables:\n  t:\n"
#define BOOKING                                                                                              \
    "    entity: booking\n    key: {reservation_id: 'cinema-${a}'}\n    fields: {customer_id: b, "           \
    "service_id: 'screening-${c}', reservation_status: d, total_price: {column: e, scale: -2}, channel: f}\n"
#define PRODUCT                                                                                              \
    "    entity: product\n    key: a\n    fields: {specs: {json: {b: b, c: {column: c, as: number}, "        \
    "in: {json: {d: d, e: e}}, f: f}}}\n"

enum { COLUMNS = 6 };

static void require(int rc, const struct cdc_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "map: %s %s\n", err->message, err->hint);
    exit(1);
}

static void fill(struct cdc_value *values, const char *const *texts)
{
    for (int i = 0; i < COLUMNS; i++)
        values[i] = (struct cdc_value){
            .ptr = texts[i], .len = (uint32_t)strlen(texts[i]), .state = CDC_VALUE_PRESENT};
}

static size_t run(struct map *map, const struct cdc_row *row, unsigned long rows)
{
    struct cdc_tx tx = {.commit_us = 1};
    struct map_result result;
    struct cdc_err err;
    size_t events = 0;

    for (unsigned long i = 1; i <= rows; i++) {
        require(map_row(map, row, &tx, i, &result, &err), &err);
        events += result.nevents;
    }
    return events;
}

int main(int argc, char **argv)
{
    static const char *const old[] = {"42", "991", "7", "hold", "1250", "web"};
    static const char *const new[] = {"42", "992", "8", "confirmed", "1300", "web"};
    unsigned long rows = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    const char *what = argc == 3 ? argv[2] : "", *text = *what == 'j' ? HEAD PRODUCT : HEAD BOOKING;
    struct cdc_value after[COLUMNS], before[COLUMNS];
    struct cdc_column columns[COLUMNS];
    struct cdc_relation relation = {.id = 1,
                                    .schema = cdc_slice_str("public"),
                                    .name = cdc_slice_str("t"),
                                    .ncolumns = COLUMNS,
                                    .columns = columns};
    bool update = *what == 'u' || *what == 'f';
    struct cdc_row row = {
        .op = update ? CDC_OP_UPDATE : CDC_OP_INSERT, .relation = &relation, .after = after};
    struct config *config;
    struct cdc_err err;
    struct map *map;
    int64_t start;
    size_t events;

    if (!rows || !*what || !strchr("iufj", *what)) {
        fprintf(stderr, "map ROWS insert|update|full|json\n");
        return 64;
    }
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = (struct cdc_column){.name = cdc_slice("abcdef" + i, 1), .kind = CDC_KIND_TEXT};
    fill(after, new);
    fill(before, old);
    if (*what == 'f') {
        row.before = before;
        row.before_is = CDC_IDENTITY_FULL;
    }
    require(config_parse(&config, "bench", text, strlen(text), 0, stderr, &err), &err);
    require(map_new(&map, config, &err), &err);
    require(map_bind(map, &relation, &err), &err);
    start = cdc_now_ms();
    events = run(map, &row, rows);
    printf("%s: %lu rows, %zu events, %lld ms\n", what, rows, events, (long long)(cdc_now_ms() - start));
    map_free(map);
    config_free(config);
    return 0;
}
