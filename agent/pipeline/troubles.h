/* The last errors that the pipeline met, for people: each once, with how often and when, and what mends it. Any thread. */
#ifndef TROUBLES_H
#define TROUBLES_H

#include <pthread.h>
#include <stdint.h>

#include "cdc/err.h"

enum { TROUBLES_KEPT = 8, TROUBLE_WHAT = 48 };

struct trouble {
    char what[TROUBLE_WHAT]; /* "redis", "source", "row rejected", … */
    struct cdc_err err;
    int64_t first_us, last_us; /* wall clock */
    uint64_t times;
};

struct troubles {
    pthread_mutex_t lock;
    unsigned n;
    struct trouble list[TROUBLES_KEPT]; /* newest first */
};

/* 0, or -1 when the system is out of resources. */
int troubles_init(struct troubles *troubles) CDC_MUST_CHECK;
void troubles_fini(struct troubles *troubles);
/* The same message again only counts; a new one takes the place of the oldest. */
void troubles_note(struct troubles *troubles, const char *what, const struct cdc_err *err);
/* Copies them, newest first; returns how many. */
unsigned troubles_copy(struct troubles *troubles, struct trouble out[TROUBLES_KEPT]);

#endif
