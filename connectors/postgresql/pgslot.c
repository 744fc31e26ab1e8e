/*
 * Replication slots (pgslot.h). Used when a stream starts and by the commands; owned by the source thread. pgslot_verify() is
 * the gap check: START_REPLICATION with a position before confirmed_flush_lsn would silently start there, so the comparison
 * is made here, before.
 */
#include "postgresql/pgslot.h"

#include "cdc/buf.h"
#include "cdc/clock.h"

#include "postgresql/pglsn.h"
#include "postgresql/pgquote.h"

#include <stdio.h>

#define ANSWER_MS   10000
#define CONNECT_MS  5000
#define EVICT_MS    100 /* for a session to end */
#define EVICT_TIMES 20
#define MAKE_MS     10000 /* of waiting in one call of pgslot_make() */

static const char anew[] =
    "rows may be missing in the store: restore it, or begin anew at the slot without them: `tributary checkpoint CONFIG reset --yes`";

static void copy_text(char *out, size_t size, const struct pq_result *row, int column)
{
    const char *text = pq_text(row, 0, column);

    snprintf(out, size, "%s", text ? text : "");
}

static void take(struct pgslot *slot, const struct pq_result *row)
{
    const char *type = pq_text(row, 0, 0), *safe = pq_text(row, 0, 9);

    slot->exists = true;
    slot->logical = type && !strcmp(type, "logical");
    slot->temporary = pq_true(row, 0, 1);
    slot->active_pid = (int)pq_integer(row, 0, 2);
    copy_text(slot->plugin, sizeof slot->plugin, row, 3);
    copy_text(slot->database, sizeof slot->database, row, 4);
    copy_text(slot->wal_status, sizeof slot->wal_status, row, 5);
    pglsn_parse(pq_slice(row, 0, 6), &slot->confirmed);
    pglsn_parse(pq_slice(row, 0, 7), &slot->restart);
    slot->retained = pq_integer(row, 0, 8) > 0 ? (uint64_t)pq_integer(row, 0, 8) : 0;
    slot->safe = safe ? pq_integer(row, 0, 9) : -1;
    slot->two_phase = pq_true(row, 0, 10);
    copy_text(slot->reason, sizeof slot->reason, row, 11);
    slot->failover = pq_true(row, 0, 12);
    copy_text(slot->reader, sizeof slot->reader, row, 13);
    slot->owed = pq_integer(row, 0, 14) > 0 ? (uint64_t)pq_integer(row, 0, 14) : 0;
    slot->lost = !strcmp(slot->wal_status, "lost") || slot->reason[0];
}

