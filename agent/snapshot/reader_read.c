/*
 * Reading for the snapshot thread (reader_impl.h): rows of a table, and keys that the store has of it, over connections of its own.
 * Failures go to the caller, who tries again.
 */
#include "snapshot/reader_impl.h"

#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"

#define KEYS_AT_ONCE   1000
#define ROW_OVERHEAD   160 /* bytes beside the values of a row that is held, and … */
#define FIELD_OVERHEAD 32  /* … of each of its fields */

void reader_disconnect(struct reader *r)
{
    struct cdc_source *source = r->source;

    pthread_mutex_lock(&r->lock);
    r->source = NULL; /* reader_stop() must not interrupt what is being closed */
    pthread_mutex_unlock(&r->lock);
    r->params.source_ops->close(source);
    if (r->sink)
        r->params.sink_ops->close(r->sink);
    map_free(r->map);
    keymap_close(&r->keymap);
    r->sink = NULL;
    r->map = NULL;
    r->sink_connected = false;
}

static int open_objects(struct reader *r, struct cdc_err *err)
{
    struct cdc_source *source = NULL;

    if (!r->source) {
        if (r->params.source_ops->open(&source, r->params.source_params, err))
            return -1;
        pthread_mutex_lock(&r->lock);
        r->source = source;
        pthread_mutex_unlock(&r->lock);
    }
    if (!r->map && map_new(&r->map, r->params.config, err))
        return -1;
    return r->keymap.map ? 0 : keymap_open(&r->keymap, r->params.config, err);
}

static int connect_sink(struct reader *r, struct cdc_err *err)
{
    if (!r->sink && r->params.sink_ops->open(&r->sink, r->params.sink_params, err)) {
        r->sink = NULL;
        return -1;
    }
    if (!r->sink_connected && r->params.sink_ops->connect(r->sink, err))
        return -1;
    r->sink_connected = true;
    return 0;
}

/* ---- rows ---- */

struct taking {
    struct map *map;
    struct chunk *chunk;
};

static int take_row(void *ctx, const struct cdc_row *row, struct cdc_slice place, struct cdc_err *err)
{
    static const struct cdc_tx none = {0};
    struct taking *t = ctx;
    struct map *map = t->map;
    struct map_result result;
    size_t nshapes;

    if (!row->after)
        return map_bind(map, (struct cdc_relation *)row->relation, err);
    if (map_row(map, row, &none, 0, &result, err))
        return -1;
    return rows_add(&t->chunk->rows, &result, map_shapes(map, &nshapes), place) ? cdc_err_memory(err) : 0;
}

/* What a row costs in memory depends on its fields as well: of wide tables fewer at a time. */
static uint64_t rows_at_most(const struct cdc_table_ref *table, uint64_t rows, uint64_t bytes)
{
    uint64_t fit = bytes / (ROW_OVERHEAD + FIELD_OVERHEAD * (uint64_t)table->ncolumns);

    fit = fit ? fit : 1;
    return rows < fit ? rows : fit;
}

/* Of limits.memory, for each chunk; the values and what is beside them take one half each. */
static uint64_t chunk_bytes(const struct reader *r)
{
    uint64_t limit = r->params.config->limit_memory_bytes;

    return (limit ? limit : 64 * 1024 * 1024) / 32;
}

static int read_rows(struct reader *r, const struct order *order, uint64_t rows, struct chunk *chunk,
                     enum cdc_chunk_outcome *outcome, struct cdc_err *err)
{
    const struct cdc_table_ref *table = &r->params.source_params->tables[chunk->table],
                               *keys = keymap_table(&r->keymap, chunk->table);
    bool exact = order->phase == PROGRESS_BUSY, only_keys = order->phase == PROGRESS_COLLECT && keys;
    struct cdc_slice after = cdc_buf_slice(&order->after);
    struct taking taking = {only_keys ? r->keymap.map : r->map, chunk};
    struct cdc_chunk_request request = {
        .table = only_keys ? keys : table,
        .after = exact ? cdc_slice_str(after.ptr + order->at) : after,
        .exact = exact,
        .since = cdc_buf_slice(&order->since),
        .bytes = chunk_bytes(r),
    };

    request.rows = exact ? 1 : rows_at_most(request.table, rows, chunk_bytes(r));
    chunk->first = order->phase == PROGRESS_ROWS && !after.len;
    if (chunk->first && r->params.source_ops->estimate(r->source, table, &chunk->estimate, err))
        return -1;
    return r->params.source_ops->chunk(r->source, &request, take_row, &taking, outcome, &chunk->info, err);
}

/* ---- keys ---- */

struct scanning {
    struct chunk *chunk;
    uint32_t shape;
};

static int take_key(void *ctx, struct cdc_slice key, struct cdc_err *err)
{
    struct scanning *s = ctx;

    return rows_add_key(&s->chunk->rows, s->shape, key) ? cdc_err_memory(err) : 0;
}

/* A table that feeds one entity twice has its states found by the first of the two. */
static bool entity_had(const struct config_table *table, uint32_t mapping)
{
    for (uint32_t i = 0; i < mapping; i++)
        if (table->mappings[i].entity == table->mappings[mapping].entity)
            return true;
    return false;
}

static uint32_t first_shape(const struct config *config, uint32_t table)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < table; i++)
        n += (uint32_t)config->tables[i].nmappings;
    return n;
}

/* Until there are enough keys to hand over, or no more. Keeps how far it has come in `order`. */
static int read_keys(struct reader *r, struct order *order, struct chunk *chunk, struct cdc_err *err)
{
    const struct config_table *table = &r->params.config->tables[chunk->table];
    uint32_t first = first_shape(r->params.config, chunk->table);
    size_t n;
    struct cdc_shape *shapes = map_shapes(r->map, &n);

    if (connect_sink(r, err))
        return -1;
    while (order->mapping < table->nmappings && chunk->rows.nrows < KEYS_AT_ONCE && !r->stopping) {
        struct scanning scanning = {chunk, first + order->mapping};
        int done = 1;
        if (!entity_had(table, order->mapping))
            done = r->params.sink_ops->scan(r->sink, &shapes[scanning.shape], &order->cursor, take_key,
                                            &scanning, err);
        if (done < 0) {
            r->sink_connected = false;
            return -1;
        }
        if (done > 0) {
            order->mapping++;
            order->cursor = 0;
        }
    }
    chunk->info.end = order->mapping >= table->nmappings;
    return 0;
}

static void chunk_reset(struct chunk *chunk)
{
    rows_reset(&chunk->rows);
    cdc_buf_reset(&chunk->info.visibility);
    cdc_buf_reset(&chunk->info.high);
    chunk->info.rows = 0;
    chunk->info.end = chunk->first = false;
    chunk->estimate = 0;
    chunk->err = (struct cdc_err){0};
    chunk->read_us = cdc_wall_us();
}

int reader_read(struct reader *r, struct order *order, uint64_t rows, struct chunk *chunk,
                enum cdc_chunk_outcome *outcome, struct cdc_err *err)
{
    chunk_reset(chunk);
    *outcome = CDC_CHUNK_READ;
    if (open_objects(r, err))
        return -1;
    if (order->phase == PROGRESS_KEYS)
        return read_keys(r, order, chunk, err);
    return read_rows(r, order, rows, chunk, outcome, err);
}
