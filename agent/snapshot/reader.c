/*
 * The snapshot thread (reader.h). Orders are kept by table and served in turn; how far an order was read is the reader's own affair, how
 * far it was merged the capture thread's. Passing errors are tried again for ever, others go to the capture thread with a chunk.
 */
#include "snapshot/reader_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/cond.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define EARLY_MS       20   /* between two tries of what it is too early for */
#define RETRY_FIRST_MS 50   /* after a failure; after each further one twice as long … */
#define RETRY_MOST_MS  5000 /* … up to this */
#define LOOK_MS        1000 /* for something to do, when nobody says that there is */

/* ---- orders ---- */

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
        cond_wait(&r->changed, &r->lock, chunk ? wait_ms : LOOK_MS);
        return has_orders(r) || r->ready || !chunk;
    }
    if (order_copy(work, order)) {
        cond_wait(&r->changed, &r->lock, LOOK_MS);
        return true;
    }
    r->spare = chunk->next;
    chunk->serial = order->serial;
    chunk->table = (uint32_t)(order - r->orders);
    chunk->phase = order->phase;
    pthread_mutex_unlock(&r->lock);
    rc = reader_read(r, work, rows, chunk, &outcome, &err);
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
            reader_disconnect(r);
            pthread_mutex_lock(&r->lock);
        }
    }
    pthread_mutex_unlock(&r->lock);
    order_fini(&work);
    reader_disconnect(r);
    return NULL;
}

/* ---- from outside ---- */

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
    if (!r->orders || (pthread_mutex_init(&r->lock, NULL) || cond_init(&r->changed))) {
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
    rc =
        order_set_text(&order->after, wanted->after) || order_set_text(&order->since, wanted->since) ? -1 : 0;
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
