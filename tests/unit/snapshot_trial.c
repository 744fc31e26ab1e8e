/* Sessions of an agent in its world, and what must be true in the end (snapshot_trial.h). */
#include "unit/snapshot_trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <time.h>

#include "cdc/clock.h"
#include "pipeline/pipeline.h"

#define PATIENCE_MS 60000
#define ASK_AGAIN   100 /* looks */

/* ---- the configuration ---- */

static const struct model_field model_fields[] = {
    {.name = "code", .type = MODEL_STRING},
    {.name = "a", .type = MODEL_STRING},
    {.name = "b", .type = MODEL_STRING},
    {.name = "c", .type = MODEL_STRING},
};
static const size_t model_keys[] = {0};
#define ENTITY(name_)                                                                                        \
    {                                                                                                        \
        .name = (name_), .nkeys = 1, .keys = model_keys, .nfields = 4, .fields = model_fields,               \
        .verb_insert = "created", .verb_update = "changed", .verb_delete = "deleted",                        \
    }
static const struct model_entity entities[WORLD_TABLES] = {
    ENTITY("t0"), ENTITY("t1"), ENTITY("t2"), ENTITY("t3"),
    ENTITY("t4"), ENTITY("t5"), ENTITY("t6"), ENTITY("t7"),
};
static const struct config_field key = {.field = 0, .from = CONFIG_FROM_COLUMN, .column = "code"};
static const struct config_field *const keys[] = {&key};
static const struct config_field fields[] = {
    {.field = 1, .from = CONFIG_FROM_COLUMN, .column = "a"},
    {.field = 2, .from = CONFIG_FROM_COLUMN, .column = "b"},
    {.field = 3, .from = CONFIG_FROM_COLUMN, .column = "c"},
};
static const char *const other_kinds[] = {"0"};
static const struct config_condition mapped_kinds[] = {
    {.column = "kind", .negate = true, .nvalues = 1, .values = other_kinds}};
#define MAPPING(i)                                                                                           \
    {                                                                                                        \
        .entity = &entities[i], .keys = keys, .nfields = 3, .fields = fields, .nconditions = 1,              \
        .conditions = mapped_kinds,                                                                          \
    }
static const struct config_mapping mappings[WORLD_TABLES] = {
    MAPPING(0), MAPPING(1), MAPPING(2), MAPPING(3), MAPPING(4), MAPPING(5), MAPPING(6), MAPPING(7),
};

unsigned trial_table(struct cdc_slice name)
{
    return (unsigned)(name.ptr[1] - '0');
}

unsigned trial_run(struct cdc_slice name)
{
    unsigned hash = 0;

    for (size_t i = 0; i < name.len && name.ptr[i] != '/'; i++)
        hash = hash * 31 + (unsigned char)name.ptr[i];
    return hash;
}

void trial_fault(struct trial *t, const char *fmt, ...)
{
    va_list args;

    if (t->fault[0])
        return;
    va_start(args, fmt);
    vsnprintf(t->fault, sizeof t->fault, fmt, args);
    va_end(args);
}

bool trial_mishap(struct trial *t, unsigned *seed, unsigned one_in)
{
    return world_chance(seed, one_in) && atomic_fetch_add(&t->mishaps, 1) < t->params.mishaps;
}

int trial_broken(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "the connection broke");
}

void trial_configure(struct trial *t, unsigned tables)
{
    t->config.ntables = 0;
    for (unsigned i = 0; i < t->params.world.tables; i++)
        if (tables >> i & 1) {
            t->table_of[t->config.ntables] = i;
            t->tables[t->config.ntables++] = (struct config_table){
                .schema = "public", .name = entities[i].name, .nmappings = 1, .mappings = &mappings[i]};
        }
}

void trial_new(struct trial *t, const struct trial_params *params)
{
    *t = (struct trial){.params = *params, .seed = params->world.seed};
    t->source_ops = params->wrong_sees ? &trial_wrong_source_ops : &trial_source_ops;
    t->config = (struct config){.path = "test", .connector = "test", .system = "test", .tables = t->tables};
    t->config.source.timezone = "UTC";
    t->config.source.heartbeat_ms = 1;
    t->config.redis.batch_events = 16;
    t->config.snapshot_chunk_rows = params->chunk_rows;
    t->config.limit_memory_bytes = params->memory_bytes;
    pthread_mutex_init(&t->lock, NULL);
    world_make(&t->world, &params->world);
    t->world.clock = params->clock;
    trial_store_init(t);
    trial_configure(t, ~0u);
}

void trial_free(struct trial *t)
{
    trial_store_fini(t);
    world_free(&t->world);
    cdc_buf_fini(&t->request);
    pthread_mutex_destroy(&t->lock);
}

/* ---- what is asked for ---- */

