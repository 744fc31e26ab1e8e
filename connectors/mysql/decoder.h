/*
 * The binlog as items: packets go in one at a time, items come out until the packet is used up. Knows no network; what it must ask
 * the server it asks the catalogue.
 */
#ifndef MYSQL_DECODER_H
#define MYSQL_DECODER_H

#include "cdc/source.h"

#include "catalog.h"
#include "large.h"
#include "position.h"

struct my_decoder;

/* Must outlive the decoder. */
struct my_decoder_params {
    const struct cdc_source_params *source;
    struct my_catalog catalog;
    size_t hold_bytes;    /* of one transaction, before it is read twice instead */
    size_t row_bytes;     /* of a row of an event that comes in parts, before it is cut */
    size_t prepare_bytes; /* of all XA transactions that are prepared and undecided */
    int64_t position_ms;  /* positions without a transaction are given out this often at most */
};

/* What is known of the server when the stream starts. */
struct my_decoder_server {
    bool fold_case;
    bool mariadb;
    bool checksums;             /* events before the first FORMAT_DESCRIPTION have one */
    enum cdc_identity identity; /* FULL: binlog_row_image=FULL */
};

/* NULL: out of memory. */
struct my_decoder *my_decoder_new(const struct my_decoder_params *params);
/* NULL is fine. */
void my_decoder_free(struct my_decoder *decoder);

/* A new connection that starts at `from`; all relations are to be announced again. */
int my_decoder_start(struct my_decoder *decoder, const struct my_position *from,
                     const struct my_decoder_server *server, struct cdc_err *err) CDC_MUST_CHECK;
/* The same connection's relations, the stream once more from the present position: see my_decoder_wants_restart(). */
int my_decoder_restart(struct my_decoder *decoder, struct cdc_err *err) CDC_MUST_CHECK;

/* The next packet. It must stay until my_decoder_next() gives CDC_ITEM_NONE. */
void my_decoder_feed(struct my_decoder *decoder, struct cdc_slice packet);
/* The same with the beginning of one that is too large to be held; `rest` is read until my_decoder_next() gives CDC_ITEM_NONE. */
void my_decoder_feed_part(struct my_decoder *decoder, struct cdc_slice head, const struct my_rest *rest);
/*
 * The next item; CDC_ITEM_NONE when the packet is used up. Classes: RETRY (a damaged packet, memory, the catalogue), GAP, CONFIG,
 * FATAL. After an error only start() makes sense.
 */
int my_decoder_next(struct my_decoder *decoder, struct cdc_item *item, struct cdc_err *err) CDC_MUST_CHECK;

/* Where packets come from. */
struct my_packets {
    /* Feeds the next one, if one is there. 1: it has; 0: there is none; -1: error. */
    int (*take)(void *ctx, struct my_decoder *decoder, struct cdc_err *err);
    void *ctx;
};
/* The same, taking packets as long as there is no item; CDC_ITEM_NONE when none is there, or after a long run of them. */
int my_decoder_pull(struct my_decoder *decoder, const struct my_packets *from, struct cdc_item *item,
                    struct cdc_err *err) CDC_MUST_CHECK;

/* Where the server is to begin: what counts of it follows from the form. */
struct my_dump_start {
    enum my_position_form form;
    const struct my_gtid_set *set;
    const struct my_mgtid_list *list;
    const struct my_log_place *place;
};
/* After start() or restart(); lives until the next of them. */
struct my_dump_start my_decoder_dump_start(const struct my_decoder *decoder);

/*
 * A transaction was too large to keep, and until its end it was not certain that it would not be rolled back. Now it is: the stream
 * is to be started again from my_decoder_position(), and will go through without being kept.
 */
bool my_decoder_wants_restart(const struct my_decoder *decoder);
/* Everything before it has been given out or was of no interest. */
const struct my_position *my_decoder_position(const struct my_decoder *decoder);
/* When the newest transaction that is done was committed: seconds since 1970 by the server's clock; 0: none is. */
uint32_t my_decoder_reached(const struct my_decoder *decoder);
/* Whether the server has said, since the last time, that it has nothing more to send, and sent nothing since. */
bool my_decoder_take_heartbeat(struct my_decoder *decoder);

#endif
