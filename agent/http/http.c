/*
 * The endpoints (http.h). The main thread samples and listens; the server's threads answer from counters, from what pipeline.c copies
 * under its lock, and from the history, so that a scrape costs the pipeline nothing. Fails by an answer, never by the process.
 */
#include "http/http.h"

#include <stdlib.h>

#include "http/exposition.h"
#include "http/facts.h"
#include "http/fleet.h"
#include "http/listen.h"
#include "http/metrics.h"
#include "http/page.h"
#include "http/server.h"
#include "http/status.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#define LISTEN_AGAIN_MS 2000
#define FLEET_FRESH_MS  1000 /* Redis is asked once in that time */
#define FLEET_BYTES     (2 * 1024 * 1024)

struct http {
    struct http_params params;
    const struct config
        *config; /* both NULL while nothing is shown, and then no thread is here but the main one */
    struct pipeline *pipeline;
    struct history history;
    struct server *server; /* NULL: does not listen */
    int64_t started_us;    /* wall clock */
    int64_t listen_ms;     /* when listening was last tried */
    bool complained;
    pthread_mutex_t fleet_lock; /* of what follows */
    struct fleet fleet;
    struct cdc_err fleet_err;
    int64_t fleet_ms;        /* when it was read; 0: never */
    _Atomic int64_t turn_ms; /* of the main thread */
};

static void gather(struct http *http, struct facts *facts)
{
    facts_gather(facts, http->config, http->pipeline, &http->history, http->started_us,
                 atomic_load(&http->turn_ms));
}

/* ---- endpoints, on the server's threads ---- */

static void get_metrics(struct http *http, const struct facts *facts, const struct server_request *request,
                        struct server_reply *reply)
{
    (void)http, (void)request;
    reply->type = EXPOSITION_TYPE;
    metrics_print(facts, &reply->body);
}

static void get_status(struct http *http, const struct facts *facts, const struct server_request *request,
                       struct server_reply *reply)
{
    (void)http, (void)request;
    reply->type = "application/json";
    status_print(facts, &reply->body);
}

static void get_page(struct http *http, const struct facts *facts, const struct server_request *request,
                     struct server_reply *reply)
{
    (void)request;
    reply->type = "text/html; charset=utf-8";
    page_print(facts, &http->history, reply->nonce, &reply->body);
}

/* Under the lock. */
static void refresh_fleet(struct http *http)
{
    struct fleet *fleet = &http->fleet;

    if (http->fleet_ms && cdc_now_ms() - http->fleet_ms < FLEET_FRESH_MS)
        return;
    cdc_arena_reset(&fleet->arena);
    fleet->n = 0;
    http->fleet_err.class = CDC_ERR_NONE;
    if (http->params.read_fleet(http->params.fleet_ctx, fleet, &http->fleet_err))
        fleet->n = 0;
    http->fleet_ms = cdc_now_ms();
}

/* While one thread waits for Redis, the other has to be there for /metrics: it does not wait for the first. */
static void get_fleet(struct http *http, const struct facts *facts, const struct server_request *request,
                      struct server_reply *reply)
{
    const struct cdc_err *err = &http->fleet_err;

    (void)request;
    if (pthread_mutex_trylock(&http->fleet_lock)) {
        reply->status = 503;
        cdc_buf_puts(&reply->body, "Redis is being asked for somebody else: try again in a moment\n");
        return;
    }
    refresh_fleet(http);
    reply->type = "text/html; charset=utf-8";
    fleet_print(&http->fleet, facts->config->connector, err->class == CDC_ERR_NONE ? NULL : err->message,
                reply->nonce, facts->now_us, &reply->body);
    pthread_mutex_unlock(&http->fleet_lock);
}

static void get_live(struct http *http, const struct facts *facts, const struct server_request *request,
                     struct server_reply *reply)
{
    reply->status = facts->alive ? 200 : 503;
    if (request->verbose || !facts->alive)
        facts_print_live(facts, atomic_load(&http->turn_ms), &reply->body);
    cdc_buf_puts(&reply->body, facts->alive ? "alive\n" : "not alive\n");
}

static void get_ready(struct http *http, const struct facts *facts, const struct server_request *request,
                      struct server_reply *reply)
{
    (void)http;
    reply->status = facts->ready ? 200 : 503;
    if (request->verbose || !facts->ready)
        facts_print_ready(facts, &reply->body);
    cdc_buf_puts(&reply->body, facts->ready ? "ready\n" : "not ready\n");
}

