/* Wires a configuration to its connectors: what every command that takes a configuration needs. */
#ifndef WIRING_H
#define WIRING_H

#include "cdc/sink.h"
#include "cdc/source.h"
#include "config/config.h"
#include "map/map.h"
#include "pipeline/pipeline.h"

struct wiring {
    struct config *config;
    struct map *map;
    const struct cdc_source_ops *source_ops;
    struct cdc_source_params source_params;
    struct cdc_source *source;
    const struct cdc_sink_ops *sink_ops;
    struct cdc_sink_params sink_params;
    struct cdc_sink *sink;
    char owner[320];
};

/* Which connector serves a type of source. */
const struct cdc_source_ops *wiring_source_ops(enum cdc_source_type type);
/* Loads the configuration, compiles the mapping, makes source and sink; connects to nothing. Must be zeroed before. */
int wiring_open(struct wiring *wiring, const char *config_path, struct cdc_err *err) CDC_MUST_CHECK;
/* The same with a configuration, which is the wiring's from now on, also after an error. */
int wiring_make(struct wiring *wiring, struct config *config, struct cdc_err *err) CDC_MUST_CHECK;
/* Mapping, source and sink are made anew from its configuration. After an error it is as after wiring_close(). */
int wiring_renew(struct wiring *wiring, struct cdc_err *err) CDC_MUST_CHECK;
void wiring_close(struct wiring *wiring);
/* What a pipeline between the two is made of; they stay the wiring's. */
struct pipeline_params wiring_pipeline(const struct wiring *wiring);

#endif
