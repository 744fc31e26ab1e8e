/*
 * Transactions of the binlog (decoder_impl.h): how each is treated from its first event to its end. Part of the decoder, source
 * thread.
 *
 *   OUTSIDE --begin-->  STREAM   rows are given out as they come: MySQL says in the GTID event that nothing can take them back, or
 *                                the transaction is being read a second time
 *                       HOLD     a ROLLBACK may stand at the end (MariaDB never says before), or XA: rows are kept
 *                       SKIP     covered by the position: read again only for an XA transaction before it
 *   HOLD --too large--> PEEK     rows are counted, not kept; when it turns out to be committed, the stream is started again
 *                                before it and then it is a STREAM: memory stays small, the server reads it twice
 *   any  --end-->       OUTSIDE
 *
 * A ROLLBACK drops what was kept. That is right for every engine: changes of tables that cannot be rolled back are written to a
 * transaction of their own in row format, ended by COMMIT, before the one that they were part of.
 */
#include "decoder_impl.h"

#include "remedy.h"

#include <stdlib.h>

static int out_of_place(const struct my_event *event, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: %s that ends at %u out of place",
                my_event_name(event->type), event->end);
    return cdc_err_hint(err, "the server writes events in an order that this version does not know");
}

static int set_id(struct my_decoder *d, struct my_txid *id, struct cdc_err *err)
{
    if (d->position.form == MY_POSITION_FILE) {
        id->form = MY_POSITION_FILE;
        id->place = d->place;
        return 0;
    }
    if (id->form == d->position.form)
        return 0;
    cdc_err_set(
        err, CDC_ERR_CONFIG,
        "reading the binlog: a transaction without a GTID at %s:%llu, but the checkpoint counts GTIDs",
        d->place.name, (unsigned long long)d->place.offset);
    return cdc_err_hint(err, "set gtid_mode=ON on the server; if it is off on purpose, " MY_BEGIN_ANEW);
}

static enum my_mode choose_mode(struct my_decoder *d)
{
    const struct my_group *info = &d->group.info;

    if (d->catching_up && my_position_covers(&d->position, &info->id))
        return my_position_holds(&d->position, &info->id) ? MY_MODE_HOLD : MY_MODE_SKIP;
    d->catching_up = false;
    if (d->known.form != MY_POSITION_NONE && my_txid_equal(&d->known, &info->id))
        return MY_MODE_STREAM;
    return info->may_hold_statements ? MY_MODE_HOLD : MY_MODE_STREAM;
}

int my_group_begin(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;

    if (g->mode != MY_MODE_OUTSIDE)
        return out_of_place(event, err);
    my_group_reset(d);
    d->heartbeat = false;
    g->timestamp = event->timestamp;
    g->alone = g->info.standalone;
    g->store.bytes.limit = g->info.prepared ? d->params.prepare_bytes : d->params.hold_bytes;
    if (set_id(d, &g->info.id, err))
        return -1;
    g->mode = choose_mode(d);
    return 0;
}

void my_group_reset(struct my_decoder *d)
{
    struct my_group_state *g = &d->group;

    g->mode = MY_MODE_OUTSIDE;
    g->alone = g->waits_for_first = g->xa = g->begun = g->maps_kept = false;
    g->events = 0;
    g->nsavepoints = g->discards.n = g->discard_at = 0;
    cdc_buf_reset(&g->store.bytes);
    my_tables_deactivate(&d->tables);
}

void my_group_fini(struct my_decoder *d)
{
    cdc_buf_fini(&d->group.store.bytes);
    free(d->group.savepoints);
    free(d->group.discards.list);
    free(d->known_discards.list);
}

int my_group_stop_keeping(struct my_decoder *d, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;

    if (g->info.prepared)
        return my_xa_refuse(d, err);
    g->mode = MY_MODE_PEEK;
    cdc_buf_reset(&g->store.bytes);
    return 0;
}

int my_group_keep(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                  struct cdc_err *err)
{
    struct my_group_state *g = &d->group;

    g->events += relation != NULL;
    if (g->mode != MY_MODE_HOLD || my_store_add(&g->store, event, relation) == 0)
        return 0;
    return my_group_stop_keeping(d, err);
}

int my_group_pass(struct my_decoder *d, struct cdc_err *err)
{
    d->group.events++;
    return d->group.mode == MY_MODE_HOLD ? my_group_stop_keeping(d, err) : 0;
}

/* Savepoints. */

/* FNV-1a; names do not differ by case. */
static uint64_t name_hash(struct cdc_slice name)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        h = (h ^ (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c)) * UINT64_C(1099511628211);
    }
    return h;
}

static int too_many(const char *what, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: too many %s in one transaction", what);
    return cdc_err_hint(err, "make such transactions smaller, and " MY_BEGIN_ANEW);
}

static size_t find_savepoint(const struct my_group_state *g, uint64_t name)
{
    size_t i = g->nsavepoints;

    while (i > 0 && g->savepoints[i - 1].name != name)
        i--;
    return i; /* one more than its index; 0: none */
}

int my_group_savepoint(struct my_decoder *d, struct cdc_slice name, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;
    struct my_savepoint savepoint = {name_hash(name), g->events, g->store.bytes.len};
    size_t old;

    if (g->mode != MY_MODE_HOLD && g->mode != MY_MODE_PEEK)
        return 0;
    old = find_savepoint(g, savepoint.name);
    if (old) { /* the same name again: the old one is gone */
        memmove(g->savepoints + old - 1, g->savepoints + old, (g->nsavepoints - old) * sizeof *g->savepoints);
        g->nsavepoints--;
    }
    if (g->nsavepoints == MY_SAVEPOINTS_MAX)
        return too_many("savepoints", err);
    if (g->nsavepoints == g->savepoints_cap) {
        size_t cap = g->savepoints_cap ? g->savepoints_cap * 2 : 16;
        struct my_savepoint *grown = realloc(g->savepoints, cap * sizeof *grown);

        if (!grown)
            return cdc_err_memory(err);
        g->savepoints = grown;
        g->savepoints_cap = cap;
    }
    g->savepoints[g->nsavepoints++] = savepoint;
    return 0;
}

