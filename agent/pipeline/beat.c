/* The beat (beat.h): bounded text, made anew once a second. */
#include "pipeline/beat.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cdc/clock.h"

void beat_init(struct beat *beat)
{
    *beat = (struct beat){.started_us = cdc_wall_us()};
}

CDC_PRINTF(3, 4) static void add(struct beat *beat, const char *name, const char *fmt, ...)
{
    size_t room = sizeof beat->text - beat->used;
    char *at = beat->text + beat->used;
    va_list ap;
    int n;

    if (beat->pairs.n >= BEAT_PAIRS || room < 2)
        return;
    va_start(ap, fmt);
    n = vsnprintf(at, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    beat->used += (size_t)n < room ? (size_t)n + 1 : room;
    beat->names[beat->pairs.n] = name;
    beat->values[beat->pairs.n++] = at;
}

static void add_counters(struct beat *beat, struct stats *stats)
{
    add(beat, "rows", "%" PRIu64, atomic_load(&stats->rows));
    add(beat, "events", "%" PRIu64, atomic_load(&stats->events));
    add(beat, "rejected", "%" PRIu64, atomic_load(&stats->rejected));
    add(beat, "filtered", "%" PRIu64, atomic_load(&stats->filtered));
    add(beat, "transactions", "%" PRIu64, atomic_load(&stats->transactions));
    add(beat, "source_reconnects", "%" PRIu64, atomic_load(&stats->source_reconnects));
    add(beat, "redis_reconnects", "%" PRIu64, atomic_load(&stats->sink_reconnects));
    add(beat, "retained_bytes", "%" PRIu64, atomic_load(&stats->retained_bytes));
}

void beat_make(struct beat *beat, struct pipeline *pipeline, const struct config *config)
{
    struct pipeline_status status;
    char time[CDC_TIME_TEXT], host[256] = "?";

    beat->used = 0;
    beat->pairs = (struct cdc_beat){.names = beat->names, .values = beat->values};
    pipeline_status(pipeline, &status);
    gethostname(host, sizeof host - 1);
    beat->pairs.last = status.failure.class != CDC_ERR_NONE;
    add(beat, "state", "%s", beat->pairs.last ? "stopped" : status.state);
    add(beat, "failure", "%s", beat->pairs.last ? cdc_err_class_name(status.failure.class) : "");
    add(beat, "reason", "%s", status.failure.message);
    add(beat, "remedy", "%s", status.failure.hint);
    add(beat, "http", "%s", config->http_listen ? config->http_listen : "");
    add(beat, "trouble", "%s", status.waits);
    add(beat, "position", "%s", status.position);
    add(beat, "lag_ms", "%" PRId64, status.lag_ms);
    add(beat, "source", "%s", config->source.type == CDC_SOURCE_POSTGRESQL ? "postgresql" : "mysql");
    add(beat, "host", "%s", host);
    add(beat, "pid", "%ld", (long)getpid());
    add(beat, "version", "%s", TRIBUTARY_VERSION);
    add(beat, "started", "%s", cdc_time_print(beat->started_us, time));
    add(beat, "seen", "%s", cdc_time_print(cdc_wall_us(), time));
    add(beat, "queue_bytes", "%" PRIu64, status.queue_bytes);
    add_counters(beat, pipeline_stats(pipeline));
}
