/*
 * One turn after the other (snapshot.h): requests, progress, chunks, phases. Capture thread, between transactions.
 *
 *     job      phases
 *     load     ROWS
 *     reload   ROWS, KEYS; with very many keys, for each part of those in question: COLLECT, KEYS
 *     verify   ROWS, BUSY as often as it helps, then the same
 */
#include "snapshot/snapshot_impl.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define LOOK_MS     1            /* between two questions whether the stream has reached the chunk */
#define BATCH_BYTES (512 * 1024) /* of a batch of rows, or one row */
#define ROWS_MIN    100          /* of a chunk, however often the stream overtakes it */
#define WAIT_MS     5            /* for the source, when there may be something to do soon */
#define IDLE_MS     1000         /* between two looks whether a table is to be verified again */

static struct task *chunk_task(const struct snapshot *s)
{
    return &s->tasks[s->chunk->table];
}

/* ---- phases ---- */

/* Rows that were not compared, so far. */
static uint64_t count_busy(const struct task *task)
{
    return task->lost + task->skipped + task->nbusy;
}

static void after_rows(struct snapshot *s, struct task *task)
{
    struct progress *p = &task->progress;

    p->busy = count_busy(task);
    if (!task_wants_keys(task))
        task_end(s, task, PROGRESS_DONE, "");
    else if (task->nbusy && task->rounds < BUSY_ROUNDS)
        p->phase = PROGRESS_BUSY;
    else if (task->keys_known && !s->keys.full)
        p->phase = PROGRESS_KEYS;
    else
        keys_collect(s, task);
}

/* The phase is over: what comes next is ordered. */
static int next_phase(struct snapshot *s, struct task *task, struct cdc_err *err)
{
    struct progress *p = &task->progress;

    task->serial = 0;
    cdc_buf_reset(&p->after);
    switch (p->phase) {
    case PROGRESS_ROWS:
    case PROGRESS_BUSY:
        after_rows(s, task);
        break;
    case PROGRESS_COLLECT:
        if (s->keys.full)
            keys_collect(s, task);
        else
            p->phase = PROGRESS_KEYS;
        break;
    case PROGRESS_KEYS:
        if (keys_judged(s, task))
            task_end(s, task, PROGRESS_DONE, "");
        break;
    }
    task_changed(s, task);
    return snapshot_order(s, false, err);
}

/* ---- chunks ---- */

static int finish_chunk(struct snapshot *s, struct cdc_err *err)
{
    struct task *task = chunk_task(s);
    bool over = s->chunk->info.end;

    if (s->chunk->phase == PROGRESS_BUSY)
        task->round_at += strlen(task->round.data + task->round_at) + 1;
    if (s->chunk_rows < snapshot_config(s)->snapshot_chunk_rows) {
        s->chunk_rows += s->chunk_rows / 4 + 1;
        reader_limit(s->reader, s->chunk_rows);
    }
    snapshot_drop_chunk(s);
    return over ? next_phase(s, task, err) : 0;
}

/* The table has another key by now: where the rows were read to says nothing any more. */
static void begin_again(struct snapshot *s, struct task *task)
{
    char run[PROGRESS_RUN];

    memcpy(run, task->progress.run, sizeof run);
    task_begin(s, task, task->progress.job, run);
}

/* The table cannot be read, or not as it is configured. The others go on. */
static int fail_task(struct snapshot *s, struct cdc_err *err)
{
    struct task *task = chunk_task(s);

    cdc_log_err(CDC_LOG_ERROR, "snapshot", &s->chunk->err);
    if (s->chunk->err.class == CDC_ERR_DATA)
        begin_again(s, task);
    else
        task_end(s, task, PROGRESS_FAILED, s->chunk->err.message);
    snapshot_drop_chunk(s);
    task->serial = 0;
    return snapshot_order(s, false, err);
}

static int begin_table(struct snapshot *s, struct cdc_err *err)
{
    struct task *task = chunk_task(s);

    task->progress.estimate = s->chunk->estimate;
    return task_wants_keys(task) ? keys_estimated(s, task, err) : 0;
}

static int take_chunk(struct snapshot *s, struct cdc_err *err)
{
    s->chunk = reader_take(s->reader);
    if (!s->chunk)
        return 0;
    if (s->chunk->serial != chunk_task(s)->serial) {
        snapshot_drop_chunk(s);
        return 0;
    }
    s->row = 0;
    s->reached = s->chunk->phase == PROGRESS_KEYS;
    s->looked_ms = 0;
    if (s->chunk->err.class != CDC_ERR_NONE)
        return fail_task(s, err);
    return s->chunk->first ? begin_table(s, err) : 0;
}

/* Whether the stream has all that the chunk saw. Then what the chunk saw of it need not be remembered any longer. */
static int look(struct snapshot *s, struct cdc_slice position, struct cdc_err *err)
{
    const struct cdc_source_ops *ops = s->params.reader.source_ops;
    int64_t now = cdc_now_ms();

    if (now - s->looked_ms < LOOK_MS)
        return 0;
    s->looked_ms = now;
    s->reached = ops->reached(position, cdc_buf_slice(&s->chunk->info.high));
    if (s->reached && touched_judge(&s->touched, cdc_buf_slice(&s->chunk->info.visibility), ops->sees))
        return cdc_err_memory(err);
    return 0;
}

