/* `tributary run`: the daemon, in the foreground. Owns the signals; everything else happens in the pipeline's threads. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "command/command.h"
#include "command/fleet_read.h"
#include "command/wiring.h"
#include "core/notify.h"
#include "http/http.h"
#include "pipeline/pipeline.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define LOOK_MS 200
#define TELL_MS 1000
#define STOP_MS 10000

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
static void look_after(struct http *http, struct notify *notify)
{
    int64_t now = cdc_now_ms();
    char line[NOTIFY_STATUS];

    http_turn(http);
    if (notify_due(notify, now) && http_alive(http))
        notify_alive(notify, now);
    http_line(http, line, sizeof line);
    notify_status(notify, line);
}

/* Until the pipeline has ended, by itself or because a signal asked for it. */
static void watch(struct pipeline *pipeline, struct http *http, const sigset_t *set)
{
    struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    struct notify notify;
    int64_t told_ms = 0;
    int signal_number;

    notify_init(&notify);
    notify_ready();
    while (!pipeline_wait(pipeline, 0)) {
        if (cdc_now_ms() - told_ms >= TELL_MS) {
            told_ms = cdc_now_ms();
            look_after(http, &notify);
        }
        signal_number = sigtimedwait(set, NULL, &look);
        if (signal_number == SIGHUP) {
            cdc_log(CDC_LOG_WARNING, "SIGHUP: the configuration is read at start only; restart to change it");
        } else if (signal_number > 0) {
            cdc_log(CDC_LOG_INFO, "stopping signal=%d", signal_number);
            notify_stopping();
            pipeline_stop(pipeline);
        }
    }
}

static int run_pipeline(struct wiring *w, const sigset_t *set, struct cdc_err *err)
{
    struct pipeline_params params = {
        .config = w->config,
        .map = w->map,
        .source_ops = w->source_ops,
        .source = w->source,
        .sink_ops = w->sink_ops,
        .sink = w->sink,
        .source_params = &w->source_params,
        .sink_params = &w->sink_params,
        .lease_ms = w->sink_params.lease_ms,
    };
    struct cdc_redis_config redis = w->config->redis;
    struct http_params pages = {.config = w->config, .read_fleet = fleet_read, .fleet_ctx = &redis};
    struct http *http = NULL;
    struct cdc_err failure = {0};

    if (pipeline_start(&pages.pipeline, &params, err))
        return -1;
    if (http_start(&http, &pages, &failure)) {
        pipeline_stop(pages.pipeline);
        pipeline_wait(pages.pipeline, STOP_MS);
    } else {
        watch(pages.pipeline, http, set);
    }
    notify_stopping();
    http_stop(http);
    if (pipeline_finish(pages.pipeline, err))
        return -1;
    *err = failure;
    return failure.class == CDC_ERR_NONE ? 0 : -1;
}

static int run_main(const struct options *options)
{
    struct wiring w = {0};
    struct cdc_err err = {0};
    sigset_t set;
    int rc;

    block_signals(&set);
    if (wiring_open(&w, options->config, &err))
        return command_fail(&err);
    cdc_log_init(w.config->log_level, w.config->log_format, w.config->connector);
    cdc_log(CDC_LOG_INFO, "start version=%s config=%s tables=%zu", TRIBUTARY_VERSION, w.config->path,
            w.config->ntables);
    rc = run_pipeline(&w, &set, &err);
    wiring_close(&w);
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
    .details = "SIGTERM and SIGINT finish what is in flight and end with status 0.\n"
               "Status 4: another agent has taken over. 5: a gap. 77: no permission. 78: configuration.\n\n"
               "Example:\n  tributary run /etc/tributary/cinema-bookings.yaml\n",
    .allows = "",
    .needs_config = true,
    .main = run_main,
};
