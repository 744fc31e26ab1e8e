/* Storms (storm.h): chooses faults, lets them last, and takes the time until all is well. On the test's main thread. */
#include "lib/storm.h"

#include "lib/fail.h"
#include "lib/fault.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECOVER_MS = 60000, PATIENT_MS = 300000, CALM_MS = 1000, TWICE_IN = 4 };

static unsigned number_of(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

unsigned storm_seconds(unsigned otherwise)
{
    return number_of("FAULT_SECONDS", otherwise);
}

unsigned storm_seed(void)
{
    unsigned seed = number_of("TEST_SEED", (unsigned)cdc_wall_us() % 1000000);

    fprintf(stderr, "TEST_SEED=%u\n", seed);
    return seed;
}

static unsigned between(struct storm *s, unsigned least, unsigned most)
{
    return least + (unsigned)(erand48(s->random) * (most - least + 1));
}

static bool is_possible(const struct storm *s, const struct fault *fault, const struct fault *other)
{
    return (!fault->possible || fault->possible(s)) && (!other || fault->part != other->part);
}

/* By weight, among those that may come beside `other`, which may be NULL. */
static const struct fault *choose(struct storm *s, const struct fault *other)
{
    unsigned sum = 0, at;

    for (unsigned i = 0; i < faults_count; i++)
        sum += is_possible(s, &faults[i], other) ? faults[i].weight : 0;
    at = between(s, 1, sum);
    for (unsigned i = 0; i < faults_count; i++) {
        unsigned weight = is_possible(s, &faults[i], other) ? faults[i].weight : 0;

        if (at <= weight)
            return &faults[i];
        at -= weight;
    }
    return &faults[0];
}

static void last(struct storm *s, unsigned ms)
{
    for (int64_t until = cdc_now_ms() + ms; cdc_now_ms() < until; wait_step())
        s->source.tick(s->source.ctx);
}

struct awaited {
    struct storm *storm;
    const char *key;
};

static bool has_come(void *ctx)
{
    struct awaited *awaited = ctx;
    struct storm *s = awaited->storm;

    s->source.tick(s->source.ctx);
    if (!agent_runs(s->agent))
        fail("the agent ended by itself\n%s", agent_log(s->agent));
    return server_redis_exists(s->redis, awaited->key);
}

/* How long it takes, in ms, until what is committed now is in Redis. */
static unsigned recover(struct storm *s, const char *after)
{
    struct awaited awaited = {.storm = s};
    int64_t began = cdc_now_ms();

    awaited.key = s->source.mark(s->source.ctx);
    if (!wait_for(has_come, &awaited, s->patient ? PATIENT_MS : RECOVER_MS))
        fail("no change comes through after: %s\n%s", after, agent_log(s->agent));
    return (unsigned)(cdc_now_ms() - began);
}

static void end(struct storm *s, const struct fault *fault)
{
    if (fault && fault->end)
        fault->end(s);
}

static void count(struct storm *s, const struct fault *fault)
{
    if (!fault)
        return;
    s->faults++;
    s->tally[fault - faults].count++;
}

/* One fault, or two, which overlap. */
static void gust(struct storm *s)
{
    const struct fault *first = choose(s, NULL);
    const struct fault *second = between(s, 1, TWICE_IN) == 1 ? choose(s, first) : NULL;
    struct storm_tally *tally = &s->tally[first - faults];
    unsigned ms;
    char *name = text_print("%s%s%s", first->name, second ? ", " : "", second ? second->name : "");

    first->begin(s);
    if (second) {
        last(s, between(s, first->least_ms, first->most_ms) / 2);
        second->begin(s);
        last(s, between(s, second->least_ms, second->most_ms));
    } else {
        last(s, between(s, first->least_ms, first->most_ms));
    }
    end(s, first);
    end(s, second);
    ms = recover(s, name);
    count(s, first);
    count(s, second);
    if (!second && tally->ntimes < STORM_TIMES)
        tally->times[tally->ntimes++] = ms;
    fprintf(stderr, "%7.1f s  %s: back after %u ms\n", (double)(cdc_now_ms() - s->began_ms) / 1000, name, ms);
    free(name);
}

void storm_blow(struct storm *s, unsigned seconds)
{
    s->random[0] = (unsigned short)s->seed;
    s->random[1] = (unsigned short)(s->seed >> 16);
    s->began_ms = cdc_now_ms();
    while (cdc_now_ms() - s->began_ms < (int64_t)seconds * 1000) {
        last(s, between(s, 0, CALM_MS));
        gust(s);
    }
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return (x > y) - (x < y);
}

void storm_report(const struct storm *s)
{
    fprintf(stderr, "%-24s %6s  %s\n", "FAULT", "COUNT", "ms to recover, when alone: least, median, most");
    for (unsigned i = 0; i < faults_count; i++) {
        struct storm_tally tally = s->tally[i];

        if (!tally.count)
            continue;
        qsort(tally.times, tally.ntimes, sizeof *tally.times, by_size);
        fprintf(stderr, "%-24s %6u", faults[i].name, tally.count);
        if (tally.ntimes)
            fprintf(stderr, "  %u %u %u", tally.times[0], tally.times[tally.ntimes / 2],
                    tally.times[tally.ntimes - 1]);
        fputc('\n', stderr);
    }
}