int snapshot_put_progress(struct task *task, struct cdc_batch *batch, struct cdc_err *err)
{
    struct cdc_buf *out = &batch->progress;

    cdc_buf_printf(out, PROGRESS_PREFIX "%s", task->name);
    cdc_buf_putc(out, '\0');
    progress_print(&task->progress, out);
    cdc_buf_putc(out, '\0');
    task->dirty = false;
    return out->failed ? cdc_err_memory(err) : 0;
}

/* Progress that goes without rows, and what belongs to no table any more. */
static int put_dirty(struct snapshot *s, struct cdc_batch *batch, struct cdc_err *err)
{
    if (!s->dirty)
        return 0;
    s->dirty = false;
    for (size_t i = 0; i < s->ntables; i++)
        if (s->tasks[i].dirty && snapshot_put_progress(&s->tasks[i], batch, err))
            return -1;
    for (size_t at = 0; at < s->forgotten.len; at += strlen(s->forgotten.data + at) + 1) {
        cdc_buf_put(&batch->progress, s->forgotten.data + at, strlen(s->forgotten.data + at) + 1);
        cdc_buf_putc(&batch->progress, '\0');
    }
    cdc_buf_reset(&s->forgotten);
    return batch->progress.failed ? cdc_err_memory(err) : 0;
}

static int note_after(struct snapshot *s, struct task *task, struct cdc_err *err)
{
    struct cdc_buf *after = &task->progress.after;

    if ((s->chunk->phase != PROGRESS_ROWS && s->chunk->phase != PROGRESS_COLLECT) || s->row == 0)
        return 0;
    cdc_buf_reset(after);
    cdc_buf_put_slice(after, s->chunk->rows.rows[s->row - 1].place);
    return after->failed ? cdc_err_memory(err) : 0;
}

/* As many rows of the chunk as make a batch. */
static int merge_rows(struct snapshot *s, struct cdc_batch *batch, struct cdc_err *err)
{
    uint32_t most = snapshot_config(s)->redis.batch_events, n = 0;
    struct merging m = {.s = s, .batch = batch};
    struct task *task = chunk_task(s);
    int rc = 0;

    while (rc == 0 && s->row < s->chunk->rows.nrows && batch->records < most &&
           batch->body.len < BATCH_BYTES) {
        rc = merge_row(&m, s->row, err);
        s->row += rc == 0;
        n++;
    }
    cdc_buf_fini(&m.id);
    if (rc || note_after(s, task, err))
        return -1;
    task->rows_total += n;
    if (s->chunk->phase == PROGRESS_ROWS)
        task->progress.busy = count_busy(task);
    task_changed(s, task);
    return s->row == s->chunk->rows.nrows ? finish_chunk(s, err) : 0;
}

/* ---- turns ---- */

/* More was touched than can be remembered: what was read is read again, in shorter pieces, from where its rows were last merged. */
static int start_over(struct snapshot *s, struct cdc_slice position, struct cdc_err *err)
{
    if (s->chunk_rows > ROWS_MIN * 2)
        s->chunk_rows /= 2;
    cdc_log(CDC_LOG_DEBUG, "snapshot reads again: the stream was faster chunk_rows=%llu",
            (unsigned long long)s->chunk_rows);
    reader_limit(s->reader, s->chunk_rows);
    return snapshot_stream(s, position, err);
}

static int merge_next(struct snapshot *s, struct cdc_slice position, struct cdc_batch *batch,
                      struct cdc_err *err)
{
    if (s->chunk && s->chunk->serial != chunk_task(s)->serial)
        snapshot_drop_chunk(s); /* its job was paused, ended, or begun anew */
    if (!s->chunk && take_chunk(s, err))
        return -1;
    if (s->chunk && !s->reached && look(s, position, err))
        return -1;
    return s->chunk && s->reached ? merge_rows(s, batch, err) : 0;
}

int snapshot_turn(struct snapshot *s, struct cdc_slice position, struct cdc_batch *batch, struct cdc_err *err)
{
    if (atomic_load_explicit(&s->asked, memory_order_relaxed)) {
        bool watched = s->watching;
        if (snapshot_requests(s, err) || (!watched && snapshot_stream(s, position, err)) ||
            snapshot_order(s, false, err))
            return -1;
    }
    if (!s->watching && scrub_when_due(s) && snapshot_stream(s, position, err))
        return -1;
    if (s->watching && s->touched.overflow && start_over(s, position, err))
        return -1;
    if (s->anew && snapshot_stream(s, position, err))
        return -1;
    if (s->watching && merge_next(s, position, batch, err))
        return -1;
    if (put_dirty(s, batch, err))
        return -1;
    return batch->records || batch->progress.len;
}

struct cdc_slice snapshot_awaits(const struct snapshot *s)
{
    return s->chunk && !s->reached ? cdc_buf_slice(&s->chunk->info.high) : cdc_slice(NULL, 0);
}

int snapshot_wait_ms(const struct snapshot *s)
{
    if (atomic_load_explicit(&s->asked, memory_order_relaxed) || (s->chunk && s->reached) || s->dirty)
        return 0;
    if (s->watching)
        return WAIT_MS;
    return snapshot_config(s)->verify_every_ms ? IDLE_MS : -1;
}
