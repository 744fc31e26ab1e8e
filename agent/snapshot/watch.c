/*
 * What the stream does to the rows that a snapshot reads (snapshot.h), on the capture thread, while a transaction comes in.
 *
 * A row that gets another place in the order of its table's key is met by a pass twice, or never: in its old place it is not any more, and
 * its new one lies behind. If the change does not make its state, the row is loaded here; if it was not sent whole, the pass begins anew.
 */
#include "snapshot/snapshot_impl.h"

#include "cdc/log.h"

bool snapshot_watches(const struct snapshot *s)
{
    return s->watching || s->standing;
}

void snapshot_tx(struct snapshot *s)
{
    touched_begin(&s->touched);
}

void snapshot_truncate(struct snapshot *s)
{
    s->touched.overflow = true; /* all that was read may be gone */
}

static int watch_reject(struct snapshot *s, const struct cdc_reject *reject, struct cdc_err *err)
{
    return reject->key.len ? keys_streamed(s, keyhash_of(s->seed, reject->entity, reject->key), err) : 0;
}

static int note_reject(struct snapshot *s, const struct cdc_reject *reject, struct cdc_err *err)
{
    if (!reject->key.len)
        return 0;
    return keyset_add(&s->rejected, keyhash_of(s->seed, reject->entity, reject->key)) ? cdc_err_memory(err)
                                                                                      : 0;
}

/* ---- rows that move ---- */

static bool moved(const struct cdc_row *row)
{
    if (row->op != CDC_OP_UPDATE || !row->before)
        return false;
    for (uint32_t i = 0; i < row->relation->ncolumns; i++) {
        const struct cdc_value *a = &row->after[i], *b = &row->before[i];
        if (!row->relation->columns[i].key || b->state == CDC_VALUE_UNAVAILABLE ||
            b->state == CDC_VALUE_UNWANTED || a->state == CDC_VALUE_UNAVAILABLE)
            continue;
        if (a->state != b->state || a->len != b->len || (a->len && memcmp(a->ptr, b->ptr, a->len) != 0))
            return true;
    }
    return false;
}

/* A pass that loads, and is somewhere between the table's beginning and its end, also while it rests. */
static bool passes(const struct task *task)
{
    const struct progress *p = &task->progress;

    return task->known && p->phase == PROGRESS_ROWS && p->job <= PROGRESS_RELOAD && p->state != PROGRESS_DONE;
}

static bool is_whole(const struct cdc_event *event)
{
    for (uint32_t i = 0; i < event->shape->nfields; i++)
        if (event->fields[i].after_state == CDC_VALUE_UNAVAILABLE)
            return false;
    return true;
}

/* States that the change itself writes; what does not fit is written twice. */
struct made {
    size_t n;
    const struct cdc_shape *shapes[CDC_SWEEP_MAX];
    uint64_t hashes[CDC_SWEEP_MAX];
};

static void note_made(struct made *made, const struct cdc_event *event, uint64_t hash)
{
    if (made->n == CDC_SWEEP_MAX || touched_of(event) == TOUCHED_ALL)
        return;
    made->shapes[made->n] = event->shape;
    made->hashes[made->n++] = hash;
}

static bool has_made(const struct made *made, const struct cdc_event *event, uint64_t hash)
{
    for (size_t i = 0; i < made->n; i++)
        if (made->shapes[i] == event->shape && made->hashes[i] == hash)
            return true;
    return false;
}

static int load(struct snapshot *s, const struct cdc_event *from, struct cdc_batch *batch,
                struct cdc_err *err)
{
    struct cdc_event event = *from;
    size_t last;

    event.op = CDC_EVENT_LOAD;
    event.type = cdc_slice(NULL, 0);
    if (s->params.reader.sink_ops->encode(s->params.sink, &event, &batch->body, &last, err))
        return -1;
    batch->records++;
    return 0;
}

/* The progress that says so goes with the very batch that holds the change. */
static int begin_anew(struct snapshot *s, struct task *task, struct cdc_batch *batch, struct cdc_err *err)
{
    s->anew = true;
    if (!task->progress.after.len)
        return 0;
    cdc_log(CDC_LOG_NOTICE, "snapshot begins anew: a row has another key and was not sent whole table=%s",
            task->name);
    cdc_buf_reset(&task->progress.after);
    task->progress.rows = 0;
    task_changed(s, task);
    return batch ? snapshot_put_progress(task, batch, err) : 0;
}

/* The row, mapped as if it were new: all of it that is known, also from what was before. */
static int moved_to(struct snapshot *s, const struct map_result *result, const struct made *made,
                    struct cdc_batch *batch, struct cdc_err *err)
{
    for (size_t i = 0; i < result->nevents; i++) {
        const struct cdc_event *event = &result->events[i];
        uint64_t hash = keyhash_of(s->seed, event->shape->entity, event->key);
        struct task *task = snapshot_task(s, event->shape->table);
        int rc = keys_streamed(s, hash, err);
        if (s->watching)
            touched_add(&s->touched, event->tx, hash, 0);
        if (rc == 0 && task && passes(task)) {
            if (!batch || !is_whole(event))
                rc = begin_anew(s, task, batch, err);
            else if (!has_made(made, event, hash))
                rc = load(s, event, batch, err);
        }
        if (rc)
            return -1;
    }
    return 0;
}

/* ---- any row ---- */

static int watch_event(struct snapshot *s, const struct cdc_event *event, struct made *made,
                       struct cdc_err *err)
{
    uint64_t hash = keyhash_of(s->seed, event->shape->entity, event->key), fields = touched_of(event);

    if (event->shape->nfields > TOUCHED_FIELDS && fields >> TOUCHED_FIELDS && touched_is_partial(event))
        s->touched.overflow = true; /* which of them it sent cannot be remembered */
    if (s->watching)
        touched_add(&s->touched, event->tx, hash, fields);
    note_made(made, event, hash);
    return keys_streamed(s, hash, err);
}

int snapshot_row(struct snapshot *s, const struct snapshot_change *change, const struct map_result *result,
                 struct cdc_err *err)
{
    struct cdc_row fresh = *change->row;
    struct made made = {0};
    struct map_result as_new;

    for (size_t i = 0; i < result->nevents; i++)
        if (watch_event(s, &result->events[i], &made, err))
            return -1;
    for (size_t i = 0; i < result->nrejects; i++)
        if (watch_reject(s, &result->rejects[i], err) || note_reject(s, &result->rejects[i], err))
            return -1;
    if (!moved(change->row))
        return 0;
    fresh.op = CDC_OP_INSERT;
    if (map_row(s->params.map, &fresh, change->tx, change->ordinal, &as_new, err))
        return -1;
    return moved_to(s, &as_new, &made, change->batch, err);
}
