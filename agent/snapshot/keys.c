/*
 * Which keys are remembered by a job that looks for states without a row (snapshot.h), one table at a time. Capture thread.
 *
 *     they fit     those of all rows, from the first on: a state whose key is not among them has no row
 *     they do not  first sums (keysums.h): those of the rows are added while these are read, those of the states taken away. Then the
 *                  keys of odd places alone, in as many parts as it takes; for each the rows' keys are read, and the states'
 *
 * Remembered is also what the stream brings meanwhile. With the session all of it is lost, and the next reads the rows' keys again.
 */
#include "snapshot/snapshot_impl.h"

void keys_forget(struct snapshot *s, struct task *task)
{
    if (s->keys_of == task - s->tasks) {
        keyset_fini(&s->keys);
        keysums_fini(&s->sums);
        s->keys_of = -1;
    }
    task->keys_known = task->keys_due = task->many = false;
}

static int remember(void *ctx, uint64_t hash)
{
    struct snapshot *s = ctx;

    return keysums_concern(&s->sums, hash) ? keyset_add(&s->keys, hash) : 0;
}

/* Also what no chunk from now on surely sees is remembered. */
static int begin(struct snapshot *s, struct task *task, struct cdc_err *err)
{
    struct progress *p = &task->progress;
    int rc;

    keyset_begin(&s->keys, p->part, p->parts);
    if (task->many && !s->sums.made)
        rc = keysums_begin(&s->sums);
    else
        rc = touched_each(&s->touched, remember, s);
    return rc ? cdc_err_memory(err) : 0;
}

/* A row has a key for each mapping, or less. */
static bool too_many(const struct snapshot *s, const struct task *task)
{
    uint64_t each = snapshot_config(s)->tables[task - s->tasks].nmappings;

    return keyset_parts(&s->keys, task->progress.estimate * each) > 1;
}

int keys_prepare(struct snapshot *s, struct task *task, struct cdc_err *err)
{
    struct progress *p = &task->progress;
    bool other = s->keys_of != task - s->tasks;

    if (!other && !task->keys_due)
        return 0;
    if (other) {
        keysums_fini(&s->sums);
        p->part = 0;
        p->parts = 1;
        task->many = too_many(s, task);
    }
    s->keys_of = task - s->tasks;
    task->keys_due = false;
    if (p->phase == PROGRESS_KEYS)
        p->phase = PROGRESS_COLLECT; /* what it knew is gone */
    if (p->phase == PROGRESS_COLLECT)
        cdc_buf_reset(&p->after);
    task->keys_known = p->phase == PROGRESS_COLLECT || (p->phase == PROGRESS_ROWS && p->after.len == 0);
    return begin(s, task, err);
}

int keys_estimated(struct snapshot *s, struct task *task, struct cdc_err *err)
{
    if (!too_many(s, task))
        return 0;
    task->many = true;
    return begin(s, task, err);
}

void keys_collect(struct snapshot *s, struct task *task)
{
    struct progress *p = &task->progress;

    if (s->keys.full && s->sums.made) {
        p->parts *= 2;
        p->part = 0;
    }
    task->many = task->many || s->keys.full;
    p->phase = PROGRESS_COLLECT;
    task->keys_due = true;
}

bool keys_judged(struct snapshot *s, struct task *task)
{
    struct progress *p = &task->progress;

    if (s->sums.sums) {
        uint64_t left = keysums_end(&s->sums);
        if (!left)
            return true;
        p->parts = keyset_parts(&s->keys, left);
    } else if (!s->keys.full && ++p->part == p->parts) {
        p->part--;
        return true;
    }
    keys_collect(s, task);
    return false;
}

int keys_streamed(struct snapshot *s, uint64_t hash, struct cdc_err *err)
{
    return s->keys_of >= 0 && !s->sums.sums && remember(s, hash) ? cdc_err_memory(err) : 0;
}

/* A row that is compared once more has been counted. */
int keys_read(struct snapshot *s, uint64_t hash, struct cdc_err *err)
{
    if (!s->sums.sums)
        return keys_streamed(s, hash, err);
    if (s->chunk->phase != PROGRESS_BUSY)
        keysums_add(&s->sums, hash);
    return 0;
}

bool keys_judge(struct snapshot *s, uint64_t hash)
{
    if (s->sums.sums) {
        keysums_take(&s->sums, hash);
        return false;
    }
    return !s->keys.full && keysums_concern(&s->sums, hash) && keyset_concerns(&s->keys, hash) &&
           !keyset_has(&s->keys, hash);
}
