/* Compressed events: MariaDB's single ones (zlib) and MySQL's whole transactions (zstd). */
#ifndef MYSQL_UNPACK_H
#define MYSQL_UNPACK_H

#include "cdc/buf.h"
#include "cdc/err.h"

#include "event.h"
#include "large.h"

/* Largest event that a compressed one may hold; the servers' own limit is 1 GiB. */
#define MY_UNPACK_MAX (256u << 20)

/* MariaDB: what a compressed event (type 165 to 171) is made of; borrows from it. */
struct my_packed {
    uint8_t type;           /* of the plain event */
    struct cdc_slice head;  /* of the plain body: rows up to the bitmaps, QUERY up to the statement */
    struct cdc_slice bytes; /* the rest of it, compressed; all that the event has */
    uint64_t size;          /* of the rest, plain */
};
/* false: malformed. */
bool my_packed_parse(const struct my_event *event, struct my_packed *packed);
/*
 * MariaDB: appends the plain body of a compressed event (type 165 to 171) to `out`, and sets `plain` to its plain type.
 * RETRY when memory is short, FATAL when malformed.
 */
int my_unpack_event(const struct my_event *event, uint8_t *plain, struct cdc_buf *out,
                    struct cdc_err *err) CDC_MUST_CHECK;

/* A TRANSACTION_PAYLOAD being read event by event: memory is that of one event and the window of the compression. */
struct my_payload;

/* `whole_bytes`: larger events are given out in parts; at most MY_UNPACK_MAX. NULL: out of memory. */
struct my_payload *my_payload_new(size_t whole_bytes);
/* NULL is fine. */
void my_payload_free(struct my_payload *payload);
/* `event` must stay until the end; `rest`: what follows it, without a checksum. */
int my_payload_open(struct my_payload *payload, const struct my_event *event, const struct my_rest *rest,
                    struct cdc_err *err) CDC_MUST_CHECK;
/*
 * 1: the next event, or its beginning and how to read the `rest` of it; it lives until the rest is read, or the next call, which passes
 * over what was not read. 0: no more; -1: error. Inner events have no checksum.
 */
int my_payload_next(struct my_payload *payload, struct cdc_slice *event, struct my_rest *rest,
                    struct cdc_err *err) CDC_MUST_CHECK;

#endif
