/*
 * The proxy (proxy.h). One thread polls everything: a pipe by which it is told of changes, the listener, and for each connection two
 * sides with a buffer each way. Bytes wait in their buffer until their time has come; while it is full, nothing more is read, so
 * that both ends feel the wire's speed. Failures of a connection end that connection alone.
 */
#include "lib/proxy.h"

#include "lib/fail.h"
#include "lib/process.h"

#include "cdc/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINKS = 32, WAY_BYTES = 64 * 1024, PART_MS = 10, TO_SERVER = 0, TO_CLIENT = 1 };

/* What one side has sent to the other and what is not there yet. */
struct way {
    char bytes[WAY_BYTES];
    size_t len;
    int64_t due_us; /* when they may go on */
    bool ended;     /* the sender has said that it is done */
    bool told;      /* … and the receiver was told */
};

struct link {
    int fd[2]; /* whom the way TO_… leads to: fd[TO_SERVER] is the server's */
    struct way way[2];
    bool half_open; /* fd[TO_SERVER] is closed */
};

struct proxy {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows, up to the next comment */
    pthread_cond_t seen;
    struct proxy_weather weather;
    unsigned cut, cut_inside[2], half_open, spoil[2]; /* that are still to come */
    bool stopping, told;
    struct proxy_count count;
    /* the thread's own */
    struct proxy_weather now;
    struct link *links[LINKS];
    size_t nlinks;
    int64_t spent_us[2]; /* until when the bytes that have gone use the wire */
    unsigned short random[3];
    /* never changed */
    int wake[2], listener;
    unsigned port;
    struct sockaddr_un to_socket, own_socket;
    unsigned to_port;
};

static void must(bool good, const char *what)
{
    if (!good)
        fail("proxy: %s: %s", what, strerror(errno));
}

/* Does not block, and is not the children's. */
static int private_fd(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC) ? -1 : 0;
}

static int unix_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return -1;
    strcpy(address->sun_path, path);
    return 0;
}

