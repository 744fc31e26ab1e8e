/* Events for the tests of the Redis sink's encoding: an entity of four fields, without a server. */
#ifndef TESTS_UNIT_REDIS_EVENTS_H
#define TESTS_UNIT_REDIS_EVENTS_H

#include "cdc/sink.h"

enum { EVENTS_FIELDS = 4 };

struct events {
    struct cdc_redis_config config;
    struct cdc_sink_params params;
    struct cdc_sink *sink;
    struct cdc_shape shape; /* id, status, note, price of "booking" */
    struct cdc_tx tx;
    struct cdc_field fields[EVENTS_FIELDS];
    struct cdc_event event; /* a PUT of the fields; change it at will */
    struct cdc_buf body, text;
    size_t last;
};

void events_init(struct events *events);
void events_fini(struct events *events);
/* NULL: SQL NULL; "?": unavailable. Before images likewise. */
void events_after(struct events *events, const char *id, const char *status, const char *note,
                  const char *price);
void events_before(struct events *events, const char *id, const char *status, const char *note,
                   const char *price);
/* Appends the event to the body; fails the test when that does not succeed. */
void events_encode(struct events *events);
/*
 * The records as "1(…)", a record with operation 1: texts in quotes, packed ones too, numbers, true and false; until the next
 * call of this or the next function.
 */
const char *events_shown(struct events *events);
/* The body in words, as describe() prints it; until the next call. */
const char *events_described(struct events *events);

#endif
