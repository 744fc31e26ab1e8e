/* The agent's own state as pairs of name and value, for the fleet's hash in the store (`tributary status`). Sink thread. */
#ifndef BEAT_H
#define BEAT_H

#include "cdc/sink.h"
#include "pipeline/pipeline.h"

#define BEAT_PAIRS 32

struct beat {
    struct cdc_beat pairs;
    const char *names[BEAT_PAIRS];
    const char *values[BEAT_PAIRS];
    char text[4096]; /* what the values point into */
    size_t used;
    int64_t started_us; /* wall clock */
};

void beat_init(struct beat *beat);
/* Fills `pairs` anew. */
void beat_make(struct beat *beat, struct pipeline *pipeline, const struct config *config);

#endif