static const struct endpoint {
    const char *path;
    void (*get)(struct http *http, const struct facts *facts, const struct server_request *request,
                struct server_reply *reply);
} endpoints[] = {
    {"/metrics", get_metrics}, {"/livez", get_live}, {"/readyz", get_ready},
    {"/status", get_status},   {"/", get_page},      {"/fleet", get_fleet},
};

static const struct endpoint *find(const char *path)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        if (strcmp(path, endpoints[i].path) == 0)
            return &endpoints[i];
    return NULL;
}

static void answer(void *ctx, const struct server_request *request, struct server_reply *reply)
{
    const struct endpoint *endpoint = find(request->path);
    struct http *http = ctx;
    struct facts *facts;

    if (!endpoint) {
        reply->status = 404;
        cdc_buf_puts(&reply->body, "there is / /fleet /status /metrics /livez /readyz\n");
        return;
    }
    facts = malloc(sizeof *facts);
    if (!facts) {
        reply->status = 503;
        return;
    }
    gather(http, facts);
    endpoint->get(http, facts, request, reply);
    free(facts);
}

/* ---- main thread ---- */

static int start_listening(struct http *http, struct cdc_err *err)
{
    int fd = listen_open(http->config->http_listen, err);

    return fd < 0 ? -1 : server_start(&http->server, fd, answer, http, err);
}

static void try_to_listen(struct http *http)
{
    const char *where = http->config->http_listen;
    struct cdc_err err = {0};

    http->listen_ms = cdc_now_ms();
    if (start_listening(http, &err)) {
        if (!http->complained)
            cdc_log_err(CDC_LOG_WARNING, "no metrics and no status page for now", &err);
        http->complained = true;
        return;
    }
    http->complained = false;
    cdc_log(CDC_LOG_INFO, "metrics and status page at http://%s/", where);
    if (!listen_is_local(where))
        cdc_log(CDC_LOG_NOTICE,
                "whoever can reach %s can read the status page and the configuration (without secrets)",
                where);
}

int http_start(struct http **out, const struct http_params *params, struct cdc_err *err)
{
    struct http *http = calloc(1, sizeof *http);

    *out = NULL;
    if (!http || pthread_mutex_init(&http->fleet_lock, NULL)) {
        free(http);
        return cdc_err_memory(err);
    }
    if (history_init(&http->history)) {
        pthread_mutex_destroy(&http->fleet_lock);
        free(http);
        return cdc_err_memory(err);
    }
    cdc_arena_init(&http->fleet.arena, FLEET_BYTES);
    http->params = *params;
    http->started_us = cdc_wall_us();
    *out = http;
    return 0;
}

void http_show(struct http *http, const struct config *config, struct pipeline *pipeline)
{
    http->config = config;
    http->pipeline = pipeline;
    atomic_store(&http->turn_ms, cdc_now_ms());
    if (config->http_listen)
        try_to_listen(http);
}

void http_hide(struct http *http)
{
    server_stop(http->server);
    http->server = NULL;
    http->config = NULL;
    http->pipeline = NULL;
}

static void add_count(void *ctx, struct cdc_slice type, uint64_t n)
{
    (void)type;
    *(uint64_t *)ctx += n;
}

static void sample(struct http *http, int64_t now_ms)
{
    struct pipeline_status status;
    uint64_t events = 0;

    pipeline_status(http->pipeline, &status);
    pipeline_counts(http->pipeline, add_count, &events);
    history_add(&http->history, now_ms, status.lag_ms, events);
}

void http_turn(struct http *http)
{
    int64_t now = cdc_now_ms();

    atomic_store(&http->turn_ms, now);
    if (history_due(&http->history, now))
        sample(http, now);
    if (http->server)
        server_tend(http->server);
    else if (http->config->http_listen && now - http->listen_ms >= LISTEN_AGAIN_MS)
        try_to_listen(http);
}

bool http_alive(struct http *http)
{
    struct facts facts;

    gather(http, &facts);
    return facts.alive;
}

void http_line(struct http *http, char *out, size_t size)
{
    struct facts facts;

    gather(http, &facts);
    facts_print_line(&facts, out, size);
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    server_stop(http->server);
    history_fini(&http->history);
    cdc_arena_fini(&http->fleet.arena);
    pthread_mutex_destroy(&http->fleet_lock);
    free(http);
}
