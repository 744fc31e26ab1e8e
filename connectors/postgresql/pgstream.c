/*
 * The stream (pgstream.h): unwraps CopyData, has the message decoded, keeps relations and the open transaction, and gives out one
 * item at a time. Owned by the source thread. Values in an item are slices of libpq's copy of the message, or of the arena, and
 * live until the next call of next(). Fails with the server's words when the connection ends; the caller then starts anew
 * from its checkpoint, so nothing here needs to survive.
 *
 * CopyData payloads (PostgreSQL documentation, "Streaming Replication Protocol"), integers big endian:
 *
 *   XLogData   'w' start:8 end:8 time:8 pgoutput message
 *   Keepalive  'k' end:8 time:8 reply_requested:1
 */
#include "postgresql/pgstream.h"

#include "cdc/clock.h"

#include "postgresql/pgfeedback.h"
#include "postgresql/pglsn.h"
#include "postgresql/pgquote.h"
#include "postgresql/pgrow.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define START_MS    10000
#define MAX_SILENT  256  /* messages without an item in one call of next() */
#define PATIENCE_MS 2000 /* with a server that wants to shut down */
#define BUSY_COUNT  16   /* messages … */
#define BUSY_US     2000 /* … in this time are load, and worth a pause … */
#define BUSY_PAUSE  100  /* … of so many microseconds, in which the socket fills */
#define COPY_HEADER 5    /* bytes of CopyData around a message */
#define XLOG_HEADER 24

struct pgstream {
    struct pgstream_params params;
    struct pq *pq; /* borrowed */
    struct pgfeedback feedback;
    struct pgrelations relations;
    struct pgtypes types;
    struct pgvalue_space space;

    bool in_tx;
    char tx_id[PGLSN_TEXT], tx_xid[12], position[PGLSN_TEXT];
    struct cdc_tx tx;
    uint64_t given;     /* the last position given out */
    uint64_t pending;   /* of keepalives, not yet given out; 0: none */
    int64_t given_ms;   /* when the last one of these was given out */
    uint64_t awaited;   /* somebody waits for this one; 0: nobody */
    uint32_t truncates; /* relations of the present Truncate that are still to be given out */

    uint64_t bytes;
    int64_t caught_up_ms;
    unsigned burst; /* messages since burst_us */
    int64_t burst_us;

    struct pgoutput_message message;
    struct pgoutput_space tuples;
    struct pgoutput_column columns[PGOUTPUT_MAX_COLUMNS];
};

struct pgstream *pgstream_new(const struct pgstream_params *params)
{
    struct pgstream *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->params = *params;
    pgtypes_init(&s->types, params->side);
    pgvalue_space_init(&s->space);
    return s;
}

void pgstream_reset(struct pgstream *s)
{
    s->pq = NULL;
    pgrelations_clear(&s->relations);
    pgtypes_clear(&s->types);
    s->in_tx = false;
    s->pending = 0;
    s->truncates = 0;
    s->caught_up_ms = 0;
}

void pgstream_free(struct pgstream *s)
{
    if (!s)
        return;
    pgstream_reset(s);
    pgvalue_space_fini(&s->space);
    free(s);
}

struct pgtypes *pgstream_types(struct pgstream *s)
{
    return &s->types;
}

/* START_REPLICATION SLOT "name" LOGICAL 0/0 (proto_version '1', publication_names '"name"', messages 'false') */
static void put_command(struct cdc_buf *sql, const struct cdc_source_config *config, uint64_t from)
{
    struct cdc_buf list = {0};
    char lsn[PGLSN_TEXT];

    pglsn_print(from, lsn);
    pgquote_name(&list, config->publication);
    cdc_buf_puts(sql, "START_REPLICATION SLOT ");
    pgquote_name(sql, config->slot);
    cdc_buf_printf(sql, " LOGICAL %s (proto_version '1', publication_names ", lsn);
    pgquote_plain(sql, cdc_buf_str(&list));
    cdc_buf_puts(sql, ", messages 'false')");
    sql->failed |= list.failed;
    cdc_buf_fini(&list);
}

