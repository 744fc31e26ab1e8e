/*
 * One connection to a MySQL or MariaDB server: queries with text results, and the binlog as a run of event packets.
 * The only module that knows the client library. One thread uses a client at a time, except for my_client_interrupt().
 */
#ifndef MYSQL_CLIENT_H
#define MYSQL_CLIENT_H

#include <stdint.h>

#include "cdc/config.h"
#include "cdc/err.h"
#include "cdc/slice.h"

struct my_client;

/* What to ask the server for. The session variables of the dialect must have been set before. */
struct my_client_dump {
    uint32_t server_id;
    const char *file; /* "" with GTIDs */
    uint64_t position;
    bool by_gtid;              /* MySQL's own GTID dump: `gtids` holds the encoded set */
    struct cdc_slice gtids;    /* lives until the dump has been asked for */
    const char *reported_host; /* what the server shows of us in its list of replicas */
};

/* A result, one row at a time. Zeroed is empty. */
struct my_client_result {
    struct my_client *client;
    void *rows; /* of the library */
    const char *const *values;
    const unsigned long *lengths;
    unsigned ncolumns;
};

/* `config` must outlive the client; no network. NULL: out of memory. */
struct my_client *my_client_new(const struct cdc_source_config *config);
/* NULL is fine. */
void my_client_free(struct my_client *client);

/*
 * Connects, having closed what was open before. A read that waits longer than `read_timeout_ms` ends the connection.
 * Classes: RETRY (not reachable), DENIED, CONFIG (TLS, authentication method).
 */
int my_client_connect(struct my_client *client, int64_t read_timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
void my_client_close(struct my_client *client);
bool my_client_is_open(const struct my_client *client);
/* The server's version text, "10.11.19-MariaDB…"; "" before the first connect. Lives until the next connect or free. */
const char *my_client_version(const struct my_client *client);
/* True when the connection is encrypted. */
bool my_client_is_encrypted(const struct my_client *client);

/* Runs a statement and throws its result away. */
int my_client_run(struct my_client *client, const char *sql, struct cdc_err *err) CDC_MUST_CHECK;
/* Runs a query; the result must be freed before the client is used for anything else. */
int my_client_query(struct my_client *client, const char *sql, struct my_client_result *result,
                    struct cdc_err *err) CDC_MUST_CHECK;
/* 1: a row, which lives until the next call; 0: no more; -1: error. */
int my_client_row(struct my_client_result *result, struct cdc_err *err) CDC_MUST_CHECK;
/* Column `i` of the present row; ptr is NULL for SQL NULL. */
struct cdc_slice my_client_value(const struct my_client_result *result, unsigned i);
void my_client_result_free(struct my_client_result *result);
/* The same without reading what is left: the connection is closed. */
void my_client_result_drop(struct my_client_result *result);
/* The server's error number of the last failure, 0 if it was not a server's. */
unsigned my_client_errno(const struct my_client *client);

/* Registers as a replica, which lasts as long as the connection; DENIED without the privilege REPLICATION SLAVE. */
int my_client_register(struct my_client *client, uint32_t server_id, const char *reported_host,
                       struct cdc_err *err) CDC_MUST_CHECK;
/* Registers as a replica and asks for the binlog; afterwards only my_client_ready(), _wait() and _fetch() make sense. */
int my_client_dump(struct my_client *client, const struct my_client_dump *dump,
                   struct cdc_err *err) CDC_MUST_CHECK;
/* True when (a part of) a packet has already arrived, so that my_client_fetch() will not wait for the server's next event. */
bool my_client_ready(struct my_client *client);
/*
 * Waits until my_client_ready() may be true, `timeout_ms` at most where the library allows it: with libmysqlclient the wait lasts
 * until the next packet, at the latest the next heartbeat. 1: ready, 0: not, -1: error, which it also is when calls of this have waited
 * for longer than a read may and nothing came in between.
 */
int my_client_wait(struct my_client *client, int timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
/* The next event, header and all, without the packet's status byte. It lives until the next fetch or close. */
int my_client_fetch(struct my_client *client, struct cdc_slice *event, struct cdc_err *err) CDC_MUST_CHECK;
/* Both at once: 1: an event, 2: the beginning of one (see my_client_left()), 0: none has arrived, -1: error. */
int my_client_take(struct my_client *client, struct cdc_slice *event, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Events larger than `bytes` are given out by their beginning alone (64 KiB); then my_client_left() says how much of the event fetched
 * last is missing, and my_client_read() gives it bit by bit, until the next fetch. For the next dump.
 */
void my_client_keep_whole(struct my_client *client, size_t bytes);
uint64_t my_client_left(struct my_client *client);
/* The next `n` bytes; `to` may be NULL. */
int my_client_read(struct my_client *client, void *to, size_t n, struct cdc_err *err) CDC_MUST_CHECK;
/* Bytes of events fetched since my_client_new(). */
uint64_t my_client_bytes(const struct my_client *client);

/* From any thread: breaks what waits for the network, until the next connect. */
void my_client_interrupt(struct my_client *client);

/* Which library, for `tributary version`: "MariaDB Connector/C 3.3.20". */
const char *my_client_library(void);

#endif
