/* The store of a trial, in memory: states, events, findings and the checkpoint (snapshot_trial.h). */
#include "unit/snapshot_record.h"

#include <stdio.h>
#include <stdlib.h>

#define SCAN_STEP 40

/* One that applies, or one that scans. */
struct cdc_sink {
    struct trial *trial;
    unsigned seed;
    uint64_t replied; /* batch number that collect() may report */
    bool lost;
};

static int sink_open(struct cdc_sink **sink, const struct cdc_sink_params *params, struct cdc_err *err)
{
    struct cdc_sink *s = calloc(1, sizeof *s);

    *sink = s;
    if (!s)
        return cdc_err_memory(err);
    s->trial =
        (struct trial *)(void *)((char *)(uintptr_t)params->config - offsetof(struct trial, config.redis));
    s->seed = s->trial->params.world.seed + 5;
    return 0;
}

static void sink_close(struct cdc_sink *s)
{
    free(s);
}

static bool fails(struct cdc_sink *s)
{
    return trial_mishap(s->trial, &s->seed, s->trial->params.fail_one_in);
}

static int sink_prepare(const struct cdc_sink *s, struct cdc_shape *shape, struct cdc_err *err)
{
    (void)s, (void)shape, (void)err;
    return 0;
}

static void sink_unprepare(struct cdc_shape *shape)
{
    (void)shape;
}

/* ---- applying ---- */

static struct cdc_slice pair_value(const struct cdc_buf *pairs, struct cdc_slice name)
{
    const char *at = pairs->data, *end = at + pairs->len;

    while (at && at < end) {
        struct cdc_slice this = cdc_slice_str(at), text = cdc_slice_str(at + this.len + 1);
        if (cdc_slice_eq(this, name))
            return text;
        at += this.len + text.len + 2;
    }
    return cdc_slice(NULL, 0);
}

static void put_pair(struct cdc_buf *to, struct cdc_slice name, struct cdc_slice text)
{
    if (!text.len)
        return;
    cdc_buf_put_slice(to, name);
    cdc_buf_putc(to, '\0');
    cdc_buf_put_slice(to, text);
    cdc_buf_putc(to, '\0');
}

/* Those of `news`, and those of `pairs` that it does not name. */
static void update_pairs(struct cdc_buf *pairs, const struct cdc_buf *news)
{
    const struct cdc_buf *both[] = {pairs, news};
    struct cdc_buf merged = {0};

    for (unsigned i = 0; i < 2; i++) {
        const char *at = both[i]->data, *end = at + both[i]->len;
        while (at && at < end) {
            struct cdc_slice name = cdc_slice_str(at), text = cdc_slice_str(at + name.len + 1);
            if (i == 1 || !pair_value(news, name).ptr)
                put_pair(&merged, name, text);
            at += name.len + text.len + 2;
        }
    }
    cdc_buf_fini(pairs);
    *pairs = merged;
}

static void set_text(struct cdc_buf *to, const struct cdc_buf *from)
{
    cdc_buf_reset(to);
    cdc_buf_put(to, from->data, from->len);
}

static void store(struct trial *t, const struct cdc_batch *batch)
{
    struct cdc_checkpoint *c = &t->now.checkpoint;

    record_apply(t, batch);
    c->batch = batch->number;
    c->ordinal = batch->ordinal;
    set_text(&c->position, &batch->position);
    set_text(&c->open_tx, &batch->open_tx);
    update_pairs(&c->progress, &batch->progress);
}

/* ---- operations ---- */

static int copy_stored(struct trial *t, struct trial_stored *to, const struct trial_stored *from)
{
    to->nevents = from->nevents;
    to->nfindings = from->nfindings;
    to->nvanished = from->nvanished;
    memcpy(to->states, from->states, t->params.world.tables * sizeof *to->states);
    return cdc_checkpoint_copy(&to->checkpoint, &from->checkpoint);
}

