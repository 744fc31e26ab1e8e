/*
 * Everything that can be wrong with the server, before it goes wrong (pgcheck.h). Uses connections of its own: an ordinary one
 * to look, and a replication one to see that it is let in. Changes nothing. A server that cannot be reached is a finding too.
 */
#include "postgresql/pgcheck.h"

#include "postgresql/pglsn.h"
#include "postgresql/pgparams.h"
#include "postgresql/pgquote.h"
#include "postgresql/pgslot.h"
#include "postgresql/pgtable.h"

#include <inttypes.h>

#define CONNECT_MS    5000
#define ANSWER_MS     10000
#define NEWEST_TESTED 180000
#define SKEW_US       INT64_C(1000000)
#define SHORT_MS      5000 /* a wal_sender_timeout below this ends healthy connections */
#define MIB           (1024.0 * 1024.0)

struct check {
    const struct cdc_source_params *params;
    const struct cdc_report *report;
    uint64_t position; /* of the checkpoint; 0: none, or not known */
    struct pgstatement_context ctx;
    struct pgcatalog_server server;
};

static void check_version(const struct check *c)
{
    int version = c->server.version;

    if (version < 140000)
        cdc_report_add(c->report, CDC_FINDING_ERROR, "upgrade the server",
                       "PostgreSQL %d is too old: 14 is the oldest supported", version / 10000);
    else if (c->server.standby && version < 160000)
        cdc_report_add(c->report, CDC_FINDING_ERROR, "connect to the primary, or upgrade to PostgreSQL 16",
                       "the server is a standby, and only PostgreSQL 16 and newer decode there");
    else if (version >= NEWEST_TESTED + 10000)
        cdc_report_add(c->report, CDC_FINDING_NOTE, NULL, "PostgreSQL %d is newer than what was tested (%d)",
                       version / 10000, NEWEST_TESTED / 10000);
    else
        cdc_report_add(c->report, CDC_FINDING_OK, NULL, "connected to PostgreSQL %d.%d, database %s, as %s",
                       version / 10000, version % 10000, c->server.database, c->server.user);
    if (c->server.standby)
        cdc_report_add(
            c->report, CDC_FINDING_WARNING,
            "connect to the primary, or set snapshot.mode: never and do not verify here",
            "the server is a standby: it can be streamed from, but its tables cannot be read in step with that");
    if (c->server.superuser)
        cdc_report_add(c->report, CDC_FINDING_NOTE, "give the agent a role of its own: `tributary setup`",
                       "role %s is a superuser, which is far more than is needed", c->server.user);
}

static void check_wal_level(const struct check *c)
{
    if (strcmp(c->server.wal_level, "logical"))
        cdc_report_add(c->report, CDC_FINDING_ERROR,
                       "ALTER SYSTEM SET wal_level = 'logical'; then restart the server",
                       "wal_level is %s, so the log does not hold what is needed", c->server.wal_level);
    else
        cdc_report_add(c->report, CDC_FINDING_OK, NULL, "wal_level is logical");
}

static void check_timeouts(const struct check *c)
{
    int64_t timeout = c->server.sender_timeout_ms;

    if (timeout == 0)
        cdc_report_add(
            c->report, CDC_FINDING_WARNING,
            "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();",
            "wal_sender_timeout is 0: the server does not notice a dead agent, and the slot stays in use");
    else if (timeout < SHORT_MS)
        cdc_report_add(c->report, CDC_FINDING_WARNING,
                       "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();",
                       "wal_sender_timeout is %" PRId64 " ms: a short stall of the network ends the stream",
                       timeout);
    if (c->server.keep_mb < 0)
        cdc_report_add(
            c->report, CDC_FINDING_NOTE,
            "watch limits.wal_retained (and see limits.wal_action), or set max_slot_wal_keep_size to what the disk can spare",
            "max_slot_wal_keep_size is unlimited: while the agent stands still, the log grows until the disk is full");
    else
        cdc_report_add(c->report, CDC_FINDING_NOTE,
                       "make it large enough for the longest outage of the agent",
                       "max_slot_wal_keep_size is %" PRId64 " MB: a slot that lags more than that is lost",
                       c->server.keep_mb);
}

static void check_clock(const struct check *c)
{
    int64_t ahead = c->server.clock_ahead_us;

    if (ahead > SKEW_US || ahead < -SKEW_US)
        cdc_report_add(c->report, CDC_FINDING_WARNING, "synchronise both clocks (chrony, systemd-timesyncd)",
                       "the server's clock is %.1f s %s ours: commit times and lag will be off by that",
                       (double)(ahead < 0 ? -ahead : ahead) / 1e6, ahead < 0 ? "behind" : "ahead of");
}

