/* Gathering and judging (facts.h). Reads counters and copies what is under a lock; cannot fail. */
#include "http/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"

/* A thread that has not come round for so long hangs: longer than connecting and asking a server may take. */
#define HUNG_MS 60000
/* A lag that is worth a word. */
#define LATE_MS 10000

const char *facts_mood_name(enum facts_mood mood)
{
    switch (mood) {
    case FACTS_GOOD:
        return "good";
    case FACTS_WAITING:
        return "waiting";
    case FACTS_BAD:
        return "bad";
    }
    return "?";
}

static const char *source_name(const struct facts *facts)
{
    return facts->config->source.type == CDC_SOURCE_POSTGRESQL ? "PostgreSQL" : "MariaDB or MySQL";
}

static void add_count(void *ctx, struct cdc_slice type, uint64_t n)
{
    struct facts *facts = ctx;
    struct facts_count *count;

    facts->events += n;
    if (facts->ncounts == FACTS_TYPES)
        return;
    count = &facts->counts[facts->ncounts++];
    snprintf(count->type, sizeof count->type, "%.*s", CDC_ARG(type));
    count->n = n;
}

static int by_type(const void *a, const void *b)
{
    return strcmp(((const struct facts_count *)a)->type, ((const struct facts_count *)b)->type);
}

static int64_t age_ms(const struct facts *facts, int64_t turn_ms)
{
    return facts->now_ms > turn_ms ? facts->now_ms - turn_ms : 0;
}

static bool turns(const struct facts *facts, int64_t turn_ms)
{
    return age_ms(facts, turn_ms) < HUNG_MS;
}

static const struct trouble *find_trouble(const struct facts *facts, const char *what)
{
    for (unsigned i = 0; i < facts->ntroubles; i++)
        if (strcmp(facts->troubles[i].what, what) == 0)
            return &facts->troubles[i];
    return NULL;
}

/* The time of day, since that is what people compare with. */
static const char *since(int64_t us, char out[CDC_TIME_TEXT + 8])
{
    char text[CDC_TIME_TEXT];

    if (us == 0)
        return "the start";
    cdc_time_print(us, text);
    snprintf(out, CDC_TIME_TEXT + 8, "%.8s UTC", text + 11);
    return out;
}

static void blame(struct facts *facts, const char *what)
{
    const struct trouble *trouble = find_trouble(facts, what);

    if (trouble)
        snprintf(facts->remedy, sizeof facts->remedy, "%s", trouble->err.hint);
}

static void judge_redis(struct facts *facts)
{
    char when[CDC_TIME_TEXT + 8];

    facts->mood = FACTS_BAD;
    snprintf(facts->headline, sizeof facts->headline, "Redis is not reachable");
    snprintf(
        facts->sentence, sizeof facts->sentence,
        "No connection since %s. Nothing is lost: changes wait in memory and in the database, and go on by "
        "themselves when Redis is back.",
        since(atomic_load(&facts->stats->sink_since_us), when));
    blame(facts, "redis");
}

static void judge_source(struct facts *facts)
{
    char when[CDC_TIME_TEXT + 8];

    facts->mood = FACTS_BAD;
    snprintf(facts->headline, sizeof facts->headline, "The database is not reachable");
    snprintf(
        facts->sentence, sizeof facts->sentence,
        "No stream from %s since %s. Redis keeps what it has; the agent goes on where it was when the database is "
        "back.",
        source_name(facts), since(atomic_load(&facts->stats->source_since_us), when));
    blame(facts, "source");
}

static void judge_streaming(struct facts *facts)
{
    int64_t lag = facts->status.lag_ms;

    facts->mood = FACTS_GOOD;
    snprintf(facts->headline, sizeof facts->headline, "Streaming");
    if (lag > LATE_MS) {
        facts->mood = FACTS_WAITING;
        snprintf(facts->headline, sizeof facts->headline, "Catching up");
        snprintf(facts->sentence, sizeof facts->sentence,
                 "Redis is %.0f s behind %s, at %.0f events per second.", (double)lag / 1000,
                 source_name(facts), facts->rate);
    } else if (lag < 0 || !facts->ready) {
        facts->mood = FACTS_WAITING;
        snprintf(facts->sentence, sizeof facts->sentence,
                 "Connected to both sides; no heartbeat has gone all the way from %s to Redis lately.",
                 source_name(facts));
    } else if (lag >= 100) {
        snprintf(facts->sentence, sizeof facts->sentence, "Redis is %.1f s behind %s.", (double)lag / 1000,
                 source_name(facts));
    } else {
        snprintf(facts->sentence, sizeof facts->sentence, "Redis holds everything that %s has committed.",
                 source_name(facts));
    }
    if (facts->mood == FACTS_GOOD && atomic_load(&facts->stats->snapshot_running)) {
        snprintf(facts->headline, sizeof facts->headline, "Streaming, and loading a snapshot");
        snprintf(facts->sentence, sizeof facts->sentence,
                 "Changes reach Redis as they are committed; older rows as the snapshot comes to them.");
    }
}

static void judge_dropped(struct facts *facts)
{
    facts->mood = FACTS_BAD;
    snprintf(facts->headline, sizeof facts->headline, "Changes are being lost");
    snprintf(
        facts->sentence, sizeof facts->sentence,
        "The replication slot was dropped, because the database kept more log for it than limits.wal_retained "
        "and Redis did not take it.");
    blame(facts, "slot dropped");
}

