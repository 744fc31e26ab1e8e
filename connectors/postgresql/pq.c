/*
 * libpq behind a small face (pq.h). Used by everything in this folder that talks to the server; owned by the thread that
 * owns the source. Connections are non-blocking throughout: what must wait polls the socket together with the interrupt
 * descriptor. Failures are classed by pgerr.c; messages never hold the password, since libpq's do not.
 */
#include "postgresql/pq.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#include "postgresql/pgerr.h"
#include "postgresql/pgparams.h"

#include <libpq-fe.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct pq {
    PGconn *conn;
    PostgresPollingStatusType polling; /* while connecting */
    int interrupt_fd;
    PGresult *last;  /* of the command that is being collected */
    char *copy;      /* the CopyData message that was given out */
    bool unsent;     /* output waits for the socket */
    char state[6];   /* SQLSTATE of the last error */
    char where[224]; /* "cinema on db.example port 5432 as tributary" */
};

/* Warnings of the server (publication missing, slot close to its limit) belong in the log, its notices do not. */
static void on_notice(void *ctx, const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    (void)ctx;
    if (severity && text && !strcmp(severity, "WARNING"))
        cdc_log(CDC_LOG_WARNING, "the server warns: %s", text);
}

static int connect_failed(struct pq *pq, struct cdc_err *err)
{
    pgerr_set_connection(err, PQerrorMessage(pq->conn));
    return cdc_err_wrap(err, "connecting to %s", pq->where);
}

int pq_begin(struct pq **out, const struct pq_params *params, struct cdc_err *err)
{
    const struct cdc_source_config *config = params->config;
    struct pq *pq = calloc(1, sizeof *pq);
    struct pgparams list;

    *out = NULL;
    if (!pq)
        return cdc_err_memory(err);
    pq->interrupt_fd = params->interrupt_fd;
    pq->polling = PGRES_POLLING_WRITING;
    pgparams_init(&list, config, params->connector, params->owner, params->replication, params->writes);
    snprintf(pq->where, sizeof pq->where, "%s on %.80s port %s as %.60s",
             config->database ? config->database : "the default database", list.host, list.port,
             config->user ? config->user : "the default user");
    pq->conn = PQconnectStartParams(list.keywords, list.values, 0);
    if (!pq->conn) {
        free(pq);
        return cdc_err_memory(err);
    }
    if (PQstatus(pq->conn) == CONNECTION_BAD) {
        connect_failed(pq, err);
        pq_close(pq);
        return -1;
    }
    PQsetErrorVerbosity(pq->conn, PQERRORS_VERBOSE); /* brings the SQLSTATE of a refused connection */
    PQsetNoticeReceiver(pq->conn, on_notice, NULL);
    *out = pq;
    return 0;
}

int pq_step(struct pq *pq, struct cdc_err *err)
{
    pq->polling = PQconnectPoll(pq->conn);
    if (pq->polling == PGRES_POLLING_FAILED)
        return connect_failed(pq, err);
    if (pq->polling != PGRES_POLLING_OK)
        return 0;
    if (PQsetnonblocking(pq->conn, 1))
        return connect_failed(pq, err);
    return 1;
}

void pq_close(struct pq *pq)
{
    if (!pq)
        return;
    PQfreemem(pq->copy);
    PQclear(pq->last);
    PQfinish(pq->conn);
    free(pq);
}

int pq_fd(const struct pq *pq)
{
    return PQsocket(pq->conn);
}

short pq_events(const struct pq *pq)
{
    if (pq->polling == PGRES_POLLING_WRITING)
        return POLLOUT;
    return (short)(POLLIN | (pq->unsent ? POLLOUT : 0));
}

int pq_version(const struct pq *pq)
{
    return PQserverVersion(pq->conn);
}

int pq_pid(const struct pq *pq)
{
    return PQbackendPID(pq->conn);
}

const char *pq_state(const struct pq *pq)
{
    return pq->state;
}