/* Opens what the stream would open; its slot is not touched. */
static void check_replication(const struct check *c, const struct pq_params *ordinary)
{
    struct pq_params params = *ordinary;
    struct cdc_buf sql = {0};
    struct cdc_err err = {0};
    struct pq *pq = NULL;

    params.replication = true;
    if (pq_open(&pq, &params, CONNECT_MS, &err) == 0) {
        cdc_report_add(c->report, CDC_FINDING_OK, NULL, "role %s may replicate", c->server.user);
    } else {
        pgstatement_alter_role(&sql, &c->ctx, "REPLICATION");
        cdc_report_add(c->report, CDC_FINDING_ERROR,
                       c->server.replication || c->server.superuser ? err.hint : cdc_buf_str(&sql),
                       "a replication connection was refused: %s", err.message);
    }
    pq_close(pq);
    cdc_buf_fini(&sql);
}

static void check_room(const struct check *c, const struct pgslot *slot)
{
    if (!slot->exists && c->server.slots >= c->server.max_slots)
        cdc_report_add(
            c->report, CDC_FINDING_ERROR,
            "SELECT pg_drop_replication_slot('…') for one that nobody uses (pg_replication_slots), or ALTER SYSTEM SET "
            "max_replication_slots and restart the server",
            "all %u replication slots are taken, and the agent needs one", c->server.max_slots);
    if (!slot->active_pid && c->server.senders >= c->server.max_senders)
        cdc_report_add(c->report, CDC_FINDING_ERROR,
                       "ALTER SYSTEM SET max_wal_senders, then restart the server",
                       "all %u WAL senders are taken: the agent would be turned away", c->server.max_senders);
}

/* Whether the session that reads from the slot is an agent of this connector, as far as we may see its name. */
static bool read_by_us(const struct check *c, const struct pgslot *slot)
{
    char ours[sizeof slot->reader];

    pgparams_application(ours, sizeof ours, c->params->connector, NULL);
    return !slot->active_pid || !slot->reader[0] || !strncmp(slot->reader, ours, strlen(ours));
}

static void report_lag(const struct check *c, const struct pgslot *slot)
{
    const char *name = c->ctx.config->slot;
    char lsn[PGLSN_TEXT];

    pglsn_print(slot->confirmed, lsn);
    if (!strcmp(slot->wal_status, "unreserved"))
        cdc_report_add(
            c->report, CDC_FINDING_WARNING, "start the agent now, or raise max_slot_wal_keep_size",
            "slot %s is about to be lost: it retains %.1f MiB of log, more than the server promises to keep",
            name, (double)slot->retained / MIB);
    else if (!read_by_us(c, slot))
        cdc_report_add(c->report, CDC_FINDING_WARNING,
                       "a slot has one reader: end that session, or choose another name in source.slot",
                       "slot %s is in use by another program: process %d, %s", name, slot->active_pid,
                       slot->reader);
    else
        cdc_report_add(c->report, CDC_FINDING_OK, NULL, "slot %s is at %s and retains %.1f MiB of log%s",
                       name, lsn, (double)slot->retained / MIB, slot->active_pid ? " (in use)" : "");
    if (c->server.version >= 170000 && !c->server.standby && !slot->failover)
        cdc_report_add(c->report, CDC_FINDING_NOTE,
                       "drop it and let this program create it, when the agent is not needed",
                       "slot %s was created without failover: it is lost when a standby is promoted", name);
}

/*
 * The gap check as a start would make it. While an agent reads from the slot both move on, and that agent has made sure: then
 * without the position.
 */
static void check_slot(const struct check *c, const struct pgslot *slot)
{
    struct pgslot_resume resume = {.name = c->ctx.config->slot,
                                   .database = c->server.database,
                                   .position = slot->active_pid ? 0 : c->position,
                                   .server_end = slot->restart ? slot->restart + slot->retained : UINT64_MAX};
    struct cdc_err err = {0};
    struct cdc_buf sql = {0};
    struct pgslot idle = *slot;

    idle.active_pid = 0; /* the agent may well be running */
    if (!slot->exists && !c->position) {
        pgstatement_create_slot(&sql, &c->ctx);
        cdc_report_add(c->report, CDC_FINDING_NOTE, cdc_buf_str(&sql),
                       "slot %s does not exist: the first run creates it", c->ctx.config->slot);
    } else if (pgslot_verify(&idle, &resume, &err)) {
        cdc_report_add(c->report, CDC_FINDING_ERROR, err.hint, "%s", err.message);
    } else {
        report_lag(c, slot);
    }
    cdc_buf_fini(&sql);
}

/*
 * The server looks the publication up as it was when a change was made. One that is newer than what the slot has still to send
 * was not there then: that ends the stream, or, since PostgreSQL 18, sends nothing.
 */
