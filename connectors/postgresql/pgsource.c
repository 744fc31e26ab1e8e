/*
 * The PostgreSQL source: the operations of cdc/source.h, wired together. connect() opens the replication connection and learns
 * which server this is; start() proves that the stream can go on from the checkpoint without a gap, and starts it; from then
 * on pgstream.c does the work. One thread at a time; interrupt() alone may come from any other.
 *
 * No SQL ever goes over the replication connection: what it would leave in that session's relation and catalogue caches is of
 * today, and the decoder would take it for the state of yesterday that it reads rows of.
 *
 * Whatever fails leaves an object that connect() makes good again.
 */
#include "cdc/source.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#include "postgresql/pgcatalog.h"
#include "postgresql/pgcheck.h"
#include "postgresql/pgfind.h"
#include "postgresql/pgchunk.h"
#include "postgresql/pgidentity.h"
#include "postgresql/pglsn.h"
#include "postgresql/pgparams.h"
#include "postgresql/pgsample.h"
#include "postgresql/pgsetup.h"
#include "postgresql/pgslot.h"
#include "postgresql/pgstream.h"
#include "postgresql/pgtable.h"
#include "postgresql/pgvisible.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECT_MS 5000
#define ANSWER_MS  10000

struct cdc_source {
    struct cdc_source_params params;
    int interrupt_fd;
    struct pq *pq; /* the replication connection */
    struct pgside side;
    struct pgstream *stream;
    struct pgchunk *chunks;
    struct pgslot_maker maker;
    bool streaming;
    struct cdc_buf identity;
    struct pgcatalog_server server;
    uint64_t server_end; /* of its log, when we connected */
};

static struct pq_params connection_params(const struct cdc_source *s, bool replication)
{
    return (struct pq_params){
        .config = s->params.config,
        .connector = s->params.connector,
        .owner = s->params.owner,
        .replication = replication,
        .interrupt_fd = s->interrupt_fd,
    };
}

static void close_source(struct cdc_source *s)
{
    if (!s)
        return;
    pgslot_abandon(&s->maker);
    pgchunk_free(s->chunks);
    pgstream_free(s->stream);
    pgside_fini(&s->side);
    pq_close(s->pq);
    cdc_buf_fini(&s->identity);
    if (s->interrupt_fd >= 0)
        close(s->interrupt_fd);
    free(s);
}

static int open_source(struct cdc_source **out, const struct cdc_source_params *params, struct cdc_err *err)
{
    struct cdc_source *s = calloc(1, sizeof *s);
    struct pq_params side;

    *out = NULL;
    if (!s)
        return cdc_err_memory(err);
    s->params = *params;
    s->interrupt_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->interrupt_fd < 0) {
        cdc_err_set(err, CDC_ERR_RETRY, "eventfd: %s", strerror(errno));
        goto failed;
    }
    side = connection_params(s, false);
    if (pgside_init(&s->side, &side, err))
        goto failed;
    s->stream = pgstream_new(&(struct pgstream_params){params->config, &s->side, s->interrupt_fd});
    s->chunks = pgchunk_new(&s->params, &s->side);
    if (!s->stream || !s->chunks) {
        cdc_err_memory(err);
        goto failed;
    }
    *out = s;
    return 0;
failed:
    close_source(s);
    return -1;
}

/* Closes the connections. A slot that is being made goes on: it would have to wait from the beginning again. */
static void hang_up(struct cdc_source *s)
{
    s->streaming = false;
    pgside_reset(&s->side);
    pq_close(s->pq);
    s->pq = NULL;
}

static void disconnect(struct cdc_source *s)
{
    hang_up(s);
    pgstream_reset(s->stream);
}

static int identify(struct cdc_source *s, struct cdc_err *err)
{
    struct pq_result *row = NULL;
    const char *system, *timeline, *database;

    if (pq_query(s->pq, "IDENTIFY_SYSTEM", ANSWER_MS, &row, err))
        return -1;
    system = pq_text(row, 0, 0);
    timeline = pq_text(row, 0, 1);
    database = pq_text(row, 0, 3);
    if (!system || !timeline || !database || pglsn_parse(pq_slice(row, 0, 2), &s->server_end)) {
        pq_free(row);
        return cdc_err_set(err, CDC_ERR_RETRY, "the server did not say who it is");
    }
    pgidentity_print(&s->identity, system, timeline, database, s->params.config->slot);
    pq_free(row);
    return s->identity.failed ? cdc_err_memory(err) : 0;
}

