/*
 * Connections for commands (client.h): the transport and the protocol's reader together, and the greeting. Everything that
 * has a reply gets it read and classed here. Fails with the address and the command's name in the message, never its arguments.
 */
#include "redis/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cdc/clock.h"
#include "redis/reply_class.h"

enum { RECEIVE_BYTES = 64 * 1024, REPLY_BYTES = 64 * 1024 * 1024, CALL_ARGS = 16 };

struct redis_client {
    struct redis_transport *transport;
    struct redis_resp *resp;
    int patience_ms; /* of commands */
    struct cdc_buf command;
    char received[RECEIVE_BYTES];
};

static int left_ms(int64_t deadline_ms)
{
    int64_t left = deadline_ms - cdc_now_ms();

    return left > 0 ? (int)left : 0;
}

static int send_all(struct redis_client *client, const struct cdc_buf *command, int64_t deadline_ms,
                    struct cdc_err *err)
{
    struct iovec part = {command->data, command->len};
    unsigned ready;
    size_t sent;

    while (part.iov_len) {
        if (redis_transport_send(client->transport, &part, 1, &sent, err))
            return -1;
        part.iov_base = (char *)part.iov_base + sent;
        part.iov_len -= sent;
        if (sent || !part.iov_len)
            continue;
        if (redis_transport_wait(client->transport, true, left_ms(deadline_ms), &ready, err))
            return -1;
        if (ready & REDIS_TRANSPORT_WOKEN)
            return cdc_err_set(err, CDC_ERR_RETRY, "interrupted");
        if (!ready)
            return cdc_err_set(err, CDC_ERR_RETRY, "Redis at %s takes no more data",
                               redis_transport_name(client->transport));
    }
    return 0;
}

int redis_client_receive(struct redis_client *client, struct cdc_err *err)
{
    size_t got;

    if (redis_transport_recv(client->transport, client->received, sizeof client->received, &got, err))
        return -1;
    return got ? redis_resp_feed(client->resp, client->received, got, err) : 0;
}

int redis_client_next(struct redis_client *client, const struct redis_reply **reply, struct cdc_err *err)
{
    return redis_resp_next(client->resp, reply, err);
}

struct redis_transport *redis_client_transport(struct redis_client *client)
{
    return client->transport;
}

const char *redis_client_address(const struct redis_client *client)
{
    return redis_transport_name(client->transport);
}

static int wait_reply(struct redis_client *client, int64_t deadline_ms, const struct redis_reply **reply,
                      struct cdc_err *err)
{
    unsigned ready;
    int rc;

    while ((rc = redis_client_next(client, reply, err)) == 0) {
        if (redis_transport_wait(client->transport, false, left_ms(deadline_ms), &ready, err))
            return -1;
        if (ready & REDIS_TRANSPORT_WOKEN)
            return cdc_err_set(err, CDC_ERR_RETRY, "interrupted");
        if (!ready)
            return cdc_err_set(err, CDC_ERR_RETRY, "no reply from Redis at %s in time",
                               redis_transport_name(client->transport));
        if (redis_client_receive(client, err))
            return -1;
    }
    return rc < 0 ? -1 : 0;
}

int redis_client_send(struct redis_client *client, const struct cdc_buf *command, int timeout_ms,
                      const struct redis_reply **reply, struct cdc_err *err)
{
    int64_t deadline_ms = cdc_now_ms() + (timeout_ms ? timeout_ms : client->patience_ms);

    if (command->failed)
        return cdc_err_memory(err);
    if (send_all(client, command, deadline_ms, err) || wait_reply(client, deadline_ms, reply, err))
        return -1;
    if (redis_reply_type(*reply) == REDIS_REPLY_IS_ERROR)
        return redis_reply_class(redis_reply_text(*reply), err);
    return 0;
}

