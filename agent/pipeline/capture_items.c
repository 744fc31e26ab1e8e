/*
 * Items of the source (capture.h): transactions and rows become records of the batch being filled. Source thread. A passing error leaves
 * what was filled valid, one in the middle of a row does not, and ends the pipeline.
 */
#include "pipeline/capture.h"
#include "pipeline/tally.h"

#include "cdc/log.h"

static int on_begin(struct capture *c, const struct cdc_item *item, struct cdc_err *err)
{
    struct filling *f = &c->filling;

    c->tx = item->tx;
    c->ordinal = 0;
    c->skip_ordinal = 0;
    if (c->snapshot)
        snapshot_tx(c->snapshot);
    if (c->resuming && cdc_slice_eq(cdc_buf_slice(&f->open_tx), item->tx.id)) {
        c->resuming = false;
        c->skip_ordinal = f->ordinal;
        return 0;
    }
    if (c->resuming)
        return 0; /* an empty transaction may stand before it; one with rows may not */
    return filling_begin_tx(f, item->tx.id) ? cdc_err_memory(err) : 0;
}

/* Counts the row change; *skip if it is applied already. */
static int next_ordinal(struct capture *c, bool *skip, struct cdc_err *err)
{
    if (c->resuming) {
        cdc_err_set(
            err, CDC_ERR_GAP,
            "transaction %.*s was applied up to its row change %llu, but the source goes on with %.*s",
            CDC_ARG(cdc_buf_slice(&c->filling.open_tx)), (unsigned long long)c->filling.ordinal,
            CDC_ARG(c->tx.id));
        return cdc_err_hint(err,
                            "the source no longer has the rest of that transaction: load the tables anew");
    }
    *skip = ++c->ordinal <= c->skip_ordinal;
    return 0;
}

static int append_reject(struct capture *c, struct stats_table *table, const struct cdc_reject *reject,
                         struct cdc_err *err)
{
    tally_reject(c->pl, table, reject);
    cdc_log(CDC_LOG_WARNING, "row rejected table=%.*s column=%.*s reason=%.*s position=%.*s:%llu detail=%.*s",
            CDC_ARG(reject->table), CDC_ARG(reject->column), CDC_ARG(reject->reason), CDC_ARG(c->tx.id),
            (unsigned long long)c->ordinal, CDC_ARG(reject->detail));
    if (c->config->on_reject == CONFIG_REJECT_STOP) {
        cdc_err_set(err, CDC_ERR_FATAL, "row %llu of transaction %.*s, table %.*s, cannot be mapped: %.*s",
                    (unsigned long long)c->ordinal, CDC_ARG(c->tx.id), CDC_ARG(reject->table),
                    CDC_ARG(reject->detail));
        return cdc_err_hint(err, "mend the mapping or the row, or set on_reject: dead_letter");
    }
    if (c->sink_ops->reject(c->sink, reject, &c->filling.batch->body, err))
        return -1;
    c->filling.batch->records++;
    return 0;
}

static int append_result(struct capture *c, struct stats_table *table, const struct map_result *result,
                         struct cdc_err *err)
{
    size_t last;

    for (size_t i = 0; i < result->nevents; i++) {
        if (c->sink_ops->encode(c->sink, &result->events[i], &c->filling.batch->body, &last, err))
            return -1;
        filling_added(&c->filling, last);
    }
    for (size_t i = 0; i < result->nrejects; i++)
        if (append_reject(c, table, &result->rejects[i], err))
            return -1;
    tally_result(c->pl, table, result);
    return 0;
}

/*
 * A row change was counted, but not all of it is in the batch: going on from here would lose the rest. Only the store's
 * checkpoint is safe to go on from, and that is what the next start does.
 */
static int half_row(struct cdc_err *err)
{
    if (err->class == CDC_ERR_RETRY)
        err->class = CDC_ERR_FATAL;
    return -1;
}

/* A snapshot that is under way must know what the stream does to its rows, also in what was applied before. */
static int watch_row(struct capture *c, const struct cdc_row *row, const struct map_result *result,
                     struct cdc_batch *batch, struct cdc_err *err)
{
    struct snapshot_change change = {row, &c->tx, c->ordinal, batch};

    if (!c->snapshot || !snapshot_watches(c->snapshot))
        return 0;
    return snapshot_row(c->snapshot, &change, result, err);
}

