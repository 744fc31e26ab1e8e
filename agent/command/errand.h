/* A command that is the agent itself, for as long as its own work takes: the whole pipeline in this process, without pages and systemd. */
#ifndef ERRAND_H
#define ERRAND_H

#include "command/command.h"
#include "command/wiring.h"
#include "pipeline/pipeline.h"

struct errand {
    struct wiring wiring;
    struct pipeline *pipeline; /* NULL: there is none */
};

/* Begins, and waits until it holds the lease and streams. Must be zeroed before; after an error there is nothing to end. */
int errand_begin(struct errand *errand, const struct options *options, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether it goes on: -1 when the pipeline has ended, or somebody wants the command to end. */
int errand_alive(struct errand *errand, struct cdc_err *err) CDC_MUST_CHECK;
/* Stops: what is in flight is applied, and the lease given back. */
void errand_end(struct errand *errand);

#endif
