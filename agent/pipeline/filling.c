/*
 * The batch being filled (filling.h). Source thread only. Between two cuts the body grows at its end; a cut that leaves a rest
 * behind copies the rest into a new batch, which happens at most once per batch.
 */
#include "pipeline/filling.h"

#include "cdc/clock.h"

void filling_init(struct filling *f, struct queue *queue, filling_split *split)
{
    *f = (struct filling){.queue = queue, .split = split};
}

void filling_fini(struct filling *f)
{
    queue_discard(f->queue, f->batch);
    f->batch = NULL;
    cdc_buf_fini(&f->done);
    cdc_buf_fini(&f->open_tx);
}

static int set_text(struct cdc_buf *to, struct cdc_slice from)
{
    cdc_buf_reset(to);
    cdc_buf_put_slice(to, from);
    return to->failed ? -1 : 0;
}

int filling_restart(struct filling *f, const struct cdc_checkpoint *from, uint64_t generation)
{
    struct cdc_buf done = f->done, open_tx = f->open_tx;
    struct queue *queue = f->queue;

    queue_discard(queue, f->batch);
    *f = (struct filling){
        .queue = queue, .split = f->split, .done = done, .open_tx = open_tx, .generation = generation};
    f->ordinal = f->row_ordinal = from->ordinal;
    return set_text(&f->done, cdc_buf_slice(&from->position)) ||
                   set_text(&f->open_tx, cdc_buf_slice(&from->open_tx))
               ? -1
               : 0;
}

int filling_checkpoint(const struct filling *f, struct cdc_checkpoint *out)
{
    out->ordinal = f->open_tx.len ? f->ordinal : 0;
    return set_text(&out->position, cdc_buf_slice(&f->done)) ||
                   set_text(&out->open_tx, cdc_buf_slice(&f->open_tx))
               ? -1
               : 0;
}

int filling_ready(struct filling *f)
{
    if (!f->batch)
        f->batch = queue_batch(f->queue);
    return f->batch ? 0 : -1;
}

static struct filling_mark here(const struct filling *f)
{
    return (struct filling_mark){f->batch->body.len, f->batch->records};
}

int filling_begin_tx(struct filling *f, struct cdc_slice id)
{
    f->tx = f->row = here(f);
    f->ordinal = f->row_ordinal = 0;
    f->has_last = false;
    return set_text(&f->open_tx, id);
}

void filling_begin_row(struct filling *f, uint64_t ordinal)
{
    f->ordinal = ordinal;
    f->row_start = here(f);
    f->row_fresh = true;
    f->batch->rows++;
}

void filling_added(struct filling *f, size_t last)
{
    if (f->row_fresh) {
        f->row = f->row_start;
        f->row_ordinal = f->ordinal;
        f->row_fresh = false;
    }
    f->batch->records++;
    f->last = last;
    f->has_last = true;
}

int filling_commit(struct filling *f, struct cdc_slice position, void (*mark)(struct cdc_buf *, size_t))
{
    if (f->has_last)
        mark(&f->batch->body, f->last);
    f->has_last = false;
    f->ordinal = f->row_ordinal = 0;
    f->batch->transactions++;
    cdc_buf_reset(&f->open_tx);
    f->tx = f->row = here(f);
    f->advanced = true;
    return set_text(&f->done, position);
}

int filling_advance(struct filling *f, struct cdc_slice position)
{
    f->advanced = true;
    return set_text(&f->done, position);
}

bool filling_has_complete(const struct filling *f)
{
    if (!f->batch)
        return false;
    return f->open_tx.len ? f->tx.records > 0 : f->batch->records > 0;
}

/* Where to cut, and up to which row of the open transaction that is (0: not inside one). False: nowhere. */
static bool cut_at(const struct filling *f, bool force, struct filling_mark *at, uint64_t *ordinal)
{
    *at = here(f);
    *ordinal = f->open_tx.len ? f->ordinal : 0;
    if (!f->open_tx.len || force)
        return f->batch->records > 0 || f->advanced || *ordinal;
    if (f->tx.records > 0 || (f->batch->records == 0 && f->advanced)) {
        *at = f->tx;
        *ordinal = 0;
        return true;
    }
    if (f->row.records == 0)
        return false;
    *at = f->row;
    *ordinal = f->row_ordinal - 1;
    return true;
}

/* Moves what is behind the cut into a batch of its own, to be filled from now on; *begin is where that begins in its body. */
static int keep_rest(struct filling *f, struct filling_mark at, size_t *begin)
{
    struct cdc_batch *batch = f->batch, *rest = NULL;

    *begin = 0;
    if (batch->body.len > at.bytes) {
        rest = queue_batch(f->queue);
        if (!rest)
            return -1;
        if (f->split(&batch->body, at.bytes, &rest->body, begin)) {
            queue_discard(f->queue, rest);
            return -1;
        }
        rest->records = batch->records - at.records;
        batch->body.len = at.bytes;
        batch->records = at.records;
    }
    f->batch = rest;
    return 0;
}

/* Where a place is in the rest, which begins at `by` of the body it was cut from and at `begin` of its own. */
static struct filling_mark shifted(struct filling_mark mark, struct filling_mark by, size_t begin)
{
    if (mark.bytes < by.bytes)
        return (struct filling_mark){begin, 0};
    return (struct filling_mark){mark.bytes - by.bytes + begin, mark.records - by.records};
}

int filling_cut(struct filling *f, bool force, struct cdc_batch **cut)
{
    struct filling_mark at;
    struct cdc_batch *batch = f->batch;
    uint64_t ordinal;
    size_t begin;

    *cut = NULL;
    if (!batch || !cut_at(f, force, &at, &ordinal))
        return 0;
    batch->generation = f->generation;
    batch->ordinal = ordinal;
    batch->made_us = cdc_now_us();
    if (set_text(&batch->position, cdc_buf_slice(&f->done)) ||
        set_text(&batch->open_tx, ordinal ? cdc_buf_slice(&f->open_tx) : cdc_slice(NULL, 0)) ||
        keep_rest(f, at, &begin))
        return -1;
    f->tx = shifted(f->tx, at, begin);
    f->row = shifted(f->row, at, begin);
    f->has_last = f->has_last && f->last >= at.bytes;
    f->last = f->has_last ? f->last - at.bytes + begin : 0;
    f->advanced = false;
    *cut = batch;
    return 0;
}
