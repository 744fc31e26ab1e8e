/*
 * The snapshot thread (reader.h). Orders are kept by table and served in turn; how far an order was read is the reader's own affair, how
 * far it was merged the capture thread's. Passing errors are tried again for ever, others go to the capture thread with a chunk.
 */
#include "snapshot/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "map/map.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define EARLY_MS       20   /* between two tries of what it is too early for */
#define RETRY_FIRST_MS 50   /* after a failure; after each further one twice as long … */
#define RETRY_MOST_MS  5000 /* … up to this */
#define LOOK_MS        1000 /* for something to do, when nobody says that there is */
#define KEYS_AT_ONCE   1000
#define ROW_OVERHEAD   160 /* bytes beside the values of a row that is held, and … */
#define FIELD_OVERHEAD 32  /* … of each of its fields */

struct order {
    uint64_t serial; /* 0: nothing to read */
    enum progress_phase phase;
    struct cdc_buf after, since; /* `after` moves on as it is read */
    size_t at;                   /* BUSY: where in `after` the next place is */
    uint32_t mapping;            /* KEYS: of the table, being scanned … */
    uint64_t cursor;             /* … up to here */
    uint64_t rows_per_second;
    int64_t due_ms;   /* not before */
    int64_t retry_ms; /* the last wait after a failure; 0: the last read did not fail */
};

struct reader {
    struct reader_params params;
    struct cdc_source *source; /* made by the thread when there is something to read */
    struct cdc_sink *sink;
    bool sink_connected;
    struct map *map;
    uint32_t ntables, last; /* last: the table that was read last */
    pthread_t thread;

    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t changed;
    struct order *orders; /* of each table */
    struct chunk *ready, **ready_tail, *spare;
    struct chunk chunks[READER_AHEAD];
    uint64_t rows;
    _Atomic bool stopping;
    char trouble[256];
};

/* ---- the objects that it reads with ---- */

static void disconnect(struct reader *r)
{
    struct cdc_source *source = r->source;

    pthread_mutex_lock(&r->lock);
    r->source = NULL; /* reader_stop() must not interrupt what is being closed */
    pthread_mutex_unlock(&r->lock);
    r->params.source_ops->close(source);
    if (r->sink)
        r->params.sink_ops->close(r->sink);
    map_free(r->map);
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
    return 0;
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
    struct reader *reader;
    struct chunk *chunk;
};

static int take_row(void *ctx, const struct cdc_row *row, struct cdc_slice place, struct cdc_err *err)
{
    static const struct cdc_tx none = {0};
    struct taking *t = ctx;
    struct map *map = t->reader->map;
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
    const struct cdc_table_ref *table = &r->params.source_params->tables[chunk->table];
    bool exact = order->phase == PROGRESS_BUSY;
    struct cdc_slice after = cdc_buf_slice(&order->after);
    struct taking taking = {r, chunk};
    struct cdc_chunk_request request = {
        .table = table,
        .after = exact ? cdc_slice_str(after.ptr + order->at) : after,
        .exact = exact,
        .since = cdc_buf_slice(&order->since),
        .rows = exact ? 1 : rows_at_most(table, rows, chunk_bytes(r)),
        .bytes = chunk_bytes(r),
    };

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

/* ---- orders ---- */

static void order_fini(struct order *order)
{
    cdc_buf_fini(&order->after);
    cdc_buf_fini(&order->since);
    *order = (struct order){0};
}

static int set_text(struct cdc_buf *to, struct cdc_slice from)
{
    cdc_buf_reset(to);
    cdc_buf_put_slice(to, from);
    return to->failed ? -1 : 0;
}

static int order_copy(struct order *to, const struct order *from)
{
    struct cdc_buf after = to->after, since = to->since;

    *to = *from;
    to->after = after;
    to->since = since;
    return set_text(&to->after, cdc_buf_slice(&from->after)) ||
                   set_text(&to->since, cdc_buf_slice(&from->since))
               ? -1
               : 0;
}

/* Goes on behind the chunk. */
static int order_advance(struct order *order, struct chunk *chunk)
{
    const struct rows *rows = &chunk->rows;

    switch (order->phase) {
    case PROGRESS_ROWS:
    case PROGRESS_COLLECT:
        if (chunk->info.end)
            order->serial = 0;
        return rows->nrows ? set_text(&order->after, rows->rows[rows->nrows - 1].place) : 0;
    case PROGRESS_BUSY:
        order->at += strlen(order->after.data + order->at) + 1;
        chunk->info.end = order->at >= order->after.len;
        if (chunk->info.end)
            order->serial = 0;
        return 0;
    case PROGRESS_KEYS:
        if (chunk->info.end)
            order->serial = 0;
        return 0;
    }
    return 0;
}

/* The next table with something to read that is due; *wait_ms when there is none that is due yet. */
static struct order *next_order(struct reader *r, int64_t now_ms, int64_t *wait_ms)
{
    *wait_ms = LOOK_MS;
    for (uint32_t i = 1; i <= r->ntables; i++) {
        uint32_t table = (r->last + i) % r->ntables;
        struct order *order = &r->orders[table];
        if (!order->serial)
            continue;
        if (order->due_ms <= now_ms) {
            r->last = table;
            return order;
        }
        if (order->due_ms - now_ms < *wait_ms)
            *wait_ms = order->due_ms - now_ms;
    }
    return NULL;
}

static bool has_orders(const struct reader *r)
{
    for (uint32_t i = 0; i < r->ntables; i++)
        if (r->orders[i].serial)
            return true;
    return false;
}

/* ---- the thread ---- */

static void wait_changed(struct reader *r, int64_t ms)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += ms / 1000;
    ts.tv_nsec += (long)(ms % 1000) * 1000000;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_nsec -= 1000000000;
        ts.tv_sec++;
    }
    pthread_cond_timedwait(&r->changed, &r->lock, &ts);
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

