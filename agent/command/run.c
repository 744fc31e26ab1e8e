/*
 * `tributary run`: the daemon, in the foreground. Owns the signals; everything else happens in the pipeline's threads. A pipeline
 * follows another one when the configuration was read again (SIGHUP), and when changes were lost and all is to be loaded anew
 * (on_gap: resnapshot).
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "command/command.h"
#include "command/fleet_read.h"
#include "command/forget.h"
#include "command/reload.h"
#include "command/wiring.h"
#include "core/notify.h"
#include "http/http.h"
#include "pipeline/pipeline.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define LOOK_MS  200
#define TELL_MS  1000
#define AGAIN_MS 1000            /* between two tries to begin anew */
#define ANEW_MS  (3600 * 1000LL) /* a gap that comes again so soon is not mended by loading anew */

struct run {
    sigset_t set;
    struct notify notify;
    struct wiring wirings[3];
    struct wiring *now, *next,
        *spare; /* of `next` the configuration is NULL unless it is to follow; `spare` is empty */
    struct cdc_redis_config redis;
    struct http *http;
    struct pipeline *pipeline;
    bool stopping;      /* a signal asked for it */
    bool reload_failed; /* the last one */
    int64_t anew_ms;    /* when it last began anew after a gap; 0: never */
    struct cdc_err gap; /* why */
};

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Samples, and what systemd is told: only a process whose threads all turn says that it is alive. */
static void look_after(struct run *run)
{
    int64_t now = cdc_now_ms();
    char line[NOTIFY_STATUS];

    http_turn(run->http);
    if (notify_due(&run->notify, now) && http_alive(run->http))
        notify_alive(&run->notify, now);
    http_line(run->http, line, sizeof line);
    notify_status(&run->notify, line);
}

static void swap(struct wiring **a, struct wiring **b)
{
    struct wiring *was = *a;

    *a = *b;
    *b = was;
}

/* One that waits already is still right, and follows. */
static void refuse_next(struct run *run, const struct cdc_err *err)
{
    if (run->next->config) {
        cdc_log_err(CDC_LOG_ERROR, "not reloaded, the configuration that was read before it is taken up",
                    err);
        return;
    }
    cdc_log_err(CDC_LOG_ERROR, "not reloaded, the configuration of before stays", err);
    notify_ready();
}

/* The old configuration stays in effect until the new one has been found right; then until the open transaction has ended. */
static void reload(struct run *run)
{
    struct cdc_err err = {0};

    cdc_log(CDC_LOG_INFO, "reading the configuration again config=%s", run->now->config->path);
    notify_reloading();
    run->reload_failed = reload_prepare(run->spare, run->now, &err) != 0;
    atomic_store(&pipeline_stats(run->pipeline)->reload_failed, run->reload_failed);
    if (run->reload_failed) {
        refuse_next(run, &err);
        return;
    }
    wiring_close(run->next);
    swap(&run->next, &run->spare);
    cdc_log(CDC_LOG_INFO, "the configuration is right, and follows when the open transaction has ended");
    pipeline_drain(run->pipeline);
}

static void stop(struct run *run, int signal_number)
{
    cdc_log(CDC_LOG_INFO, "stopping signal=%d", signal_number);
    run->stopping = true;
    notify_stopping();
    if (run->pipeline)
        pipeline_stop(run->pipeline);
}

static void obey(struct run *run, int signal_number)
{
    if (signal_number == SIGHUP && run->pipeline)
        reload(run);
    else if (signal_number == SIGTERM || signal_number == SIGINT)
        stop(run, signal_number);
}

/* Until the pipeline has ended, by itself or because a signal asked for it: then its end is what is waited for, else a signal. */
static void watch(struct run *run)
{
    struct timespec look = {.tv_nsec = LOOK_MS * 1000000L}, none = {0};
    int64_t told_ms = 0;
    bool ends = false;

    notify_ready();
    while (!pipeline_wait(run->pipeline, ends ? LOOK_MS : 0)) {
        if (cdc_now_ms() - told_ms >= TELL_MS) {
            told_ms = cdc_now_ms();
            look_after(run);
        }
        obey(run, sigtimedwait(&run->set, NULL, ends ? &none : &look));
        ends = run->stopping || run->next->config;
    }
}

/* What the process remembers beyond a pipeline's life. */
static void hand_on(struct run *run)
{
    struct stats *stats = pipeline_stats(run->pipeline);

    atomic_store(&stats->reload_failed, run->reload_failed);
    if (run->anew_ms)
        pipeline_note(run->pipeline, "begun anew", &run->gap);
}