static int connect_source(struct cdc_source *s, struct cdc_err *err)
{
    struct pq_params params = connection_params(s, true);

    disconnect(s);
    if (pq_open(&s->pq, &params, CONNECT_MS, err))
        return -1;
    if (identify(s, err) == 0)
        return 0;
    disconnect(s);
    return cdc_err_wrap(err, "asking the server who it is");
}

static struct cdc_slice identity_of(const struct cdc_source *s)
{
    return cdc_buf_slice(&s->identity);
}

static int verify_server(struct cdc_source *s, struct pq *sql, struct cdc_err *err)
{
    if (pgcatalog_load_server(sql, &s->server, err))
        return -1;
    if (s->server.version < 140000) {
        cdc_err_set(err, CDC_ERR_CONFIG, "PostgreSQL %d is too old: 14 is the oldest supported",
                    s->server.version / 10000);
        return cdc_err_hint(err, "upgrade the server");
    }
    if (s->server.standby && s->server.version < 160000) {
        cdc_err_set(err, CDC_ERR_CONFIG,
                    "the server is a standby, and only PostgreSQL 16 and newer decode there");
        return cdc_err_hint(err, "connect to the primary");
    }
    if (strcmp(s->server.wal_level, "logical")) {
        cdc_err_set(err, CDC_ERR_CONFIG, "wal_level is %s, so the log does not hold what is needed",
                    s->server.wal_level);
        return cdc_err_hint(err, "ALTER SYSTEM SET wal_level = 'logical'; then restart the server");
    }
    return 0;
}

static int verify_tables(struct cdc_source *s, struct pq *sql, struct cdc_err *err)
{
    const struct cdc_source_config *config = s->params.config;
    struct pgstatement_context ctx = {config, s->server.version, s->server.standby};
    struct pgcatalog_publication publication;
    struct pgcatalog catalog = {0};
    int rc = -1;

    if (pgcatalog_load_publication(sql, config->publication, &publication, err) == 0 &&
        pgcatalog_load(sql, config->publication, s->params.ntables, s->params.tables, &catalog, err) == 0)
        rc = pgtable_verify(&ctx, &catalog, &publication, err);
    pgcatalog_fini(&catalog);
    return rc;
}

static int make_slot(struct cdc_source *s, struct pq *sql, uint64_t *from, struct cdc_err *err)
{
    struct pq_params params = connection_params(s, true);

    if (pgslot_make(&s->maker, &params, sql, s->server.standby, from, err))
        return -1;
    cdc_log(CDC_LOG_INFO, "slot created name=%s", s->params.config->slot);
    return 0;
}

/* The slot as it is; if the agent that had the lease before us still uses it, that session is ended first. */
static int load_slot(const struct cdc_source *s, struct pq *sql, const struct cdc_checkpoint *from,
                     struct pgslot *slot, struct cdc_err *err)
{
    char application[sizeof((struct pgparams *)NULL)->application], holder[256];
    int pid, rc = pgslot_load(sql, s->params.config->slot, slot, err);

    if (rc || !slot->active_pid || !from->holder.len)
        return rc;
    pid = slot->active_pid;
    snprintf(holder, sizeof holder, "%.*s", CDC_ARG(cdc_buf_slice(&from->holder)));
    pgparams_application(application, sizeof application, s->params.connector, holder);
    rc = pgslot_evict(sql, slot, application, err);
    if (rc <= 0)
        return rc;
    cdc_log(CDC_LOG_NOTICE, "slot taken from the agent that had the lease name=%s process=%d holder=%s",
            s->params.config->slot, pid, holder);
    return pgslot_load(sql, s->params.config->slot, slot, err);
}

/*
 * Where to start: *from; and what the slot has confirmed. A first run makes the slot, also in the place of one that was
 * invalidated: nobody goes on from that.
 */
