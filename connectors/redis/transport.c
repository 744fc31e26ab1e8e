/*
 * Byte streams to Redis (transport.h): sockets and TLS, and nothing of the protocol. The only file that touches sockets. Used
 * by client.c and pipe.c. Fails with the address in the message; the pipeline connects again.
 */
#include "redis/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cdc/clock.h"

/* A peer that vanished is noticed after 30 s + 3 * 10 s of silence, unacknowledged data after 30 s. */
enum { KEEPALIVE_IDLE_S = 30, KEEPALIVE_EVERY_S = 10, KEEPALIVE_COUNT = 3, UNACKNOWLEDGED_MS = 30000 };

#define TLS_HINT "does this port of Redis speak TLS (tls-port)?"

struct redis_transport {
    int fd;
    const struct redis_wake *wake; /* may be NULL */
    SSL_CTX *tls_context;
    BIO_METHOD *tls_method;
    SSL *tls;
    bool read_wants_write, write_wants_read; /* TLS: what the last call waits for */
    char name[300];
};

/* Polls the socket for `events` and the wake. Returns poll()'s events of the socket; *woken says of the wake. */
static int poll_socket(const struct redis_transport *t, short events, int64_t deadline_ms, bool *woken,
                       short *happened, struct cdc_err *err)
{
    struct pollfd fds[2] = {{.fd = t->fd, .events = events},
                            {.fd = t->wake ? t->wake->fd : -1, .events = POLLIN}};
    int64_t left;
    int n;

    do {
        left = deadline_ms < 0 ? -1 : deadline_ms - cdc_now_ms();
        n = poll(fds, 2, left < 0 && deadline_ms >= 0 ? 0 : (int)left);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return cdc_err_set(err, CDC_ERR_RETRY, "waiting for %s: %s", t->name, strerror(errno));
    *woken = fds[1].revents != 0 && redis_wake_take(t->wake);
    *happened = fds[0].revents;
    return 0;
}

/* Waits in open(): 0 when one of `events` happened. */
static int await(const struct redis_transport *t, short events, int64_t deadline_ms, struct cdc_err *err)
{
    short happened;
    bool woken;

    if (poll_socket(t, events, deadline_ms, &woken, &happened, err))
        return -1;
    if (woken)
        return cdc_err_set(err, CDC_ERR_RETRY, "connecting to %s: interrupted", t->name);
    if (!happened) {
        cdc_err_set(err, CDC_ERR_RETRY, "connecting to %s: no answer in time", t->name);
        return cdc_err_hint(err, "is the host up, and does a firewall let the agent through?");
    }
    return 0;
}

static int cannot_connect(const struct redis_transport *t, int error, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_RETRY, "cannot connect to Redis at %s: %s", t->name, strerror(error));
    if (error == ECONNREFUSED || error == ENOENT)
        return cdc_err_hint(err, "is Redis running there? check redis.url");
    if (error == EACCES || error == EPERM)
        return cdc_err_hint(err,
                            "let the agent's user open the socket: unixsocketperm in redis.conf, or a group");
    return -1;
}

static int connect_address(struct redis_transport *t, const struct sockaddr *address, socklen_t len,
                           int64_t deadline_ms, struct cdc_err *err)
{
    int error = 0;
    socklen_t size = sizeof error;

    t->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0)
        return cannot_connect(t, errno, err);
    if (connect(t->fd, address, len) == 0)
        return 0;
    if (errno != EINPROGRESS) {
        cannot_connect(t, errno, err);
        goto fail;
    }
    if (await(t, POLLOUT, deadline_ms, err))
        goto fail;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error) {
        cannot_connect(t, error ? error : errno, err);
        goto fail;
    }
    return 0;
fail:
    close(t->fd);
    t->fd = -1;
    return -1;
}

static int connect_socket(struct redis_transport *t, const char *path, int64_t deadline_ms,
                          struct cdc_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return cdc_err_set(err, CDC_ERR_CONFIG, "the path of the socket %s is longer than %zu bytes", path,
                           sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect_address(t, (const struct sockaddr *)&address, sizeof address, deadline_ms, err);
}

static void tune_tcp(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS},
    };

    /* a system that lacks one of them works without it */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

/* Tries each address of the host until one answers; all share one time limit. */
static int connect_host(struct redis_transport *t, const char *host, uint16_t port, int64_t deadline_ms,
                        struct cdc_err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list, *a;
    char service[8];
    int rc;

    snprintf(service, sizeof service, "%u", (unsigned)port);
    rc = getaddrinfo(host, service, &hints, &list);
    if (rc) {
        cdc_err_set(err, CDC_ERR_RETRY, "cannot resolve %s: %s", host,
                    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
        return cdc_err_hint(err, "check the host in redis.url, and the name server");
    }
    rc = -1;
    for (a = list; a && rc; a = a->ai_next)
        rc = connect_address(t, a->ai_addr, a->ai_addrlen, deadline_ms, err);
    freeaddrinfo(list);
    if (rc == 0)
        tune_tcp(t->fd);
    return rc;
}

/* TLS reads and writes the socket through these: a write to a closed connection must not raise SIGPIPE. */
static int tls_socket_write(BIO *bio, const char *data, int len)
{
    const struct redis_transport *t = BIO_get_data(bio);
    ssize_t n = send(t->fd, data, (size_t)len, MSG_NOSIGNAL);

    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)n;
}

