/*
 * Packets of a dump (wire.h): server -> here -> client_dump.c. Source thread. Every failure leaves a connection that only close and
 * connect can follow. A packet is sent in pieces,
 *
 *   length u24, sequence u8, bytes
 *
 * and a piece of the greatest length, 0xffffff, says that another follows (maybe an empty one). A binlog packet is a status byte,
 * which is 0, and an event, whose header has the event's size at its offset 9.
 */
#include "wire.h"

#include "event.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PIECE_HEADER MY_WIRE_PIECE_HEADER
#define PIECE_FULL   MY_WIRE_PIECE_FULL
#define READ_BYTES   (64u << 10)

void my_wire_fini(struct my_wire *wire)
{
    free(wire->data);
    cdc_buf_fini(&wire->long_packet);
    *wire = (struct my_wire){.limit = wire->limit};
}

/* Room for `n` bytes from `start` on, and a good read beyond. What is there is a part of a packet: it is moved to the front. */
static int make_room(struct my_wire *wire, size_t n)
{
    size_t have = wire->end - wire->start;
    char *grown;

    if (have && wire->start)
        memmove(wire->data, wire->data + wire->start, have);
    wire->start = 0;
    wire->end = have;
    if (wire->cap > n)
        return 0;
    grown = realloc(wire->data, n + READ_BYTES);
    if (!grown)
        return -1;
    wire->data = grown;
    wire->cap = n + READ_BYTES;
    return 0;
}

int my_wire_open(struct my_wire *wire, int fd, void *tls, int timeout_ms, struct cdc_slice ahead)
{
    wire->fd = fd;
    wire->tls = tls;
    wire->timeout_ms = timeout_ms;
    wire->start = wire->end = wire->piece = 0;
    wire->continues = false;
    cdc_buf_init(&wire->long_packet, 0);
    if (make_room(wire, ahead.len))
        return -1;
    if (ahead.len)
        memcpy(wire->data, ahead.ptr, ahead.len);
    wire->end = ahead.len;
    return 0;
}

bool my_wire_tls_has_buffered(const struct my_wire *wire)
{
    return wire->tls && SSL_pending(wire->tls) > 0;
}

static int lost(struct cdc_err *err, const char *why)
{
    return cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: %s", why);
}

int my_wire_silent(struct cdc_err *err)
{
    return lost(err, "the server has not sent anything for too long, not even a heartbeat");
}

/* 0: readable, or the connection has an error that reading will show. */
static int await(const struct my_wire *wire, short events, struct cdc_err *err)
{
    struct pollfd p = {.fd = wire->fd, .events = events};
    int rc;

    do {
        rc = poll(&p, 1, wire->timeout_ms);
    } while (rc < 0 && errno == EINTR);
    if (rc == 0)
        return my_wire_silent(err);
    return rc < 0 ? lost(err, strerror(errno)) : 0;
}

static ssize_t receive_tls(const struct my_wire *wire, void *to, size_t cap, struct cdc_err *err)
{
    for (;;) {
        int n = SSL_read(wire->tls, to, cap > INT32_MAX ? INT32_MAX : (int)cap), rc;

        if (n > 0)
            return n;
        rc = SSL_get_error(wire->tls, n);
        if (rc != SSL_ERROR_WANT_READ && rc != SSL_ERROR_WANT_WRITE)
            return lost(err, "the connection was lost (TLS)");
        if (await(wire, rc == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, err))
            return -1;
    }
}

/* At least one byte, whatever there is at most. */
static ssize_t receive(const struct my_wire *wire, void *to, size_t cap, struct cdc_err *err)
{
    if (wire->tls)
        return receive_tls(wire, to, cap, err);
    for (;;) {
        ssize_t n = recv(wire->fd, to, cap, MSG_DONTWAIT);

        if (n > 0)
            return n;
        if (n == 0)
            return lost(err, "the server closed the connection");
        if (errno != EINTR && errno != EAGAIN)
            return lost(err, strerror(errno));
        if (errno == EAGAIN && await(wire, POLLIN, err))
            return -1;
    }
}