static void ask(struct trial *t, const char *verb, const char *job, const char *run)
{
    pthread_mutex_lock(&t->lock);
    cdc_buf_reset(&t->request);
    cdc_buf_printf(&t->request, "%s %s %s *", verb, job, run);
    pthread_mutex_unlock(&t->lock);
}

void trial_want(struct trial *t, const char *job)
{
    snprintf(t->job, sizeof t->job, "%s", job ? job : "");
}

struct look {
    unsigned over, paused, wanted, cancelled; /* tables */
};

static struct look look_at_jobs(struct trial *t)
{
    struct progress p = {0};
    struct look look = {0};

    for (unsigned i = 0; i < t->config.ntables; i++) {
        bool known = trial_progress(t, t->table_of[i], &p);
        bool wanted = known && (!t->job[0] || strcmp(p.run, t->run) == 0);
        look.wanted += wanted;
        look.paused += known && p.state == PROGRESS_PAUSED;
        look.over += wanted && (p.state == PROGRESS_DONE || p.state == PROGRESS_FAILED);
        look.cancelled += known && strcmp(p.why, PROGRESS_CANCELLED) == 0;
        progress_fini(&p);
    }
    return look;
}

/* A run of its own each time: the agent may have begun the last one, though the store does not know it yet. */
static void ask_for_job(struct trial *t, const char *job)
{
    progress_new_run(t->run);
    ask(t, "start", job, t->run);
}

/* Now and then work is to pause. A store that went back may have forgotten what was asked of it. */
static void ask_something(struct trial *t, const struct look *look, unsigned looks)
{
    bool waiting;

    pthread_mutex_lock(&t->lock);
    waiting = t->request.len > 0;
    pthread_mutex_unlock(&t->lock);
    if (waiting)
        return;
    if (t->job[0] && look->wanted < t->config.ntables && looks % ASK_AGAIN == 1)
        ask_for_job(t, t->job);
    else if (t->params.ask_all && look->cancelled)
        ask_for_job(t, t->job[0] ? t->job : "reload");
    else if (t->params.ask_all && trial_mishap(t, &t->seed, t->params.ask_one_in)) {
        if (world_chance(&t->seed, 2))
            ask(t, "cancel", "-", "-");
        else
            ask_for_job(t, t->job[0] ? t->job : "reload");
    } else if (trial_mishap(t, &t->seed, t->paused ? 0 : t->params.ask_one_in) ||
               (t->paused && looks % 8 == 7)) {
        t->paused = !t->paused;
        ask(t, t->paused ? "pause" : "resume", "-", "-");
    } else if (look->paused && !t->paused)
        ask(t, "resume", "-", "-");
}

/* ---- sessions ---- */

static bool all_is_there(struct trial *t)
{
    bool there;

    pthread_mutex_lock(&t->lock);
    there = t->now.checkpoint.open_tx.len == 0 &&
            (unsigned)atoi(cdc_buf_str(&t->now.checkpoint.position)) >= t->params.world.transactions &&
            t->world.clock >= world_end(&t->world);
    pthread_mutex_unlock(&t->lock);
    return there;
}

static uint64_t batch_of(struct trial *t)
{
    uint64_t batch;

    pthread_mutex_lock(&t->lock);
    batch = t->now.checkpoint.batch;
    pthread_mutex_unlock(&t->lock);
    return batch;
}

static bool over(struct trial *t, unsigned looks)
{
    struct look look = look_at_jobs(t);
    bool done = t->params.no_snapshot || (look.over == t->config.ntables && !look.cancelled);

    if (t->until_batch)
        return batch_of(t) >= t->until_batch;
    if (!t->params.no_snapshot)
        ask_something(t, &look, looks);
    t->hurry = t->all_of_it && done;
    return done && (!t->all_of_it || all_is_there(t));
}

/* Until the pipeline has ended, its work is done, or it is to stop for no reason. False: it hangs. */
static bool watch(struct trial *t, struct pipeline *pipeline)
{
    int64_t until = cdc_now_ms() + PATIENCE_MS;
    unsigned looks = 0;

    while (!over(t, ++looks) && !pipeline_wait(pipeline, 2)) {
        if (cdc_now_ms() > until)
            return false;
        if (trial_mishap(t, &t->seed, t->params.stop_one_in))
            break;
    }
    return true;
}

struct agent {
    struct cdc_source_params source_params;
    struct cdc_sink_params sink_params;
    struct pipeline_params params;
};

static int agent_open(struct trial *t, struct agent *a, struct cdc_err *err)
{
    a->params = (struct pipeline_params){
        .config = &t->config, .source_ops = t->source_ops, .sink_ops = &trial_sink_ops};
    if (map_new(&a->params.map, &t->config, err))
        return -1;
    a->source_params = (struct cdc_source_params){.connector = "test", .config = &t->config.source};
    a->source_params.tables = map_tables(a->params.map, &a->source_params.ntables);
    a->sink_params = (struct cdc_sink_params){.connector = "test", .config = &t->config.redis};
    if (!t->params.no_snapshot) {
        a->params.source_params = &a->source_params;
        a->params.sink_params = &a->sink_params;
    }
    return t->source_ops->open(&a->params.source, &a->source_params, err) ||
                   trial_sink_ops.open(&a->params.sink, &a->sink_params, err)
               ? -1
               : 0;
}

