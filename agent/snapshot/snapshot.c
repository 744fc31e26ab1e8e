/*
 * What is to be done about which table (snapshot.h): from the checkpoint and the configuration when a session begins, then as jobs end.
 * Loads of several tables go side by side; jobs that look for states without a row, and so remember keys, one after the other. Capture
 * thread, but for what the header says.
 */
#include "snapshot/snapshot_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "cdc/log.h"

#define REJECTED_BYTES       65536 /* for keys of rejected rows; what does not fit may get a second dead letter */
#define TABLES_AT_ONCE       4
#define KEYS_SHARE(bytes)    ((bytes) / 8)
#define TOUCHED_SHARE(bytes) ((bytes) / 256) /* keys; together at most a fifth */
#define TOUCHED_KEYS_MAX     65536

/* ---- making ---- */

static void name_tasks(struct snapshot *s)
{
    const struct config *config = snapshot_config(s);

    for (size_t i = 0; i < s->ntables; i++) {
        struct task *task = &s->tasks[i];
        snprintf(task->name, sizeof task->name, "%s.%s", config->tables[i].schema, config->tables[i].name);
        task->progress.parts = 1;
        task->due = config->snapshot_mode == CONFIG_SNAPSHOT_ALWAYS;
        s->status[i].table = task->name;
    }
}

static uint32_t most_fields(struct map *map)
{
    size_t n;
    const struct cdc_shape *shapes = map_shapes(map, &n);
    uint32_t most = 1;

    for (size_t i = 0; i < n; i++)
        most = shapes[i].nfields > most ? shapes[i].nfields : most;
    return most;
}

int snapshot_new(struct snapshot **snapshot, const struct snapshot_params *params, struct cdc_err *err)
{
    struct snapshot *s = calloc(1, sizeof *s);
    uint64_t memory = params->reader.config->limit_memory_bytes;

    *snapshot = NULL;
    if (!s)
        return cdc_err_memory(err);
    s->params = *params;
    s->ntables = params->reader.config->ntables;
    s->chunk_rows = params->reader.config->snapshot_chunk_rows;
    s->seed = keyhash_random();
    s->keys_of = -1;
    memory = memory ? memory : 64 * 1024 * 1024;
    touched_init(&s->touched,
                 TOUCHED_SHARE(memory) < TOUCHED_KEYS_MAX ? TOUCHED_SHARE(memory) : TOUCHED_KEYS_MAX);
    keyset_init(&s->keys, KEYS_SHARE(memory));
    keysums_init(&s->sums, KEYS_SHARE(memory));
    keyset_init(&s->rejected, REJECTED_BYTES);
    s->tasks = calloc(s->ntables + 1, sizeof *s->tasks);
    s->status = calloc(s->ntables + 1, sizeof *s->status);
    s->scratch = calloc(most_fields(params->map), sizeof *s->scratch);
    if (!s->tasks || !s->status || !s->scratch || pthread_mutex_init(&s->lock, NULL)) {
        free(s->tasks);
        free(s->status);
        free(s->scratch);
        free(s);
        return cdc_err_memory(err);
    }
    name_tasks(s);
    if (reader_start(&s->reader, &params->reader, err)) {
        snapshot_free(s);
        return -1;
    }
    *snapshot = s;
    return 0;
}

void snapshot_free(struct snapshot *s)
{
    if (!s)
        return;
    reader_stop(s->reader);
    for (size_t i = 0; i < s->ntables; i++) {
        progress_fini(&s->tasks[i].progress);
        cdc_buf_fini(&s->tasks[i].busy);
        cdc_buf_fini(&s->tasks[i].round);
    }
    touched_fini(&s->touched);
    keyset_fini(&s->keys);
    keysums_fini(&s->sums);
    keyset_fini(&s->rejected);
    cdc_buf_fini(&s->since);
    cdc_buf_fini(&s->forgotten);
    cdc_buf_fini(&s->requests);
    pthread_mutex_destroy(&s->lock);
    free(s->tasks);
    free(s->status);
    free(s->scratch);
    free(s);
}

/* ---- what people are shown ---- */

