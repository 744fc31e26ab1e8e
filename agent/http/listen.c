/*
 * Opening the listener (listen.h), on the main thread. A port that is taken is no reason to stop: a standby on the same host has the
 * same configuration, and gets the port when the first agent goes.
 */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

/* "[::1]:9187" -> "::1", "9187" */
static int split(const char *where, char host[256], char port[16])
{
    const char *colon = strrchr(where, ':');
    size_t len = colon ? (size_t)(colon - where) : 0;

    if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
        where++;
        len -= 2;
    }
    if (!colon || len == 0 || len >= 256 || strlen(colon + 1) >= 16)
        return -1;
    memcpy(host, where, len);
    host[len] = '\0';
    strcpy(port, colon + 1);
    return 0;
}

static int bind_and_listen(const struct addrinfo *to)
{
    int on = 1, saved,
        fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int failed(const char *where, struct cdc_err *err)
{
    int why = errno;

    cdc_err_set(err, CDC_ERR_RETRY, "http.listen: %s: %s", where, strerror(why));
    if (why == EADDRINUSE)
        return cdc_err_hint(
            err, "give each connector of this host an http.listen of its own, or say off; it is tried again");
    return cdc_err_hint(
        err, "see `ip address` for this host's addresses; ports below 1024 need a right; it is tried again");
}

int listen_open(const char *where, struct cdc_err *err)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *list = NULL;
    char host[256], port[16];
    int fd = -1, rc;

    if (split(where, host, port))
        return cdc_err_set(err, CDC_ERR_RETRY, "http.listen: %s is not ADDRESS:PORT", where);
    rc = getaddrinfo(host, port, &want, &list);
    if (rc)
        return cdc_err_set(err, CDC_ERR_RETRY, "http.listen: %s: %s", where, gai_strerror(rc));
    for (const struct addrinfo *to = list; to && fd < 0; to = to->ai_next)
        fd = bind_and_listen(to);
    if (fd < 0)
        failed(where, err);
    freeaddrinfo(list);
    return fd;
}

bool listen_is_local(const char *where)
{
    return strncmp(where, "127.", 4) == 0 || strncmp(where, "[::1]", 5) == 0 ||
           strncmp(where, "localhost:", 10) == 0;
}