int pgstream_start(struct pgstream *s, struct pq *pq, uint64_t from, uint64_t confirmed, int64_t timeout_ms,
                   struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    pgstream_reset(s);
    put_command(&sql, s->params.config, from);
    rc = cdc_buf_str(&sql)[0] ? pq_copy_start(pq, sql.data, START_MS, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    if (rc)
        return cdc_err_wrap(err, "starting the stream of slot %s", s->params.config->slot);
    s->pq = pq;
    s->given = from;
    s->given_ms = cdc_now_ms();
    s->burst = 0;
    s->burst_us = cdc_now_us();
    pgfeedback_start(&s->feedback, confirmed, s->params.config->heartbeat_ms, timeout_ms, cdc_now_ms());
    pgfeedback_receive(&s->feedback, from);
    return 0;
}

static int send_feedback_when_due(struct pgstream *s, int64_t now, struct cdc_err *err)
{
    unsigned char message[PGFEEDBACK_BYTES];

    pgfeedback_hear(&s->feedback, now);
    if (now < pgfeedback_due_ms(&s->feedback))
        return 0;
    pgfeedback_encode(&s->feedback, now, cdc_wall_us(), message);
    if (pq_copy_put(s->pq, message, sizeof message, err))
        return cdc_err_wrap(err, "confirming to slot %s", s->params.config->slot);
    return 0;
}

/* A sample of the server's end that we have reached: at the time of asking, there was nothing more. */
static void note_caught_up(struct pgstream *s)
{
    const struct pgside_sample *sample = &s->params.side->sample;

    if (sample->asked_ms > s->caught_up_ms && s->feedback.received >= sample->end_lsn)
        s->caught_up_ms = sample->asked_ms;
}

static struct cdc_slice print_position(struct pgstream *s, uint64_t lsn)
{
    s->given = lsn;
    if (s->pending <= lsn)
        s->pending = 0;
    return cdc_slice(s->position, pglsn_print(lsn, s->position));
}

static bool is_awaited(const struct pgstream *s)
{
    return s->given < s->awaited && s->pending >= s->awaited;
}

/* Gives out the position of keepalives, once a heartbeat at most, unless somebody waits for it. */
static void give_position_when_due(struct pgstream *s, struct cdc_item *item, int64_t now)
{
    if (!s->pending || s->in_tx)
        return;
    if (now - s->given_ms < s->params.config->heartbeat_ms && !is_awaited(s) &&
        !pgfeedback_is_urged(&s->feedback, now, 0))
        return;
    item->type = CDC_ITEM_POSITION;
    item->position = print_position(s, s->pending);
    s->given_ms = now;
}

/* Everything before a keepalive's position has been sent: outside a transaction nothing of interest lies before it. */
static int on_keepalive(struct pgstream *s, struct cdc_reader *r, struct cdc_item *item, struct cdc_err *err)
{
    uint64_t end = cdc_read_be64(r);
    int64_t now = cdc_now_ms();
    bool reply;

    cdc_read_be64(r);
    reply = cdc_read_u8(r) != 0;
    if (r->failed)
        return cdc_err_set(err, CDC_ERR_RETRY, "a keepalive of the stream is malformed");
    if (!s->in_tx) {
        pgfeedback_receive(&s->feedback, end);
        if (end > s->given && end > s->pending)
            s->pending = end;
        note_caught_up(s);
    }
    if (reply)
        pgfeedback_ask(&s->feedback, end, now);
    give_position_when_due(s, item, now);
    return send_feedback_when_due(s, now, err);
}

static int out_of_order(const struct pgstream *s, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "the stream sent %s %s a transaction",
                       pgoutput_type_name(s->message.type), s->in_tx ? "inside" : "outside");
}

static int on_begin(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    int n;

    if (s->in_tx)
        return out_of_order(s, err);
    s->in_tx = true;
    s->tx.id = cdc_slice(s->tx_id, pglsn_print(s->message.u.begin.final_lsn, s->tx_id));
    n = snprintf(s->tx_xid, sizeof s->tx_xid, "%u", s->message.u.begin.xid);
    s->tx.xid = cdc_slice(s->tx_xid, (size_t)n);
    s->tx.commit_us = s->message.u.begin.commit_us;
    item->type = CDC_ITEM_BEGIN;
    item->tx = s->tx;
    return 0;
}

static int on_commit(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    if (!s->in_tx)
        return out_of_order(s, err);
    s->in_tx = false;
    pgfeedback_receive(&s->feedback, s->message.u.commit.end_lsn);
    item->type = CDC_ITEM_COMMIT;
    item->tx = s->tx;
    item->position = print_position(s, s->message.u.commit.end_lsn);
    return 0;
}

