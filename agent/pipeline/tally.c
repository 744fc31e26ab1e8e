/* The source thread's counters (tally.h). Cannot fail. */
#include "pipeline/tally.h"

#include "cdc/log.h"

struct stats_table *tally_change(struct pipeline *pl, struct cdc_batch *batch,
                                 const struct cdc_relation *relation, unsigned op, int64_t commit_us)
{
    struct stats_table *table;
    size_t n;

    table = pl->stats.of_shape[map_relation_shapes(relation, &n)[0]];
    stats_add(&pl->stats.rows, 1);
    stats_add(&table->ops[op], 1);
    atomic_store_explicit(&table->changed_us, commit_us, memory_order_relaxed);
    if (!batch->first_commit_us)
        batch->first_commit_us = commit_us;
    return table;
}

void tally_result(struct pipeline *pl, struct stats_table *table, const struct map_result *result)
{
    stats_add(&pl->stats.events, result->nevents);
    if (result->nfiltered) {
        stats_add(&pl->stats.filtered, result->nfiltered);
        stats_add(&table->filtered, result->nfiltered);
    }
}

/* For people also among the troubles: the row itself is with the dead letters. */
void tally_reject(struct pipeline *pl, struct stats_table *table, const struct cdc_reject *reject)
{
    struct cdc_err err = {0};

    stats_add(&pl->stats.rejected, 1);
    stats_add(&table->rejected[stats_reason(&pl->stats, reject->reason)], 1);
    cdc_err_set(&err, CDC_ERR_DATA, "table %.*s: %.*s", CDC_ARG(reject->table), CDC_ARG(reject->detail));
    cdc_err_hint(&err, "mend the mapping or the row; `tributary dlq CONFIG list` shows which rows");
    troubles_note(&pl->troubles, "row rejected", &err);
}

void tally_source(struct pipeline *pl)
{
    struct cdc_source_stats now = {.safe_bytes = -1};
    struct stats *stats = &pl->stats;

    shared_turn(&stats->capture_turn_ms);
    if (pl->params.source_ops->look)
        pl->params.source_ops->look(pl->params.source);
    pl->params.source_ops->stats(pl->params.source, &now);
    atomic_store_explicit(&stats->bytes_read, now.bytes_read, memory_order_relaxed);
    if (atomic_load_explicit(&stats->source_up, memory_order_relaxed))
        atomic_store_explicit(&stats->caught_up_ms, now.caught_up_ms, memory_order_relaxed);
    atomic_store_explicit(&stats->retained_bytes, now.retained_bytes, memory_order_relaxed);
    atomic_store_explicit(&stats->behind_bytes, now.behind_bytes, memory_order_relaxed);
    atomic_store_explicit(&stats->keep_ms, now.keep_ms, memory_order_relaxed);
    atomic_store_explicit(&stats->safe_bytes, now.safe_bytes, memory_order_relaxed);
    retention_look(pl, &now);
}
