/*
 * A connection to Redis that is ready for commands: connected, authenticated, the database selected. The sink is built on it,
 * and so are the commands that only read (`status`, `tail`, `checkpoint show`); these open it by master.h, which knows of
 * sentinels. Owned by one thread at a time.
 *
 * After any error of class RETRY the connection is of no use any more: close it.
 */
#ifndef REDIS_CLIENT_H
#define REDIS_CLIENT_H

#include "cdc/config.h"
#include "redis/resp.h"
#include "redis/transport.h"
#include "redis/wake.h"

/* For connecting and for commands that answer at once. */
enum { REDIS_CLIENT_CONNECT_MS = 5000, REDIS_CLIENT_COMMAND_MS = 10000 };

struct redis_client;

/*
 * `name` is shown by CLIENT LIST. `wake` may be NULL; when it is set, waiting ends with CDC_ERR_RETRY. -1: CDC_ERR_RETRY,
 * CDC_ERR_DENIED (user, password) or CDC_ERR_CONFIG (TLS, database).
 */
int redis_client_open(struct redis_client **client, const struct cdc_redis_config *config, const char *name,
                      const struct redis_wake *wake, struct cdc_err *err) CDC_MUST_CHECK;
/* The same for who has somebody else to ask: connecting, and each command, may take `patience_ms`. */
int redis_client_open_soon(struct redis_client **client, const struct cdc_redis_config *config,
                           const char *name, const struct redis_wake *wake, int patience_ms,
                           struct cdc_err *err) CDC_MUST_CHECK;
/* NULL is fine. */
void redis_client_close(struct redis_client *client);
/* Where it is connected to, for messages. */
const char *redis_client_address(const struct redis_client *client);

/*
 * Sends one command and waits for its reply, which lives until the next call. An error reply is an error of its class
 * (reply_class.h). A timeout_ms of 0 means REDIS_CLIENT_COMMAND_MS, or the patience it was opened with; give more to commands that block.
 */
int redis_client_command(struct redis_client *client, size_t argc, const struct cdc_slice *argv,
                         int timeout_ms, const struct redis_reply **reply,
                         struct cdc_err *err) CDC_MUST_CHECK;
/* The same with strings, the last one followed by a null pointer: redis_client_call(client, &reply, err, "GET", "key", (char *)NULL) */
int redis_client_call(struct redis_client *client, const struct redis_reply **reply, struct cdc_err *err,
                      ...) CDC_MUST_CHECK;
/* The same with a command that is formatted already (resp.h). */
int redis_client_send(struct redis_client *client, const struct cdc_buf *command, int timeout_ms,
                      const struct redis_reply **reply, struct cdc_err *err) CDC_MUST_CHECK;

/* For pipelining: the stream below, receiving what is there, and the next reply (1; 0: none yet; errors are replies). */
struct redis_transport *redis_client_transport(struct redis_client *client);
int redis_client_receive(struct redis_client *client, struct cdc_err *err) CDC_MUST_CHECK;
int redis_client_next(struct redis_client *client, const struct redis_reply **reply,
                      struct cdc_err *err) CDC_MUST_CHECK;

#endif