static int on_relation(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    struct cdc_reader columns = s->message.u.relation.columns;
    struct pgrelation_spec spec = {
        .id = s->message.u.relation.id,
        .schema = s->message.u.relation.schema,
        .name = s->message.u.relation.name,
        .identity = s->message.u.relation.identity,
        .ncolumns = s->message.u.relation.ncolumns,
        .columns = s->columns,
    };
    struct pgrelation *relation;

    for (uint32_t i = 0; i < spec.ncolumns; i++)
        s->columns[i] = pgoutput_column_next(&columns);
    if (pgrelation_new(&relation, &spec, &s->types, err) || pgrelations_put(&s->relations, relation, err))
        return -1;
    item->type = CDC_ITEM_RELATION;
    item->relation = &relation->rel;
    return 0;
}

static struct pgrelation *find_relation(struct pgstream *s, uint32_t id, struct cdc_err *err)
{
    struct pgrelation *relation = pgrelations_find(&s->relations, id);

    if (!relation)
        cdc_err_set(err, CDC_ERR_RETRY, "the stream sent a change of table %u, which it has not announced",
                    id);
    return relation;
}

static int on_change(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    const struct pgrelation *relation;

    if (!s->in_tx)
        return out_of_order(s, err);
    relation = find_relation(s, s->message.u.change.relation, err);
    if (!relation || pgrow_make(relation, &s->message, &s->tuples, &s->space, &item->row, err))
        return -1;
    item->type = CDC_ITEM_ROW;
    return 0;
}

/* One relation of the Truncate message that libpq still holds. */
static int give_truncated(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    struct pgrelation *relation = find_relation(s, cdc_read_be32(&s->message.u.truncate.relations), err);

    if (!relation)
        return -1;
    s->truncates--;
    item->type = CDC_ITEM_TRUNCATE;
    item->relation = &relation->rel;
    return 0;
}

static int on_truncate(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    if (!s->in_tx)
        return out_of_order(s, err);
    s->truncates = s->message.u.truncate.nrelations;
    return s->truncates ? give_truncated(s, item, err) : 0;
}

static int on_data(struct pgstream *s, struct cdc_slice payload, struct cdc_item *item, struct cdc_err *err)
{
    if (pgoutput_decode(payload, &s->tuples, &s->message, err))
        return -1;
    switch (s->message.type) {
    case PGOUTPUT_INSERT:
    case PGOUTPUT_UPDATE:
    case PGOUTPUT_DELETE:
        return on_change(s, item, err);
    case PGOUTPUT_BEGIN:
        return on_begin(s, item, err);
    case PGOUTPUT_COMMIT:
        return on_commit(s, item, err);
    case PGOUTPUT_RELATION:
        return on_relation(s, item, err);
    case PGOUTPUT_TRUNCATE:
        return on_truncate(s, item, err);
    case PGOUTPUT_ORIGIN:
    case PGOUTPUT_TYPE:
    case PGOUTPUT_MESSAGE:
        return 0;
    }
    return 0;
}

static int on_message(struct pgstream *s, struct cdc_slice bytes, struct cdc_item *item, struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(bytes.ptr, bytes.len);
    uint8_t tag = cdc_read_u8(&r);

    s->bytes += bytes.len + COPY_HEADER;
    s->burst++;
    s->feedback.heard = true;
    if (tag == 'k')
        return on_keepalive(s, &r, item, err);
    if (tag != 'w' || !cdc_read(&r, XLOG_HEADER))
        return cdc_err_set(err, CDC_ERR_RETRY, "the stream sent a message of unknown type 0x%02x", tag);
    return on_data(s, cdc_slice((const char *)r.at, cdc_reader_left(&r)), item, err);
}

/* Nothing has arrived. */
static int on_quiet(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    int64_t now = cdc_now_ms();

    pgfeedback_hear(&s->feedback, now);
    if (pgfeedback_is_silent(&s->feedback, now)) {
        cdc_err_set(err, CDC_ERR_RETRY, "the server has not answered for minutes");
        return cdc_err_hint(err, "if that happens again: what does its process wait for (pg_stat_activity)?");
    }
    if (pgfeedback_is_urged(&s->feedback, now, PATIENCE_MS)) {
        cdc_err_set(err, CDC_ERR_RETRY, "the server is shutting down and waits for us");
        return cdc_err_hint(err, "we disconnect, so that it need not wait until everything is confirmed");
    }
    note_caught_up(s);
    give_position_when_due(s, item, now);
    return send_feedback_when_due(s, now, err);
}

