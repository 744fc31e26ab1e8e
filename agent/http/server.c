/*
 * HTTP on libmicrohttpd (server.h). Its threads run the handler; whoever is slow or sends too much loses the connection, and
 * nothing here ever waits for the pipeline. A connection has a deadline besides the library's time-out, which each byte puts off.
 */
#include "http/server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cdc/clock.h"
#include "cdc/log.h"

#define THREADS      2 /* one may be asking Redis about the fleet */
#define CONNECTIONS  64u
#define MEMORY_BYTES 16384 /* of a connection, its headers included */
#define IDLE_S       5u
#define DEADLINE_MS  15000
#define REPLY_BYTES  (8 * 1024 * 1024)

struct open_connection {
    int fd; /* -1: none */
    int64_t since_ms;
};

struct server {
    struct MHD_Daemon *daemon;
    server_handler *handler;
    void *ctx;
    pthread_mutex_t lock;
    struct open_connection open[CONNECTIONS];
};

static void make_nonce(char out[SERVER_NONCE])
{
    unsigned char bytes[(SERVER_NONCE - 1) / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return; /* then nothing inline works: safe, and plain */
    for (size_t i = 0; i < sizeof bytes; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* A page may use what is in it and ask this server; nobody may frame it, guess its type or keep it. */
static void add_headers(struct MHD_Response *response, const struct server_reply *reply)
{
    char policy[320];

    snprintf(
        policy, sizeof policy,
        "default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        reply->nonce, reply->nonce);
    MHD_add_response_header(response, "Content-Type", reply->type);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Connection", "close");
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct server_reply *reply)
{
    struct MHD_Response *response;
    enum MHD_Result rc;

    if (reply->body.failed) {
        reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
        cdc_buf_reset(&reply->body);
    }
    response = MHD_create_response_from_buffer(reply->body.len, reply->body.data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        cdc_buf_fini(&reply->body);
        return MHD_NO;
    }
    add_headers(response, reply);
    rc = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return rc;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **con_cls)
{
    struct server *server = cls;
    struct server_request request = {.path = url};
    struct server_reply reply = {.status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8"};

    (void)version, (void)data, (void)size, (void)con_cls;
    cdc_buf_init(&reply.body, REPLY_BYTES);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        cdc_buf_puts(&reply.body, "GET and HEAD only\n");
        return send_reply(connection, &reply);
    }
    request.verbose =
        MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose", 7, NULL, NULL) == MHD_YES;
    make_nonce(reply.nonce);
    server->handler(server->ctx, &request, &reply);
    return send_reply(connection, &reply);
}

static void note(struct server *server, int fd, int was, int64_t since_ms)
{
    pthread_mutex_lock(&server->lock);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (server->open[i].fd == was) {
            server->open[i] = (struct open_connection){fd, since_ms};
            break;
        }
    pthread_mutex_unlock(&server->lock);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    (void)socket_context;
    if (!info)
        return;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        note(cls, info->connect_fd, -1, cdc_now_ms());
    else
        note(cls, -1, info->connect_fd, 0);
}

static void on_complaint(void *cls, const char *fmt, va_list ap)
{
    char text[256];

    (void)cls;
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\n")] = '\0';
    cdc_log(CDC_LOG_DEBUG, "http: %s", text);
}

int server_start(struct server **out, int fd, server_handler *handler, void *ctx, struct cdc_err *err)
{
    struct server *server = calloc(1, sizeof *server);

    *out = NULL;
    if (!server || pthread_mutex_init(&server->lock, NULL)) {
        free(server);
        close(fd);
        return cdc_err_memory(err);
    }
    server->handler = handler;
    server->ctx = ctx;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        server->open[i].fd = -1;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
        MHD_OPTION_EXTERNAL_LOGGER, on_complaint, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (!server->daemon) {
        pthread_mutex_destroy(&server->lock);
        free(server);
        close(fd);
        return cdc_err_set(err, CDC_ERR_RETRY, "http.listen: the server does not start");
    }
    *out = server;
    return 0;
}

/* What is noted here is open: the library tells of the end before it closes. */
void server_tend(struct server *server)
{
    int64_t now = cdc_now_ms();

    pthread_mutex_lock(&server->lock);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (server->open[i].fd >= 0 && now - server->open[i].since_ms > DEADLINE_MS)
            shutdown(server->open[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
