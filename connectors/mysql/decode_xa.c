/*
 * XA transactions (decoder_impl.h): prepared under one GTID, decided under another, perhaps after a restart of server and agent.
 * Part of the decoder, source thread. Their rows are kept from the prepare to the decision, within a limit over all of them, and
 * the position says which ones are open, so that a new start reads them again.
 */
#include "decoder_impl.h"

#include "remedy.h"

#include <stdlib.h>

static void free_prepared(struct my_prepared *prepared)
{
    if (!prepared)
        return;
    cdc_buf_fini(&prepared->xid);
    cdc_buf_fini(&prepared->store.bytes);
    free(prepared);
}

void my_xa_clear(struct my_decoder *d)
{
    while (d->prepared) {
        struct my_prepared *next = d->prepared->next;

        free_prepared(d->prepared);
        d->prepared = next;
    }
    free_prepared(d->decided);
    d->decided = NULL;
    d->prepared_bytes = 0;
}

int my_xa_refuse(const struct my_decoder *d, struct cdc_err *err)
{
    cdc_err_set(
        err, CDC_ERR_GAP,
        "more is prepared in XA transactions and undecided than can be kept: %zu bytes of rows, or %d transactions",
        d->params.prepare_bytes, MY_HELD_MAX);
    return cdc_err_hint(
        err, "decide old ones (XA RECOVER shows them), or make them smaller; to go on, " MY_BEGIN_ANEW);
}

/* Takes the kept events over from the group. */
static struct my_prepared *new_prepared(struct my_decoder *d, const struct my_xid *xid)
{
    struct my_prepared *prepared = calloc(1, sizeof *prepared);

    if (!prepared)
        return NULL;
    prepared->id = d->group.info.id;
    my_xid_print(xid, &prepared->xid);
    cdc_buf_put_slice(&prepared->store.bytes, cdc_buf_slice(&d->group.store.bytes));
    if (!prepared->xid.failed && !prepared->store.bytes.failed)
        return prepared;
    free_prepared(prepared);
    return NULL;
}

static void append(struct my_decoder *d, struct my_prepared *prepared)
{
    struct my_prepared **at = &d->prepared;

    while (*at)
        at = &(*at)->next;
    *at = prepared;
    d->prepared_bytes += prepared->store.bytes.len;
}

/* The position moves over the transaction but says that it is open; while catching up it said so already. */
static int hold_position(struct my_decoder *d, struct cdc_err *err)
{
    const struct my_txid *id = &d->group.info.id;

    if (d->catching_up) {
        for (size_t i = 0; i < d->position.nheld; i++)
            if (my_txid_equal(&d->position.held[i].id, id) &&
                my_mgtid_list_copy(&d->position.held[i].before, &d->running))
                return cdc_err_memory(err);
        if (d->position.form == MY_POSITION_MARIADB && my_mgtid_list_advance(&d->running, id->mgtid))
            return cdc_err_memory(err);
        return 0;
    }
    if (d->position.nheld == MY_HELD_MAX)
        return my_xa_refuse(d, err);
    if (my_position_hold(&d->position, id) || my_position_advance(&d->position, id, &d->place))
        return cdc_err_memory(err);
    d->advanced = true;
    return 0;
}

static int keep(struct my_decoder *d, const struct my_xid *xid, struct cdc_err *err)
{
    struct my_prepared *prepared;

    if (d->group.mode == MY_MODE_PEEK ||
        d->prepared_bytes + d->group.store.bytes.len > d->params.prepare_bytes)
        return my_xa_refuse(d, err);
    prepared = new_prepared(d, xid);
    if (!prepared)
        return cdc_err_memory(err);
    if (hold_position(d, err)) {
        free_prepared(prepared);
        return -1;
    }
    append(d, prepared);
    my_group_reset(d);
    return 0;
}

int my_xa_prepare(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    bool one_phase;
    struct my_xid xid;

    if (!my_xa_prepare_parse(event, &one_phase, &xid))
        return my_event_malformed(event, err);
    if (one_phase || d->group.mode == MY_MODE_SKIP || d->group.mode == MY_MODE_OUTSIDE)
        return my_group_commit(d, event, err);
    if (d->group.mode == MY_MODE_STREAM)
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: XA PREPARE without XA START");
    return keep(d, &xid, err);
}

static struct my_prepared *take(struct my_decoder *d, struct cdc_slice xid)
{
    for (struct my_prepared **at = &d->prepared; *at; at = &(*at)->next) {
        struct my_prepared *found = *at;

        if (!cdc_slice_eq(cdc_buf_slice(&found->xid), xid))
            continue;
        *at = found->next;
        d->prepared_bytes -= found->store.bytes.len;
        return found;
    }
    return NULL;
}

static int unknown(struct cdc_slice xid, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_GAP,
                "XA transaction %.*s was committed, but it was prepared before the stream began",
                (int)(xid.len > 200 ? 200 : xid.len), xid.ptr);
    return cdc_err_hint(err, "its rows are not known any more: " MY_BEGIN_ANEW);
}

int my_xa_decide(struct my_decoder *d, const struct my_event *event, struct cdc_slice xid, bool commit,
                 struct cdc_err *err)
{
    if (d->group.mode == MY_MODE_SKIP || d->group.mode == MY_MODE_OUTSIDE)
        return my_group_commit(d, event, err);
    d->decided = take(d, xid);
    if (!d->decided && commit)
        return unknown(xid, err);
    if (d->decided && commit && d->decided->store.bytes.len) {
        d->replay = &d->decided->store;
        d->replay_at = 0;
    }
    d->group.timestamp = event->timestamp;
    d->ending = MY_ENDING_COMMIT;
    return 0;
}

void my_xa_finish(struct my_decoder *d)
{
    if (!d->decided)
        return;
    my_position_release(&d->position, &d->decided->id);
    free_prepared(d->decided);
    d->decided = NULL;
}
