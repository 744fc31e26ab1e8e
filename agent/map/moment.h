/* Dates and times of the source's kinds as canonical text: RFC 3339 in UTC with microseconds, or a calendar date. */
#ifndef MOMENT_H
#define MOMENT_H

#include "map/work.h"
#include "map/zone.h"

enum moment_clock {
    MOMENT_LOCAL, /* a reading in the zone; no offset may be written */
    MOMENT_UTC,   /* a reading in UTC */
    MOMENT_FREE,  /* text by people: with an offset an instant, without one a reading in the zone */
};

/*
 * `zone` NULL is UTC. A date alone is its midnight. -1 (WORK_TIME): no such date or time, one that the clocks skipped, or
 * outside the years 1 to 9999; or no memory.
 */
int moment_time(struct work *work, enum moment_clock clock, struct zone *zone, struct cdc_slice in,
                struct cdc_slice *out) CDC_MUST_CHECK;
/* The calendar date: as it is written, or, of an instant, the one in the zone. */
int moment_date(struct work *work, enum moment_clock clock, struct zone *zone, struct cdc_slice in,
                struct cdc_slice *out) CDC_MUST_CHECK;

#endif
