/*
 * Work on tables as seen from outside (jobs.h). The agent does it, maybe one in this process; this asks through Redis and reads the
 * checkpoint again and again.
 */
#include "command/jobs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cdc/clock.h"
#include "cdc/sink.h"

#define LOOK_MS    250
#define LINE_MS    10000 /* between two lines when there is no terminal */
#define LEASE_MS   5000  /* between two looks whether an agent runs */
#define TAKE_UP_MS 15000 /* for the agent to take up a request */
#define BAR        28

const char *const jobs_found_names[JOBS_FOUND] = {"missing", "different", "extra"};

static void interrupted(int number)
{
    (void)number;
    if (write(STDERR_FILENO, "\nno longer watched; the agent goes on\n", 38) < 0)
        _exit(130);
    _exit(130);
}

static int choose(struct jobs *jobs, const char *table, struct cdc_err *err)
{
    const struct config *config = jobs->view.config;

    jobs->all = calloc(config->ntables + 1, sizeof *jobs->all);
    if (!jobs->all)
        return cdc_err_memory(err);
    for (size_t i = 0; i < config->ntables; i++) {
        struct job *job = &jobs->all[jobs->n];
        snprintf(job->name, sizeof job->name, "%s.%s", config->tables[i].schema, config->tables[i].name);
        if (!table || strcmp(table, job->name) == 0 || strcmp(table, config->tables[i].name) == 0)
            jobs->n++;
    }
    if (jobs->n == 0) {
        cdc_err_set(err, CDC_ERR_CONFIG, "the configuration has no table \"%s\"", table);
        return cdc_err_hint(err, "write it as the configuration does, with its schema");
    }
    return 0;
}

int jobs_open(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    if (view_open(&jobs->view, options, err))
        return -1;
    signal(SIGINT, interrupted);
    if (choose(jobs, options->table, err) || jobs_read(jobs, err)) {
        jobs_close(jobs);
        return -1;
    }
    return 0;
}

void jobs_close(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++)
        progress_fini(&jobs->all[i].progress);
    free(jobs->all);
    errand_end(&jobs->errand);
    view_close(&jobs->view);
    *jobs = (struct jobs){0};
}

static uint64_t read_found(const struct job *job, const char *kind, const struct redis_reply *checkpoint)
{
    char field[640];

    snprintf(field, sizeof field, PROGRESS_PREFIX "found:%s/%s:%s:%s", job->progress.run, job->name,
             job->name, kind);
    return redis_reply_unsigned(redis_reply_field(checkpoint, field));
}

int jobs_read(struct jobs *jobs, struct cdc_err *err)
{
    const struct redis_reply *checkpoint;
    char field[640];

    if (view_call(&jobs->view, "HGETALL", "checkpoint", jobs->view.config->connector, NULL, &checkpoint, err))
        return -1;
    for (size_t i = 0; i < jobs->n; i++) {
        struct job *job = &jobs->all[i];
        struct cdc_slice text;
        snprintf(field, sizeof field, PROGRESS_PREFIX "%s", job->name);
        text = redis_reply_text(redis_reply_field(checkpoint, field));
        job->known = text.len > 0 && progress_parse(&job->progress, text) == 0;
        for (int kind = 0; kind < JOBS_FOUND; kind++)
            job->found[kind] = job->known ? read_found(job, jobs_found_names[kind], checkpoint) : 0;
    }
    return 0;
}

int jobs_have_agent(struct jobs *jobs, bool *have, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (view_call(&jobs->view, "GET", "lease", jobs->view.config->connector, NULL, &reply, err))
        return -1;
    *have = redis_reply_type(reply) != REDIS_REPLY_IS_NIL;
    return 0;
}

int jobs_be_agent(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    const char *connector = jobs->view.config->connector;
    const struct redis_reply *reply;

    if (jobs->view.config->snapshot_mode == CONFIG_SNAPSHOT_ALWAYS) {
        cdc_err_set(err, CDC_ERR_CONFIG,
                    "with snapshot.mode: always an agent that starts loads all tables anew");
        return cdc_err_hint(err, "start it with `tributary run %s`, and verify when it has loaded them",
                            options->config);
    }
    if (view_call(&jobs->view, "HGET", "checkpoint", connector, "position", &reply, err))
        return -1;
    if (!redis_reply_text(reply).len) {
        cdc_err_set(err, CDC_ERR_CONFIG, "%s has never run: there is nothing of it in Redis yet", connector);
        return cdc_err_hint(err, "`tributary run %s` loads the tables", options->config);
    }
    return errand_begin(&jobs->errand, options, err);
}

int jobs_ask(struct jobs *jobs, const char *verb, const char *job, const char *run, struct cdc_err *err)
{
    const struct config *config = jobs->view.config;
    struct cdc_sink_params params = {
        .connector = config->connector, .config = &config->redis, .owner = "command"};
    struct cdc_buf text = {0};
    struct cdc_sink *sink;
    bool all = jobs->n == config->ntables;
    int rc;

    if (redis_sink_ops.open(&sink, &params, err))
        return -1;
    rc = redis_sink_ops.connect(sink, err);
    for (size_t i = 0; i < jobs->n && rc == 0; i++) {
        cdc_buf_reset(&text);
        cdc_buf_printf(&text, "%s %s %s %s", verb, job, run, all ? "*" : jobs->all[i].name);
        rc = text.failed ? cdc_err_memory(err) : redis_sink_ops.request(sink, cdc_buf_slice(&text), err);
        if (all)
            break;
    }
    cdc_buf_fini(&text);
    redis_sink_ops.close(sink);
    return rc;
}

