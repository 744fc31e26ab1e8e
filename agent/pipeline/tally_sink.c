/* The sink thread's counters (tally.h). Cannot fail. */
#include "pipeline/tally.h"

/* Transactions count by the oldest in the batch: none of them took longer. */
void tally_applied(struct pipeline *pl, const struct cdc_batch *batch)
{
    struct stats *stats = &pl->stats;
    int64_t wall = cdc_wall_us();

    stats_add(&stats->batches, 1);
    stats_add(&stats->transactions, batch->transactions);
    if (batch->commit_us)
        atomic_store(&stats->applied_commit_us, batch->commit_us);
    if (batch->first_commit_us && batch->transactions)
        stats_observe(&stats->commit_to_store_us, wall - batch->first_commit_us, batch->transactions);
    if (batch->sent_us)
        stats_observe(&stats->apply_us, cdc_now_us() - batch->sent_us, 1);
    stats_observe(&stats->batch_records, batch->records, 1);
    atomic_store(&stats->applied_us, wall);
    shared_turn(&stats->through_ms);
}

void tally_findings(struct pipeline *pl)
{
    struct stats *stats = &pl->stats;
    struct cdc_findings found = {0};

    if (!pl->params.sink_ops->findings)
        return;
    pl->params.sink_ops->findings(pl->params.sink, &found);
    atomic_store(&stats->verified[STATS_SAME], found.checked > found.missing + found.different
                                                   ? found.checked - found.missing - found.different
                                                   : 0);
    atomic_store(&stats->verified[STATS_MISSING], found.missing);
    atomic_store(&stats->verified[STATS_DIFFERENT], found.different);
    atomic_store(&stats->verified[STATS_EXTRA], found.extra);
}
