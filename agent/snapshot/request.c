/*
 * What people ask for (snapshot_ask(), from any thread), carried out by the capture thread at its next turn.
 *
 *     start <job> <run> <table or *>      begin, or begin anew
 *     pause|resume|cancel - - <table or *>
 */
#include "snapshot/snapshot_impl.h"

#include <stdio.h>

#include "cdc/log.h"

#define REQUESTS_MAX 65536 /* bytes that may wait */

void snapshot_ask(struct snapshot *s, struct cdc_slice text)
{
    pthread_mutex_lock(&s->lock);
    if (s->requests.len + text.len < REQUESTS_MAX && !memchr(text.ptr, '\0', text.len)) {
        cdc_buf_put_slice(&s->requests, text);
        cdc_buf_putc(&s->requests, '\0');
    }
    pthread_mutex_unlock(&s->lock);
    atomic_store(&s->asked, true);
}

struct request {
    char verb[16], job[16], run[PROGRESS_RUN], table[256];
};

/* Four words; a table's name may hold blanks. */
static bool parse(const char *text, struct request *out)
{
    return sscanf(text, "%15s %15s %39s %255[^\n]", out->verb, out->job, out->run, out->table) == 4;
}

static bool start(struct snapshot *s, struct task *task, const struct request *request)
{
    enum progress_job job;

    if (progress_job_parse(cdc_slice_str(request->job), &job))
        return false;
    if (job >= PROGRESS_VERIFY && task->known && task->progress.job <= PROGRESS_RELOAD &&
        task->progress.state <= PROGRESS_PAUSED) {
        cdc_log(CDC_LOG_WARNING, "not verified, since it is being loaded table=%s", task->name);
        return true;
    }
    task_begin(s, task, job, request->run);
    return true;
}

static bool change_state(struct snapshot *s, struct task *task, enum progress_state from,
                         enum progress_state to)
{
    if (!task->known || task->progress.state != from)
        return true;
    task->progress.state = to;
    task_changed(s, task);
    cdc_log(CDC_LOG_NOTICE, "snapshot %s table=%s", progress_state_name(to), task->name);
    return true;
}

static bool apply(struct snapshot *s, struct task *task, const struct request *request)
{
    if (strcmp(request->verb, "start") == 0)
        return start(s, task, request);
    if (strcmp(request->verb, "pause") == 0)
        return change_state(s, task, PROGRESS_RUNNING, PROGRESS_PAUSED);
    if (strcmp(request->verb, "resume") == 0)
        return change_state(s, task, PROGRESS_PAUSED, PROGRESS_RUNNING);
    if (strcmp(request->verb, "cancel") != 0)
        return false;
    if (task->known && task->progress.state <= PROGRESS_PAUSED)
        task_end(s, task, PROGRESS_FAILED, PROGRESS_CANCELLED);
    return true;
}

static void carry_out(struct snapshot *s, const char *text)
{
    struct request request;
    bool done = false;

    if (parse(text, &request))
        for (size_t i = 0; i < s->ntables; i++)
            if (strcmp(request.table, "*") == 0 || strcmp(request.table, s->tasks[i].name) == 0)
                done = apply(s, &s->tasks[i], &request) || done;
    if (!done)
        cdc_log(CDC_LOG_WARNING, "a request was not understood, or names no table that is mapped");
}

int snapshot_requests(struct snapshot *s, struct cdc_err *err)
{
    struct cdc_buf requests;

    pthread_mutex_lock(&s->lock);
    requests = s->requests;
    s->requests = (struct cdc_buf){0};
    atomic_store(&s->asked, false);
    pthread_mutex_unlock(&s->lock);
    if (requests.failed) {
        cdc_buf_fini(&requests);
        return cdc_err_memory(err);
    }
    for (size_t at = 0; at < requests.len; at += strlen(requests.data + at) + 1)
        carry_out(s, requests.data + at);
    cdc_buf_fini(&requests);
    return 0;
}