void trial_store_go_back(struct trial *t)
{
    uint64_t epoch = t->now.checkpoint.epoch;

    if (!t->before.checkpoint.identity.len)
        return;
    if (copy_stored(t, &t->now, &t->before))
        abort();
    t->now.checkpoint.epoch = epoch;
}

static int sink_connect(struct cdc_sink *s, struct cdc_err *err)
{
    s->lost = false;
    return fails(s) ? trial_broken(err) : 0;
}

static int sink_acquire(struct cdc_sink *s, enum cdc_lease *lease, struct cdc_checkpoint *checkpoint,
                        struct cdc_buf *holder, struct cdc_err *err)
{
    struct trial *t = s->trial;
    struct cdc_checkpoint *now = &t->now.checkpoint;
    int rc;

    (void)holder, (void)err;
    pthread_mutex_lock(&t->lock);
    if (trial_mishap(t, &s->seed, t->params.go_back_one_in))
        trial_store_go_back(t);
    else if (copy_stored(t, &t->before, &t->now))
        abort();
    *lease = CDC_LEASE_OURS;
    checkpoint->epoch_before = now->epoch;
    now->epoch += 1000;
    s->replied = now->batch;
    rc = cdc_checkpoint_copy(checkpoint, now);
    pthread_mutex_unlock(&t->lock);
    return rc;
}

static int sink_begin(struct cdc_sink *s, struct cdc_slice identity, struct cdc_slice position,
                      struct cdc_err *err)
{
    struct cdc_checkpoint *now = &s->trial->now.checkpoint;

    (void)err;
    pthread_mutex_lock(&s->trial->lock);
    if (now->identity.len)
        trial_fault(s->trial, "begun twice");
    cdc_buf_put_slice(&now->identity, identity);
    cdc_buf_put_slice(&now->position, position);
    pthread_mutex_unlock(&s->trial->lock);
    return 0;
}

static int sink_submit(struct cdc_sink *s, const struct cdc_batch *batch, struct cdc_err *err)
{
    struct trial *t = s->trial;

    if (s->lost || fails(s)) {
        s->lost = true; /* it never arrives, nor does what is sent behind it */
        return world_chance(&s->seed, 2) ? trial_broken(err) : 0;
    }
    pthread_mutex_lock(&t->lock);
    if (batch->number != t->now.checkpoint.batch + 1)
        trial_fault(t, "batch %u comes behind %u", (unsigned)batch->number,
                    (unsigned)t->now.checkpoint.batch);
    store(t, batch);
    pthread_mutex_unlock(&t->lock);
    if (fails(s))
        s->lost = true; /* applied, but nobody will hear of it */
    else
        s->replied = batch->number;
    return 0;
}

static int sink_collect(struct cdc_sink *s, int timeout_ms, uint64_t *applied, struct cdc_err *err)
{
    (void)timeout_ms;
    *applied = s->replied;
    return s->lost ? trial_broken(err) : 0;
}

static int sink_sweep(struct cdc_sink *s, const struct cdc_shape *shape, uint64_t *cursor,
                      struct cdc_err *err)
{
    struct trial_state *states = s->trial->now.states[trial_table(shape->entity)];

    if (s->lost || fails(s)) {
        s->lost = true;
        return trial_broken(err);
    }
    pthread_mutex_lock(&s->trial->lock);
    for (unsigned i = 0; i < WORLD_KEYS / 4; i++)
        states[(*cursor)++] = (struct trial_state){0};
    pthread_mutex_unlock(&s->trial->lock);
    return *cursor >= WORLD_KEYS;
}

static int sink_beat(struct cdc_sink *s, const struct cdc_beat *beat, struct cdc_err *err)
{
    (void)beat;
    return s->lost ? trial_broken(err) : 0;
}

static int sink_tend(struct cdc_sink *s, int64_t as_of_ms, struct cdc_err *err)
{
    (void)as_of_ms;
    return s->lost ? trial_broken(err) : 0;
}

static bool sink_tending(const struct cdc_sink *s)
{
    (void)s;
    return false;
}