int pgstream_next(struct pgstream *s, struct cdc_item *item, struct cdc_err *err)
{
    struct cdc_slice message;
    int rc = 0;

    item->type = CDC_ITEM_NONE;
    cdc_arena_reset(&s->space.arena);
    if (s->truncates)
        return give_truncated(s, item, err);
    for (unsigned i = 0; i < MAX_SILENT && rc == 0 && item->type == CDC_ITEM_NONE; i++) {
        rc = pq_copy_get(s->pq, &message, err);
        if (rc == 0)
            return on_quiet(s, item, err);
        if (rc > 0)
            rc = on_message(s, message, item, err);
    }
    return rc ? cdc_err_wrap(err, "reading from slot %s", s->params.config->slot) : 0;
}

/* Under load the server sends each message by a system call of its own: a short pause lets us read many at a time. */
static bool is_busy(struct pgstream *s)
{
    int64_t now = cdc_now_us();
    bool busy = s->burst >= BUSY_COUNT && now - s->burst_us < BUSY_US;

    if (busy || now - s->burst_us >= BUSY_US) {
        s->burst = 0;
        s->burst_us = now;
    }
    return busy;
}

static int until(int64_t due_ms, int64_t now, int timeout_ms)
{
    int64_t left = due_ms - now;

    return left >= timeout_ms ? timeout_ms : left > 0 ? (int)left : 0;
}

static int shorten(const struct pgstream *s, int64_t now, int timeout_ms)
{
    timeout_ms = until(pgfeedback_due_ms(&s->feedback), now, timeout_ms);
    if (s->pending && !s->in_tx)
        timeout_ms =
            until(is_awaited(s) ? now : s->given_ms + s->params.config->heartbeat_ms, now, timeout_ms);
    return timeout_ms;
}

int pgstream_wait(struct pgstream *s, int timeout_ms, struct cdc_err *err)
{
    struct pollfd fds[3] = {
        {.fd = pq_fd(s->pq), .events = pq_events(s->pq)},
        {.fd = s->params.interrupt_fd, .events = POLLIN},
    };
    int64_t now;

    if (is_busy(s)) {
        struct timespec pause = {.tv_nsec = BUSY_PAUSE * 1000L};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        return 0;
    }
    now = cdc_now_ms();
    pgside_turn(s->params.side, now);
    fds[2].fd = pgside_fd(s->params.side, &fds[2].events);
    if (poll(fds, 3, shorten(s, now, timeout_ms)) < 0 && errno != EINTR)
        return cdc_err_set(err, CDC_ERR_RETRY, "waiting for the stream: %s", strerror(errno));
    if (fds[1].revents)
        pq_interrupted(s->params.interrupt_fd);
    if (fds[2].revents)
        pgside_turn(s->params.side, cdc_now_ms());
    return 0;
}

int pgstream_confirm(struct pgstream *s, struct cdc_slice position, struct cdc_err *err)
{
    int64_t now = cdc_now_ms();
    uint64_t lsn = 0;

    if (position.len && pglsn_parse(position, &lsn))
        return cdc_err_set(err, CDC_ERR_FATAL, "\"%.*s\" is not a position of PostgreSQL",
                           position.len < 64 ? (int)position.len : 64, position.ptr);
    pgfeedback_confirm(&s->feedback, lsn);
    pgside_turn(s->params.side, now);
    return send_feedback_when_due(s, now, err);
}

void pgstream_await(struct pgstream *s, struct cdc_slice high)
{
    pglsn_parse(high, &s->awaited);
}

void pgstream_stats(const struct pgstream *s, struct cdc_source_stats *out)
{
    const struct pgside_sample *sample = &s->params.side->sample;

    *out = (struct cdc_source_stats){.bytes_read = s->bytes, .caught_up_ms = s->caught_up_ms};
    out->sampled_ms = sample->asked_ms;
    out->retained_bytes = sample->retained;
    out->owed_bytes = sample->owed;
    out->safe_bytes = sample->safe;
    if (sample->asked_ms && sample->end_lsn > s->feedback.received)
        out->behind_bytes = sample->end_lsn - s->feedback.received;
}
