/*
 * What the two threads count of what passes them (stats.h). Cheap where it is for every row: no lock, no look-up by name. The source
 * thread's first, then the sink thread's.
 */
#ifndef PIPELINE_TALLY_H
#define PIPELINE_TALLY_H

#include "pipeline/shared.h"

/* A row change (or STATS_TRUNCATE) of a bound relation goes into `batch`. Returns the table's counters. */
struct stats_table *tally_change(struct pipeline *pl, struct cdc_batch *batch,
                                 const struct cdc_relation *relation, unsigned op, int64_t commit_us);
/* What the mapping made of it. */
void tally_result(struct pipeline *pl, struct stats_table *table, const struct map_result *result);
void tally_reject(struct pipeline *pl, struct stats_table *table, const struct cdc_reject *reject);
/* Publishes what the source says of itself, and that the thread turns; looks at what it keeps for us (retention.h). */
void tally_source(struct pipeline *pl);

/* A batch that is known to be applied. */
void tally_applied(struct pipeline *pl, const struct cdc_batch *batch);
/* What verification has found so far. */
void tally_findings(struct pipeline *pl);

#endif
