/* The families of `/metrics` (metrics.h), each a few lines. Runs on the server's threads and reads counters only. */
#include "http/metrics.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "http/exposition.h"
#include "http/process.h"

/* "booking.cancelled" -> entity, verb */
static void put_events(struct exposition *to, const struct facts *facts)
{
    exposition_family(
        to, "events_total", "counter",
        "Events in Redis by entity and verb, as Redis told: comparisons that found no change do not count. "
        "What a lost answer would have told is missing.");
    for (size_t i = 0; i < facts->ncounts; i++) {
        const char *type = facts->counts[i].type, *dot = strrchr(type, '.');
        const struct exposition_label labels[] = {
            {"entity", cdc_slice(type, dot ? (size_t)(dot - type) : strlen(type))},
            {"verb", cdc_slice_str(dot ? dot + 1 : "")},
            {NULL, {NULL, 0}}};
        exposition_count(to, labels, facts->counts[i].n);
    }
}

static void put_table(struct exposition *to, const struct stats_table *table, const char *label,
                      const char *value, uint64_t n)
{
    const struct exposition_label labels[] = {{"table", table->name},
                                              {label, cdc_slice_str(value)},
                                              {NULL, {NULL, 0}}}; /* a NULL label ends them early */

    exposition_count(to, labels, n);
}

static void put_rows(struct exposition *to, const struct stats *stats)
{
    unsigned nreasons = atomic_load_explicit(&stats->nreasons, memory_order_acquire);

    exposition_family(to, "rows_total", "counter",
                      "Row changes of mapped tables that were read from the source.");
    for (size_t i = 0; i < stats->ntables; i++)
        for (unsigned op = 0; op < STATS_OPS; op++)
            put_table(to, &stats->tables[i], "op", stats_op_name(op), stats_get(&stats->tables[i].ops[op]));
    exposition_family(to, "rows_filtered_total", "counter", "Mappings of row changes that `where` left out.");
    for (size_t i = 0; i < stats->ntables; i++)
        put_table(to, &stats->tables[i], NULL, NULL, stats_get(&stats->tables[i].filtered));
    exposition_family(to, "rows_rejected_total", "counter",
                      "Row changes that could not be mapped: dead letters.");
    for (size_t i = 0; i < stats->ntables; i++)
        for (unsigned r = 0; r < nreasons; r++)
            put_table(to, &stats->tables[i], "reason", stats->reasons[r],
                      stats_get(&stats->tables[i].rejected[r]));
}

static void put_snapshot(struct exposition *to, const struct stats *stats)
{
    exposition_family(to, "snapshot_rows_total", "counter", "Rows that snapshots have read, by table.");
    for (size_t i = 0; i < stats->ntables; i++)
        put_table(to, &stats->tables[i], NULL, NULL, stats_get(&stats->tables[i].snapshot_rows));
    exposition_family(
        to, "snapshot_rows_estimated", "gauge",
        "Rows of the table when its snapshot began, by the catalogue; 0: no snapshot, or not known.");
    for (size_t i = 0; i < stats->ntables; i++)
        put_table(to, &stats->tables[i], NULL, NULL, stats_get(&stats->tables[i].snapshot_estimated));
    exposition_gauge(to, "snapshot_running", "Whether a snapshot runs.",
                     atomic_load(&stats->snapshot_running));
    exposition_family(to, "verify_rows_total", "counter",
                      "Rows that a verification compared with Redis, by result.");
    for (unsigned i = 0; i < STATS_VERIFIED; i++) {
        const struct exposition_label labels[] = {
            {"result", cdc_slice_str(stats_verified_name((enum stats_verified)i))}, {NULL, {NULL, 0}}};
        exposition_count(to, labels, stats_get(&stats->verified[i]));
    }
}

/* "ERR max number of clients" -> "err_max_number_of_clients" */
static struct cdc_slice class_of(const char *word, char out[48])
{
    size_t n = 0;

    for (; n < 47 && word[n]; n++)
        out[n] = word[n] == ' ' ? '_' : (char)tolower((unsigned char)word[n]);
    return cdc_slice(out, n);
}

static void put_errors(struct exposition *to, const struct stats *stats)
{
    unsigned nwords = atomic_load_explicit(&stats->nwords, memory_order_acquire);
    const struct exposition_label sides[][2] = {{{"side", cdc_slice_str("source")}, {NULL, {NULL, 0}}},
                                                {{"side", cdc_slice_str("redis")}, {NULL, {NULL, 0}}}};

    exposition_family(
        to, "redis_errors_total", "counter",
        "Failures of the connection to Redis: what Redis answered (oom, readonly, noperm and so on), else the class of error.");
    for (unsigned i = 0; i < nwords; i++) {
        char class[48];
        const struct exposition_label labels[] = {{"class", class_of(stats->words[i], class)},
                                                  {NULL, {NULL, 0}}};
        exposition_count(to, labels, stats_get(&stats->sink_errors[i]));
    }
    exposition_family(to, "reconnects_total", "counter",
                      "Times that a side was lost, or could not be reached.");
    exposition_count(to, sides[0], stats_get(&stats->source_reconnects));
    exposition_count(to, sides[1], stats_get(&stats->sink_reconnects));
}