static int tls_socket_read(BIO *bio, char *data, int size)
{
    const struct redis_transport *t = BIO_get_data(bio);
    ssize_t n = recv(t->fd, data, (size_t)size, 0);

    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)n;
}

static long tls_socket_control(BIO *bio, int command, long argument, void *pointer)
{
    (void)bio;
    (void)argument;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static const char *tls_reason(const struct redis_transport *t)
{
    long verify = t->tls ? SSL_get_verify_result(t->tls) : X509_V_OK;
    unsigned long code = ERR_peek_last_error();

    if (verify != X509_V_OK)
        return X509_verify_cert_error_string(verify);
    return code ? ERR_reason_error_string(code) : "the connection was closed";
}

static int tls_failed(const struct redis_transport *t, struct cdc_err *err)
{
    bool verify = t->tls && SSL_get_verify_result(t->tls) != X509_V_OK;

    cdc_err_set(err, verify ? CDC_ERR_CONFIG : CDC_ERR_RETRY, "TLS with Redis at %s: %s", t->name,
                tls_reason(t));
    ERR_clear_error();
    return cdc_err_hint(
        err, verify ? "redis.tls_ca must name the authority that signed the server's certificate, and the "
                      "certificate the host in redis.url"
                    : TLS_HINT);
}

/* Files that cannot be read for want of descriptors or memory can be the next time; who says nothing had no memory to say it. */
static bool will_pass(unsigned long code)
{
    int reason = ERR_GET_REASON(code);

    if (ERR_GET_LIB(code) == ERR_LIB_SYS)
        return reason == EMFILE || reason == ENFILE || reason == ENOMEM || reason == EIO || reason == EINTR;
    return code == 0 || reason == ERR_R_MALLOC_FAILURE;
}

static SSL_CTX *tls_context_new(const char *ca, const char *name, struct cdc_err *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int loaded;

    if (!context) {
        cdc_err_memory(err);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ERR_clear_error();
    loaded =
        ca ? SSL_CTX_load_verify_locations(context, ca, NULL) : SSL_CTX_set_default_verify_paths(context);
    if (loaded == 1)
        return context;
    cdc_err_set(err, will_pass(ERR_peek_error()) ? CDC_ERR_RETRY : CDC_ERR_CONFIG,
                "TLS with Redis at %s: cannot read the certificates in %s", name,
                ca ? ca : "the system's store");
    cdc_err_hint(err, "redis.tls_ca must name a readable PEM file");
    ERR_clear_error();
    SSL_CTX_free(context);
    return NULL;
}

/* The certificate must be for `host`, which may be an address. */
static int tls_expect(SSL *tls, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(tls);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
        return 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) && SSL_set_tlsext_host_name(tls, host) == 1;
}

static BIO *tls_socket_new(struct redis_transport *t)
{
    BIO *bio;

    t->tls_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "redis");
    if (!t->tls_method)
        return NULL;
    BIO_meth_set_write(t->tls_method, tls_socket_write);
    BIO_meth_set_read(t->tls_method, tls_socket_read);
    BIO_meth_set_ctrl(t->tls_method, tls_socket_control);
    bio = BIO_new(t->tls_method);
    if (bio) {
        BIO_set_data(bio, t);
        BIO_set_init(bio, 1);
    }
    return bio;
}

static int await_handshake(const struct redis_transport *t, short events, int64_t deadline_ms,
                           struct cdc_err *err)
{
    if (await(t, events, deadline_ms, err) == 0)
        return 0;
    return cdc_err_hint(err, TLS_HINT);
}

static int tls_handshake(struct redis_transport *t, int64_t deadline_ms, struct cdc_err *err)
{
    int rc;

    ERR_clear_error();
    while ((rc = SSL_connect(t->tls)) != 1) {
        switch (SSL_get_error(t->tls, rc)) {
        case SSL_ERROR_WANT_READ:
            if (await_handshake(t, POLLIN, deadline_ms, err))
                return -1;
            break;
        case SSL_ERROR_WANT_WRITE:
            if (await_handshake(t, POLLOUT, deadline_ms, err))
                return -1;
            break;
        default:
            return tls_failed(t, err);
        }
    }
    return 0;
}

static int start_tls(struct redis_transport *t, const struct cdc_redis_config *config, int64_t deadline_ms,
                     struct cdc_err *err)
{
    BIO *bio;

    t->tls_context = tls_context_new(config->tls_ca, t->name, err);
    if (!t->tls_context)
        return -1;
    t->tls = SSL_new(t->tls_context);
    bio = t->tls ? tls_socket_new(t) : NULL;
    if (!bio)
        return cdc_err_memory(err);
    SSL_set_bio(t->tls, bio, bio);
    if (config->host && !tls_expect(t->tls, config->host))
        return tls_failed(t, err);
    return tls_handshake(t, deadline_ms, err);
}

