/* Derived figures of the pipeline (stats.h). Any thread. */
#include "pipeline/stats.h"

#include "cdc/clock.h"

/* Heartbeats that may be missed before an idle source is no longer believed to be idle. */
#define MISSED_HEARTBEATS 3

int64_t stats_lag_ms(struct stats *stats, int64_t heartbeat_ms, int pending)
{
    int64_t caught_up = atomic_load(&stats->caught_up_ms), commit = atomic_load(&stats->applied_commit_us);

    if (!pending && caught_up && cdc_now_ms() - caught_up < MISSED_HEARTBEATS * heartbeat_ms)
        return 0;
    if (commit == 0)
        return -1;
    return (cdc_wall_us() - commit) / 1000;
}