static void put_flow(struct exposition *to, const struct stats *stats)
{
    exposition_counter(to, "transactions_total", "Transactions that Redis holds.",
                       stats_get(&stats->transactions));
    exposition_counter(to, "batches_total", "Batches that Redis has applied.", stats_get(&stats->batches));
    exposition_counter(to, "bytes_read_total", "Bytes of the source's log that were read.",
                       stats_get(&stats->bytes_read));
    exposition_histogram(
        to, "commit_to_redis_seconds",
        "From commit in the database to Redis' answer, by transaction; those of one batch count as its "
        "oldest. Both clocks matter.",
        &stats->commit_to_store_us, 1e6);
    exposition_histogram(to, "batch_apply_seconds", "From sending a batch to Redis' answer.",
                         &stats->apply_us, 1e6);
    exposition_histogram(to, "batch_events", "Events and dead letters in a batch.", &stats->batch_records, 1);
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

static void put_state(struct exposition *to, const struct facts *facts)
{
    const struct stats *stats = facts->stats;

    exposition_gauge(to, "source_connected", "Whether the source streams to this agent.",
                     atomic_load(&stats->source_up));
    exposition_gauge(to, "sink_connected", "Whether this agent is connected to Redis.",
                     atomic_load(&stats->sink_up));
    exposition_gauge(to, "leader", "Whether this agent has the connector's lease; 0 for a standby.",
                     atomic_load(&stats->leader));
    exposition_gauge(to, "ready", "What /readyz says: a heartbeat went from source to Redis lately.",
                     facts->ready);
    exposition_gauge(
        to, "lag_seconds",
        "How far Redis is behind the database; 0 when nothing waits, also in an idle database. NaN: not known.",
        facts->status.lag_ms < 0 ? (double)NAN : (double)facts->status.lag_ms / 1000);
    exposition_gauge(to, "last_commit_timestamp_seconds",
                     "Commit time of the newest transaction in Redis; 0: none yet.",
                     seconds(atomic_load(&stats->applied_commit_us)));
    exposition_gauge(to, "checkpoint_timestamp_seconds",
                     "When the checkpoint in Redis last moved; 0: not yet.",
                     seconds(atomic_load(&stats->applied_us)));
    exposition_gauge(to, "queue_bytes", "Memory of the batches that wait for Redis.",
                     (double)facts->status.queue_bytes);
    exposition_gauge(to, "queue_limit_bytes", "At how many bytes reading from the source pauses.",
                     (double)facts->status.queue_limit_bytes);
    exposition_gauge(to, "config_last_reload_successful",
                     "Whether the last reload of the configuration was taken.",
                     !atomic_load(&stats->reload_failed));
}

static void put_log(struct exposition *to, const struct facts *facts)
{
    const struct stats *stats = facts->stats;
    bool postgresql = facts->config->source.type == CDC_SOURCE_POSTGRESQL;
    int64_t safe = atomic_load(&stats->safe_bytes), purge = stats_purge_ms(stats, facts->status.lag_ms);

    if (!postgresql) {
        if (stats_get(&stats->retained_bytes))
            exposition_gauge(to, "binlog_retained_bytes",
                             "Binlog that the server keeps; absent: not known, or the account may not ask.",
                             (double)stats_get(&stats->retained_bytes));
        if (purge >= 0)
            exposition_gauge(to, "binlog_purge_seconds",
                             "Time until the server may purge binlog that is still needed "
                             "(binlog_expire_logs_seconds); absent: never by itself, or not known.",
                             (double)purge / 1000);
        return;
    }
    exposition_gauge(to, "lag_bytes", "WAL that the server has written and this agent has not read.",
                     (double)stats_get(&stats->behind_bytes));
    exposition_gauge(to, "wal_retained_bytes", "WAL that the server keeps for this agent's slot.",
                     (double)stats_get(&stats->retained_bytes));
    exposition_gauge(
        to, "slot_dropped",
        "Whether this agent has dropped its slot (limits.wal_action) and waits for Redis to begin "
        "anew: changes are being lost.",
        atomic_load(&stats->slot_dropped));
    if (safe >= 0)
        exposition_gauge(
            to, "wal_safe_bytes",
            "WAL that may be written before the slot is lost (max_slot_wal_keep_size); absent: no limit.",
            (double)safe);
}

static void put_build(struct exposition *to, const struct facts *facts)
{
    const struct exposition_label labels[] = {
        {"version", cdc_slice_str(TRIBUTARY_VERSION)},
        {"source",
         cdc_slice_str(facts->config->source.type == CDC_SOURCE_POSTGRESQL ? "postgresql" : "mysql")},
        {NULL, {NULL, 0}}};

    exposition_family(to, "build_info", "gauge",
                      "Always 1; the labels say which version runs, and for which source.");
    exposition_value(to, labels, 1);
}

void metrics_print(const struct facts *facts, struct cdc_buf *out)
{
    struct exposition to = {.out = out, .connector = facts->config->connector};

    put_build(&to, facts);
    put_state(&to, facts);
    put_log(&to, facts);
    put_events(&to, facts);
    put_rows(&to, facts->stats);
    put_flow(&to, facts->stats);
    put_errors(&to, facts->stats);
    put_snapshot(&to, facts->stats);
    process_print(&to, facts->started_us);
}
