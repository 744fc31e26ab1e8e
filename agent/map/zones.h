/* The time zones of a configuration, each opened once. */
#ifndef ZONES_H
#define ZONES_H

#include "map/zone.h"

struct zones {
    struct zones_entry *first;
};

/* NULL is UTC, for which nothing is opened; or, with err set, a failure. Lives until zones_fini(). */
struct zone *zones_get(struct zones *zones, const char *name, struct cdc_err *err);
void zones_fini(struct zones *zones);

#endif