static void judge(struct facts *facts)
{
    const struct stats *stats = facts->stats;

    if (strncmp(facts->status.state, "stop", 4) == 0) {
        facts->mood = FACTS_WAITING;
        snprintf(facts->headline, sizeof facts->headline, "Stopping");
        snprintf(facts->sentence, sizeof facts->sentence, "What is in flight is finished first.");
    } else if (atomic_load(&stats->slot_dropped)) {
        judge_dropped(facts);
    } else if (!atomic_load(&stats->sink_up)) {
        judge_redis(facts);
        if (!find_trouble(facts, "redis")) { /* it has not been tried yet */
            facts->mood = FACTS_WAITING;
            snprintf(facts->headline, sizeof facts->headline, "Connecting");
            snprintf(facts->sentence, sizeof facts->sentence, "The agent has just started.");
        }
    } else if (!atomic_load(&stats->leader)) {
        facts->mood = FACTS_WAITING;
        snprintf(facts->headline, sizeof facts->headline, "Standby");
        snprintf(facts->sentence, sizeof facts->sentence,
                 "Another agent runs this connector; this one takes over when that one goes.");
    } else if (!atomic_load(&stats->source_up)) {
        judge_source(facts);
        if (!find_trouble(facts, "source")) {
            facts->mood = FACTS_WAITING;
            snprintf(facts->headline, sizeof facts->headline, "Connecting");
            snprintf(facts->sentence, sizeof facts->sentence, "The stream from %s is about to begin.",
                     source_name(facts));
        }
    } else {
        judge_streaming(facts);
    }
}

void facts_gather(struct facts *facts, const struct config *config, struct pipeline *pipeline,
                  struct history *history, int64_t started_us, int64_t main_turn_ms)
{
    memset(facts, 0, sizeof *facts);
    facts->config = config;
    facts->stats = pipeline_stats(pipeline);
    facts->started_us = started_us;
    pipeline_status(pipeline, &facts->status);
    facts->ntroubles = pipeline_troubles(pipeline, facts->troubles);
    pipeline_counts(pipeline, add_count, facts);
    qsort(facts->counts, facts->ncounts, sizeof *facts->counts, by_type);
    facts->rate = history_rate(history);
    facts->now_us = cdc_wall_us();
    facts->now_ms = cdc_now_ms();
    facts->alive = turns(facts, main_turn_ms) && turns(facts, atomic_load(&facts->stats->capture_turn_ms)) &&
                   turns(facts, atomic_load(&facts->stats->apply_turn_ms));
    facts->ready = stats_flows(facts->stats, config->source.heartbeat_ms) != 0;
    judge(facts);
}

static void print_turn(const struct facts *facts, const char *name, int64_t turn_ms, struct cdc_buf *out)
{
    bool good = turns(facts, turn_ms);

    cdc_buf_printf(out, "[%c]%s: came round %.1f s ago\n", good ? '+' : '-', name,
                   (double)age_ms(facts, turn_ms) / 1000);
}

void facts_print_live(const struct facts *facts, int64_t main_turn_ms, struct cdc_buf *out)
{
    print_turn(facts, "main thread", main_turn_ms, out);
    print_turn(facts, "source thread", atomic_load(&facts->stats->capture_turn_ms), out);
    print_turn(facts, "sink thread", atomic_load(&facts->stats->apply_turn_ms), out);
}

static void print_check(struct cdc_buf *out, int good, const char *name, const char *yes, const char *no)
{
    cdc_buf_printf(out, "[%c]%s: %s\n", good ? '+' : '-', name, good ? yes : no);
}

void facts_print_ready(const struct facts *facts, struct cdc_buf *out)
{
    const struct stats *stats = facts->stats;
    int64_t through = atomic_load(&stats->through_ms);

    print_check(out, atomic_load(&stats->sink_up), "redis", "connected", "not connected");
    print_check(out, atomic_load(&stats->leader), "lease", "ours", "not ours");
    print_check(out, atomic_load(&stats->source_up), "source", "streaming", "not streaming");
    if (atomic_load(&stats->slot_dropped))
        cdc_buf_puts(out, "[-]slot: dropped by limits.wal_action, changes are being lost\n");
    if (through)
        cdc_buf_printf(out, "[%c]heartbeat: from source to Redis %.1f s ago\n", facts->ready ? '+' : '-',
                       (double)age_ms(facts, through) / 1000);
    else
        cdc_buf_puts(out, "[-]heartbeat: none has gone from source to Redis yet\n");
    if (facts->status.lag_ms >= 0)
        cdc_buf_printf(out, "lag: %.1f s\n", (double)facts->status.lag_ms / 1000);
}

void facts_print_line(const struct facts *facts, char *out, size_t size)
{
    const char *position = facts->status.position;
    int n = snprintf(out, size, "%s%s%.80s", facts->status.state, *position ? " " : "", position);

    if (n < 0 || (size_t)n >= size)
        return;
    if (facts->status.lag_ms >= 0)
        snprintf(out + n, size - (size_t)n, ", lag %.1f s, %.0f events/s",
                 (double)facts->status.lag_ms / 1000, facts->rate);
}