int redis_transport_open(struct redis_transport **result, const struct cdc_redis_config *config,
                         const struct redis_wake *wake, int timeout_ms, struct cdc_err *err)
{
    struct redis_transport *t = calloc(1, sizeof *t);
    int64_t deadline_ms = cdc_now_ms() + timeout_ms;
    int rc;

    if (!t)
        return cdc_err_memory(err);
    t->fd = -1;
    t->wake = wake;
    if (config->socket)
        snprintf(t->name, sizeof t->name, "%s", config->socket);
    else
        snprintf(t->name, sizeof t->name, strchr(config->host, ':') ? "[%s]:%u" : "%s:%u", config->host,
                 (unsigned)config->port);
    rc = config->socket ? connect_socket(t, config->socket, deadline_ms, err)
                        : connect_host(t, config->host, config->port, deadline_ms, err);
    if (rc == 0 && config->tls)
        rc = start_tls(t, config, deadline_ms, err);
    if (rc) {
        redis_transport_close(t);
        return -1;
    }
    *result = t;
    return 0;
}

void redis_transport_close(struct redis_transport *t)
{
    if (!t)
        return;
    if (t->tls && SSL_is_init_finished(t->tls))
        SSL_shutdown(t->tls);
    ERR_clear_error();
    SSL_free(t->tls);
    BIO_meth_free(t->tls_method);
    SSL_CTX_free(t->tls_context);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}

const char *redis_transport_name(const struct redis_transport *t)
{
    return t->name;
}

static int lost(const struct redis_transport *t, const char *why, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "the connection to Redis at %s is lost: %s", t->name, why);
}

/* After a TLS call that moved no byte: 0 if it only has to wait. */
static int tls_waits(struct redis_transport *t, int rc, bool *wants_write, bool *wants_read,
                     struct cdc_err *err)
{
    int kind = SSL_get_error(t->tls, rc);
    int saved = errno;

    if (kind == SSL_ERROR_WANT_READ) {
        if (wants_read)
            *wants_read = true;
        return 0;
    }
    if (kind == SSL_ERROR_WANT_WRITE) {
        if (wants_write)
            *wants_write = true;
        return 0;
    }
    lost(t, kind == SSL_ERROR_SYSCALL && saved ? strerror(saved) : tls_reason(t), err);
    ERR_clear_error();
    return -1;
}

static int tls_send(struct redis_transport *t, const struct iovec *parts, int nparts, size_t *sent,
                    struct cdc_err *err)
{
    size_t n;
    int rc;

    t->write_wants_read = false;
    for (int i = 0; i < nparts; i++) {
        if (!parts[i].iov_len)
            continue;
        ERR_clear_error();
        errno = 0;
        rc = SSL_write_ex(t->tls, parts[i].iov_base, parts[i].iov_len, &n);
        if (rc != 1)
            return tls_waits(t, rc, NULL, &t->write_wants_read, err);
        *sent += n;
        if (n < parts[i].iov_len)
            return 0;
    }
    return 0;
}

int redis_transport_send(struct redis_transport *t, const struct iovec *parts, int nparts, size_t *sent,
                         struct cdc_err *err)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)nparts};
    ssize_t n;

    *sent = 0;
    if (t->tls)
        return tls_send(t, parts, nparts, sent, err);
    n = sendmsg(t->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
        *sent = (size_t)n;
        return 0;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return 0;
    return lost(t, strerror(errno), err);
}

int redis_transport_recv(struct redis_transport *t, void *data, size_t size, size_t *got, struct cdc_err *err)
{
    ssize_t n;
    int rc;

    *got = 0;
    if (t->tls) {
        t->read_wants_write = false;
        ERR_clear_error();
        errno = 0;
        rc = SSL_read_ex(t->tls, data, size, got);
        return rc == 1 ? 0 : tls_waits(t, rc, &t->read_wants_write, NULL, err);
    }
    n = recv(t->fd, data, size, MSG_DONTWAIT);
    if (n > 0)
        *got = (size_t)n;
    else if (n == 0)
        return lost(t, "Redis closed it", err);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return lost(t, strerror(errno), err);
    return 0;
}

int redis_transport_wait(struct redis_transport *t, bool writing, int timeout_ms, unsigned *ready,
                         struct cdc_err *err)
{
    int64_t deadline_ms = timeout_ms < 0 ? -1 : cdc_now_ms() + timeout_ms;
    bool pending = t->tls && SSL_pending(t->tls) > 0, woken;
    short events = POLLIN, happened;

    if ((writing && !t->write_wants_read) || t->read_wants_write)
        events |= POLLOUT;
    if (poll_socket(t, events, pending ? cdc_now_ms() : deadline_ms, &woken, &happened, err))
        return -1;
    *ready = woken ? REDIS_TRANSPORT_WOKEN : 0;
    if (pending || happened & ~POLLOUT || (t->read_wants_write && happened & POLLOUT))
        *ready |= REDIS_TRANSPORT_READ;
    if (writing && (happened & POLLOUT || (t->write_wants_read && happened & POLLIN)))
        *ready |= REDIS_TRANSPORT_WRITE;
    return 0;
}