/* ---- watching ---- */

struct watch {
    const char *run;
    bool bar; /* on a terminal */
    int64_t begun_ms, line_ms, lease_ms;
    uint64_t rows_at_first;
};

static bool concerns(const struct watch *w, const struct job *job)
{
    return job->known && (!w->run || strcmp(job->progress.run, w->run) == 0);
}

struct totals {
    unsigned tables, running, paused;
    uint64_t rows, estimate;
    const struct job *now; /* one that is being worked on */
};

static struct totals add_up(const struct jobs *jobs, const struct watch *w)
{
    struct totals t = {0};

    for (size_t i = 0; i < jobs->n; i++) {
        const struct job *job = &jobs->all[i];
        bool done = job->progress.state == PROGRESS_DONE;
        if (!concerns(w, job))
            continue;
        t.tables++;
        t.rows += job->progress.rows;
        t.estimate +=
            done || job->progress.rows > job->progress.estimate ? job->progress.rows : job->progress.estimate;
        t.paused += job->progress.state == PROGRESS_PAUSED;
        if (job->progress.state != PROGRESS_RUNNING)
            continue;
        t.running++;
        if (!t.now || job->progress.rows)
            t.now = job;
    }
    return t;
}

static void print_eta(uint64_t rows, uint64_t estimate, double rate)
{
    uint64_t left = estimate > rows && rate > 0 ? (uint64_t)((double)(estimate - rows) / rate) : 0;

    if (rate <= 0 || estimate <= rows)
        return;
    fprintf(stderr, left >= 3600 ? " ETA %" PRIu64 "h%02" PRIu64 "m" : " ETA %" PRIu64 "m%02" PRIu64 "s",
            left >= 3600 ? left / 3600 : left / 60, left >= 3600 ? left / 60 % 60 : left % 60);
}

static void print_line(const struct watch *w, const struct totals *t)
{
    double seconds = (double)(cdc_now_ms() - w->begun_ms) / 1000;
    double rate = seconds > 0.5 ? (double)(t->rows - w->rows_at_first) / seconds : 0;
    unsigned percent = t->estimate ? (unsigned)(t->rows * 100 / t->estimate) : 0;

    if (w->bar) {
        fputs("\r\033[K[", stderr);
        for (unsigned i = 0; i < BAR; i++)
            fputc(i < percent * BAR / 100 ? '#' : '.', stderr);
        fputs("] ", stderr);
    }
    fprintf(stderr, "%3u%% %" PRIu64 " of about %" PRIu64 " rows, %.0f rows/s", percent, t->rows, t->estimate,
            rate);
    print_eta(t->rows, t->estimate, rate);
    if (t->now)
        fprintf(stderr, "  %s %s", progress_phase_name(t->now->progress.phase), t->now->name);
    fputs(w->bar ? "" : "\n", stderr);
    fflush(stderr);
}

static int not_taken_up(struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_RETRY, "the agent has not taken up the request yet");
    return cdc_err_hint(
        err,
        "`tributary status CONFIG` tells what it is doing, its log why; a table that is being loaded is not "
        "verified at the same time");
}

/* An agent of our own first applies what has changed since one ran: that takes as long as it takes. */
static bool is_late(const struct jobs *jobs, int64_t waited_ms)
{
    return !jobs->errand.pipeline && waited_ms > TAKE_UP_MS;
}

/* Without an agent nothing goes on. */
static int agent_lives(struct jobs *jobs, struct cdc_err *err)
{
    bool lives;

    if (jobs->errand.pipeline)
        return errand_alive(&jobs->errand, err);
    if (jobs_have_agent(jobs, &lives, err))
        return -1;
    if (lives)
        return 0;
    cdc_err_set(err, CDC_ERR_RETRY, "no agent of %s is running any more", jobs->view.config->connector);
    return cdc_err_hint(err, "what was begun goes on when it runs again: `tributary snapshot CONFIG status`");
}

/* 1: over; 0: watch on. */
static int look(struct jobs *jobs, struct watch *w, struct cdc_err *err)
{
    int64_t now = cdc_now_ms();
    struct totals t;

    if (jobs_read(jobs, err))
        return -1;
    if (jobs->errand.pipeline || now - w->lease_ms >= LEASE_MS) {
        w->lease_ms = now;
        if (agent_lives(jobs, err))
            return -1;
    }
    t = add_up(jobs, w);
    if (t.tables == 0)
        return w->run ? is_late(jobs, now - w->begun_ms) ? not_taken_up(err) : 0 : 1;
    if (w->bar || now - w->line_ms >= LINE_MS) {
        print_line(w, &t);
        w->line_ms = now;
    }
    return t.running == 0;
}

int jobs_watch(struct jobs *jobs, const char *run, struct cdc_err *err)
{
    struct watch w = {.run = run,
                      .bar = isatty(STDERR_FILENO),
                      .begun_ms = cdc_now_ms(),
                      .line_ms = cdc_now_ms(),
                      .lease_ms = cdc_now_ms()};
    struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int rc;

    w.rows_at_first = run ? 0 : add_up(jobs, &w).rows;
    while ((rc = look(jobs, &w, err)) == 0)
        nanosleep(&pause, NULL);
    if (w.bar)
        fputc('\n', stderr);
    return rc < 0 ? -1 : 0;
}
