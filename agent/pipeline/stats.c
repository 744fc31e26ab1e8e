/* The pipeline's counters (stats.h). stats_observe() and stats_reason() on the thread that writes them; the rest on any. */
#include "pipeline/stats.h"

#include <stdlib.h>

#include "cdc/clock.h"

/* Heartbeats that may be missed before an idle source is no longer believed to be idle … */
#define MISSED_HEARTBEATS 3
/* … and the least that this means: a server is asked where its log ends once a second at most. */
#define SILENCE_MS 5000

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Microseconds. */
static const int64_t commit_bounds[] = {1000,     2500,     5000,     10000,    25000,   50000,
                                        100000,   250000,   500000,   1000000,  2500000, 5000000,
                                        10000000, 30000000, 60000000, 300000000};
static const int64_t apply_bounds[] = {100,   250,   500,    1000,   2500,    5000,    10000,
                                       25000, 50000, 100000, 250000, 1000000, 5000000, 30000000};
static const int64_t record_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

const char *stats_op_name(unsigned op)
{
    return op == STATS_TRUNCATE ? "truncate" : cdc_op_name((enum cdc_op)op);
}

const char *stats_verified_name(enum stats_verified verified)
{
    switch (verified) {
    case STATS_SAME:
        return "same";
    case STATS_MISSING:
        return "missing";
    case STATS_DIFFERENT:
        return "different";
    case STATS_EXTRA:
        return "extra";
    case STATS_VERIFIED:
        break;
    }
    return "?";
}

struct stats_table *stats_find(struct stats *stats, struct cdc_slice name)
{
    for (size_t i = 0; i < stats->ntables; i++)
        if (cdc_slice_eq(stats->tables[i].name, name))
            return &stats->tables[i];
    return NULL;
}

static struct stats_table *table_of(struct stats *stats, struct cdc_slice name)
{
    struct stats_table *table = stats_find(stats, name);

    if (table)
        return table;
    table = &stats->tables[stats->ntables++];
    table->name = name;
    return table;
}

int stats_init(struct stats *stats, const struct cdc_shape *shapes, size_t nshapes)
{
    stats->safe_bytes = -1;
    stats->words[0] = cdc_err_class_name(
        CDC_ERR_RETRY); /* these two are there from the beginning, so that a first one is an increase */
    stats->words[1] = "OOM";
    stats->nwords = 2;
    stats->commit_to_store_us = (struct stats_histogram){.bounds = commit_bounds, .n = COUNT(commit_bounds)};
    stats->apply_us = (struct stats_histogram){.bounds = apply_bounds, .n = COUNT(apply_bounds)};
    stats->batch_records = (struct stats_histogram){.bounds = record_bounds, .n = COUNT(record_bounds)};
    stats->tables = calloc(nshapes + 1, sizeof *stats->tables);
    stats->of_shape = calloc(nshapes + 1, sizeof *stats->of_shape);
    if (!stats->tables || !stats->of_shape) {
        stats_fini(stats);
        return -1;
    }
    for (size_t i = 0; i < nshapes; i++)
        stats->of_shape[i] = table_of(stats, shapes[i].table);
    return 0;
}

void stats_fini(struct stats *stats)
{
    free(stats->tables);
    free(stats->of_shape);
    stats->tables = NULL;
    stats->of_shape = NULL;
}

void stats_set_up(_Atomic int *up, _Atomic int64_t *since_us, int value)
{
    if (atomic_exchange(up, value) != value)
        atomic_store(since_us, cdc_wall_us());
}

/* The place of a word in a list that only grows; the last place is for all that have no room. */
static unsigned find_word(const char **words, _Atomic unsigned *n, unsigned most, struct cdc_slice word)
{
    unsigned have = atomic_load_explicit(n, memory_order_relaxed);

    for (unsigned i = 0; i < have; i++)
        if (cdc_slice_is(word, words[i]))
            return i;
    if (have == most)
        return most - 1;
    words[have] = have == most - 1 ? "other" : word.ptr;
    atomic_store_explicit(n, have + 1, memory_order_release);
    return have;
}

unsigned stats_reason(struct stats *stats, struct cdc_slice reason)
{
    return find_word(stats->reasons, &stats->nreasons, STATS_REASONS, reason);
}

void stats_sink_error(struct stats *stats, const struct cdc_err *err)
{
    const char *word = err->word ? err->word : cdc_err_class_name(err->class);

    stats_add(&stats->sink_errors[find_word(stats->words, &stats->nwords, STATS_WORDS, cdc_slice_str(word))],
              1);
}

void stats_observe(struct stats_histogram *histogram, int64_t value, uint64_t n)
{
    size_t i = 0;

    if (value < 0)
        value = 0; /* the database's clock is ahead of ours */
    while (i < histogram->n && value > histogram->bounds[i])
        i++;
    stats_add(&histogram->buckets[i], n);
    stats_add(&histogram->sum, (uint64_t)value * n);
}

static int64_t silence_ms(int64_t heartbeat_ms)
{
    int64_t ms = MISSED_HEARTBEATS * heartbeat_ms;

    return ms > SILENCE_MS ? ms : SILENCE_MS;
}

int64_t stats_lag_ms(const struct stats *stats, int64_t heartbeat_ms, int64_t oldest_us)
{
    int64_t caught_up = atomic_load(&stats->caught_up_ms), from = atomic_load(&stats->applied_commit_us),
            complete = atomic_load(&stats->complete_us), lag;

    if (oldest_us) {
        from = oldest_us;
    } else if (caught_up && cdc_now_ms() - caught_up < silence_ms(heartbeat_ms)) {
        return 0;
    } else if (complete > from) {
        from = complete;
    }
    if (from == 0)
        return -1;
    lag = (cdc_wall_us() - from) / 1000;
    return lag > 0 ? lag : 0;
}

int64_t stats_purge_ms(const struct stats *stats, int64_t lag_ms)
{
    int64_t keep = atomic_load(&stats->keep_ms);

    if (keep <= 0 || lag_ms < 0)
        return -1;
    return keep > lag_ms ? keep - lag_ms : 0;
}

int stats_flows(const struct stats *stats, int64_t heartbeat_ms)
{
    int64_t through = atomic_load(&stats->through_ms);

    return atomic_load(&stats->leader) && atomic_load(&stats->source_up) && atomic_load(&stats->sink_up) &&
           through && cdc_now_ms() - through < silence_ms(heartbeat_ms);
}
