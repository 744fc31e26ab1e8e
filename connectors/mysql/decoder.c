/*
 * The decoder: packets of the binlog in, items out (decoder.h). Second station of the flow: client -> decoder -> pipeline; the source
 * thread owns it. It pulls: each call goes on with what is open (rows of an event, events of a compressed transaction, kept events)
 * before it asks for another packet, so that nothing but undecided transactions is ever kept, and those within limits.
 *
 * Errors end the stream: after one, only a new start makes sense. Values that cannot be converted are not errors (value.h).
 */
#include "decoder_impl.h"

#include "digits.h"

#include "cdc/clock.h"

#include <stdlib.h>

#define VALUE_BYTES_MAX  (64u << 20) /* of all converted values of a row */
#define SILENT_PER_CLOCK 1024
#define PACKETS_PER_CALL 4096

struct my_decoder *my_decoder_new(const struct my_decoder_params *params)
{
    struct my_decoder *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->params = *params;
    if (my_tables_init(&d->tables, params->source)) {
        free(d);
        return NULL;
    }
    cdc_arena_init(&d->space.arena, VALUE_BYTES_MAX);
    cdc_buf_init(&d->space.text, VALUE_BYTES_MAX);
    cdc_buf_init(&d->unpacked, MY_UNPACK_MAX);
    cdc_buf_init(&d->group.store.bytes, params->hold_bytes);
    return d;
}

void my_decoder_free(struct my_decoder *d)
{
    if (!d)
        return;
    my_xa_clear(d);
    my_group_fini(d);
    my_payload_free(d->payload);
    if (d->large)
        my_large_fini(d->large);
    free(d->large);
    if (d->inflate)
        my_inflate_fini(d->inflate);
    free(d->inflate);
    my_tables_fini(&d->tables);
    my_position_fini(&d->position);
    my_mgtid_list_fini(&d->running);
    cdc_arena_fini(&d->space.arena);
    cdc_buf_fini(&d->space.text);
    cdc_buf_fini(&d->unpacked);
    cdc_buf_fini(&d->tx_id);
    cdc_buf_fini(&d->position_text);
    free(d);
}

/* Whatever was open when the connection ended. */
static void close_stream(struct my_decoder *d)
{
    d->has_packet = d->payload_open = d->large_open = d->large_held = d->rows_open = d->has_format = false;
    d->format.checksums = d->server.checksums;
    d->summed.rest.left = 0;
    d->truncated = NULL;
    d->replay = NULL;
    d->ending = MY_ENDING_NONE;
    d->wants_restart = d->heartbeat = d->position_due = false;
    d->expected = d->position.mark;
    d->place.offset = 0; /* until the first ROTATE says where the server begins */
    my_group_reset(d);
}

/* MySQL is asked for the held transactions by leaving them out of the set: they come as if they were new. */
static int reopen_held(struct my_decoder *d)
{
    struct my_gtid_set held = {0};
    int rc = 0;

    while (d->position.nheld > 0 && rc == 0) {
        rc = my_gtid_set_add(&held, &d->position.held[0].id.gtid);
        my_position_release(&d->position, &d->position.held[0].id);
    }
    if (rc == 0)
        rc = my_gtid_set_subtract(&d->position.set, &held);
    my_gtid_set_fini(&held);
    return rc;
}

int my_decoder_start(struct my_decoder *d, const struct my_position *from,
                     const struct my_decoder_server *server, struct cdc_err *err)
{
    d->server = *server;
    d->params.catalog.mariadb = server->mariadb;
    my_xa_clear(d);
    my_tables_forget(&d->tables);
    my_tables_fold_case(&d->tables, server->fold_case);
    if (my_position_copy(&d->position, from) || (d->position.form == MY_POSITION_MYSQL && reopen_held(d)))
        return cdc_err_memory(err);
    d->catching_up = d->position.nheld > 0;
    if (d->catching_up && my_mgtid_list_copy(&d->running, &d->position.held[0].before))
        return cdc_err_memory(err);
    d->started_empty =
        d->position.form == MY_POSITION_MARIADB && (d->catching_up ? d->running.n : d->position.list.n) == 0;
    d->known.form = MY_POSITION_NONE;
    d->advanced = false;
    d->reached = 0;
    d->named = 0;
    d->position_given_ms = cdc_now_ms();
    close_stream(d);
    return 0;
}

