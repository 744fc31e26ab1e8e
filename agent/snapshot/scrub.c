/*
 * The background scrub (`verify.every` in the configuration): one table after the other is verified again when its time has come, slowly,
 * and only while nothing else is to be done. Capture thread.
 */
#include "snapshot/snapshot_impl.h"

#include <stdio.h>

#include "cdc/clock.h"

#define LOOK_MS 1000

static bool idle(const struct snapshot *s)
{
    for (size_t i = 0; i < s->ntables; i++)
        if (s->tasks[i].known && s->tasks[i].progress.state == PROGRESS_RUNNING)
            return false;
    return true;
}

/* The table that has waited longest, if it has waited long enough. One that was never verified waits since it was loaded. */
static struct task *longest(struct snapshot *s, int64_t before_s)
{
    struct task *found = NULL;

    for (size_t i = 0; i < s->ntables; i++) {
        struct task *task = &s->tasks[i];
        const struct progress *p = &task->progress;
        if (!task->known || !p->loaded || p->state == PROGRESS_PAUSED || p->verified >= before_s)
            continue;
        if (!found || p->verified < found->progress.verified)
            found = task;
    }
    return found;
}

bool scrub_when_due(struct snapshot *s)
{
    const struct config *config = snapshot_config(s);
    int64_t now = cdc_now_ms();
    char run[PROGRESS_RUN];
    struct task *task;

    if (!config->verify_every_ms || now - s->scrub_ms < LOOK_MS)
        return false;
    s->scrub_ms = now;
    task = idle(s) ? longest(s, (cdc_wall_us() / 1000 - config->verify_every_ms) / 1000) : NULL;
    if (!task)
        return false;
    progress_new_run(run);
    run[0] = PROGRESS_SCRUB;
    task_begin(s, task, config->verify_repair ? PROGRESS_REPAIR : PROGRESS_VERIFY, run);
    return true;
}