int pgslot_load(struct pq *pq, const char *name, struct pgslot *slot, struct cdc_err *err)
{
    int version = pq_version(pq);
    const char *newer = version >= 170000   ? "invalidation_reason, failover"
                        : version >= 160000 ? "CASE WHEN conflicting THEN 'conflict' END, false"
                                            : "NULL, false";
    struct pq_result *row = NULL;
    struct cdc_buf sql = {0};
    int rc = -1;

    *slot = (struct pgslot){.safe = -1};
    cdc_buf_printf(
        &sql,
        "SELECT slot_type, temporary, active_pid, plugin, database, wal_status, confirmed_flush_lsn, "
        "restart_lsn, pg_wal_lsn_diff(l, restart_lsn)::bigint, safe_wal_size, two_phase, %s, "
        "(SELECT application_name FROM pg_catalog.pg_stat_activity WHERE pid = active_pid), "
        "pg_wal_lsn_diff(l, confirmed_flush_lsn)::bigint FROM (SELECT CASE WHEN pg_is_in_recovery() THEN "
        "pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS l) AS w, pg_replication_slots WHERE slot_name = ",
        newer);
    pgquote_text(&sql, name);
    if (!cdc_buf_str(&sql)[0])
        cdc_err_memory(err);
    else
        rc = pq_query(pq, sql.data, ANSWER_MS, &row, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    if (pq_rows(row) == 1)
        take(slot, row);
    pq_free(row);
    return 0;
}

static int verify_ours(const struct pgslot *slot, const struct pgslot_resume *want, struct cdc_err *err)
{
    if (!slot->logical || strcmp(slot->plugin, "pgoutput")) {
        cdc_err_set(err, CDC_ERR_CONFIG, "slot %s is %s, not a logical slot of pgoutput", want->name,
                    slot->logical ? slot->plugin : "a physical slot");
        return cdc_err_hint(err, "choose another name in source.slot, or drop that slot");
    }
    if (strcmp(slot->database, want->database)) {
        cdc_err_set(err, CDC_ERR_CONFIG, "slot %s belongs to database %s, not to %s", want->name,
                    slot->database, want->database);
        return cdc_err_hint(err, "choose another name in source.slot, or correct source.database");
    }
    if (slot->two_phase) {
        cdc_err_set(err, CDC_ERR_CONFIG,
                    "slot %s was created with two_phase, which this program does not read", want->name);
        return cdc_err_hint(
            err, "drop it and let this program create it: SELECT pg_drop_replication_slot('%s')", want->name);
    }
    return 0;
}

static int verify_position(const struct pgslot *slot, const struct pgslot_resume *want, struct cdc_err *err)
{
    char at[PGLSN_TEXT], other[PGLSN_TEXT];

    pglsn_print(want->position, at);
    if (slot->confirmed > want->position) {
        pglsn_print(slot->confirmed, other);
        cdc_err_set(
            err, CDC_ERR_GAP,
            "the store holds everything up to %s, but slot %s can only send what comes after %s: it was recreated "
            "or advanced, or the store went back in time",
            at, want->name, other);
        return cdc_err_hint(err, "%s", anew);
    }
    if (want->position > want->server_end) {
        pglsn_print(want->server_end, other);
        cdc_err_set(
            err, CDC_ERR_GAP,
            "the store holds changes up to %s, but the server's log ends at %s: it was restored from an older "
            "backup, or is another server",
            at, other);
        return cdc_err_hint(err, "%s", anew);
    }
    return 0;
}

int pgslot_verify(const struct pgslot *slot, const struct pgslot_resume *want, struct cdc_err *err)
{
    if (!slot->exists) {
        cdc_err_set(err, CDC_ERR_GAP,
                    "slot %s does not exist any more, so changes since the checkpoint are lost", want->name);
        return cdc_err_hint(err, "%s", anew);
    }
    if (verify_ours(slot, want, err))
        return -1;
    if (slot->lost) {
        cdc_err_set(err, CDC_ERR_GAP, "slot %s was invalidated by the server (%s): its log is gone",
                    want->name,
                    slot->reason[0] ? slot->reason : "it retained more than max_slot_wal_keep_size");
        return cdc_err_hint(err, "drop it: SELECT pg_drop_replication_slot('%s'). %s", want->name, anew);
    }
    if (slot->active_pid) {
        cdc_err_set(err, CDC_ERR_RETRY, "slot %s is in use by another session, process %d%s%s", want->name,
                    slot->active_pid, slot->reader[0] ? ": " : "", slot->reader);
        return cdc_err_hint(
            err,
            "is another agent running, or does another connector use this source.slot? It ends by itself when that "
            "connection is dead; or: SELECT pg_terminate_backend(%d)",
            slot->active_pid);
    }
    return want->position ? verify_position(slot, want, err) : 0;
}

/* A session that is stuck in sending to a client that does not read ends at the second signal only. */
int pgslot_evict(struct pq *pq, const struct pgslot *slot, const char *application, struct cdc_err *err)
{
    struct pq_result *row = NULL;
    struct cdc_buf sql = {0};
    int rc = 0;

    cdc_buf_printf(
        &sql,
        "SELECT pg_catalog.pg_terminate_backend(pid, %d) FROM pg_catalog.pg_stat_activity WHERE pid = %d AND "
        "usename = current_user AND application_name = ",
        EVICT_MS, slot->active_pid);
    pgquote_text(&sql, application);
    if (!cdc_buf_str(&sql)[0])
        rc = cdc_err_memory(err);
    for (int i = 0; i < EVICT_TIMES && rc == 0; i++) {
        rc = pq_query(pq, sql.data, ANSWER_MS, &row, err);
        if (rc == 0)
            rc = pq_rows(row) == 1 && pq_true(row, 0, 0);
        pq_free(row);
        row = NULL;
    }
    cdc_buf_fini(&sql);
    return rc < 0 ? cdc_err_wrap(err, "ending the session that uses the slot, process %d", slot->active_pid)
                  : rc;
}

int pgslot_drop(struct pq *pq, const char *name, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_puts(&sql, "SELECT pg_drop_replication_slot(");
    pgquote_text(&sql, name);
    cdc_buf_putc(&sql, ')');
    rc = cdc_buf_str(&sql)[0] ? pq_query(pq, sql.data, ANSWER_MS, NULL, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    return rc ? cdc_err_wrap(err, "dropping slot %s", name) : 0;
}

bool pgslot_is_ours(const struct pgslot *slot, const char *database, int reader)
{
    return slot->exists && slot->logical && !strcmp(slot->plugin, "pgoutput") &&
           !strcmp(slot->database, database) && (slot->active_pid == 0 || slot->active_pid == reader);
}

static int begin_making(struct pgslot_maker *maker, const struct pq_params *params, bool standby,
                        struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    if (pq_open(&maker->pq, params, CONNECT_MS, err))
        return -1;
    maker->since_ms = cdc_now_ms();
    cdc_buf_puts(&sql, "CREATE_REPLICATION_SLOT ");
    pgquote_name(&sql, params->config->slot);
    cdc_buf_puts(&sql, " LOGICAL pgoutput ");
    if (pq_version(maker->pq) < 150000)
        cdc_buf_puts(&sql, "NOEXPORT_SNAPSHOT");
    else if (pq_version(maker->pq) >= 170000 && !standby)
        cdc_buf_puts(&sql, "(SNAPSHOT 'nothing', FAILOVER)");
    else
        cdc_buf_puts(&sql, "(SNAPSHOT 'nothing')");
    rc = cdc_buf_str(&sql)[0] ? pq_send(maker->pq, sql.data, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    return rc;
}

/* The server must see the end of every transaction that ran when the making began: name one that it waits for. */
static void explain_waiting(const struct pgslot_maker *maker, struct pq *idle, const char *name,
                            struct cdc_err *err)
{
    long long seconds = (long long)(cdc_now_ms() - maker->since_ms) / 1000;
    struct pq_result *row = NULL;
    struct cdc_err ignored = {0};
    char sql[320];

    snprintf(
        sql, sizeof sql,
        "SELECT a.pid, a.usename, coalesce(a.state, 'running'), now() - a.xact_start FROM pg_stat_activity a "
        "WHERE a.pid = ANY (pg_blocking_pids(%d)) ORDER BY a.xact_start LIMIT 1",
        pq_pid(maker->pq));
    if (pq_query(idle, sql, ANSWER_MS, &row, &ignored) == 0 && pq_rows(row) == 1) {
        const char *pid = pq_text(row, 0, 0), *user = pq_text(row, 0, 1), *state = pq_text(row, 0, 2);
        cdc_err_set(
            err, CDC_ERR_RETRY,
            "creating slot %s: for %lld s the server has been waiting for the transaction of process %s (user %s, "
            "%s)",
            name, seconds, pid, user ? user : "?", state);
        cdc_err_hint(
            err,
            "it goes on by itself when that transaction ends; to end it: SELECT pg_terminate_backend(%s)",
            pid);
    } else {
        cdc_err_set(
            err, CDC_ERR_RETRY,
            "creating slot %s: for %lld s the server has been waiting for transactions that were running",
            name, seconds);
        cdc_err_hint(err, "look for old transactions in pg_stat_activity (xact_start) and pg_prepared_xacts");
    }
    pq_free(row);
}

int pgslot_make(struct pgslot_maker *maker, const struct pq_params *params, struct pq *idle, bool standby,
                uint64_t *lsn, struct cdc_err *err)
{
    const char *name = params->config->slot;
    struct pq_result *row = NULL;
    int rc;

    if (!maker->pq && begin_making(maker, params, standby, err)) {
        pgslot_abandon(maker);
        return cdc_err_wrap(err, "creating slot %s", name);
    }
    rc = pq_await(maker->pq, MAKE_MS, &row, err);
    if (rc > 0) {
        explain_waiting(maker, idle, name, err);
        return -1;
    }
    if (rc < 0) {
        pgslot_abandon(maker);
        return cdc_err_wrap(err, "creating slot %s", name);
    }
    if (pglsn_parse(pq_slice(row, 0, 1), lsn))
        rc = cdc_err_set(err, CDC_ERR_RETRY, "creating slot %s: the server named no position", name);
    pq_free(row);
    pq_close(maker->pq);
    maker->pq = NULL;
    return rc;
}

void pgslot_abandon(struct pgslot_maker *maker)
{
    if (!maker->pq)
        return;
    pq_cancel(maker->pq);
    pq_close(maker->pq);
    maker->pq = NULL;
}
