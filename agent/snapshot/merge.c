/*
 * Merging chunks into the stream (snapshot.h), on the capture thread, between transactions. A chunk waits until the stream has reached
 * its `high`; then its rows go out a batch at a time, and whatever the stream does to their keys meanwhile counts.
 *
 *     not touched                   written, or compared
 *     touched in some fields        the others are written; not compared now, but once more at the end
 *     touched in all, or deleted    left to the stream
 */
#include "snapshot/snapshot_impl.h"

#include <stdio.h>

#include "cdc/log.h"

static struct task *chunk_task(const struct snapshot *s)
{
    return &s->tasks[s->chunk->table];
}

static struct cdc_shape *shape_at(const struct snapshot *s, uint32_t i)
{
    size_t n;

    return &map_shapes(s->params.map, &n)[i];
}

/* ---- one row ---- */

/* Its state stays, too, though it cannot be mapped. */
static int read_reject(struct snapshot *s, const struct cdc_reject *reject, struct cdc_err *err)
{
    return reject->key.len ? keys_read(s, keyhash_of(s->seed, reject->entity, reject->key), err) : 0;
}

static const struct cdc_tx *row_tx(const struct snapshot *s, struct cdc_buf *id, struct cdc_tx *tx)
{
    const struct task *task = chunk_task(s);

    if (!id->len)
        cdc_buf_printf(id, "%s/%s", task->progress.run, task->name);
    *tx = (struct cdc_tx){cdc_buf_slice(id), cdc_slice_str("snapshot"), s->chunk->read_us};
    return tx;
}

/* Fields of the shape, without those in `touched`; whose it is goes with the field that says so. False: none is left. */
static bool fill_fields(struct snapshot *s, const struct rows_event *from, struct cdc_event *event,
                        uint64_t touched)
{
    const struct cdc_shape *shape = event->shape;
    bool any = false;

    for (uint32_t i = 0; i < shape->nfields; i++) {
        bool left_out = touched >> (i < TOUCHED_FIELDS ? i : TOUCHED_FIELDS) & 1;
        const struct cdc_value *v = &from->fields[i];
        s->scratch[i] = (struct cdc_field){
            .after = cdc_slice(v->ptr, v->len),
            .after_state = left_out ? CDC_VALUE_UNAVAILABLE : v->state,
            .before_state = CDC_VALUE_UNAVAILABLE,
        };
        any = any || !left_out;
        if (left_out && cdc_slice_is(shape->names[i], "customer_id") &&
            !cdc_slice_eq(from->customer, from->key))
            event->customer = cdc_slice(NULL, 0);
    }
    return any;
}

static bool compares(enum progress_job job)
{
    return job == PROGRESS_VERIFY || job == PROGRESS_REPAIR;
}

/* With `snapshot.events` every row that is loaded makes an event; else a row that is loaded again is only written if it differs. */
static void set_operation(struct merging *m, enum progress_job job, struct cdc_event *event)
{
    bool events = snapshot_config(m->s)->snapshot_events && !compares(job);

    event->op = job == PROGRESS_LOAD || events ? CDC_EVENT_LOAD : CDC_EVENT_CHECK;
    event->note = compares(job);
    event->repair = job != PROGRESS_VERIFY;
    if (!events)
        return;
    snprintf(m->type, sizeof m->type, "%.*s.snapshot", CDC_ARG(event->shape->entity));
    event->type = cdc_slice_str(m->type);
}

static int append(struct merging *m, struct cdc_event *event, struct cdc_err *err)
{
    const struct snapshot *s = m->s;
    size_t last;

    event->tx = row_tx(s, &m->id, &m->tx);
    event->ordinal = chunk_task(s)->progress.rows;
    if (s->chunk->phase ==
        PROGRESS_KEYS) /* not counted: an id that is the key's, also when it is judged again */
        event->ordinal = keyhash_of((struct keyhash){0}, event->shape->entity, event->key) >> 12;
    if (s->params.reader.sink_ops->encode(s->params.sink, event, &m->batch->body, &last, err))
        return -1;
    m->batch->records++;
    return 0;
}

/* Whether the row is to be compared once more, since the stream is changing it. */
static int merge_event(struct merging *m, const struct rows_event *from, bool *busy, struct cdc_err *err)
{
    struct snapshot *s = m->s;
    struct cdc_shape *shape = shape_at(s, from->shape);
    enum progress_job job = chunk_task(s)->progress.job;
    uint64_t hash = keyhash_of(s->seed, shape->entity, from->key),
             touched = touched_fields(&s->touched, hash);
    struct cdc_event event = {
        .shape = shape,
        .key = from->key,
        .customer = from->customer,
        .fields = s->scratch,
        .part = from->part,
    };

    if (task_wants_keys(chunk_task(s)) && keys_read(s, hash, err))
        return -1;
    if (touched && compares(job)) {
        *busy = true;
        return 0;
    }
    if (!fill_fields(s, from, &event, touched))
        return 0;
    set_operation(m, job, &event);
    return append(m, &event, err);
}