static int skip_row(struct capture *c, const struct cdc_row *row, struct cdc_err *err)
{
    struct map_result result;

    if (!c->snapshot || !snapshot_watches(c->snapshot) || !row->relation->binding)
        return 0;
    return map_row(c->map, row, &c->tx, c->ordinal, &result, err) || watch_row(c, row, &result, NULL, err)
               ? -1
               : 0;
}

static int on_row(struct capture *c, const struct cdc_row *row, struct cdc_err *err)
{
    struct map_result result;
    struct stats_table *table;
    bool skip = false;

    if (next_ordinal(c, &skip, err))
        return -1;
    if (skip)
        return skip_row(c, row, err);
    filling_begin_row(&c->filling, c->ordinal);
    if (!row->relation->binding)
        return 0;
    table = tally_change(c->pl, c->filling.batch, row->relation, row->op, c->tx.commit_us);
    if (map_row(c->map, row, &c->tx, c->ordinal, &result, err) || append_result(c, table, &result, err) ||
        watch_row(c, row, &result, c->filling.batch, err))
        return half_row(err);
    return capture_is_full(c) ? capture_cut(c, false, err) : 0;
}

/*
 * All rows of a table are gone. Everything before it goes ahead, so that the sweep, which happens before its batch is applied,
 * finds all states that are to be removed and none that comes later.
 */
static int on_truncate(struct capture *c, const struct cdc_relation *relation, struct cdc_err *err)
{
    size_t n = 0, nshapes, last;
    struct cdc_shape *shapes = map_shapes(c->map, &nshapes);
    const uint32_t *indexes;
    bool skip = false;

    if (next_ordinal(c, &skip, err))
        return -1;
    if (c->snapshot)
        snapshot_truncate(c->snapshot);
    if (skip)
        return 0;
    if (!relation->binding) {
        filling_begin_row(&c->filling, c->ordinal);
        return 0;
    }
    indexes = map_relation_shapes(relation, &n);
    if (capture_cut(c, true, err))
        return -1;
    if (filling_ready(&c->filling))
        return cdc_err_memory(err);
    filling_begin_row(&c->filling, c->ordinal);
    tally_change(c->pl, c->filling.batch, relation, STATS_TRUNCATE, c->tx.commit_us);
    for (size_t i = 0; i < n && i < CDC_SWEEP_MAX; i++) {
        struct cdc_batch *batch = c->filling.batch;
        batch->sweep[batch->nsweep++] = &shapes[indexes[i]];
        if (c->sink_ops->truncate(c->sink, &shapes[indexes[i]], &c->tx, c->ordinal, &batch->body, &last, err))
            return half_row(err);
        filling_added(&c->filling, last);
    }
    return 0;
}

static int on_commit(struct capture *c, const struct cdc_item *item, struct cdc_err *err)
{
    if (c->resuming)
        return 0;
    c->filling.batch->commit_us = c->tx.commit_us;
    if (filling_commit(&c->filling, item->position, c->sink_ops->mark_last))
        return cdc_err_memory(err);
    if (capture_is_full(c))
        return capture_cut(c, false, err);
    return queue_idle(&c->pl->queue) ? capture_flush(c, err) : 0;
}

static int on_relation(struct capture *c, struct cdc_relation *relation, struct cdc_err *err)
{
    struct cdc_err mapping = {0};

    if (map_bind(c->map, relation, &mapping) == 0)
        return 0;
    if (mapping.class == CDC_ERR_RETRY || c->config->on_reject == CONFIG_REJECT_STOP) {
        *err = mapping;
        return -1;
    }
    troubles_note(&c->pl->troubles, "rows of this table go to the dead letters", &mapping);
    cdc_log_err(CDC_LOG_ERROR, "rows of this table go to the dead letters", &mapping);
    return 0;
}

int capture_item(struct capture *c, const struct cdc_item *item, struct cdc_err *err)
{
    if (filling_ready(&c->filling))
        return cdc_err_memory(err);
    switch (item->type) {
    case CDC_ITEM_NONE:
        return 0;
    case CDC_ITEM_BEGIN:
        return on_begin(c, item, err);
    case CDC_ITEM_RELATION:
        return on_relation(c, item->relation, err);
    case CDC_ITEM_ROW:
        return on_row(c, &item->row, err);
    case CDC_ITEM_TRUNCATE:
        return on_truncate(c, item->relation, err);
    case CDC_ITEM_COMMIT:
        return on_commit(c, item, err);
    case CDC_ITEM_POSITION:
        if (c->resuming)
            return 0;
        return filling_advance(&c->filling, item->position) ? cdc_err_memory(err) : 0;
    }
    return 0;
}
