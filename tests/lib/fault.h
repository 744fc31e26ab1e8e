/* The kinds of faults that a storm is made of. */
#ifndef TESTS_LIB_FAULT_H
#define TESTS_LIB_FAULT_H

#include "lib/storm.h"

/* Two faults at once are of different parts. */
enum fault_part { FAULT_AGENT, FAULT_REDIS, FAULT_REDIS_WIRE, FAULT_SOURCE, FAULT_SOURCE_WIRE };

struct fault {
    const char *name;
    enum fault_part part;
    unsigned weight;            /* how often, against the others */
    unsigned least_ms, most_ms; /* how long it lasts */
    void (*begin)(struct storm *storm);
    void (*end)(struct storm *storm);            /* NULL: it ends by itself */
    bool (*possible)(const struct storm *storm); /* NULL: always */
};

extern const struct fault faults[];
extern const unsigned faults_count;

#endif