static void check_publication_age(const struct check *c, struct pq *pq)
{
    const char *publication = c->ctx.config->publication, *slot = c->ctx.config->slot;
    struct pq_result *row = NULL;
    struct cdc_buf sql = {0};
    struct cdc_err ignored;

    cdc_buf_puts(&sql,
                 "SELECT age(p.xmin) <= age(s.catalog_xmin) FROM pg_publication p, pg_replication_slots s "
                 "WHERE p.pubname = ");
    pgquote_text(&sql, publication);
    cdc_buf_puts(&sql, " AND s.slot_name = ");
    pgquote_text(&sql, slot);
    if (!sql.failed && pq_query(pq, cdc_buf_str(&sql), ANSWER_MS, &row, &ignored) == 0 && pq_rows(row) == 1 &&
        pq_true(row, 0, 0))
        cdc_report_add(
            c->report, CDC_FINDING_WARNING,
            "nothing, if it was altered only. If it was made anew: start the agent, and if that fails drop the "
            "slot and begin anew (`tributary checkpoint CONFIG reset --yes`); changes in between are lost",
            "publication %s was made or altered after the changes that slot %s may still have to send: a "
            "publication made anew does not cover what was committed before",
            publication, slot);
    pq_free(row);
    cdc_buf_fini(&sql);
}

/* How snapshots and verification will fare. Of a table that has errors those are enough. */
static int check_order(const struct check *c, struct pq *pq, const struct pgcatalog_table *table,
                       struct cdc_err *err)
{
    struct cdc_err why;
    struct pgorder order;

    if (pgorder_load(pq, c->ctx.config->publication, table->ref, &order, &why) == 0)
        pgtable_report_order(&c->ctx, table, &order, c->report);
    else if (why.class == CDC_ERR_CONFIG)
        cdc_report_add(c->report, CDC_FINDING_WARNING, why.hint, "%s", why.message);
    else
        return cdc_err_set(err, why.class, "%s", why.message);
    return 0;
}

static int check_tables(const struct check *c, struct pq *pq, const struct pgcatalog *catalog,
                        const struct pgcatalog_publication *publication, struct cdc_err *err)
{
    unsigned errors = pgtable_report_publication(&c->ctx, catalog, publication, c->report);

    if (errors == 0)
        cdc_report_add(c->report, CDC_FINDING_OK, NULL, "publication %s exists", c->ctx.config->publication);
    for (size_t i = 0; i < catalog->ntables; i++) {
        const struct pgcatalog_table *table = &catalog->tables[i];
        errors = pgtable_report_streamed(&c->ctx, table, publication, c->report);
        if (table->exists)
            errors += pgtable_report_usable(&c->ctx, table, &c->server, c->report);
        if (errors == 0)
            cdc_report_add(c->report, CDC_FINDING_OK, NULL, "%s.%s has all %zu mapped columns%s",
                           table->ref->schema, table->ref->name, table->ref->ncolumns,
                           table->published ? ", published" : "");
        if (errors == 0 && check_order(c, pq, table, err))
            return -1;
    }
    return 0;
}

static int look(struct check *c, struct pq *pq, const struct pq_params *connection, struct cdc_err *err)
{
    const struct cdc_source_params *params = c->params;
    struct pgcatalog_publication publication;
    struct pgcatalog catalog = {0};
    struct pgslot slot;
    int rc = -1;

    if (pgcatalog_load_server(pq, &c->server, err))
        return -1;
    c->ctx.version = c->server.version;
    c->ctx.standby = c->server.standby;
    check_version(c);
    if (c->server.version < 140000)
        return 0;
    check_wal_level(c);
    check_replication(c, connection);
    if (pgslot_load(pq, params->config->slot, &slot, err) == 0 &&
        pgcatalog_load_publication(pq, params->config->publication, &publication, err) == 0 &&
        pgcatalog_load(pq, params->config->publication, params->ntables, params->tables, &catalog, err) ==
            0) {
        check_room(c, &slot);
        check_slot(c, &slot);
        check_publication_age(c, pq);
        rc = check_tables(c, pq, &catalog, &publication, err);
        check_timeouts(c);
        check_clock(c);
    }
    pgcatalog_fini(&catalog);
    return rc;
}

int pgcheck(const struct cdc_source_params *params, int interrupt_fd, const struct cdc_checkpoint *from,
            const struct cdc_report *report, struct cdc_err *err)
{
    struct check c = {.params = params, .report = report, .ctx.config = params->config};
    struct pq_params connection = {
        .config = params->config, .connector = params->connector, .interrupt_fd = interrupt_fd};
    struct cdc_err refused = {0};
    struct pq *pq = NULL;
    int rc;

    if (from && pglsn_parse(cdc_buf_slice(&from->position), &c.position))
        c.position = 0; /* none yet */
    if (pq_open(&pq, &connection, CONNECT_MS, &refused)) {
        cdc_report_add(report, CDC_FINDING_ERROR, refused.hint[0] ? refused.hint : NULL, "%s",
                       refused.message);
        return 0;
    }
    rc = look(&c, pq, &connection, err);
    pq_close(pq);
    return rc;
}