static int find_start(struct cdc_source *s, struct pq *sql, const struct cdc_checkpoint *checkpoint,
                      uint64_t position, uint64_t *from, uint64_t *confirmed, struct cdc_err *err)
{
    const struct cdc_source_config *config = s->params.config;
    struct pgslot_resume resume = {config->slot, s->server.database, position, s->server_end};
    struct pgslot slot = {0};

    if (!s->maker.pq && load_slot(s, sql, checkpoint, &slot, err))
        return cdc_err_wrap(err, "looking up slot %s", config->slot);
    if (slot.exists || position) {
        if (pgslot_verify(&slot, &resume, err) == 0) {
            *confirmed = slot.confirmed;
            *from = position ? position : slot.confirmed;
            return 0;
        }
        if (position || err->class != CDC_ERR_GAP || pgslot_drop(sql, config->slot, err))
            return -1;
        cdc_log(CDC_LOG_NOTICE, "slot dropped, it had been invalidated name=%s", config->slot);
    }
    if (make_slot(s, sql, from, err))
        return -1;
    *confirmed = *from;
    return 0;
}

static int start_stream(struct cdc_source *s, const struct cdc_checkpoint *from, struct cdc_buf *started,
                        struct cdc_err *err)
{
    uint64_t position = 0, begin = 0, confirmed = 0;
    char text[PGLSN_TEXT];
    struct pq *sql;

    s->streaming = false;
    if (!s->pq)
        return cdc_err_set(err, CDC_ERR_RETRY, "not connected");
    if (from->position.len && pglsn_parse(cdc_buf_slice(&from->position), &position)) {
        cdc_err_set(err, CDC_ERR_GAP, "the checkpoint \"%.*s\" is not a position of PostgreSQL",
                    (int)(from->position.len < 64 ? from->position.len : 64), from->position.data);
        return cdc_err_hint(err, "is the connector's name taken by another kind of source? Choose another");
    }
    sql = pgside_connection(&s->side, err);
    if (!sql || verify_server(s, sql, err) ||
        (position && pgidentity_compare(identity_of(s), cdc_buf_slice(&from->identity), err)) ||
        verify_tables(s, sql, err) || find_start(s, sql, from, position, &begin, &confirmed, err) ||
        pgstream_start(s->stream, s->pq, begin, confirmed, s->server.sender_timeout_ms, err))
        return -1;
    s->streaming = true;
    if (started) {
        pglsn_print(begin, text);
        cdc_buf_reset(started);
        cdc_buf_puts(started, text);
        if (started->failed)
            return cdc_err_memory(err);
    }
    return 0;
}

static int not_streaming(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "the stream has not been started");
}

/*
 * After a failure the connection is of no use: closing it at once frees the slot, and lets a server shut down. Relations stay
 * until connect(), as promised.
 */
static int ended(struct cdc_source *s, int rc)
{
    if (rc)
        hang_up(s);
    return rc;
}

static int start_source(struct cdc_source *s, const struct cdc_checkpoint *from, struct cdc_buf *started,
                        struct cdc_err *err)
{
    struct cdc_err ignored;

    return ended(s, start_stream(s, from, started, err ? err : &ignored));
}

static int next_item(struct cdc_source *s, struct cdc_item *item, struct cdc_err *err)
{
    return s->streaming ? ended(s, pgstream_next(s->stream, item, err)) : not_streaming(err);
}

static int wait_for_items(struct cdc_source *s, int timeout_ms, struct cdc_err *err)
{
    return s->streaming ? ended(s, pgstream_wait(s->stream, timeout_ms, err)) : not_streaming(err);
}

static int confirm_position(struct cdc_source *s, struct cdc_slice position, struct cdc_err *err)
{
    return s->streaming ? ended(s, pgstream_confirm(s->stream, position, err)) : not_streaming(err);
}

static void await_position(struct cdc_source *s, struct cdc_slice high)
{
    pgstream_await(s->stream, high);
}

static void interrupt_source(struct cdc_source *s)
{
    int saved = errno;

    /* it only fails when the counter is at its limit, and then the other side is woken anyway */
    if (eventfd_write(s->interrupt_fd, 1))
        errno = saved;
}