static int read_chunk(struct reader *r, struct order *order, uint64_t rows, struct chunk *chunk,
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

static void note_trouble(struct reader *r, const struct cdc_err *err)
{
    char text[sizeof r->trouble];
    bool same;

    snprintf(text, sizeof text, "%.250s", err ? err->message : "");
    same = strcmp(text, r->trouble) == 0;
    memcpy(r->trouble, text, sizeof text);
    if (err && !same)
        cdc_log_err(CDC_LOG_WARNING, "snapshot", err);
}

/* How long to rest so that no more rows are read in a second than the order says. */
static int64_t pause_ms(const struct order *order, const struct chunk *chunk)
{
    return order->rows_per_second ? (int64_t)(chunk->rows.nrows * 1000 / order->rows_per_second) : 0;
}

static int64_t next_retry_ms(int64_t last)
{
    int64_t next = last ? last * 2 : RETRY_FIRST_MS;

    return next < RETRY_MOST_MS ? next : RETRY_MOST_MS;
}

/* With the lock: what became of a read. `work` is the order as it was read; the chunk is handed over or spare again. */
static void settle(struct reader *r, struct order *work, struct chunk *chunk, int rc,
                   enum cdc_chunk_outcome outcome, const struct cdc_err *err)
{
    struct order *order = &r->orders[chunk->table];
    bool current = order->serial == chunk->serial, passing = rc && err->class == CDC_ERR_RETRY;

    if (current && passing) {
        note_trouble(r, err);
        order->retry_ms = next_retry_ms(order->retry_ms);
        order->due_ms = cdc_now_ms() + order->retry_ms;
    } else if (current && rc == 0 && outcome == CDC_CHUNK_EARLY) {
        order->due_ms = cdc_now_ms() + EARLY_MS;
    }
    if (!current || passing || outcome == CDC_CHUNK_EARLY) {
        chunk->next = r->spare;
        r->spare = chunk;
        return;
    }
    if (rc == 0 && order_advance(work, chunk)) {
        rc = -1;
        cdc_err_memory(&chunk->err);
    } else if (rc) {
        chunk->err = *err;
    }
    if (rc)
        work->serial = 0;
    work->due_ms = cdc_now_ms() + pause_ms(work, chunk);
    work->retry_ms = 0;
    if (order_copy(order, work)) {
        order->serial = 0;
        cdc_err_memory(&chunk->err);
    }
    note_trouble(r, NULL);
    chunk->next = NULL;
    *r->ready_tail = chunk;
    r->ready_tail = &chunk->next;
}

/* With the lock, which is let go while something is read. False: there was nothing to do. */
static bool turn(struct reader *r, struct order *work)
{
    enum cdc_chunk_outcome outcome = CDC_CHUNK_READ;
    struct chunk *chunk = r->spare;
    struct cdc_err err = {0};
    struct order *order;
    int64_t wait_ms;
    uint64_t rows = r->rows;
    int rc;

    order = chunk ? next_order(r, cdc_now_ms(), &wait_ms) : NULL;
    if (!order) {
        wait_changed(r, chunk ? wait_ms : LOOK_MS);
        return has_orders(r) || r->ready || !chunk;
    }
    if (order_copy(work, order)) {
        wait_changed(r, LOOK_MS);
        return true;
    }
    r->spare = chunk->next;
    chunk->serial = order->serial;
    chunk->table = (uint32_t)(order - r->orders);
    chunk->phase = order->phase;
    pthread_mutex_unlock(&r->lock);
    rc = read_chunk(r, work, rows, chunk, &outcome, &err);
    pthread_mutex_lock(&r->lock);
    settle(r, work, chunk, rc, outcome, &err);
    return true;
}

static void *reader_main(void *arg)
{
    struct reader *r = arg;
    struct order work = {0};

    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        if (!turn(r, &work) && r->source && !r->stopping) {
            pthread_mutex_unlock(&r->lock);
            disconnect(r);
            pthread_mutex_lock(&r->lock);
        }
    }
    pthread_mutex_unlock(&r->lock);
    order_fini(&work);
    disconnect(r);
    return NULL;
}