static void agent_close(struct trial *t, struct agent *a)
{
    t->source_ops->close(a->params.source);
    trial_sink_ops.close(a->params.sink);
    map_free(a->params.map);
}

static void session(struct trial *t)
{
    struct agent agent = {0};
    struct cdc_err err = {0};
    struct pipeline *pipeline;
    bool alive;

    t->hurry = false;
    if (agent_open(t, &agent, &err) || pipeline_start(&pipeline, &agent.params, &err)) {
        trial_fault(t, "cannot start: %s", err.message);
        return;
    }
    alive = watch(t, pipeline);
    pipeline_stop(pipeline);
    if (!pipeline_wait(pipeline, PATIENCE_MS)) {
        trial_fault(t, "the threads do not end");
        return;
    }
    if (pipeline_finish(pipeline, &err))
        trial_fault(t, "the pipeline ended: %s", err.message);
    if (!alive)
        trial_fault(t, "it hangs at position %s", cdc_buf_str(&t->now.checkpoint.position));
    agent_close(t, &agent);
}

static void sessions(struct trial *t)
{
    unsigned looks = 0;

    do {
        session(t);
        if (trial_mishap(t, &t->seed, t->params.go_back_one_in))
            trial_store_go_back(t);
    } while (!t->fault[0] && !over(t, ++looks));
}

void trial_load(struct trial *t)
{
    t->all_of_it = false;
    sessions(t);
}

void trial_again(struct trial *t)
{
    uint64_t batch = t->now.checkpoint.batch;
    unsigned mishaps = t->params.mishaps;

    t->params.mishaps = 0;
    t->until_batch = batch + 1;
    session(t);
    t->until_batch = 0;
    t->params.mishaps = mishaps;
}

void trial_finish(struct trial *t)
{
    t->all_of_it = true;
    sessions(t);
    t->params.fail_one_in = t->params.go_back_one_in = t->params.stop_one_in = t->params.ask_one_in = 0;
    sessions(t);
}

/* ---- what must be true ---- */

static void compare_table(struct trial *t, unsigned table)
{
    static const struct trial_state none;
    struct trial_state *wanted = calloc(WORLD_KEYS, sizeof *wanted);

    for (unsigned id = 0; id < WORLD_KEYS; id++) {
        const struct world_row *row = world_row(&t->world, table, id, world_end(&t->world));
        if (row && row->v[WORLD_KIND])
            wanted[row->v[WORLD_CODE]] =
                (struct trial_state){true, {row->v[WORLD_A], row->v[WORLD_B], row->v[WORLD_C]}};
    }
    for (unsigned code = 0; code < WORLD_KEYS; code++) {
        const struct trial_state *is = &t->now.states[table][code], *want = wanted ? &wanted[code] : &none;
        if (is->exists != want->exists)
            trial_fault(t, "table %u: state %u %s", table, code, want->exists ? "is missing" : "is too much");
        for (unsigned i = 0; i < TRIAL_FIELDS && want->exists; i++)
            if (is->v[i] != want->v[i])
                trial_fault(t, "table %u: field %c of state %u is %d instead of %d", table, (char)('a' + i),
                            code, is->v[i], want->v[i]);
    }
    free(wanted);
}

void trial_compare(struct trial *t)
{
    for (unsigned i = 0; i < t->config.ntables; i++)
        compare_table(t, t->table_of[i]);
}

static void compare_events(struct trial *t, const struct trial *right)
{
    const struct trial_note *a = t->events.all, *b = right->events.all;
    unsigned n = t->now.nevents, wanted = right->now.nevents;

    for (unsigned i = 0; i < n && i < wanted; i++)
        if (a[i].what != b[i].what || a[i].tx != b[i].tx || a[i].ordinal != b[i].ordinal ||
            a[i].part != b[i].part || a[i].code != b[i].code)
            trial_fault(t, "event %u is %u:%u:%u instead of %u:%u:%u", i, a[i].tx, a[i].ordinal, a[i].part,
                        b[i].tx, b[i].ordinal, b[i].part);
    if (n != wanted)
        trial_fault(t, "%u events instead of %u", n, wanted);
}

void trial_compare_events(struct trial *t)
{
    struct trial_params params = t->params;
    struct trial *right = calloc(1, sizeof *right);

    if (!right)
        abort();
    params.no_snapshot = true;
    trial_new(right, &params);
    trial_finish(right);
    trial_fault(t, "%s", right->fault);
    compare_events(t, right);
    trial_free(right);
    free(right);
}
