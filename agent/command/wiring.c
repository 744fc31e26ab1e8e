/* Wiring (wiring.h): the one place that knows which connector serves which type. */
#include "command/wiring.h"

#include "pipeline/owner.h"

#define LEASE_MS 10000

const struct cdc_source_ops *wiring_source_ops(enum cdc_source_type type)
{
    switch (type) {
    case CDC_SOURCE_POSTGRESQL:
        return &postgresql_source_ops;
    case CDC_SOURCE_MYSQL:
        return &mysql_source_ops;
    }
    return NULL;
}

static int open_source(struct wiring *w, struct cdc_err *err)
{
    w->source_ops = wiring_source_ops(w->config->source.type);
    w->source_params.connector = w->config->connector;
    w->source_params.owner = owner_name(w->owner, sizeof w->owner);
    w->source_params.config = &w->config->source;
    w->source_params.memory_bytes = w->config->limit_memory_bytes;
    w->source_params.tables = map_tables(w->map, &w->source_params.ntables);
    return w->source_ops->open(&w->source, &w->source_params, err);
}

static int open_sink(struct wiring *w, struct cdc_err *err)
{
    w->sink_ops = &redis_sink_ops;
    w->sink_params = (struct cdc_sink_params){
        .connector = w->config->connector,
        .config = &w->config->redis,
        .lease_ms = LEASE_MS,
        .owner = w->owner,
    };
    return w->sink_ops->open(&w->sink, &w->sink_params, err);
}

int wiring_make(struct wiring *w, struct config *config, struct cdc_err *err)
{
    w->config = config;
    if (map_new(&w->map, w->config, err) || open_source(w, err) || open_sink(w, err)) {
        wiring_close(w);
        return -1;
    }
    return 0;
}

int wiring_open(struct wiring *w, const char *config_path, struct cdc_err *err)
{
    struct config *config;

    return config_load(&config, config_path, stderr, err) ? -1 : wiring_make(w, config, err);
}

int wiring_renew(struct wiring *w, struct cdc_err *err)
{
    struct config *config = w->config;

    w->config = NULL;
    wiring_close(w);
    return wiring_make(w, config, err);
}

void wiring_close(struct wiring *w)
{
    if (w->sink)
        w->sink_ops->close(w->sink);
    if (w->source)
        w->source_ops->close(w->source);
    map_free(w->map);
    config_free(w->config);
    *w = (struct wiring){0};
}

struct pipeline_params wiring_pipeline(const struct wiring *w)
{
    return (struct pipeline_params){
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
}