int my_decoder_restart(struct my_decoder *d, struct cdc_err *err)
{
    if (d->catching_up)
        return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: cannot begin again while catching up");
    d->started_empty = d->position.form == MY_POSITION_MARIADB && d->position.list.n == 0;
    close_stream(d);
    return 0;
}

struct my_dump_start my_decoder_dump_start(const struct my_decoder *d)
{
    const struct my_position *p = &d->position;

    return (struct my_dump_start){.form = p->form,
                                  .set = &p->set,
                                  .list = d->catching_up ? &d->running : &p->list,
                                  .place = d->catching_up ? &p->held[0].id.place : &p->place};
}

bool my_decoder_wants_restart(const struct my_decoder *d)
{
    return d->wants_restart;
}

const struct my_position *my_decoder_position(const struct my_decoder *d)
{
    return &d->position;
}

uint32_t my_decoder_reached(const struct my_decoder *d)
{
    return d->reached;
}

bool my_decoder_take_heartbeat(struct my_decoder *d)
{
    bool heartbeat = d->heartbeat;

    d->heartbeat = false;
    return heartbeat;
}

void my_decoder_feed(struct my_decoder *d, struct cdc_slice packet)
{
    d->packet = packet;
    d->has_packet = true;
    d->part.left = 0;
}

void my_decoder_feed_part(struct my_decoder *d, struct cdc_slice head, const struct my_rest *rest)
{
    my_decoder_feed(d, head);
    d->part = *rest;
}

/* Items. */

/* With one domain, as most servers have it, where a transaction ends is what it is called. */
static bool is_named_by(const struct my_position *position, struct my_mgtid gtid)
{
    const struct my_mgtid *at = position->list.items;

    return position->form == MY_POSITION_MARIADB && position->nheld == 0 && position->list.n == 1 &&
           at->sequence == gtid.sequence && at->domain == gtid.domain && at->server == gtid.server;
}

/* `of_transaction`: tx_id is the one that the position is right behind. */
static int print_position(struct my_decoder *d, bool of_transaction, struct cdc_item *item,
                          struct cdc_err *err)
{
    cdc_buf_reset(&d->position_text);
    if (of_transaction && is_named_by(&d->position, d->group.info.id.mgtid))
        my_position_print_as(&d->position, cdc_buf_slice(&d->tx_id), &d->position_text);
    else
        my_position_print(&d->position, &d->position_text);
    if (d->position_text.failed)
        return cdc_err_memory(err);
    item->position = cdc_buf_slice(&d->position_text);
    d->advanced = false;
    d->silent = 0;
    return 0;
}

/* Into tx_id. MariaDB's domain and server change seldom: then only the number behind them is printed. */
static void print_txid(struct my_decoder *d)
{
    const struct my_txid *id = &d->group.info.id;
    bool same = d->named && id->form == MY_POSITION_MARIADB && d->newest.domain == id->mgtid.domain &&
                d->newest.server == id->mgtid.server;

    if (same) {
        d->tx_id.len = d->named;
        my_digits_put(&d->tx_id, id->mgtid.sequence);
        return;
    }
    cdc_buf_reset(&d->tx_id);
    my_txid_print(id, &d->tx_id);
    d->newest = id->mgtid;
    d->named = id->form == MY_POSITION_MARIADB ? d->tx_id.len : 0;
    while (d->named && d->tx_id.data[d->named - 1] != '-')
        d->named--;
}

static int give_begin(struct my_decoder *d, struct cdc_item *item, struct cdc_err *err)
{
    const struct my_group *info = &d->group.info;

    print_txid(d);
    if (d->tx_id.failed)
        return cdc_err_memory(err);
    item->type = CDC_ITEM_BEGIN;
    item->tx.id = cdc_buf_slice(&d->tx_id);
    item->tx.xid = d->decided ? cdc_buf_slice(&d->decided->xid) : item->tx.id;
    item->tx.commit_us = info->commit_us ? info->commit_us : (int64_t)d->group.timestamp * 1000000;
    d->group.begun = true;
    return 0;
}