bool pq_interrupted(int fd)
{
    eventfd_t count;

    return fd >= 0 && eventfd_read(fd, &count) == 0;
}

/* TLS may hold bytes that it has taken off the socket already: poll() knows nothing of them. */
static bool has_pending(const struct pq *pq)
{
    SSL *ssl = PQsslInUse(pq->conn) ? PQsslStruct(pq->conn, "OpenSSL") : NULL;

    return ssl && SSL_pending(ssl) > 0;
}

/* 1: the socket is ready; 0: the time is over; -1: interrupted, or no socket any more. */
static int await_socket(struct pq *pq, int64_t until_ms, struct cdc_err *err)
{
    struct pollfd fds[2] = {
        {.fd = pq_fd(pq), .events = pq_events(pq)},
        {.fd = pq->interrupt_fd, .events = POLLIN},
    };

    for (;;) {
        int64_t left = has_pending(pq) ? 0 : until_ms - cdc_now_ms();
        int n = poll(fds, 2, left > 0 ? (int)left : 0);
        if (n < 0 && errno != EINTR)
            return cdc_err_set(err, CDC_ERR_RETRY, "waiting for %s: %s", pq->where, strerror(errno));
        if (n > 0 && fds[1].revents && pq_interrupted(pq->interrupt_fd))
            return cdc_err_set(err, CDC_ERR_RETRY, "interrupted while waiting for %s", pq->where);
        if ((n > 0 && fds[0].revents) || has_pending(pq))
            return 1;
        if (left <= 0)
            return 0;
    }
}

int pq_open(struct pq **out, const struct pq_params *params, int timeout_ms, struct cdc_err *err)
{
    int64_t until = cdc_now_ms() + timeout_ms;
    struct pq *pq;
    int rc;

    if (pq_begin(out, params, err))
        return -1;
    pq = *out;
    for (;;) {
        rc = await_socket(pq, until, err);
        if (rc == 0) {
            cdc_err_set(err, CDC_ERR_RETRY, "connecting to %s: no answer within %d s", pq->where,
                        timeout_ms / 1000);
            cdc_err_hint(err, "is this the right address, and does a firewall let us through?");
            rc = -1;
        } else if (rc > 0) {
            rc = pq_step(pq, err);
        }
        if (rc > 0)
            return 0;
        if (rc < 0)
            break;
    }
    pq_close(pq);
    *out = NULL;
    return -1;
}

static int lost(struct pq *pq, struct cdc_err *err)
{
    return pgerr_set_connection(err, PQerrorMessage(pq->conn));
}

/* Pushes output; remembers whether some is left. */
static int flush(struct pq *pq, struct cdc_err *err)
{
    int rc = PQflush(pq->conn);

    pq->unsent = rc > 0;
    return rc < 0 ? lost(pq, err) : 0;
}

int pq_send(struct pq *pq, const char *sql, struct cdc_err *err)
{
    PQclear(pq->last);
    pq->last = NULL;
    if (!PQsendQuery(pq->conn, sql))
        return lost(pq, err);
    return flush(pq, err);
}

static int result_error(const PGresult *result, int (*set)(struct cdc_err *, const char *, const char *),
                        struct cdc_err *err)
{
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    char text[480];

    snprintf(text, sizeof text, "%s%s%s%s", primary ? primary : PQresultErrorMessage(result),
             detail ? " (" : "", detail ? detail : "", detail ? ")" : "");
    return set(err, PQresultErrorField(result, PG_DIAG_SQLSTATE), text);
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE ||
           status == PGRES_COPY_BOTH || status == PGRES_EMPTY_QUERY;
}