/* Our session on the server; 0: none. */
static int reader_of(const struct cdc_source *s)
{
    return s->pq ? pq_pid(s->pq) : 0;
}

static void read_stats(const struct cdc_source *s, struct cdc_source_stats *out)
{
    pgstream_stats(s->stream, out);
    if (s->side.sample.reader && s->side.sample.reader != reader_of(s))
        out->owed_bytes = 0;
}

static void look_at_log(struct cdc_source *s)
{
    if (!s->streaming)
        pgside_turn(&s->side, cdc_now_ms());
}

/* The slot is free once our session has ended, which a server that is stuck in sending to us has to be told. */
static int drop_slot(struct cdc_source *s, struct pq *sql, const struct pgslot *slot, struct cdc_err *err)
{
    char application[sizeof((struct pgparams *)NULL)->application];

    s->streaming = false;
    pq_close(s->pq);
    s->pq = NULL;
    pgparams_application(application, sizeof application, s->params.connector, s->params.owner);
    if (slot->active_pid && pgslot_evict(sql, slot, application, err) < 0)
        return -1;
    return pgslot_drop(sql, s->params.config->slot, err) ? -1 : 1;
}

/* What a sample said may be old: only what the server says now counts. */
static int give_up_slot(struct cdc_source *s, uint64_t limit_bytes, struct cdc_err *err)
{
    const struct cdc_source_config *config = s->params.config;
    struct pq *sql = pgside_connection(&s->side, err);
    struct pgslot slot;
    int rc;

    if (!sql || pgslot_load(sql, config->slot, &slot, err))
        return -1;
    if (slot.owed <= limit_bytes || !pgslot_is_ours(&slot, config->database, reader_of(s)))
        return 0;
    rc = drop_slot(s, sql, &slot, err);
    return rc < 0 ? cdc_err_wrap(err, "giving up slot %s", config->slot) : rc;
}

static int check_source(struct cdc_source *s, const struct cdc_checkpoint *from,
                        const struct cdc_report *report, struct cdc_err *err)
{
    return pgcheck(&s->params, s->interrupt_fd, from, report, err);
}

static int set_up_source(struct cdc_source *s, bool run, struct cdc_buf *script, struct cdc_err *err)
{
    return pgsetup(&s->params, s->interrupt_fd, run, script, err);
}

static int sample_source(struct cdc_source *s, const struct cdc_table_ref *table, uint64_t limit,
                         int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err), void *ctx,
                         struct cdc_err *err)
{
    return pgsample(&s->params, &s->side, pgstream_types(s->stream), table, limit, each, ctx, err);
}

static int source_find(struct cdc_source *s, cdc_found_each *each, void *ctx, struct cdc_err *err)
{
    return pgfind(&s->params, s->interrupt_fd, each, ctx, err);
}

static int read_chunk(struct cdc_source *s, const struct cdc_chunk_request *request, cdc_chunk_each *each,
                      void *ctx, enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk,
                      struct cdc_err *err)
{
    return pgchunk_read(s->chunks, request, each, ctx, outcome, chunk, err);
}

static int estimate_rows(struct cdc_source *s, const struct cdc_table_ref *table, uint64_t *rows,
                         struct cdc_err *err)
{
    return pgchunk_estimate(s->chunks, table, rows, err);
}

const struct cdc_source_ops postgresql_source_ops = {
    .name = "postgresql",
    .open = open_source,
    .close = close_source,
    .connect = connect_source,
    .identity = identity_of,
    .start = start_source,
    .next = next_item,
    .wait = wait_for_items,
    .confirm = confirm_position,
    .compare = pglsn_compare,
    .await = await_position,
    .interrupt = interrupt_source,
    .stats = read_stats,
    .look = look_at_log,
    .give_up = give_up_slot,
    .check = check_source,
    .setup = set_up_source,
    .sample = sample_source,
    .find = source_find,
    .chunk = read_chunk,
    .estimate = estimate_rows,
    .sees = pgvisible_sees,
    .reached = pglsn_reached,
};
