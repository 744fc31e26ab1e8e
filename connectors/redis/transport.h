/*
 * A byte stream to a Redis: TCP or a Unix socket, with or without TLS. Never blocks but in open() and wait(), and these end at
 * their time limit or when the wake is set. Owned by one thread at a time.
 */
#ifndef REDIS_TRANSPORT_H
#define REDIS_TRANSPORT_H

#include <stdint.h>
#include <sys/uio.h>

#include "cdc/config.h"
#include "redis/wake.h"

struct redis_transport;

enum {
    REDIS_TRANSPORT_READ = 1,
    REDIS_TRANSPORT_WRITE = 2,
    REDIS_TRANSPORT_WOKEN = 4, /* the wake was set; it is unset now */
};

/*
 * Connects to the host or socket of `config`; with config->tls, verifies the server's certificate and name. `wake` may be
 * NULL, else it must outlive the transport. -1: CDC_ERR_RETRY (refused, time-out, woken), CDC_ERR_CONFIG (certificate, path).
 * Resolving a name takes as long as the system's resolver does.
 */
int redis_transport_open(struct redis_transport **transport, const struct cdc_redis_config *config,
                         const struct redis_wake *wake, int timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
void redis_transport_close(struct redis_transport *transport);
/* "127.0.0.1:6379" or the path, for messages. */
const char *redis_transport_name(const struct redis_transport *transport);
/* Sends what fits now; *sent may be 0. -1: CDC_ERR_RETRY, the connection is lost. */
int redis_transport_send(struct redis_transport *transport, const struct iovec *parts, int nparts,
                         size_t *sent, struct cdc_err *err) CDC_MUST_CHECK;
/* Receives what is there; *got may be 0. -1: CDC_ERR_RETRY, the connection is lost or was closed. */
int redis_transport_recv(struct redis_transport *transport, void *data, size_t size, size_t *got,
                         struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Waits until something can be read, or written if `writing`, or the wake is set. *ready gets what is (0: time is up);
 * a timeout_ms below 0 waits for ever.
 */
int redis_transport_wait(struct redis_transport *transport, bool writing, int timeout_ms, unsigned *ready,
                         struct cdc_err *err) CDC_MUST_CHECK;

#endif