/* Hands out the result that was kept: 1, or -1 with the server's words. */
static int finish(struct pq *pq, struct pq_result **result, struct cdc_err *err)
{
    PGresult *last = pq->last;
    const char *state;

    pq->last = NULL;
    if (!last)
        return cdc_err_set(err, CDC_ERR_RETRY, "the server sent no result");
    if (!is_good(last)) {
        state = PQresultErrorField(last, PG_DIAG_SQLSTATE);
        snprintf(pq->state, sizeof pq->state, "%s", state ? state : "");
        result_error(last, pgerr_set, err);
        PQclear(last);
        return -1;
    }
    if (result)
        *result = (struct pq_result *)last;
    else
        PQclear(last);
    return 1;
}

int pq_collect(struct pq *pq, struct pq_result **result, struct cdc_err *err)
{
    PGresult *one;

    if (result)
        *result = NULL;
    if (flush(pq, err))
        return -1;
    if (!PQconsumeInput(pq->conn))
        return lost(pq, err);
    while (!PQisBusy(pq->conn)) {
        one = PQgetResult(pq->conn);
        if (!one)
            return finish(pq, result, err);
        /* of several statements the last counts, but the first error */
        if (pq->last && !is_good(pq->last)) {
            PQclear(one);
            continue;
        }
        PQclear(pq->last);
        pq->last = one;
        if (PQresultStatus(one) == PGRES_COPY_BOTH)
            return finish(pq, result, err);
    }
    return 0;
}