static struct sockaddr_in port_address(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

static int listen_on(struct proxy *p)
{
    struct sockaddr_in in = port_address(p->port);
    bool local = p->own_socket.sun_family == AF_UNIX;
    int on = 1, fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;

    if (fd < 0)
        return -1;
    if (local) {
        unlink(p->own_socket.sun_path);
        rc = bind(fd, (const struct sockaddr *)&p->own_socket, sizeof p->own_socket);
        chmod(p->own_socket.sun_path, 0777);
    } else {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        rc = bind(fd, (const struct sockaddr *)&in, sizeof in);
    }
    if (rc || listen(fd, LINKS)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_on(const struct proxy *p)
{
    struct sockaddr_in in = port_address(p->to_port);
    bool local = p->to_socket.sun_family == AF_UNIX;
    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = local ? connect(fd, (const struct sockaddr *)&p->to_socket, sizeof p->to_socket)
                   : connect(fd, (const struct sockaddr *)&in, sizeof in);

    if (fd >= 0 && (rc || fcntl(fd, F_SETFL, O_NONBLOCK))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Resets it where there is such a thing, so that the other end learns at once. */
static void reset(int *fd)
{
    struct linger now = {.l_onoff = 1};

    if (*fd < 0)
        return;
    setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(*fd);
    *fd = -1;
}

static void end_link(struct proxy *p, size_t i)
{
    reset(&p->links[i]->fd[TO_SERVER]);
    reset(&p->links[i]->fd[TO_CLIENT]);
    free(p->links[i]);
    p->links[i] = p->links[--p->nlinks];
}

static void take_link(struct proxy *p)
{
    int client = accept(p->listener, NULL, NULL);
    struct link *link = client < 0 || p->nlinks == LINKS ? NULL : calloc(1, sizeof *link);

    if (!link) {
        if (client >= 0)
            close(client);
        return;
    }
    private_fd(client);
    link->fd[TO_CLIENT] = client;
    link->fd[TO_SERVER] = connect_on(p);
    p->links[p->nlinks++] = link;
    if (link->fd[TO_SERVER] < 0)
        end_link(p, p->nlinks - 1);
    pthread_mutex_lock(&p->lock);
    p->count.connections++;
    pthread_mutex_unlock(&p->lock);
}

/* Whether one of `*left` is to be done now. */
static bool take_one(struct proxy *p, unsigned *left)
{
    bool due;

    pthread_mutex_lock(&p->lock);
    due = *left > 0;
    *left -= due;
    pthread_mutex_unlock(&p->lock);
    return due;
}

static void count_cut(struct proxy *p)
{
    pthread_mutex_lock(&p->lock);
    p->count.cut++;
    pthread_mutex_unlock(&p->lock);
}

/* The sender of way `w` has something, or is done. -1: the connection is at its end. */
static int receive(struct proxy *p, struct link *link, int w)
{
    struct way *way = &link->way[w];
    ssize_t n = recv(link->fd[!w], way->bytes + way->len, WAY_BYTES - way->len, 0);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (n == 0) {
        way->ended = true;
        return 0;
    }
    if (way->len == 0)
        way->due_us = cdc_now_us() + (int64_t)p->now.delay_ms * 1000;
    if (take_one(p, &p->spoil[w])) {
        way->bytes[way->len + (size_t)(erand48(p->random) * (double)n)] ^=
            (char)(1 << (int)(erand48(p->random) * 8));
        pthread_mutex_lock(&p->lock);
        p->count.spoilt++;
        pthread_mutex_unlock(&p->lock);
    }
    way->len += (size_t)n;
    return 0;
}

/* How many bytes may go now, at the wire's speed. */
static size_t allowance(const struct proxy *p, int w, size_t len)
{
    size_t most = p->now.bytes_per_second * PART_MS / 1000 + 1;

    if (!p->now.bytes_per_second)
        return len;
    return p->spent_us[w] > cdc_now_us() ? 0 : len < most ? len : most;
}

static void spend(struct proxy *p, int w, size_t n)
{
    pthread_mutex_lock(&p->lock);
    *(w == TO_SERVER ? &p->count.to_server : &p->count.to_client) += n;
    pthread_mutex_unlock(&p->lock);
    if (p->now.bytes_per_second)
        p->spent_us[w] = cdc_now_us() + (int64_t)n * 1000000 / p->now.bytes_per_second;
}

/* Passes on what may go. -1: the connection is at its end. */
static int pass_on(struct proxy *p, struct link *link, int w)
{
    struct way *way = &link->way[w];
    bool cut = false;
    size_t n;
    ssize_t sent;

    if (way->ended && !way->len && !way->told) {
        way->told = true;
        shutdown(link->fd[w], SHUT_WR);
    }
    if (!way->len || p->now.held || cdc_now_us() < way->due_us)
        return 0;
    n = allowance(p, w, way->len);
    if (!n)
        return 0;
    if (take_one(p, &p->cut_inside[w])) {
        cut = true;
        n = (size_t)(erand48(p->random) * (double)n);
    }
    sent = n ? send(link->fd[w], way->bytes, n, MSG_NOSIGNAL) : 0;
    if (cut) {
        count_cut(p);
        return -1;
    }
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    way->len -= (size_t)sent;
    memmove(way->bytes, way->bytes + sent, way->len);
    spend(p, w, (size_t)sent);
    return 0;
}

/* The client of a half open connection sends into nothing. */
static int swallow(struct link *link)
{
    char bytes[4096];
    ssize_t n = recv(link->fd[TO_CLIENT], bytes, sizeof bytes, 0);

    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ? -1 : 0;
}

static int serve_link(struct proxy *p, struct link *link, const short happened[2])
{
    if (link->half_open)
        return happened[TO_CLIENT] ? swallow(link) : 0;
    for (int w = 0; w < 2; w++) {
        struct way *way = &link->way[w];

        if (happened[!w] & (POLLERR | POLLNVAL))
            return -1;
        if (happened[!w] & (POLLIN | POLLHUP) && !way->ended && way->len < WAY_BYTES && receive(p, link, w))
            return -1;
        if (pass_on(p, link, w))
            return -1;
    }
    return link->way[0].told && link->way[1].told ? -1 : 0;
}

static short wanted(const struct proxy *p, const struct link *link, int side)
{
    const struct way *in = &link->way[!side], *out = &link->way[side];
    short events = 0;

    if (link->half_open)
        return side == TO_CLIENT ? POLLIN : 0;
    if (in->len < WAY_BYTES && !in->ended)
        events |= POLLIN;
    if (out->len && !p->now.held && cdc_now_us() >= out->due_us && allowance(p, side, 1))
        events |= POLLOUT;
    return events;
}

/* A side that nothing is wanted of is left out: poll() would report again and again that it has hung up. */
static struct pollfd look_at(const struct proxy *p, const struct link *link, int side)
{
    short events = wanted(p, link, side);

    return (struct pollfd){.fd = events ? link->fd[side] : -1, .events = events};
}

/* In ms, until bytes that wait for their time may go. */
static int patience(const struct proxy *p)
{
    for (size_t i = 0; i < p->nlinks; i++)
        if (p->links[i]->way[0].len || p->links[i]->way[1].len)
            return p->now.delay_ms || p->now.bytes_per_second ? 1 : 100;
    return 1000;
}

static void open_half(struct proxy *p)
{
    for (size_t i = 0; i < p->nlinks; i++) {
        if (p->links[i]->half_open)
            continue;
        p->links[i]->half_open = true;
        reset(&p->links[i]->fd[TO_SERVER]);
        count_cut(p);
    }
}

static void cut_all(struct proxy *p)
{
    for (; p->nlinks; count_cut(p))
        end_link(p, p->nlinks - 1);
}

/* Takes over what the test's thread has said. False: it is over. */
static bool listen_to_test(struct proxy *p)
{
    bool cut, half_open, going;
    char byte[16];

    while (read(p->wake[0], byte, sizeof byte) > 0)
        ;
    pthread_mutex_lock(&p->lock);
    p->now = p->weather;
    cut = p->cut;
    half_open = p->half_open;
    p->cut = p->half_open = 0;
    going = !p->stopping;
    pthread_mutex_unlock(&p->lock);
    if (half_open)
        open_half(p);
    if (cut || !going)
        cut_all(p);
    if (p->listener >= 0 && (p->now.refused || !going)) {
        close(p->listener);
        p->listener = -1;
        if (p->own_socket.sun_family == AF_UNIX)
            unlink(p->own_socket.sun_path);
    } else if (p->listener < 0 && !p->now.refused && going) {
        p->listener = listen_on(p);
    }
    pthread_mutex_lock(&p->lock);
    p->told = true;
    pthread_cond_broadcast(&p->seen);
    pthread_mutex_unlock(&p->lock);
    return going;
}

static void *run(void *arg)
{
    struct proxy *p = arg;
    struct pollfd fds[2 + 2 * LINKS];

    while (listen_to_test(p)) {
        nfds_t n = 2;
        size_t links = p->nlinks;

        fds[0] = (struct pollfd){.fd = p->wake[0], .events = POLLIN};
        fds[1] = (struct pollfd){.fd = p->listener, .events = POLLIN};
        for (size_t i = 0; i < links; i++)
            for (int side = 0; side < 2; side++)
                fds[n++] = look_at(p, p->links[i], side);
        if (poll(fds, n, patience(p)) < 0 && errno != EINTR)
            break;
        for (size_t i = links; i-- > 0;)
            if (serve_link(p, p->links[i], (const short[2]){fds[2 + 2 * i].revents, fds[3 + 2 * i].revents}))
                end_link(p, i);
        if (fds[1].revents & POLLIN)
            take_link(p);
    }
    return NULL;
}

struct proxy *proxy_start(const struct proxy_options *options)
{
    struct proxy *p = calloc(1, sizeof *p);

    must(p && pipe(p->wake) == 0 && private_fd(p->wake[0]) == 0 && private_fd(p->wake[1]) == 0, "pipe");
    must(!options->socket || unix_address(&p->own_socket, options->socket) == 0, "path");
    must(!options->to_socket || unix_address(&p->to_socket, options->to_socket) == 0, "path");
    p->to_port = options->to_port;
    p->port = options->socket ? 0 : process_free_port();
    p->random[0] = (unsigned short)options->seed;
    p->random[1] = (unsigned short)(options->seed >> 16);
    p->listener = listen_on(p);
    must(p->listener >= 0, "listen");
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->seen, NULL);
    must(pthread_create(&p->thread, NULL, run, p) == 0, "thread");
    return p;
}

/* Wakes the thread, which is done with what it was told when it returns. Called with the lock, which it gives back. */
static void tell(struct proxy *p)
{
    p->told = false;
    must(write(p->wake[1], "", 1) == 1 || errno == EAGAIN, "wake");
    while (!p->told)
        pthread_cond_wait(&p->seen, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void proxy_stop(struct proxy *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    tell(p);
    pthread_join(p->thread, NULL);
    close(p->wake[0]);
    close(p->wake[1]);
    pthread_cond_destroy(&p->seen);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

unsigned proxy_port(const struct proxy *p)
{
    return p->port;
}

void proxy_set(struct proxy *p, const struct proxy_weather *weather)
{
    pthread_mutex_lock(&p->lock);
    p->weather = *weather;
    tell(p);
}

void proxy_do(struct proxy *p, enum proxy_event event)
{
    pthread_mutex_lock(&p->lock);
    switch (event) {
    case PROXY_CUT:
        p->cut++;
        break;
    case PROXY_CUT_TO_SERVER:
    case PROXY_CUT_TO_CLIENT:
        p->cut_inside[event == PROXY_CUT_TO_CLIENT]++;
        break;
    case PROXY_HALF_OPEN:
        p->half_open++;
        break;
    case PROXY_SPOIL_TO_SERVER:
    case PROXY_SPOIL_TO_CLIENT:
        p->spoil[event == PROXY_SPOIL_TO_CLIENT]++;
        break;
    }
    tell(p);
}

struct proxy_count proxy_count(struct proxy *p)
{
    struct proxy_count count;

    pthread_mutex_lock(&p->lock);
    count = p->count;
    pthread_mutex_unlock(&p->lock);
    return count;
}