static int add_discard(struct my_discards *discards, uint64_t first, uint64_t end, struct cdc_err *err)
{
    if (first == end)
        return 0;
    while (discards->n && discards->list[discards->n - 1].first >= first)
        discards->n--; /* the new one goes back further */
    if (discards->n == MY_DISCARDS_MAX)
        return too_many("rollbacks to savepoints", err);
    if (discards->n == discards->cap) {
        size_t cap = discards->cap ? discards->cap * 2 : 8;
        struct my_discard *grown = realloc(discards->list, cap * sizeof *grown);

        if (!grown)
            return cdc_err_memory(err);
        discards->list = grown;
        discards->cap = cap;
    }
    discards->list[discards->n++] = (struct my_discard){first, end};
    return 0;
}

static int gone_too_far(struct my_decoder *d, const char *what, struct cdc_err *err)
{
    cdc_buf_reset(&d->tx_id);
    my_txid_print(&d->group.info.id, &d->tx_id);
    cdc_err_set(err, CDC_ERR_GAP, "transaction %s: rows that have been given out were taken back by %s",
                cdc_buf_str(&d->tx_id), what);
    return cdc_err_hint(err, "%s", MY_BEGIN_ANEW);
}

int my_group_rollback_to(struct my_decoder *d, struct cdc_slice name, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;
    struct my_savepoint *savepoint;
    size_t at;

    if (g->mode == MY_MODE_STREAM && d->known.form == MY_POSITION_NONE && g->begun)
        return gone_too_far(d, "ROLLBACK TO SAVEPOINT", err);
    if (g->mode != MY_MODE_HOLD && g->mode != MY_MODE_PEEK)
        return 0;
    at = find_savepoint(g, name_hash(name));
    if (at == 0)
        return gone_too_far(d, "ROLLBACK TO a savepoint that is not known", err);
    savepoint = &g->savepoints[at - 1];
    g->nsavepoints = at;
    if (add_discard(&g->discards, savepoint->event, g->events, err))
        return -1;
    if (g->mode == MY_MODE_HOLD)
        g->store.bytes.len = savepoint->bytes;
    return 0;
}

bool my_group_is_discarded(struct my_decoder *d)
{
    struct my_group_state *g = &d->group;
    const struct my_discards *discards = &d->known_discards;
    uint64_t event = g->events++;

    if (d->known.form == MY_POSITION_NONE)
        return false;
    while (g->discard_at < discards->n && discards->list[g->discard_at].end <= event)
        g->discard_at++;
    return g->discard_at < discards->n && discards->list[g->discard_at].first <= event;
}

/* Ends. */

static int skip_over(struct my_decoder *d, struct cdc_err *err)
{
    if (d->position.form == MY_POSITION_MARIADB && my_mgtid_list_advance(&d->running, d->group.info.id.mgtid))
        return cdc_err_memory(err);
    my_group_reset(d);
    return 0;
}

/* Committed, and now it is known: to be read again as a stream. */
static void read_again(struct my_decoder *d)
{
    struct my_discards spare = d->known_discards;

    d->known = d->group.info.id;
    d->known_discards = d->group.discards;
    d->group.discards = spare;
    d->group.discards.n = 0;
    d->wants_restart = true;
    my_group_reset(d);
}

int my_group_commit(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;

    g->timestamp = event->timestamp;
    switch (g->mode) {
    case MY_MODE_OUTSIDE:
        return out_of_place(event, err);
    case MY_MODE_SKIP:
        return skip_over(d, err);
    case MY_MODE_PEEK:
        if (g->events > 0) {
            read_again(d);
            return 0;
        }
        break;
    case MY_MODE_HOLD:
        if (g->store.bytes.len) {
            d->replay = &g->store;
            d->replay_at = 0;
            my_tables_deactivate(&d->tables);
        }
        break;
    case MY_MODE_STREAM:
        break;
    }
    d->ending = MY_ENDING_COMMIT;
    return 0;
}

int my_group_rollback(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;

    switch (g->mode) {
    case MY_MODE_OUTSIDE:
        return out_of_place(event, err);
    case MY_MODE_SKIP:
        return skip_over(d, err);
    case MY_MODE_STREAM:
        if (g->begun)
            return gone_too_far(d, "ROLLBACK", err);
        break;
    case MY_MODE_PEEK:
    case MY_MODE_HOLD:
        cdc_buf_reset(&g->store.bytes);
        break;
    }
    d->ending = MY_ENDING_COMMIT; /* of nothing */
    return 0;
}

int my_group_finish(struct my_decoder *d, struct cdc_err *err)
{
    struct my_group_state *g = &d->group;

    d->ending = MY_ENDING_NONE;
    my_xa_finish(d);
    if (my_position_advance(&d->position, &g->info.id, &d->place))
        return cdc_err_memory(err);
    if (d->known.form != MY_POSITION_NONE && my_txid_equal(&d->known, &g->info.id))
        d->known.form = MY_POSITION_NONE;
    d->advanced = true;
    d->reached = g->timestamp;
    my_group_reset(d);
    return 0;
}
