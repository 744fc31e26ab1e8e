/* The ring of samples (history.h); a few kilobytes, for ever. */
#include "http/history.h"

#include <string.h>

#define RATE_SAMPLES 12u /* a minute */

int history_init(struct history *history)
{
    memset(history, 0, sizeof *history);
    return pthread_mutex_init(&history->lock, NULL) ? -1 : 0;
}

void history_fini(struct history *history)
{
    pthread_mutex_destroy(&history->lock);
}

/* The i-th newest. */
static const struct history_sample *back(const struct history *history, unsigned i)
{
    return &history->ring[(history->next + 2 * HISTORY_SAMPLES - 1 - i) % HISTORY_SAMPLES];
}

bool history_due(const struct history *history, int64_t now_ms)
{
    return history->n == 0 || now_ms - back(history, 0)->at_ms >= HISTORY_STEP_MS;
}

static double rate_between(const struct history_sample *from, const struct history_sample *to)
{
    int64_t ms = to->at_ms - from->at_ms;

    return ms > 0 && to->events >= from->events ? (double)(to->events - from->events) * 1000 / (double)ms : 0;
}

void history_add(struct history *history, int64_t now_ms, int64_t lag_ms, uint64_t events)
{
    struct history_sample sample = {.at_ms = now_ms, .lag_ms = lag_ms, .events = events};

    pthread_mutex_lock(&history->lock);
    if (history->n)
        sample.rate = rate_between(back(history, 0), &sample);
    history->ring[history->next] = sample;
    history->next = (history->next + 1) % HISTORY_SAMPLES;
    if (history->n < HISTORY_SAMPLES)
        history->n++;
    pthread_mutex_unlock(&history->lock);
}

unsigned history_copy(struct history *history, struct history_sample out[HISTORY_SAMPLES])
{
    unsigned n;

    pthread_mutex_lock(&history->lock);
    n = history->n;
    for (unsigned i = 0; i < n; i++)
        out[i] = *back(history, n - 1 - i);
    pthread_mutex_unlock(&history->lock);
    return n;
}

double history_rate(struct history *history)
{
    double rate = 0;
    unsigned n;

    pthread_mutex_lock(&history->lock);
    n = history->n > RATE_SAMPLES ? RATE_SAMPLES : history->n ? history->n - 1 : 0;
    if (n)
        rate = rate_between(back(history, n), back(history, 0));
    pthread_mutex_unlock(&history->lock);
    return rate;
}