/* ---- from outside ---- */

static int init_lock(struct reader *r)
{
    pthread_condattr_t attr;
    int rc;

    if (pthread_condattr_init(&attr))
        return -1;
    rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) || pthread_mutex_init(&r->lock, NULL) ||
         pthread_cond_init(&r->changed, &attr);
    pthread_condattr_destroy(&attr);
    return rc ? -1 : 0;
}

int reader_start(struct reader **reader, const struct reader_params *params, struct cdc_err *err)
{
    struct reader *r = calloc(1, sizeof *r);

    *reader = NULL;
    if (!r)
        return cdc_err_memory(err);
    r->params = *params;
    r->ntables = (uint32_t)params->source_params->ntables;
    r->rows = params->config->snapshot_chunk_rows;
    r->ready_tail = &r->ready;
    r->orders = calloc(r->ntables + 1, sizeof *r->orders);
    for (int i = 0; i < READER_AHEAD; i++) {
        r->chunks[i].next = r->spare;
        r->spare = &r->chunks[i];
    }
    if (!r->orders || init_lock(r)) {
        free(r->orders);
        free(r);
        return cdc_err_memory(err);
    }
    if (pthread_create(&r->thread, NULL, reader_main, r)) {
        free(r->orders);
        free(r);
        return cdc_err_set(err, CDC_ERR_RETRY, "cannot start a thread");
    }
    *reader = r;
    return 0;
}

void reader_stop(struct reader *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    if (r->source)
        r->params.source_ops->interrupt(r->source);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    for (uint32_t i = 0; i < r->ntables; i++)
        order_fini(&r->orders[i]);
    for (int i = 0; i < READER_AHEAD; i++) {
        rows_fini(&r->chunks[i].rows);
        cdc_buf_fini(&r->chunks[i].info.visibility);
        cdc_buf_fini(&r->chunks[i].info.high);
    }
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r->orders);
    free(r);
}

int reader_order(struct reader *r, uint32_t table, const struct reader_order *wanted)
{
    struct order *order = &r->orders[table];
    int rc;

    pthread_mutex_lock(&r->lock);
    order->phase = wanted->phase;
    order->at = 0;
    order->mapping = 0;
    order->cursor = 0;
    order->due_ms = order->retry_ms = 0;
    order->rows_per_second = wanted->rows_per_second;
    rc = set_text(&order->after, wanted->after) || set_text(&order->since, wanted->since) ? -1 : 0;
    order->serial = rc ? 0 : wanted->serial;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return rc;
}

void reader_limit(struct reader *r, uint64_t rows)
{
    pthread_mutex_lock(&r->lock);
    r->rows = rows;
    pthread_mutex_unlock(&r->lock);
}

struct chunk *reader_take(struct reader *r)
{
    struct chunk *chunk;

    pthread_mutex_lock(&r->lock);
    chunk = r->ready;
    if (chunk) {
        r->ready = chunk->next;
        if (!r->ready)
            r->ready_tail = &r->ready;
    }
    pthread_mutex_unlock(&r->lock);
    return chunk;
}

void reader_give_back(struct reader *r, struct chunk *chunk)
{
    pthread_mutex_lock(&r->lock);
    chunk->next = r->spare;
    r->spare = chunk;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

void reader_trouble(struct reader *r, char *out, size_t size)
{
    pthread_mutex_lock(&r->lock);
    snprintf(out, size, "%s", r->trouble);
    pthread_mutex_unlock(&r->lock);
}