static void task_publish(struct snapshot *s, const struct task *task)
{
    struct snapshot_status *to = &s->status[task - s->tasks];
    const struct progress *p = &task->progress;
    bool loading = false;

    pthread_mutex_lock(&s->lock);
    to->known = task->known;
    to->job = p->job;
    to->state = p->state;
    to->phase = p->phase;
    to->rows = p->rows;
    to->estimate = p->estimate;
    to->rows_total = task->rows_total;
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->ntables; i++)
        loading = loading || (s->tasks[i].known && s->tasks[i].progress.state == PROGRESS_RUNNING &&
                              s->tasks[i].progress.job <= PROGRESS_RELOAD);
    atomic_store(&s->loading, loading);
}

void task_changed(struct snapshot *s, struct task *task)
{
    task->dirty = s->dirty = true;
    task_publish(s, task);
}

bool snapshot_status(struct snapshot *s, size_t i, struct snapshot_status *out)
{
    if (i >= s->ntables)
        return false;
    pthread_mutex_lock(&s->lock);
    *out = s->status[i];
    pthread_mutex_unlock(&s->lock);
    return true;
}

bool snapshot_loading(struct snapshot *s)
{
    return atomic_load(&s->loading);
}

/* ---- jobs ---- */

static void forget_busy(struct task *task)
{
    cdc_buf_reset(&task->busy);
    cdc_buf_reset(&task->round);
    task->nbusy = task->rounds = 0;
    task->skipped = task->lost = 0;
    task->round_at = 0;
}

/* What the run before found was counted by the store, under its name. */
static void forget_found(struct snapshot *s, const struct task *task)
{
    static const char *const kinds[] = {"missing", "different", "extra"};

    for (size_t i = 0; task->known && i < sizeof kinds / sizeof *kinds; i++) {
        cdc_buf_printf(&s->forgotten, PROGRESS_PREFIX "found:%s/%s:%s:%s", task->progress.run, task->name,
                       task->name, kinds[i]);
        cdc_buf_putc(&s->forgotten, '\0');
    }
}

void task_begin(struct snapshot *s, struct task *task, enum progress_job job, const char *run)
{
    forget_found(s, task);
    progress_begin(&task->progress, job, run);
    keys_forget(s, task);
    forget_busy(task);
    task->known = true;
    task->serial = 0;
    task_changed(s, task);
    cdc_log(CDC_LOG_NOTICE, "snapshot begins job=%s table=%s run=%s", progress_job_name(job), task->name,
            run);
}

void task_end(struct snapshot *s, struct task *task, enum progress_state state, const char *why)
{
    struct progress *p = &task->progress;
    bool bad = state == PROGRESS_FAILED && strcmp(why, PROGRESS_CANCELLED) != 0;

    keys_forget(s, task);
    task->due = false;
    p->state = state;
    snprintf(p->why, sizeof p->why, "%s", why);
    cdc_time_print(cdc_wall_us(), p->ended);
    if (state == PROGRESS_DONE) {
        p->loaded = p->loaded || p->job != PROGRESS_VERIFY;
        if (p->job != PROGRESS_LOAD)
            p->verified = cdc_wall_us() / 1000000;
    }
    task_changed(s, task);
    cdc_log(bad ? CDC_LOG_ERROR : CDC_LOG_NOTICE, "snapshot %s job=%s table=%s run=%s rows=%llu%s%s",
            state == PROGRESS_FAILED ? "failed" : "done", progress_job_name(p->job), task->name, p->run,
            (unsigned long long)p->rows, *why ? " why=" : "", why);
}

struct task *snapshot_task(struct snapshot *s, struct cdc_slice name)
{
    for (size_t i = 0; i < s->ntables; i++)
        if (cdc_slice_is(name, s->tasks[i].name))
            return &s->tasks[i];
    return NULL;
}