static int sink_release(struct cdc_sink *s, struct cdc_slice gap, struct cdc_err *err)
{
    (void)s, (void)gap, (void)err;
    return 0;
}

/* Some keys come twice, as from a table of Redis that grows or shrinks. */
static int sink_scan(struct cdc_sink *s, const struct cdc_shape *shape, uint64_t *cursor,
                     int (*each)(void *ctx, struct cdc_slice key, struct cdc_err *err), void *ctx,
                     struct cdc_err *err)
{
    struct trial_state *states = s->trial->now.states[trial_table(shape->entity)];
    unsigned end = (unsigned)*cursor + SCAN_STEP;
    char key[16];
    int rc = 0;

    if (fails(s))
        return trial_broken(err);
    for (; *cursor < end && *cursor < WORLD_KEYS && rc == 0; (*cursor)++) {
        bool exists;
        pthread_mutex_lock(&s->trial->lock);
        exists = states[*cursor].exists;
        pthread_mutex_unlock(&s->trial->lock);
        snprintf(key, sizeof key, "%u", (unsigned)*cursor);
        for (unsigned i = 0;
             exists && i <= (!s->trial->params.scan_once && world_chance(&s->seed, 10)) && rc == 0; i++)
            rc = each(ctx, cdc_slice_str(key), err);
    }
    return rc ? rc : *cursor >= WORLD_KEYS;
}

static bool sink_requested(struct cdc_sink *s, struct cdc_buf *text)
{
    struct cdc_buf *request = &s->trial->request;
    bool any;

    pthread_mutex_lock(&s->trial->lock);
    any = request->len > 0;
    cdc_buf_put_slice(text, cdc_buf_slice(request));
    cdc_buf_reset(request);
    pthread_mutex_unlock(&s->trial->lock);
    return any;
}

const struct cdc_sink_ops trial_sink_ops = {
    .name = "memory",
    .open = sink_open,
    .close = sink_close,
    .prepare = sink_prepare,
    .unprepare = sink_unprepare,
    .encode = record_encode,
    .mark_last = record_mark_last,
    .split = record_split,
    .truncate = record_truncate,
    .connect = sink_connect,
    .acquire = sink_acquire,
    .begin = sink_begin,
    .submit = sink_submit,
    .collect = sink_collect,
    .sweep = sink_sweep,
    .beat = sink_beat,
    .tend = sink_tend,
    .tending = sink_tending,
    .release = sink_release,
    .scan = sink_scan,
    .requested = sink_requested,
};

/* ---- for tests ---- */

void trial_store_init(struct trial *t)
{
    t->now.states = calloc(t->params.world.tables, sizeof *t->now.states);
    t->before.states = calloc(t->params.world.tables, sizeof *t->before.states);
    if (!t->now.states || !t->before.states)
        abort();
}

void trial_store_fini(struct trial *t)
{
    cdc_checkpoint_fini(&t->now.checkpoint);
    cdc_checkpoint_fini(&t->before.checkpoint);
    free(t->now.states);
    free(t->before.states);
    free(t->events.all);
    free(t->findings.all);
    free(t->vanished.all);
}

bool trial_progress(struct trial *t, unsigned table, struct progress *progress)
{
    char name[32];
    struct cdc_slice text;
    bool known;

    snprintf(name, sizeof name, PROGRESS_PREFIX "public.t%u", table);
    pthread_mutex_lock(&t->lock);
    text = pair_value(&t->now.checkpoint.progress, cdc_slice_str(name));
    known = text.ptr != NULL;
    if (known && progress_parse(progress, text))
        trial_fault(t, "the progress of table %u is not to be read", table);
    pthread_mutex_unlock(&t->lock);
    return known;
}

void trial_plant(struct trial *t, unsigned table, unsigned code, const struct trial_state *state)
{
    pthread_mutex_lock(&t->lock);
    t->now.states[table][code] = t->before.states[table][code] = *state;
    pthread_mutex_unlock(&t->lock);
}