static void give_relation(struct my_relation *relation, struct cdc_item *item)
{
    relation->announced = true;
    item->type = CDC_ITEM_RELATION;
    item->relation = &relation->public;
}

/* Every item of a transaction goes through here: first its BEGIN, then what the relation is. true: one of these is the item. */
static bool give_first(struct my_decoder *d, struct my_relation *relation, struct cdc_item *item, int *rc,
                       struct cdc_err *err)
{
    if (!d->group.begun) {
        *rc = give_begin(d, item, err);
        return true;
    }
    if (!relation->announced) {
        give_relation(relation, item);
        return true;
    }
    return false;
}

static int bad_row(const struct my_decoder *d, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_FATAL, "malformed row of table %s.%s in the events before %s:%llu",
                d->relation->table->schema, d->relation->table->name, d->place.name,
                (unsigned long long)d->place.offset);
    return cdc_err_hint(err, "the server's binlog is damaged, or of a form that this version does not know");
}

static int give_row(struct my_decoder *d, struct cdc_item *item, struct cdc_err *err)
{
    struct my_relation *relation = d->relation;
    const struct my_row_target *target = &relation->target;
    bool full;
    int rc = 0;

    if (give_first(d, relation, item, &rc, err))
        return rc;
    cdc_arena_reset(&d->space.arena);
    relation->target.space = &d->space;
    if (!my_rows_next(&d->rows, target, &full))
        return bad_row(d, err);
    if (my_value_starved(&d->space))
        return cdc_err_memory(err);
    item->type = CDC_ITEM_ROW;
    item->row.op = d->rows.op;
    item->row.relation = &relation->public;
    item->row.after = d->rows.after ? target->after : NULL;
    item->row.before = d->rows.before ? target->before : NULL;
    item->row.before_is = !d->rows.before ? CDC_IDENTITY_NOTHING
                          : full          ? CDC_IDENTITY_FULL
                                          : CDC_IDENTITY_KEY;
    return 0;
}

static int give_truncate(struct my_decoder *d, struct cdc_item *item, struct cdc_err *err)
{
    struct my_relation *relation = d->truncated;
    int rc = 0;

    if (!relation->described && my_relation_describe_now(relation, &d->params.catalog, err))
        return -1;
    if (give_first(d, relation, item, &rc, err))
        return rc;
    item->type = CDC_ITEM_TRUNCATE;
    item->relation = &relation->public;
    d->truncated = NULL;
    return 0;
}

/* true: there is an item (or an error) and no need to look further. */
static bool give_end(struct my_decoder *d, struct cdc_item *item, int *rc, struct cdc_err *err)
{
    bool begun = d->group.begun;

    *rc = my_group_finish(d, err);
    if (*rc)
        return true;
    if (!begun) {
        d->silent++;
        return false;
    }
    item->type = CDC_ITEM_COMMIT;
    *rc = print_position(d, true, item, err);
    return true;
}

static inline bool position_is_due(struct my_decoder *d, bool idle)
{
    if (!d->advanced || d->group.mode != MY_MODE_OUTSIDE || d->catching_up)
        return false;
    if (!idle && d->silent < SILENT_PER_CLOCK)
        return false;
    d->silent = 0;
    return d->position_due || cdc_now_ms() - d->position_given_ms >= d->params.position_ms;
}

static int give_position(struct my_decoder *d, struct cdc_item *item, struct cdc_err *err)
{
    item->type = CDC_ITEM_POSITION;
    d->position_due = false;
    d->position_given_ms = cdc_now_ms();
    return print_position(d, false, item, err);
}

static int next_kept(struct my_decoder *d, struct cdc_err *err)
{
    struct my_kept kept;

    if (my_store_next(d->replay, &d->replay_at, &kept))
        return my_decode_kept(d, &kept, err);
    d->replay = NULL;
    return 0;
}

