/*
 * When a read is late enough (pgsince.h). The server writes a commit into its log first, and from there the stream may have it at
 * once; then, with synchronous replication seconds later, it lets new snapshots see it; last it gives back the lock that each
 * transaction holds on its own number. So: what has no such lock when we look is seen by every later statement, and what begins
 * later is not in what the stream had brought before. Whoever holds one at the first look is waited for.
 *
 * Not waited for are transactions of other databases, which the stream does not bring, and those that idle: they have not
 * begun to commit (their state shows to members of pg_read_all_stats only). A transaction that was prepared may be just being
 * committed, so it is.
 *
 * Owned by the thread that owns the source.
 */
#include "postgresql/pgsince.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#include "postgresql/pgquote.h"

#define ANSWER_MS 10000
#define TELL_MS   10000 /* a wait that is worth a word … */
#define AGAIN_MS  60000 /* … and again */

void pgsince_fini(struct pgsince *since)
{
    cdc_buf_fini(&since->position);
    cdc_buf_fini(&since->waiting);
}

static void put_query(struct cdc_buf *sql, const struct pgsince *since, bool first)
{
    cdc_buf_puts(
        sql,
        "SELECT string_agg(l.transactionid::text, ','), string_agg(DISTINCT coalesce('process ' || l.pid, "
        "'a prepared transaction, see pg_prepared_xacts'), ', ') FROM pg_locks l LEFT JOIN "
        "pg_stat_activity a ON a.pid = l.pid LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND "
        "p.transaction = l.transactionid WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' "
        "AND l.granted AND coalesce(a.datname, p.database, current_database()) = current_database() AND "
        "coalesce(a.state, '') NOT LIKE 'idle in transaction%'");
    if (first)
        return;
    cdc_buf_puts(sql, " AND l.transactionid::text = ANY (string_to_array('");
    cdc_buf_put_slice(sql, cdc_buf_slice(&since->waiting));
    cdc_buf_puts(sql, "', ','))");
}

/* Takes down who is still waited for. */
static int look(struct pgsince *since, struct pq *pq, bool first, struct pq_result **row, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    put_query(&sql, since, first);
    rc = cdc_buf_str(&sql)[0] ? pq_query(pq, sql.data, ANSWER_MS, row, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    if (rc)
        return cdc_err_wrap(err, "looking up the transactions in progress");
    cdc_buf_reset(&since->waiting);
    cdc_buf_put_slice(&since->waiting, pq_slice(*row, 0, 0));
    return 0;
}

static void tell(struct pgsince *since, const char *who, int64_t now)
{
    int64_t due = since->told_ms ? since->told_ms + AGAIN_MS : since->asked_ms + TELL_MS;

    if (now < due)
        return;
    since->told_ms = now;
    cdc_log(CDC_LOG_INFO,
            "reading tables waits for transactions that were in progress when it was asked for: %s",
            who ? who : "unknown");
}

int pgsince_settle(struct pgsince *since, struct pq *pq, struct cdc_slice position, bool *early,
                   struct cdc_err *err)
{
    bool first = !cdc_slice_eq(position, cdc_buf_slice(&since->position));
    struct pq_result *row = NULL;
    int64_t now = cdc_now_ms();

    *early = false;
    if (position.len == 0 || (!first && since->waiting.len == 0))
        return 0;
    if (look(since, pq, first, &row, err))
        return -1;
    if (first) {
        since->asked_ms = now;
        since->told_ms = 0;
        cdc_buf_reset(&since->position);
        cdc_buf_put_slice(&since->position, position);
    }
    *early = since->waiting.len > 0;
    if (*early)
        tell(since, pq_text(row, 0, 1), now);
    pq_free(row);
    if (!since->waiting.failed && !since->position.failed)
        return 0;
    cdc_buf_reset(&since->position);
    return cdc_err_memory(err);
}
