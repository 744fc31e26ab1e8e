/* Every allocation of the core fails once: a clean error, no crash, and nothing that leaks (`make check-calls`). */
#include "fault/calls/alloc.h"

#include "config/config.h"
#include "config/config_print.h"
#include "lib/process.h"
#include "map/map.h"
#include "model/model.h"
#include "pipeline/queue.h"
#include "unit/map_fixture.h"
#include "unit/redis_events.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(alloc, .timeout = 120);

static char *example;

static void read_example(void)
{
    example = process_read_file(TEST_TREE "/tests/unit/config/good/mappings.yaml");
    cr_assert(*example);
}

static void free_example(void)
{
    free(example);
}

static int parse(void *ctx, struct cdc_err *err)
{
    FILE *nowhere = ctx;
    struct config *config;

    if (config_parse(&config, "example", example, strlen(example), CONFIG_NO_FILES, nowhere, err))
        return -1;
    config_print(config, nowhere);
    config_free(config);
    return 0;
}

Test(alloc, a_configuration_is_read_and_printed, .init = read_example, .fini = free_example)
{
    FILE *nowhere = fopen("/dev/null", "w");

    cr_assert_gt(alloc_each(parse, nowhere), 10);
    fclose(nowhere);
}

static int read_model(void *ctx, struct cdc_err *err)
{
    struct model *model = NULL;
    int rc = model_builtin(&model, err);

    model_free(model);
    (void)ctx;
    return rc;
}

Test(alloc, the_model_is_read)
{
    cr_assert_gt(alloc_each(read_model, NULL), 3);
}

static int make_map(void *ctx, struct cdc_err *err)
{
    struct map *map = NULL;
    int rc = map_new(&map, ctx, err);

    if (rc == 0)
        map_free(map);
    return rc;
}

Test(alloc, a_mapping_is_compiled, .init = read_example, .fini = free_example)
{
    struct config *config;
    struct cdc_err err;

    cr_assert_eq(config_parse(&config, "example", example, strlen(example), CONFIG_NO_FILES, NULL, &err), 0);
    cr_assert_gt(alloc_each(make_map, config), 2);
    config_free(config);
}

/* From the opening of the sink to a batch that was taken from the queue. */
static int encode(void *ctx, struct cdc_err *err)
{
    struct events *e = ctx;
    struct cdc_batch *batch = NULL;
    struct cdc_sink *sink = NULL;
    struct queue queue;
    size_t last;
    int rc = -1;

    if (queue_init(&queue, 1 << 20))
        return cdc_err_memory(err);
    if (redis_sink_ops.open(&sink, &e->params, err))
        goto queue;
    if (redis_sink_ops.prepare(sink, &e->shape, err))
        goto sink;
    batch = queue_batch(&queue);
    if (!batch) {
        cdc_err_memory(err);
        goto shape;
    }
    rc = redis_sink_ops.encode(sink, &e->event, &batch->body, &last, err);
    if (rc == 0 && queue_push(&queue, batch, 0) == 0)
        queue_release(&queue, queue_take(&queue, 0));
    else
        queue_discard(&queue, batch);
shape:
    redis_sink_ops.unprepare(&e->shape);
sink:
    redis_sink_ops.close(sink);
queue:
    queue_fini(&queue);
    return rc;
}

Test(alloc, a_change_is_encoded_and_queued)
{
    struct events events;

    events_init(&events);
    events_fini(&events);
    events.body = events.text = (struct cdc_buf){.limit = 0};
    events_after(&events, "1", "hold", NULL, "12.50");
    cr_assert_gt(alloc_each(encode, &events), 5);
}

static const struct config_field id = {FIXTURE_COLUMN(0, "id")};
static const struct config_field *const keys[] = {&id, NULL};
static const struct config_field fields[] = {
    {FIXTURE_COLUMN(B_PRICE, "price")}, {FIXTURE_COLUMN(B_TIME, "at")}, {FIXTURE_COLUMN(B_SEATS, "seats")}};
static const struct config_mapping mapping[] = {
    {.entity = &fixture_booking, .keys = keys, .nfields = FIXTURE_COUNT(fields), .fields = fields}};
static const char *const columns[] = {"id integer key", "price decimal", "at instant", "seats json"};

/* What is bound and mapped is an event, or an error: want of memory never makes a dead letter. */
static int map_a_row(void *ctx, struct cdc_err *err)
{
    static const char *const now[] = {"1", "12.50", "2026-11-21 18:30:00.000000+00", "[1, 2]"},
                             *const before[] = {"1", "11", "2026-11-21 18:30:00.000000+00", "[1]"};
    static const struct cdc_tx tx = {.commit_us = 1000};
    struct cdc_relation *relation = fixture_relation("reservation", columns, FIXTURE_COUNT(columns));
    struct map_result result;
    struct map *map;
    int rc;

    if (map_new(&map, fixture_config(mapping, 1), err))
        return -1;
    rc = map_bind(map, relation, err);
    if (rc == 0)
        rc = map_row(map, fixture_row(CDC_OP_UPDATE, now, before, CDC_IDENTITY_FULL), &tx, 1, &result, err);
    if (rc == 0)
        cr_assert(result.nevents == 1 && result.nrejects == 0, "%s", fixture_print(&result));
    map_unbind_all(map);
    map_free(map);
    (void)ctx;
    return rc;
}

Test(alloc, a_row_is_bound_and_mapped)
{
    cr_assert_gt(alloc_each(map_a_row, NULL), 5);
}
