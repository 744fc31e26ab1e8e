/*
 * The packets of a dump, read from the connection itself: the library joins the pieces of a packet of any size in memory, this
 * does so up to a limit, and gives out what is larger piece by piece. Used by client.c alone; one thread.
 */
#ifndef MYSQL_WIRE_H
#define MYSQL_WIRE_H

#include <stdbool.h>

#include "cdc/buf.h"
#include "cdc/err.h"
#include "cdc/reader.h"
#include "cdc/slice.h"

#define MY_WIRE_PIECE_HEADER 4
#define MY_WIRE_PIECE_FULL   0xffffffu

/* Zeroed is closed. */
struct my_wire {
    int fd;
    void *tls; /* OpenSSL's SSL of the connection; NULL: none */
    int timeout_ms;
    size_t limit; /* of a packet that is given out whole; 0: none */
    char *data;   /* what was read and not given out is between start and end */
    size_t start, end, cap;
    size_t piece;   /* bytes of the present piece that are still to be read */
    bool continues; /* another piece follows it */
    struct cdc_buf long_packet;
};

/* A packet, or the beginning of one. */
struct my_wire_packet {
    struct cdc_slice bytes; /* lives until the next call */
    uint64_t left;          /* bytes of its event that my_wire_read() has yet to give; 0: it is whole */
};

void my_wire_fini(struct my_wire *wire);
/*
 * Goes on where the library stopped: `ahead` is what it has read already. `timeout_ms`: without a byte for so long the connection is
 * taken for dead. -1: out of memory.
 */
int my_wire_open(struct my_wire *wire, int fd, void *tls, int timeout_ms,
                 struct cdc_slice ahead) CDC_MUST_CHECK;
/* RETRY: nothing has come for `timeout_ms`. */
int my_wire_silent(struct cdc_err *err);
/* Whether OpenSSL holds bytes back; without TLS it holds none. */
bool my_wire_tls_has_buffered(const struct my_wire *wire);
/* Whether bytes have arrived that poll() does not show. */
static inline bool my_wire_has_buffered(const struct my_wire *wire)
{
    return wire->end > wire->start || my_wire_tls_has_buffered(wire);
}
/*
 * Nearly always the next packet is there, whole, and holds an event: then one look at what was read gives its bytes, without the status
 * byte, until the next call. false: my_wire_next() has to say what there is.
 */
static inline bool my_wire_take_event(struct my_wire *wire, struct cdc_slice *event)
{
    struct cdc_reader r = cdc_reader(wire->data + wire->start, wire->end - wire->start);
    size_t n = (size_t)cdc_read_le(&r, MY_WIRE_PIECE_HEADER) & MY_WIRE_PIECE_FULL;

    if (r.failed || n - 1 >= cdc_reader_left(&r) || n == MY_WIRE_PIECE_FULL || *r.at != 0 ||
        (wire->limit && n > wire->limit) || wire->piece > 0 || wire->continues)
        return false;
    *event = cdc_slice((const char *)r.at + 1, n - 1);
    wire->start += MY_WIRE_PIECE_HEADER + n;
    return true;
}
/*
 * The next packet; waits. What is left of the one before is passed over. An event larger than `limit` comes as its beginning, of
 * MY_WIRE_HEAD bytes. Classes: RETRY (connection, memory), FATAL (malformed).
 */
#define MY_WIRE_HEAD (64u << 10)
int my_wire_next(struct my_wire *wire, struct my_wire_packet *packet, struct cdc_err *err) CDC_MUST_CHECK;
/* The next `n` bytes of the present packet; `to` may be NULL. */
int my_wire_read(struct my_wire *wire, void *to, size_t n, struct cdc_err *err) CDC_MUST_CHECK;

#endif