static int run_pipeline(struct run *run, struct cdc_err *err)
{
    struct wiring *w = run->now;
    struct pipeline_params params = wiring_pipeline(w);
    int rc;

    if (pipeline_start(&run->pipeline, &params, err))
        return -1;
    hand_on(run);
    run->redis = w->config->redis;
    http_show(run->http, w->config, run->pipeline);
    watch(run);
    http_hide(run->http);
    rc = pipeline_finish(run->pipeline, err);
    run->pipeline = NULL;
    return rc;
}

/* 0 also when another agent goes on. */
static int forget(struct run *run, struct cdc_err *err)
{
    bool was;

    return forget_checkpoint(run->now, true, &was, err) && err->class != CDC_ERR_FENCED ? -1 : 0;
}

/* Whether a gap is to be mended: as the configuration says, unless it came again so soon that this does not help. */
static bool begins_anew(struct run *run, struct cdc_err *err)
{
    if (err->class != CDC_ERR_GAP || run->now->config->on_gap != CONFIG_GAP_RESNAPSHOT || run->stopping)
        return false;
    if (run->anew_ms == 0 || cdc_now_ms() - run->anew_ms > ANEW_MS)
        return true;
    cdc_log(CDC_LOG_ERROR, "changes were lost again within an hour after beginning anew: that does not help");
    return false;
}

/* After a gap. 0: the next pipeline is a first run, or we are to stop. */
static int begin_anew(struct run *run, struct cdc_err *err)
{
    struct timespec again = {.tv_sec = AGAIN_MS / 1000};

    run->gap = *err;
    run->anew_ms = cdc_now_ms();
    cdc_log(CDC_LOG_WARNING, "changes were lost, so all tables are loaded anew reason=%s", err->message);
    while (!run->stopping && forget(run, err)) {
        if (err->class != CDC_ERR_RETRY)
            return -1;
        cdc_log_err(CDC_LOG_WARNING, "cannot begin anew yet", err);
        notify_alive(&run->notify, cdc_now_ms());
        obey(run, sigtimedwait(&run->set, NULL, &again));
    }
    return wiring_renew(run->now, err);
}

/* The configuration that was read again takes the place of the one before. */
static void take_up_next(struct run *run)
{
    swap(&run->now, &run->next);
    wiring_close(run->next);
    cdc_log_init(run->now->config->log_level, run->now->config->log_format, run->now->config->connector);
    cdc_log(CDC_LOG_NOTICE, "reloaded config=%s tables=%zu", run->now->config->path,
            run->now->config->ntables);
}

/* One pipeline after the other, until it is over. */
static int run_pipelines(struct run *run, struct cdc_err *err)
{
    int rc;

    do {
        rc = run_pipeline(run, err);
        if (run->stopping || (rc && !begins_anew(run, err)))
            return rc;
        if (run->next->config)
            take_up_next(run);
        if (rc && begin_anew(run, err))
            return -1;
    } while (!run->stopping);
    return 0;
}

static int run_agent(struct run *run, struct cdc_err *err)
{
    struct http_params pages = {.read_fleet = fleet_read, .fleet_ctx = &run->redis};
    int rc;

    if (http_start(&run->http, &pages, err))
        return -1;
    rc = run_pipelines(run, err);
    notify_stopping();
    http_stop(run->http);
    return rc;
}

static int run_main(const struct options *options)
{
    struct run run = {.now = &run.wirings[0], .next = &run.wirings[1], .spare = &run.wirings[2]};
    struct cdc_err err = {0};
    int rc;

    block_signals(&run.set);
    notify_init(&run.notify);
    if (wiring_open(run.now, options->config, &err))
        return command_fail(&err);
    cdc_log_init(run.now->config->log_level, run.now->config->log_format, run.now->config->connector);
    cdc_log(CDC_LOG_INFO, "start version=%s config=%s tables=%zu", TRIBUTARY_VERSION, run.now->config->path,
            run.now->config->ntables);
    rc = run_agent(&run, &err);
    wiring_close(run.now);
    wiring_close(run.next);
    if (rc) {
        cdc_log_err(CDC_LOG_ERROR, "stopped", &err);
        return command_fail(&err);
    }
    cdc_log(CDC_LOG_INFO, "stopped");
    return EXIT_OK;
}

const struct command command_run = {
    .name = "run",
    .synopsis = "CONFIG",
    .summary = "Run the agent in the foreground",
    .details =
        "SIGTERM and SIGINT finish what is in flight and end with status 0. SIGHUP reads the configuration\n"
        "again, and takes it up between two transactions if it is right.\n"
        "Status 4: another agent has taken over. 5: a gap. 77: no permission. 78: configuration.\n\n"
        "Example:\n  tributary run /etc/tributary/cinema-bookings.yaml\n",
    .allows = "",
    .needs_config = true,
    .main = run_main,
};