static int next_inner(struct my_decoder *d, struct cdc_err *err)
{
    struct cdc_slice event;
    int rc = my_payload_next(d->payload, &event, &d->part, err);

    if (rc > 0)
        return my_decode_inner(d, event, err);
    d->payload_open = false;
    d->part.left = 0;
    return rc;
}

static int next_packet(struct my_decoder *d, struct cdc_err *err)
{
    d->has_packet = false;
    return d->part.left ? my_decode_part(d, d->packet, err) : my_decode_packet(d, d->packet, err);
}

/* Which columns are wanted must be known now; the transaction begins when it is decided. */
static bool hold_large(struct my_decoder *d, struct cdc_item *item, int *rc, struct cdc_err *err)
{
    if (!d->relation->announced) {
        give_relation(d->relation, item);
        return true;
    }
    *rc = my_decode_keep_large(d, err);
    return *rc < 0;
}

/* Its rows are read once it is known which columns are wanted. true: there is an item, or an error. */
static bool next_large(struct my_decoder *d, struct cdc_item *item, int *rc, struct cdc_err *err)
{
    *rc = 0;
    if (d->large_held)
        return hold_large(d, item, rc, err);
    if (give_first(d, d->relation, item, rc, err))
        return true;
    *rc = my_large_next(d->large, &d->relation->target, err);
    if (*rc < 0)
        return true;
    d->large_open = d->rows_open = *rc > 0;
    d->rows = d->large->rows;
    *rc = 0;
    return false;
}

/* Whether anything but the packet is to be gone on with. Never so when a packet comes. */
static inline bool is_open(const struct my_decoder *d)
{
    return d->rows_open || d->replay || d->ending != MY_ENDING_NONE || d->large_open || d->truncated ||
           d->payload_open;
}

/* Goes on with what is open. true: there is an item, or an error. */
static bool go_on(struct my_decoder *d, struct cdc_item *item, int *rc, struct cdc_err *err)
{
    if (d->rows_open) {
        if (my_rows_left(&d->rows)) {
            *rc = give_row(d, item, err);
            return true;
        }
        d->rows_open = false;
    } else if (d->large_open) {
        return next_large(d, item, rc, err);
    } else if (d->truncated) {
        *rc = give_truncate(d, item, err);
        return true;
    } else if (d->replay) {
        *rc = next_kept(d, err);
    } else if (d->ending != MY_ENDING_NONE) {
        return give_end(d, item, rc, err);
    } else if (d->payload_open) {
        *rc = next_inner(d, err);
    }
    return *rc != 0;
}

/* What makes no sense in an event whose checksum has not come yet is damage on the way to here, if that turns out to be wrong. */
CDC_RARE static int failed(struct my_decoder *d, struct cdc_err *err)
{
    struct cdc_err other;

    if (err->class == CDC_ERR_FATAL && my_summed_finish(&d->summed, &other))
        *err = other;
    return -1;
}

/* 1: there is a packet; 0: there is none, or this call has had its share; -1: error. `from`: where more come from; may be NULL. */
static inline int take(struct my_decoder *d, const struct my_packets *from, unsigned *taken,
                       struct cdc_err *err)
{
    if (d->has_packet)
        return 1;
    if (!from || ++*taken > PACKETS_PER_CALL)
        return 0;
    return from->take(from->ctx, d, err);
}

int my_decoder_pull(struct my_decoder *d, const struct my_packets *from, struct cdc_item *item,
                    struct cdc_err *err)
{
    unsigned taken = 0;
    int rc = 0;

    item->type = CDC_ITEM_NONE;
    for (;;) {
        while (!d->has_packet && is_open(d) && !d->wants_restart)
            if (go_on(d, item, &rc, err))
                return rc < 0 ? failed(d, err) : 0;
        if (d->wants_restart)
            return 0;
        rc = take(d, from, &taken, err);
        if (rc < 0)
            return -1;
        if (position_is_due(d, rc == 0))
            return give_position(d, item, err);
        if (rc == 0)
            return 0;
        if (next_packet(d, err))
            return failed(d, err);
    }
}

int my_decoder_next(struct my_decoder *d, struct cdc_item *item, struct cdc_err *err)
{
    return my_decoder_pull(d, NULL, item, err);
}