int redis_client_command(struct redis_client *client, size_t argc, const struct cdc_slice *argv,
                         int timeout_ms, const struct redis_reply **reply, struct cdc_err *err)
{
    cdc_buf_reset(&client->command);
    redis_resp_command(&client->command, argc);
    for (size_t i = 0; i < argc; i++)
        redis_resp_arg(&client->command, argv[i]);
    if (redis_client_send(client, &client->command, timeout_ms, reply, err))
        return cdc_err_wrap(err, "%.*s", CDC_ARG(argv[0]));
    return 0;
}

int redis_client_call(struct redis_client *client, const struct redis_reply **reply, struct cdc_err *err, ...)
{
    struct cdc_slice argv[CALL_ARGS];
    const char *arg;
    size_t argc = 0;
    va_list ap;

    va_start(ap, err);
    while ((arg = va_arg(ap, const char *)) && argc < CALL_ARGS)
        argv[argc++] = cdc_slice_str(arg);
    va_end(ap);
    return redis_client_command(client, argc, argv, 0, reply, err);
}

/* The name that CLIENT LIST shows takes no spaces and no control characters. */
static void clean_name(char *out, size_t size, const char *name)
{
    size_t i;

    for (i = 0; name[i] && i + 1 < size; i++)
        out[i] = '!' <= name[i] && name[i] <= '~' ? name[i] : '-';
    out[i] = '\0';
}

static int authenticate(struct redis_client *client, const struct cdc_redis_config *config,
                        struct cdc_err *err)
{
    const struct redis_reply *reply;
    int rc;

    if (!config->password)
        return 0;
    if (config->user)
        rc = redis_client_call(client, &reply, err, "AUTH", config->user, config->password, (char *)NULL);
    else
        rc = redis_client_call(client, &reply, err, "AUTH", config->password, (char *)NULL);
    explicit_bzero(client->command.data, client->command.len);
    return rc;
}

static int greet(struct redis_client *client, const struct cdc_redis_config *config, const char *name,
                 struct cdc_err *err)
{
    const struct redis_reply *reply;
    char database[16], shown[96];

    if (authenticate(client, config, err))
        return -1;
    if (config->database) {
        snprintf(database, sizeof database, "%u", config->database);
        if (redis_client_call(client, &reply, err, "SELECT", database, (char *)NULL))
            return -1;
    }
    clean_name(shown, sizeof shown, name);
    return redis_client_call(client, &reply, err, "CLIENT", "SETNAME", shown, (char *)NULL);
}

static int open_within(struct redis_client **result, const struct cdc_redis_config *config, const char *name,
                       const struct redis_wake *wake, int connect_ms, int patience_ms, struct cdc_err *err)
{
    struct redis_client *client = calloc(1, sizeof *client);

    if (!client)
        return cdc_err_memory(err);
    client->patience_ms = patience_ms;
    if (redis_resp_new(&client->resp, REPLY_BYTES, err) ||
        redis_transport_open(&client->transport, config, wake, connect_ms, err))
        goto fail;
    if (greet(client, config, name, err)) {
        if (err && err->class == CDC_ERR_FATAL)
            err->class = CDC_ERR_CONFIG;
        cdc_err_wrap(err, "Redis at %s", redis_client_address(client));
        goto fail;
    }
    *result = client;
    return 0;
fail:
    redis_client_close(client);
    return -1;
}

int redis_client_open(struct redis_client **result, const struct cdc_redis_config *config, const char *name,
                      const struct redis_wake *wake, struct cdc_err *err)
{
    return open_within(result, config, name, wake, REDIS_CLIENT_CONNECT_MS, REDIS_CLIENT_COMMAND_MS, err);
}

int redis_client_open_soon(struct redis_client **result, const struct cdc_redis_config *config,
                           const char *name, const struct redis_wake *wake, int patience_ms,
                           struct cdc_err *err)
{
    return open_within(result, config, name, wake, patience_ms, patience_ms, err);
}

void redis_client_close(struct redis_client *client)
{
    if (!client)
        return;
    redis_transport_close(client->transport);
    redis_resp_free(client->resp);
    cdc_buf_fini(&client->command);
    free(client);
}
