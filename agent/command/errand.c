/*
 * Being the agent for a while (errand.h), on a command's main thread, which looks after its own work meanwhile. What changed at the source
 * since an agent last ran is applied as well: without that nothing could be compared. Ends with the pipeline's own error.
 */
#include "command/errand.h"

#include <signal.h>
#include <stdio.h>

#include "cdc/clock.h"
#include "cdc/log.h"

#define BEGIN_MS 30000 /* to take the lease and to connect */
#define LOOK_MS  100
#define END_MS   1000

static volatile sig_atomic_t unwanted;

static void interrupted(int number)
{
    (void)number;
    unwanted = 1;
}

static void catch_signals(void)
{
    unwanted = 0;
    signal(SIGINT, interrupted);
    signal(SIGTERM, interrupted);
    signal(SIGPIPE, SIG_IGN);
}

/* The pipeline has ended by itself: why. */
static int ended(struct errand *e, struct cdc_err *err)
{
    if (pipeline_finish(e->pipeline, err) == 0)
        cdc_err_set(err, CDC_ERR_RETRY, "the pipeline has ended");
    e->pipeline = NULL;
    return -1;
}

int errand_alive(struct errand *e, struct cdc_err *err)
{
    if (pipeline_wait(e->pipeline, 0))
        return ended(e, err);
    if (!unwanted)
        return 0;
    cdc_err_set(err, CDC_ERR_RETRY, "interrupted");
    return cdc_err_hint(
        err, "what was begun goes on when an agent runs again: `tributary snapshot CONFIG cancel` then");
}

static int await_stream(struct errand *e, struct cdc_err *err)
{
    int64_t until = cdc_now_ms() + BEGIN_MS;
    struct pipeline_status status;

    do {
        if (pipeline_wait(e->pipeline, LOOK_MS))
            return ended(e, err);
        pipeline_status(e->pipeline, &status);
        if (strcmp(status.state, "streaming") == 0)
            return 0;
    } while (!unwanted && cdc_now_ms() < until);
    if (unwanted)
        return errand_alive(e, err);
    return cdc_err_set(err, CDC_ERR_RETRY, "it does not stream: %s%s%s", status.state,
                       *status.waits ? ": " : "", status.waits);
}

int errand_begin(struct errand *e, const struct options *options, struct cdc_err *err)
{
    struct wiring *w = &e->wiring;
    struct pipeline_params params;

    if (wiring_open(w, options->config, err))
        return -1;
    cdc_log_init(CDC_LOG_WARNING, w->config->log_format, w->config->connector);
    catch_signals();
    params = wiring_pipeline(w);
    if (pipeline_start(&e->pipeline, &params, err)) {
        wiring_close(w);
        return -1;
    }
    if (await_stream(e, err) == 0)
        return 0;
    errand_end(e);
    return cdc_err_wrap(err, "running the agent of %s here", options->config);
}

void errand_end(struct errand *e)
{
    struct cdc_err ignored;

    if (e->pipeline) {
        pipeline_stop(e->pipeline);
        while (!pipeline_wait(e->pipeline, END_MS))
            ;
        (void)!pipeline_finish(e->pipeline, &ignored);
        e->pipeline = NULL;
    }
    wiring_close(&e->wiring);
}