/* What the stream brought and rejected is in the dead letters already, though the chunk saw it, too. */
static bool has_letter(const struct snapshot *s, const struct cdc_reject *reject)
{
    return reject->key.len && keyset_has(&s->rejected, keyhash_of(s->seed, reject->entity, reject->key));
}

static int merge_reject(struct merging *m, const struct cdc_reject *from, struct cdc_err *err)
{
    struct snapshot *s = m->s;
    struct cdc_reject reject = *from;

    if (task_wants_keys(chunk_task(s)) && read_reject(s, from, err))
        return -1;
    if (compares(chunk_task(s)->progress.job) || has_letter(s, from))
        return 0;
    reject.tx = row_tx(s, &m->id, &m->tx);
    reject.ordinal = chunk_task(s)->progress.rows;
    cdc_log(CDC_LOG_WARNING, "row rejected table=%.*s column=%.*s reason=%.*s position=snapshot detail=%.*s",
            CDC_ARG(reject.table), CDC_ARG(reject.column), CDC_ARG(reject.reason), CDC_ARG(reject.detail));
    if (snapshot_config(s)->on_reject == CONFIG_REJECT_STOP) {
        cdc_err_set(err, CDC_ERR_FATAL, "a row of table %.*s, which is being loaded, cannot be mapped: %.*s",
                    CDC_ARG(reject.table), CDC_ARG(reject.detail));
        return cdc_err_hint(err, "mend the mapping or the row, or set on_reject: dead_letter");
    }
    if (s->params.reader.sink_ops->reject(s->params.sink, &reject, &m->batch->body, err))
        return -1;
    m->batch->records++;
    return 0;
}

static int note_busy(struct task *task, struct cdc_slice place)
{
    if (task->nbusy >= BUSY_MAX) {
        task->skipped++;
        return 0;
    }
    task->nbusy++;
    cdc_buf_put_slice(&task->busy, place);
    cdc_buf_putc(&task->busy, '\0');
    return task->busy.failed ? -1 : 0;
}

static int load_row(struct merging *m, uint32_t i, struct cdc_err *err)
{
    struct snapshot *s = m->s;
    const struct rows *rows = &s->chunk->rows;
    struct task *task = chunk_task(s);
    bool busy = false;

    task->progress.rows += s->chunk->phase == PROGRESS_ROWS;
    for (uint32_t e = rows->rows[i].event; e < rows_events_end(rows, i); e++)
        if (merge_event(m, &rows->events[e], &busy, err))
            return -1;
    for (uint32_t r = rows->rows[i].reject; r < rows_rejects_end(rows, i); r++)
        if (merge_reject(m, &rows->rejects[r], err))
            return -1;
    return busy && note_busy(task, rows->rows[i].place) ? cdc_err_memory(err) : 0;
}

/* Of a row whose keys are all that counts. */
static int collect_row(struct snapshot *s, uint32_t i, struct cdc_err *err)
{
    const struct rows *rows = &s->chunk->rows;

    for (uint32_t e = rows->rows[i].event; e < rows_events_end(rows, i); e++) {
        const struct rows_event *event = &rows->events[e];
        if (keys_read(s, keyhash_of(s->seed, shape_at(s, event->shape)->entity, event->key), err))
            return -1;
    }
    for (uint32_t r = rows->rows[i].reject; r < rows_rejects_end(rows, i); r++)
        if (read_reject(s, &rows->rejects[r], err))
            return -1;
    return 0;
}

/* A key that the store holds: is there no row for it? */
static int judge_key(struct merging *m, uint32_t i, struct cdc_err *err)
{
    struct snapshot *s = m->s;
    const struct rows_event *from = &s->chunk->rows.events[s->chunk->rows.rows[i].event];
    enum progress_job job = chunk_task(s)->progress.job;
    uint64_t hash = keyhash_of(s->seed, shape_at(s, from->shape)->entity, from->key);
    struct cdc_event event;
    bool any;

    if (!keys_judge(s, hash))
        return 0;
    if (map_vanished(s->params.map, from->shape, from->key, &event, &any, err))
        return -1;
    if (!any)
        return 0;
    event.note = compares(job);
    event.repair = job != PROGRESS_VERIFY;
    if (event.op == CDC_EVENT_MERGE && !event.repair)
        event.op = CDC_EVENT_CHECK;
    return append(m, &event, err);
}

int merge_row(struct merging *m, uint32_t i, struct cdc_err *err)
{
    switch (m->s->chunk->phase) {
    case PROGRESS_ROWS:
    case PROGRESS_BUSY:
        return load_row(m, i, err);
    case PROGRESS_COLLECT:
        return collect_row(m->s, i, err);
    case PROGRESS_KEYS:
        return judge_key(m, i, err);
    }
    return 0;
}
