/* Lag and throughput of the last 15 minutes, for charts and rates. One thread adds, any reads. */
#ifndef HTTP_HISTORY_H
#define HTTP_HISTORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cdc/err.h"

enum { HISTORY_STEP_MS = 5000, HISTORY_SAMPLES = 180 };

struct history_sample {
    int64_t at_ms;   /* cdc_now_ms() */
    int64_t lag_ms;  /* -1: not known */
    uint64_t events; /* since the start */
    double rate;     /* events per second since the sample before */
};

struct history {
    pthread_mutex_t lock;
    unsigned next, n;
    struct history_sample ring[HISTORY_SAMPLES];
};

/* 0, or -1 when the system is out of resources. */
int history_init(struct history *history) CDC_MUST_CHECK;
void history_fini(struct history *history);
/* Whether the next sample is due. The thread that adds. */
bool history_due(const struct history *history, int64_t now_ms);
void history_add(struct history *history, int64_t now_ms, int64_t lag_ms, uint64_t events);
/* Copies the samples, oldest first; returns how many. */
unsigned history_copy(struct history *history, struct history_sample out[HISTORY_SAMPLES]);
/* Events per second over the last minute, as far as it goes back. */
double history_rate(struct history *history);

#endif
