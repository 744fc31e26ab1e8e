/* Waiting times between tries (backoff.h). Pure arithmetic; each thread has its own. */
#include "pipeline/backoff.h"

#define FIRST_MS 10
#define MOST_MS  1000

/* splitmix64: good enough to spread agents out */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t backoff_next(struct backoff *backoff)
{
    int64_t base = backoff->next_ms ? backoff->next_ms : FIRST_MS;

    backoff->next_ms = base * 2 < MOST_MS ? base * 2 : MOST_MS;
    return base * 3 / 4 + (int64_t)(next_random(&backoff->seed) % (uint64_t)(base / 2 + 1));
}

void backoff_reset(struct backoff *backoff)
{
    backoff->next_ms = 0;
}