/* What the checkpoint says of one table. A job that failed is tried again: what was wrong may have been mended since. */
static int take_progress(struct snapshot *s, struct cdc_slice name, struct cdc_slice text)
{
    size_t prefix = strlen(PROGRESS_PREFIX);
    struct task *task;

    if (name.len <= prefix || memcmp(name.ptr, PROGRESS_PREFIX, prefix) != 0)
        return 0;
    if (name.len > prefix + 6 && memcmp(name.ptr + prefix, "found:", 6) == 0)
        return 0; /* the store's own count of findings */
    task = snapshot_task(s, cdc_slice(name.ptr + prefix, name.len - prefix));
    if (!task) {
        s->dirty = true;
        cdc_buf_put(&s->forgotten, name.ptr, name.len + 1);
        return s->forgotten.failed ? -1 : 0;
    }
    if (progress_parse(&task->progress, text))
        return task->progress.after.failed ? -1 : 0; /* not to be read: as if there were none */
    task->known = true;
    task->lost = task->progress.busy; /* which rows they were is not stored */
    if (task->progress.phase == PROGRESS_BUSY)
        task->progress.phase = PROGRESS_COLLECT;
    if (task->progress.state == PROGRESS_FAILED && task->progress.job <= PROGRESS_RELOAD &&
        strcmp(task->progress.why, PROGRESS_CANCELLED) != 0) {
        task->progress.state = PROGRESS_RUNNING;
        task->progress.why[0] = '\0';
        task->dirty = s->dirty = true;
    }
    return 0;
}

static int take_checkpoint(struct snapshot *s, const struct cdc_buf *pairs)
{
    const char *at = pairs->data, *end = at + pairs->len;

    while (at && at < end) {
        struct cdc_slice name = cdc_slice_str(at), text = cdc_slice_str(at + name.len + 1);
        if (take_progress(s, name, text))
            return -1;
        at += name.len + 1 + text.len + 1;
    }
    return 0;
}

static void forget_tasks(struct snapshot *s)
{
    for (size_t i = 0; i < s->ntables; i++) {
        struct task *task = &s->tasks[i];
        progress_fini(&task->progress);
        keys_forget(s, task);
        forget_busy(task);
        task->known = task->dirty = false;
        task->serial = 0;
    }
    cdc_buf_reset(&s->forgotten);
    s->dirty = false;
}

/*
 * A table of which the checkpoint knows nothing is loaded: as the first load when the connector has never run, else compared with what
 * may be there from before.
 */
static void begin_missing(struct snapshot *s, bool first_run)
{
    enum config_snapshot mode = snapshot_config(s)->snapshot_mode;
    char run[PROGRESS_RUN];

    if (mode == CONFIG_SNAPSHOT_NEVER)
        return;
    progress_new_run(run);
    for (size_t i = 0; i < s->ntables; i++) {
        struct task *task = &s->tasks[i];
        bool ended = task->progress.state == PROGRESS_DONE || task->progress.state == PROGRESS_FAILED;
        bool again =
            ended && (task->due || (task->progress.job == PROGRESS_VERIFY && !task->progress.loaded));
        if (!task->known || again)
            task_begin(s, task, first_run ? PROGRESS_LOAD : PROGRESS_RELOAD, run);
    }
}

int snapshot_open(struct snapshot *s, const struct cdc_checkpoint *checkpoint, struct cdc_err *err)
{
    s->watching = false; /* nothing is read before the stream runs */
    if (snapshot_order(s, true, err))
        return -1;
    forget_tasks(s);
    if (take_checkpoint(s, &checkpoint->progress))
        return cdc_err_memory(err);
    begin_missing(s, checkpoint->identity.len == 0);
    for (size_t i = 0; i < s->ntables; i++)
        task_publish(s, &s->tasks[i]);
    return 0;
}

int snapshot_reload_all(const struct config *config, struct cdc_buf *progress, struct cdc_err *err)
{
    struct progress p = {.parts = 1};
    char run[PROGRESS_RUN];

    progress_new_run(run);
    progress_begin(&p, PROGRESS_RELOAD, run);
    for (size_t i = 0; i < config->ntables; i++) {
        cdc_buf_printf(progress, PROGRESS_PREFIX "%s.%s", config->tables[i].schema, config->tables[i].name);
        cdc_buf_putc(progress, '\0');
        progress_print(&p, progress);
        cdc_buf_putc(progress, '\0');
    }
    progress_fini(&p);
    return progress->failed ? cdc_err_memory(err) : 0;
}

/* ---- what is read ---- */

