/*
 * The side connection (pgside.h). Owned by the source thread. Its state moves DOWN -> CONNECTING -> IDLE <-> ASKING in
 * steps that do not block, driven by the stream's wait(); a failure leads back to DOWN and is tried again after a while,
 * since the stream can do without samples. pgside_connection() is the blocking way in, for catalogue look-ups.
 */
#include "postgresql/pgside.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#include "postgresql/pglsn.h"
#include "postgresql/pgquote.h"

#include <poll.h>

#define CONNECT_MS 5000
#define ANSWER_MS  10000
#define AGAIN_MS   30000 /* after a failure */

int pgside_init(struct pgside *side, const struct pq_params *params, struct cdc_err *err)
{
    int64_t heartbeat = params->config->heartbeat_ms;

    *side = (struct pgside){.params = *params};
    side->interval_ms = heartbeat < 1000 ? 1000 : heartbeat > 10000 ? 10000 : heartbeat;
    cdc_buf_puts(&side->sql,
                 "SELECT l, pg_wal_lsn_diff(l, restart_lsn)::bigint, safe_wal_size, "
                 "pg_wal_lsn_diff(l, confirmed_flush_lsn)::bigint, active_pid FROM (SELECT CASE WHEN "
                 "pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END "
                 "AS l) AS w LEFT JOIN pg_replication_slots ON slot_name = ");
    pgquote_text(&side->sql, params->config->slot);
    cdc_buf_str(&side->sql);
    return side->sql.failed ? cdc_err_memory(err) : 0;
}

void pgside_reset(struct pgside *side)
{
    pq_close(side->pq);
    side->pq = NULL;
    side->state = PGSIDE_DOWN;
    side->due_ms = 0;
    side->sample = (struct pgside_sample){.safe = -1};
}

void pgside_fini(struct pgside *side)
{
    pgside_reset(side);
    cdc_buf_fini(&side->sql);
}

static void fail(struct pgside *side, const struct cdc_err *why, int64_t now)
{
    if (!side->complained)
        cdc_log_err(CDC_LOG_WARNING, "the server's log position is not known for now", why);
    side->complained = true;
    pq_close(side->pq);
    side->pq = NULL;
    side->state = PGSIDE_DOWN;
    side->due_ms = now + AGAIN_MS;
}

static uint64_t bytes(const struct pq_result *result, int column)
{
    int64_t n = pq_integer(result, 0, column);

    return n > 0 ? (uint64_t)n : 0;
}

static void take(struct pgside *side, const struct pq_result *result)
{
    uint64_t end;

    if (pglsn_parse(pq_slice(result, 0, 0), &end))
        return;
    side->sample = (struct pgside_sample){.asked_ms = side->asked_ms,
                                          .end_lsn = end,
                                          .retained = bytes(result, 1),
                                          .safe = pq_text(result, 0, 2) ? pq_integer(result, 0, 2) : -1,
                                          .owed = bytes(result, 3),
                                          .reader = (int)pq_integer(result, 0, 4)};
    side->complained = false;
}

static void turn_connecting(struct pgside *side, int64_t now)
{
    struct cdc_err err = {0};
    int rc = pq_step(side->pq, &err);

    if (rc < 0)
        fail(side, &err, now);
    else if (rc > 0)
        side->state = PGSIDE_IDLE;
}

static void turn_down(struct pgside *side, int64_t now)
{
    struct cdc_err err = {0};

    if (now < side->due_ms)
        return;
    side->due_ms = now;
    if (pq_begin(&side->pq, &side->params, &err))
        fail(side, &err, now);
    else
        side->state = PGSIDE_CONNECTING;
}

static void turn_idle(struct pgside *side, int64_t now)
{
    struct cdc_err err = {0};

    if (now < side->due_ms)
        return;
    side->asked_ms = now;
    side->due_ms = now + side->interval_ms;
    if (pq_send(side->pq, side->sql.data, &err))
        fail(side, &err, now);
    else
        side->state = PGSIDE_ASKING;
}

static void turn_asking(struct pgside *side, int64_t now)
{
    struct pq_result *result = NULL;
    struct cdc_err err = {0};
    int rc = pq_collect(side->pq, &result, &err);

    if (rc < 0) {
        fail(side, &err, now);
    } else if (rc > 0) {
        take(side, result);
        pq_free(result);
        side->state = PGSIDE_IDLE;
    } else if (now - side->asked_ms > ANSWER_MS) {
        cdc_err_set(&err, CDC_ERR_RETRY, "no answer within %d s", ANSWER_MS / 1000);
        fail(side, &err, now);
    }
}

/* A socket is asked only when it has something, so that a turn without news costs one poll(). */
static bool has_news(const struct pgside *side)
{
    struct pollfd fd = {.fd = pq_fd(side->pq), .events = pq_events(side->pq)};

    return poll(&fd, 1, 0) > 0;
}

void pgside_turn(struct pgside *side, int64_t now)
{
    switch (side->state) {
    case PGSIDE_DOWN:
        turn_down(side, now);
        return;
    case PGSIDE_CONNECTING:
        if (has_news(side)) {
            turn_connecting(side, now);
        } else if (now - side->due_ms > CONNECT_MS) {
            struct cdc_err err = {0};
            cdc_err_set(&err, CDC_ERR_RETRY, "no connection within %d s", CONNECT_MS / 1000);
            fail(side, &err, now);
        }
        return;
    case PGSIDE_IDLE:
        turn_idle(side, now);
        return;
    case PGSIDE_ASKING:
        if (has_news(side) || now - side->asked_ms > ANSWER_MS)
            turn_asking(side, now);
        return;
    }
}

int pgside_fd(const struct pgside *side, short *events)
{
    if (side->state != PGSIDE_CONNECTING && side->state != PGSIDE_ASKING)
        return -1;
    *events = pq_events(side->pq);
    return pq_fd(side->pq);
}

/* Ends what is under way, so that the connection is free. */
static int settle(struct pgside *side, struct cdc_err *err)
{
    struct pq_result *result = NULL;
    int rc;

    if (side->state != PGSIDE_ASKING)
        return 0;
    rc = pq_await(side->pq, ANSWER_MS, &result, err);
    if (rc == 0)
        take(side, result);
    pq_free(result);
    if (rc > 0)
        cdc_err_set(err, CDC_ERR_RETRY, "no answer within %d s", ANSWER_MS / 1000);
    side->state = PGSIDE_IDLE;
    return rc ? -1 : 0;
}

struct pq *pgside_connection(struct pgside *side, struct cdc_err *err)
{
    if (side->state == PGSIDE_CONNECTING)
        pgside_reset(side);
    if (side->state == PGSIDE_DOWN) {
        if (pq_open(&side->pq, &side->params, CONNECT_MS, err))
            return NULL;
        side->state = PGSIDE_IDLE;
        side->opened++;
    }
    if (settle(side, err)) {
        pgside_reset(side);
        return NULL;
    }
    return side->pq;
}