int pq_await(struct pq *pq, int timeout_ms, struct pq_result **result, struct cdc_err *err)
{
    int64_t until = cdc_now_ms() + timeout_ms;
    int rc;

    for (;;) {
        rc = pq_collect(pq, result, err);
        if (rc != 0)
            return rc > 0 ? 0 : -1;
        rc = await_socket(pq, until, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return 1;
    }
}

int pq_query(struct pq *pq, const char *sql, int timeout_ms, struct pq_result **result, struct cdc_err *err)
{
    int rc;

    if (pq_send(pq, sql, err))
        return -1;
    rc = pq_await(pq, timeout_ms, result, err);
    if (rc == 0)
        return 0;
    if (rc > 0)
        cdc_err_set(err, CDC_ERR_RETRY, "no answer from %s within %d s", pq->where, timeout_ms / 1000);
    pq_cancel(pq);
    return -1;
}

int pq_select(struct pq *pq, const char *sql, const struct pq_values *values, struct cdc_err *err)
{
    static const struct pq_values none;
    const struct pq_values *v = values ? values : &none;

    PQclear(pq->last);
    pq->last = NULL;
    if (!PQsendQueryParams(pq->conn, sql, v->n, v->types, v->texts, NULL, NULL, 0) || flush(pq, err))
        return lost(pq, err);
    return PQsetSingleRowMode(pq->conn) ? 0 : cdc_err_set(err, CDC_ERR_RETRY, "single-row mode was refused");
}

/* Until PQgetResult() does not block. */
static int await_result(struct pq *pq, int timeout_ms, struct cdc_err *err)
{
    int64_t until = cdc_now_ms() + timeout_ms;

    while (PQisBusy(pq->conn)) {
        int rc = await_socket(pq, until, err);
        if (rc == 0)
            cdc_err_set(err, CDC_ERR_RETRY, "no row from %s within %d s", pq->where, timeout_ms / 1000);
        if (rc <= 0 || flush(pq, err))
            return -1;
        if (!PQconsumeInput(pq->conn))
            return lost(pq, err);
    }
    return 0;
}

int pq_fetch(struct pq *pq, int timeout_ms, struct pq_result **result, struct cdc_err *err)
{
    PGresult *one;

    *result = NULL;
    if (await_result(pq, timeout_ms, err))
        return -1;
    one = PQgetResult(pq->conn);
    if (!one)
        return 0;
    if (PQresultStatus(one) == PGRES_TUPLES_OK) { /* the end; the next call gets NULL */
        PQclear(one);
        return pq_fetch(pq, timeout_ms, result, err);
    }
    pq->last = one;
    return finish(pq, result, err);
}

int pq_abandon(struct pq *pq, int timeout_ms, struct cdc_err *err)
{
    PGresult *one;

    pq_cancel(pq);
    do {
        if (await_result(pq, timeout_ms, err))
            return -1;
        one = PQgetResult(pq->conn);
        PQclear(one);
    } while (one);
    return PQstatus(pq->conn) == CONNECTION_OK ? 0 : lost(pq, err);
}

void pq_cancel(struct pq *pq)
{
    bool running = PQstatus(pq->conn) == CONNECTION_OK && PQtransactionStatus(pq->conn) == PQTRANS_ACTIVE;
    PGcancel *cancel = running ? PQgetCancel(pq->conn) : NULL;
    char why[256];

    if (cancel && !PQcancel(cancel, why, sizeof why))
        cdc_log(CDC_LOG_DEBUG, "cancelling a command on %s: %s", pq->where, why);
    PQfreeCancel(cancel);
}

int pq_rows(const struct pq_result *result)
{
    return PQntuples((const PGresult *)result);
}

const char *pq_text(const struct pq_result *result, int row, int column)
{
    const PGresult *res = (const PGresult *)result;

    if (row >= PQntuples(res) || column >= PQnfields(res) || PQgetisnull(res, row, column))
        return NULL;
    return PQgetvalue(res, row, column);
}

struct cdc_slice pq_slice(const struct pq_result *result, int row, int column)
{
    const char *text = pq_text(result, row, column);

    return text ? cdc_slice(text, (size_t)PQgetlength((const PGresult *)result, row, column))
                : cdc_slice(NULL, 0);
}

bool pq_true(const struct pq_result *result, int row, int column)
{
    const char *text = pq_text(result, row, column);

    return text && text[0] == 't';
}

int64_t pq_integer(const struct pq_result *result, int row, int column)
{
    const char *text = pq_text(result, row, column);

    return text ? strtoll(text, NULL, 10) : 0;
}

void pq_free(struct pq_result *result)
{
    PQclear((PGresult *)result);
}

int pq_copy_start(struct pq *pq, const char *command, int timeout_ms, struct cdc_err *err)
{
    struct pq_result *result = NULL;
    bool copies;

    if (pq_query(pq, command, timeout_ms, &result, err))
        return -1;
    copies = PQresultStatus((PGresult *)result) == PGRES_COPY_BOTH;
    pq_free(result);
    return copies ? 0 : cdc_err_set(err, CDC_ERR_RETRY, "the server did not start a stream");
}

/* PQgetCopyData() said that there is no more: the server's last word tells why. */
static int copy_ended(struct pq *pq, int code, struct cdc_err *err)
{
    PGresult *result = code == -1 ? PQgetResult(pq->conn) : NULL;

    if (!result)
        return lost(pq, err);
    if (PQresultStatus(result) == PGRES_FATAL_ERROR)
        result_error(result, pgerr_set_stream, err);
    else
        cdc_err_set(err, CDC_ERR_RETRY, "the server ended the stream, as it does when it shuts down");
    PQclear(result);
    return -1;
}

int pq_copy_get(struct pq *pq, struct cdc_slice *message, struct cdc_err *err)
{
    bool looked = false;
    int n;

    PQfreemem(pq->copy);
    pq->copy = NULL;
    for (;;) {
        n = PQgetCopyData(pq->conn, &pq->copy, 1);
        if (n > 0) {
            *message = cdc_slice(pq->copy, (size_t)n);
            return 1;
        }
        if (n < 0)
            return copy_ended(pq, n, err);
        if (looked && !has_pending(pq))
            return 0;
        if (!PQconsumeInput(pq->conn))
            return lost(pq, err);
        looked = true;
    }
}

int pq_copy_put(struct pq *pq, const void *data, size_t len, struct cdc_err *err)
{
    if (PQputCopyData(pq->conn, data, (int)len) != 1)
        return lost(pq, err);
    return flush(pq, err);
}
