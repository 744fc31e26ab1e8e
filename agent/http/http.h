/*
 * What the agent shows over HTTP: /metrics, /livez, /readyz, /status and the pages. Read-only, and beside the pipeline: nothing
 * here is waited for by it. The main thread owns the object and calls it; answers are made on the server's threads.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "config/config.h"
#include "pipeline/pipeline.h"

struct http;
struct fleet;

/* Must outlive the object. */
struct http_params {
    /* Reads the agents of this Redis into a fleet that is empty (fleet.h); one call at a time. */
    int (*read_fleet)(void *ctx, struct fleet *fleet, struct cdc_err *err);
    void *fleet_ctx;
};

/* -1: memory. */
int http_start(struct http **http, const struct http_params *params, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * From now on it is about this pipeline: listens where the configuration says; if that fails for now, says so in the log and tries again
 * later. Both must stay until http_hide(), behind which nothing is answered; the charts go on with the next pipeline.
 */
void http_show(struct http *http, const struct config *config, struct pipeline *pipeline);
void http_hide(struct http *http);
/* While a pipeline is shown. Several times a second: takes samples, looks after connections, listens again. */
void http_turn(struct http *http);
/* Whether all threads of the agent turn. */
bool http_alive(struct http *http);
/* One line for people: "streaming 0/16B3740, lag 0.2 s, 1300 events/s" */
void http_line(struct http *http, char *out, size_t size);
/* NULL is fine. */
void http_stop(struct http *http);

#endif
