/*
 * Retention (retention.h): the alert is guard.c's, the decision overdue.c's, the doing the source's. Source thread, wherever it waits: on a
 * full queue, on the source, for the lease. That changes are lost from here on is no secret: the log, the status and the metric
 * slot_dropped say so at once, and the missing slot beside a checkpoint is a gap for every agent that starts later.
 */
#include "pipeline/retention.h"

#include "pipeline/shared.h"
#include "pipeline/tally.h"

#include "cdc/log.h"

#include <inttypes.h>

#define MIB     (1024 * 1024)
#define LOOK_MS 100 /* at the store, when it is to come back */

static void warn(struct pipeline *pl, const struct cdc_source_stats *now)
{
    struct cdc_err err = {0};

    switch (guard_look(&pl->retention.guard, now->retained_bytes, now->safe_bytes,
                       pl->params.config->limit_wal_retained_bytes, &err)) {
    case GUARD_QUIET:
        return;
    case GUARD_OVER:
        cdc_log_err(CDC_LOG_WARNING, "source", &err);
        troubles_note(&pl->troubles, "source", &err);
        return;
    case GUARD_BACK:
        cdc_log(CDC_LOG_NOTICE, "the database keeps less log than limits.wal_retained again bytes=%llu",
                (unsigned long long)now->retained_bytes);
        return;
    }
}

static bool store_is_well(struct pipeline *pl)
{
    return atomic_load(&pl->stats.sink_up) && atomic_load(&pl->stats.leader) && shared_holds(pl);
}

static enum overdue_word judge(struct pipeline *pl, const struct cdc_source_stats *now)
{
    const struct config *config = pl->params.config;
    int64_t lag = shared_lag_ms(pl);
    bool waits = !store_is_well(pl) || !queue_idle(&pl->queue);
    struct overdue_view view = {
        .now_ms = cdc_now_ms(),
        .patience_ms = config->wal_patience_ms,
        .limit = config->limit_wal_retained_bytes,
        .owed = now->owed_bytes,
        .left = now->behind_bytes,
        .taken = stats_get(&pl->stats.batches) + stats_get(&pl->stats.sweeps),
        .waits = waits,
        .keeps_up = !waits || (lag >= 0 && lag < config->wal_patience_ms),
    };

    return overdue_look(&pl->retention.overdue, &view);
}

static void explain(struct pipeline *pl, const struct cdc_source_stats *now, enum overdue_word word,
                    struct cdc_err *err)
{
    const struct config *config = pl->params.config;
    char why[96] = "Redis takes changes more slowly than they come";

    if (word == OVERDUE_STUCK)
        snprintf(why, sizeof why, "Redis has taken nothing for %" PRId64 " s",
                 pl->retention.overdue.stuck_ms / 1000);
    cdc_err_set(
        err, CDC_ERR_GAP,
        "slot %s was dropped to save the database's disk, so changes since the checkpoint are lost: the "
        "database kept %" PRIu64 " MiB of log for us, limits.wal_retained is %" PRIu64 " MiB, and %s",
        config->source.slot, now->retained_bytes / MIB, config->limit_wal_retained_bytes / MIB, why);
    if (config->on_gap == CONFIG_GAP_RESNAPSHOT)
        cdc_err_hint(err, "bring Redis back: then a new slot is made and all tables are loaded anew");
    else
        cdc_err_hint(err,
                     "once Redis is back, have all tables loaded anew: `tributary checkpoint CONFIG reset "
                     "--yes`, then start the agent");
}

/* The pages stay, with the reason, while the store is away: that may be hours. */
static void await_store(struct pipeline *pl)
{
    uint64_t before = stats_get(&pl->stats.batches);

    while (!shared_stopping(pl)) {
        shared_turn(&pl->stats.capture_turn_ms);
        if (store_is_well(pl) && (queue_idle(&pl->queue) || stats_get(&pl->stats.batches) != before))
            return;
        shared_sleep(pl, LOOK_MS);
    }
}

static void mark_gap(struct pipeline *pl, const struct cdc_err *gap)
{
    bool resnapshot = pl->params.config->on_gap == CONFIG_GAP_RESNAPSHOT;

    atomic_store(&pl->stats.slot_dropped, 1);
    stats_set_up(&pl->stats.source_up, &pl->stats.source_since_us, 0);
    troubles_note(&pl->troubles, "slot dropped", gap);
    if (pl->retention.waiting || resnapshot) /* else it is said when the pipeline ends, which is now */
        cdc_log_err(CDC_LOG_ERROR, "slot dropped", gap);
    if (pl->retention.waiting)
        return; /* the first session finds out whether there was a checkpoint */
    if (resnapshot)
        await_store(pl);
    shared_fail(pl, gap);
}

static void give_up(struct pipeline *pl, const struct cdc_source_stats *now, enum overdue_word word)
{
    struct cdc_err err = {0}, gap = {0};
    int rc;

    explain(pl, now, word, &gap);
    pl->retention.overdue =
        (struct overdue){0}; /* whatever comes of it, the next try is not before its time */
    rc = pl->params.source_ops->give_up(pl->params.source, pl->params.config->limit_wal_retained_bytes, &err);
    if (rc > 0)
        mark_gap(pl, &gap);
    else if (rc < 0)
        shared_trouble(pl, "source", &err);
}

void retention_look(struct pipeline *pl, const struct cdc_source_stats *now)
{
    enum overdue_word word;

    if (now->sampled_ms == 0)
        return;
    warn(pl, now);
    if (pl->params.config->wal_action != CONFIG_WAL_DROP_SLOT || !pl->params.source_ops->give_up ||
        atomic_load(&pl->stats.slot_dropped) || shared_stopping(pl))
        return;
    word = judge(pl, now);
    if (word != OVERDUE_NO)
        give_up(pl, now, word);
}

void retention_wait(struct pipeline *pl)
{
    shared_turn(&pl->stats.capture_turn_ms);
    if (pl->params.config->wal_action != CONFIG_WAL_DROP_SLOT || atomic_load(&pl->standby) ||
        atomic_load(&pl->stats.sink_up))
        return;
    pl->retention.waiting = true;
    tally_source(pl);
    pl->retention.waiting = false;
}
