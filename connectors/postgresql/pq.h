/*
 * The one wrapper around libpq: connections that honour a time-out and an interrupt, queries with text results, and the
 * CopyBoth stream of replication. A connection belongs to one thread at a time.
 *
 * Every session prints values in one canonical form (ISO dates, UTC, hexadecimal bytea, …), whatever the server's, the
 * database's or the role's settings are.
 */
#ifndef PQ_H
#define PQ_H

#include <stdbool.h>
#include <stdint.h>

#include "cdc/config.h"
#include "cdc/err.h"
#include "cdc/slice.h"

struct pq;
struct pq_result;

struct pq_params {
    const struct cdc_source_config *config;
    const char *connector, *owner; /* for application_name */
    bool replication;              /* a walsender that also takes SQL */
    bool writes;                   /* an ordinary session that may write; else it is read-only */
    int interrupt_fd; /* eventfd; a blocking call ends with CDC_ERR_RETRY once it is readable. -1: none */
};

/* Connects, within timeout_ms. */
int pq_open(struct pq **pq, const struct pq_params *params, int timeout_ms,
            struct cdc_err *err) CDC_MUST_CHECK;
/* The same in steps that do not block: begin, then step until it returns 1 (ready; 0: wait for pq_fd(); -1: failed). */
int pq_begin(struct pq **pq, const struct pq_params *params, struct cdc_err *err) CDC_MUST_CHECK;
int pq_step(struct pq *pq, struct cdc_err *err) CDC_MUST_CHECK;
/* NULL is fine. */
void pq_close(struct pq *pq);

/* The socket, and the poll() events that it waits for. */
int pq_fd(const struct pq *pq);
short pq_events(const struct pq *pq);
/* As 150020. */
int pq_version(const struct pq *pq);
int pq_pid(const struct pq *pq);

/*
 * Runs one SQL or replication command; `result` may be NULL. After a time-out or an interrupt the command has been
 * cancelled and the connection is of no use any more.
 */
int pq_query(struct pq *pq, const char *sql, int timeout_ms, struct pq_result **result,
             struct cdc_err *err) CDC_MUST_CHECK;
/* The same in steps: send, then collect until it returns 1 (0: not yet there). */
int pq_send(struct pq *pq, const char *sql, struct cdc_err *err) CDC_MUST_CHECK;
int pq_collect(struct pq *pq, struct pq_result **result, struct cdc_err *err) CDC_MUST_CHECK;
/* Blocks until pq_collect() would return 1; as pq_query(), but a time-out returns 1 and leaves the command running. */
int pq_await(struct pq *pq, int timeout_ms, struct pq_result **result, struct cdc_err *err) CDC_MUST_CHECK;
/* What stands for $1, $2, … in a query: texts, with the types that they are of. */
struct pq_values {
    int n;
    const uint32_t *types;
    const char *const *texts;
};

/*
 * A query whose rows come one by one: select, then fetch until it returns 0 (no more; 1: *result has one row). The
 * result must be freed before the next fetch. `values` may be NULL. After a failure the connection is of no use any more.
 */
int pq_select(struct pq *pq, const char *sql, const struct pq_values *values,
              struct cdc_err *err) CDC_MUST_CHECK;
int pq_fetch(struct pq *pq, int timeout_ms, struct pq_result **result, struct cdc_err *err) CDC_MUST_CHECK;
/* Ends such a query before its last row, and throws away what is on its way, so that the connection is free again. */
int pq_abandon(struct pq *pq, int timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
/* The SQLSTATE with which the server refused the last command that it refused; "" if there was none. */
const char *pq_state(const struct pq *pq);
/* Asks the server to end the running command, if there is one. */
void pq_cancel(struct pq *pq);

/* Results. Texts live as long as the result; NULL for SQL NULL. */
int pq_rows(const struct pq_result *result);
const char *pq_text(const struct pq_result *result, int row, int column);
struct cdc_slice pq_slice(const struct pq_result *result, int row, int column);
bool pq_true(const struct pq_result *result, int row, int column);
int64_t pq_integer(const struct pq_result *result, int row, int column);
void pq_free(struct pq_result *result);

/* Starts a CopyBoth stream; from here on only the calls below. */
int pq_copy_start(struct pq *pq, const char *command, int timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
/* 1: *message is there, valid until the next call; 0: nothing has arrived; -1: the stream ended or failed. */
int pq_copy_get(struct pq *pq, struct cdc_slice *message, struct cdc_err *err) CDC_MUST_CHECK;
/* Sends one message; what the socket does not take now goes out with a later call. */
int pq_copy_put(struct pq *pq, const void *data, size_t len, struct cdc_err *err) CDC_MUST_CHECK;

/* Empties the counter of an eventfd; whether it held anything. */
bool pq_interrupted(int fd);

#endif