void snapshot_drop_chunk(struct snapshot *s)
{
    if (s->chunk)
        reader_give_back(s->reader, s->chunk);
    s->chunk = NULL;
}

static bool runs(const struct task *task)
{
    return task->known && task->progress.state == PROGRESS_RUNNING;
}

/* Another round over the rows that were busy; those that are again gather for the next. */
static void begin_round(struct task *task)
{
    struct cdc_buf empty;

    if (task->round_at < task->round.len)
        return; /* one is under way */
    cdc_buf_reset(&task->round);
    empty = task->round;
    task->round_at = 0;
    task->round = task->busy;
    task->busy = empty;
    task->nbusy = 0;
    task->rounds++;
}

static int order_task(struct snapshot *s, struct task *task, bool anew, struct cdc_err *err)
{
    struct progress *p = &task->progress;
    struct reader_order order = {.since = cdc_buf_slice(&s->since)};

    if (p->run[0] == PROGRESS_SCRUB)
        order.rows_per_second = snapshot_config(s)->verify_rows_per_second;

    if (task->serial &&
        (!anew || p->phase == PROGRESS_KEYS)) /* what the stream does is no matter to a scan */
        return 0;
    if (task_wants_keys(task) && keys_prepare(s, task, err))
        return -1;
    if (p->phase == PROGRESS_BUSY)
        begin_round(task);
    order.phase = p->phase;
    order.after = cdc_buf_slice(&p->after);
    if (p->phase == PROGRESS_BUSY)
        order.after = cdc_slice(task->round.data + task->round_at, task->round.len - task->round_at);
    task->serial = order.serial = ++s->serial;
    return reader_order(s->reader, (uint32_t)(task - s->tasks), &order) ? cdc_err_memory(err) : 0;
}

static int order_nothing(struct snapshot *s, struct task *task, struct cdc_err *err)
{
    struct reader_order nothing = {0};

    if (!task->serial)
        return 0;
    task->serial = 0;
    if (task->progress.phase == PROGRESS_KEYS)
        keys_forget(s, task); /* a scan that begins anew would count twice */
    return reader_order(s->reader, (uint32_t)(task - s->tasks), &nothing) ? cdc_err_memory(err) : 0;
}

/* Whether a load that goes on some day is somewhere in its table. */
static bool stands(const struct snapshot *s)
{
    for (size_t i = 0; i < s->ntables; i++) {
        const struct progress *p = &s->tasks[i].progress;
        if (s->tasks[i].known && p->job <= PROGRESS_RELOAD && p->after.len &&
            (p->state == PROGRESS_PAUSED || p->state == PROGRESS_FAILED))
            return true;
    }
    return false;
}

int snapshot_order(struct snapshot *s, bool anew, struct cdc_err *err)
{
    unsigned loads = 0, others = 0;

    if (anew && s->chunk && s->chunk->phase != PROGRESS_KEYS)
        snapshot_drop_chunk(s);
    for (size_t i = 0; i < s->ntables; i++) {
        struct task *task = &s->tasks[i];
        bool now = s->watching && runs(task);
        if (now && task_wants_keys(task))
            now = others++ == 0;
        else if (now)
            now = loads++ < TABLES_AT_ONCE;
        if (now ? order_task(s, task, anew, err) : order_nothing(s, task, err))
            return -1;
    }
    s->standing = stands(s);
    if (loads + others == 0) {
        s->watching = false;
        snapshot_drop_chunk(s);
        if (s->keys_of >= 0)
            keys_forget(s, &s->tasks[s->keys_of]); /* what is streamed from now on would be missing */
        touched_clear(&s->touched);
    }
    return 0;
}

int snapshot_stream(struct snapshot *s, struct cdc_slice position, struct cdc_err *err)
{
    touched_clear(&s->touched);
    keyset_begin(&s->rejected, 0, 1);
    s->anew = false;
    cdc_buf_reset(&s->since);
    cdc_buf_put_slice(&s->since, position);
    if (s->since.failed)
        return cdc_err_memory(err);
    s->watching = false;
    for (size_t i = 0; i < s->ntables; i++)
        s->watching = s->watching || runs(&s->tasks[i]);
    return snapshot_order(s, true, err);
}