/* Makes `n` bytes from `start` on be there. */
static int fill(struct my_wire *wire, size_t n, struct cdc_err *err)
{
    while (wire->end - wire->start < n) {
        ssize_t got;

        if (make_room(wire, n))
            return cdc_err_memory(err);
        got = receive(wire, wire->data + wire->end, wire->cap - wire->end, err);
        if (got < 0)
            return -1;
        wire->end += (size_t)got;
    }
    return 0;
}

static uint64_t little_endian(const char *at, size_t n)
{
    struct cdc_reader r = cdc_reader(at, n);

    return cdc_read_le(&r, n);
}

static int next_piece(struct my_wire *wire, struct cdc_err *err)
{
    if (fill(wire, PIECE_HEADER, err))
        return -1;
    wire->piece = (size_t)little_endian(wire->data + wire->start, 3);
    wire->continues = wire->piece == PIECE_FULL;
    wire->start += PIECE_HEADER;
    return 0;
}

/* Some of the present piece: from what is there, else straight from the connection. */
static ssize_t take(struct my_wire *wire, void *to, size_t n, struct cdc_err *err)
{
    size_t have = wire->end - wire->start;

    n = n < wire->piece ? n : wire->piece;
    if (have == 0 && to && n >= READ_BYTES)
        return receive(wire, to, n, err);
    if (have == 0 && fill(wire, 1, err))
        return -1;
    have = wire->end - wire->start;
    n = n < have ? n : have;
    if (to)
        memcpy(to, wire->data + wire->start, n);
    wire->start += n;
    return (ssize_t)n;
}

int my_wire_read(struct my_wire *wire, void *to, size_t n, struct cdc_err *err)
{
    char *at = to;

    while (n > 0) {
        ssize_t got;

        if (wire->piece == 0 && !wire->continues)
            return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: an event is longer than its packet");
        if (wire->piece == 0 && next_piece(wire, err))
            return -1;
        got = take(wire, at, n, err);
        if (got < 0)
            return -1;
        wire->piece -= (size_t)got;
        n -= (size_t)got;
        at = at ? at + got : NULL;
    }
    return 0;
}

static int skip_rest(struct my_wire *wire, struct cdc_err *err)
{
    while (wire->piece > 0 || wire->continues) {
        if (wire->piece > 0 && my_wire_read(wire, NULL, wire->piece, err))
            return -1;
        if (wire->continues && next_piece(wire, err))
            return -1;
    }
    return 0;
}

/* In pieces, or too large: whole if its event says that it fits, else its beginning. */
static int next_long(struct my_wire *wire, struct my_wire_packet *packet, struct cdc_err *err)
{
    const size_t header = 1 + MY_EVENT_HEADER;
    uint64_t size, n;
    char *to;

    if (fill(wire, header, err))
        return -1;
    size = 1 + little_endian(wire->data + wire->start + 1 + 9, 4);
    if (wire->data[wire->start] != 0 || size < header)
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: a large packet without an event");
    n = wire->limit == 0 || size <= wire->limit ? size : MY_WIRE_HEAD < size ? MY_WIRE_HEAD : size;
    cdc_buf_reset(&wire->long_packet);
    to = cdc_buf_reserve(&wire->long_packet, n);
    if (!to)
        return cdc_err_memory(err);
    packet->bytes = cdc_slice(to, n);
    packet->left = size - n;
    return my_wire_read(wire, to, n, err);
}

int my_wire_next(struct my_wire *wire, struct my_wire_packet *packet, struct cdc_err *err)
{
    *packet = (struct my_wire_packet){0};
    if (skip_rest(wire, err) || next_piece(wire, err))
        return -1;
    if (wire->continues || (wire->limit && wire->piece > wire->limit))
        return next_long(wire, packet, err);
    if (fill(wire, wire->piece, err))
        return -1;
    packet->bytes = cdc_slice(wire->data + wire->start, wire->piece);
    wire->start += wire->piece;
    wire->piece = 0;
    return 0;
}
