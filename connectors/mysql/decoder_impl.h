/* What the parts of the decoder share: decoder.c (items), decode_event.c (events), decode_group.c (transactions), decode_xa.c. */
#ifndef MYSQL_DECODER_IMPL_H
#define MYSQL_DECODER_IMPL_H

#include "decoder.h"

#include "event.h"
#include "inflate.h"
#include "rows.h"
#include "store.h"
#include "summed.h"
#include "tables.h"
#include "unpack.h"

#define MY_SAVEPOINTS_MAX 65536
#define MY_DISCARDS_MAX   4096

/* What is done with the row events of the present transaction. */
enum my_mode {
    MY_MODE_OUTSIDE,
    MY_MODE_STREAM, /* given out as they come: nothing can take them back */
    MY_MODE_HOLD,   /* kept until the end says whether they count */
    MY_MODE_PEEK,   /* too large to keep: only its end is of interest, then it is read again */
    MY_MODE_SKIP,   /* applied before: only read again for an XA transaction that comes before it */
};

/* A savepoint, and how far the transaction had come. Names are compared by hash: a savepoint forgotten would be a wrong rollback. */
struct my_savepoint {
    uint64_t name;
    uint64_t event; /* number of row events before it */
    size_t bytes;   /* in the store */
};

/* Row events that a ROLLBACK TO took back: numbers from `first` to before `end`. */
struct my_discard {
    uint64_t first, end;
};

struct my_discards {
    struct my_discard *list; /* ascending */
    size_t n, cap;
};

/* The present transaction. */
struct my_group_state {
    enum my_mode mode;
    struct my_group info;
    uint32_t timestamp;   /* of the newest event that tells when it was committed */
    bool alone;           /* ends with its first statement */
    bool waits_for_first; /* the first statement says whether it ends there: MySQL */
    bool xa;              /* between XA START and its prepare */
    bool begun;           /* BEGIN has been given out */
    bool maps_kept;       /* the store has a TABLE_MAP: those that follow must come after it */
    struct my_store store;
    uint64_t events; /* row events of mapped tables so far */
    struct my_savepoint *savepoints;
    size_t nsavepoints, savepoints_cap;
    struct my_discards discards;
    size_t discard_at; /* while streaming: the next discard */
};

struct my_prepared {
    struct my_prepared *next;
    struct my_txid id;
    struct cdc_buf xid; /* my_xid_print() */
    struct my_store store;
};

/* How the present transaction goes on once what is open has been given out. */
enum my_ending { MY_ENDING_NONE, MY_ENDING_COMMIT };

struct my_decoder {
    struct my_decoder_params params;
    struct my_decoder_server server;
    struct my_tables tables;
    struct my_value_space space;

    struct my_position position;  /* all before it is done */
    struct my_mgtid_list running; /* MariaDB, while catching up: where the stream is */
    bool catching_up;             /* before the position, for the sake of XA transactions that are held */
    bool started_empty;           /* MariaDB: no position at all */
    struct my_log_mark expected;  /* of the checkpoint; to be compared with the first log that comes */
    struct my_log_place place;    /* where the next event stands */
    bool has_format;
    struct my_format format;

    struct cdc_slice packet;
    bool has_packet;
    struct my_rest part; /* what has not been read of the packet; left 0: it is whole */
    struct my_summed summed;
    struct my_large *large;
    struct my_inflate *inflate;  /* for events that would be large if they were not compressed */
    bool large_open, large_held; /* held: its rows are kept */
    struct my_payload *payload;
    bool payload_open;
    struct cdc_buf unpacked; /* the present event, if it came compressed */

    struct my_group_state group;
    struct my_txid known; /* a transaction that is being read again; form NONE: there is none */
    struct my_discards known_discards;
    bool wants_restart;

    struct my_prepared *prepared; /* oldest first */
    size_t prepared_bytes;
    struct my_prepared *decided; /* being given out */

    bool rows_open;
    struct my_rows rows;
    struct my_relation *relation;  /* of the rows */
    struct my_relation *truncated; /* a TRUNCATE to be given out */
    const struct my_store *replay; /* kept events that are being given out */
    size_t replay_at;
    enum my_ending ending;

    struct cdc_buf tx_id, position_text;
    struct my_mgtid newest; /* whose text is in tx_id … */
    size_t named;           /* … and of how many bytes domain and server are; 0: it is not */
    bool advanced;          /* the position has moved since it was given out */
    int64_t position_given_ms;
    unsigned silent; /* transactions without items since the clock was looked at */
    bool heartbeat, position_due;
    uint32_t reached; /* timestamp of the newest transaction that is done */
    bool warned_statement;
};

/* decode_event.c: one event, from the network or from inside another. */
int my_decode_packet(struct my_decoder *d, struct cdc_slice packet, struct cdc_err *err) CDC_MUST_CHECK;
int my_decode_part(struct my_decoder *d, struct cdc_slice head, struct cdc_err *err) CDC_MUST_CHECK;
int my_decode_inner(struct my_decoder *d, struct cdc_slice bytes, struct cdc_err *err) CDC_MUST_CHECK;
/* A TABLE_MAP or row event that is to be given out. */
int my_decode_kept(struct my_decoder *d, const struct my_kept *kept, struct cdc_err *err) CDC_MUST_CHECK;
int my_decode_table_map(struct my_decoder *d, const struct my_event *event,
                        struct cdc_err *err) CDC_MUST_CHECK;
int my_decode_rows(struct my_decoder *d, const struct my_event *event, struct cdc_err *err) CDC_MUST_CHECK;

/* What rows of the relation mean from here on. */
int my_decode_describe(struct my_decoder *d, struct my_relation *relation, struct cdc_slice definition,
                       struct cdc_err *err) CDC_MUST_CHECK;

/* decode_large.c */
/* Whether the event has to be read in parts. */
bool my_decode_is_large(const struct my_decoder *d, const struct my_event *event);
/* Opens its rows, compressed or not. */
int my_decode_open_large(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                         struct cdc_err *err) CDC_MUST_CHECK;
/* A stream of the plain bytes behind the packed event's head. */
int my_decode_inflate(struct my_decoder *d, const struct my_packed *packed, struct my_rest *rest,
                      struct cdc_err *err) CDC_MUST_CHECK;
/* The same as open, in an XA transaction: its rows are to be kept. */
int my_decode_hold_large(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                         struct cdc_err *err) CDC_MUST_CHECK;
/* Keeps the next of these rows; the relation must have been announced. */
int my_decode_keep_large(struct my_decoder *d, struct cdc_err *err) CDC_MUST_CHECK;

/* decode_statement.c */
int my_decode_query(struct my_decoder *d, const struct my_event *event, struct cdc_err *err) CDC_MUST_CHECK;

/* decode_group.c */
/* What the event says of the transaction must stand in d->group.info. */
int my_group_begin(struct my_decoder *d, const struct my_event *event, struct cdc_err *err) CDC_MUST_CHECK;
/* A TABLE_MAP or, with its relation, row event of a mapped table in a transaction that is kept or peeked at. */
int my_group_keep(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                  struct cdc_err *err) CDC_MUST_CHECK;
/* A row event of a mapped table, in such a transaction, that is too large to be kept. */
int my_group_pass(struct my_decoder *d, struct cdc_err *err) CDC_MUST_CHECK;
/* What is kept is more than there is room for. */
int my_group_stop_keeping(struct my_decoder *d, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether the row event that comes now was taken back by a ROLLBACK TO. */
bool my_group_is_discarded(struct my_decoder *d);
int my_group_savepoint(struct my_decoder *d, struct cdc_slice name, struct cdc_err *err) CDC_MUST_CHECK;
int my_group_rollback_to(struct my_decoder *d, struct cdc_slice name, struct cdc_err *err) CDC_MUST_CHECK;
int my_group_commit(struct my_decoder *d, const struct my_event *event, struct cdc_err *err) CDC_MUST_CHECK;
int my_group_rollback(struct my_decoder *d, const struct my_event *event, struct cdc_err *err) CDC_MUST_CHECK;
/* All of it has been given out, or there was nothing: the position moves. *text: for COMMIT. */
int my_group_finish(struct my_decoder *d, struct cdc_err *err) CDC_MUST_CHECK;
/* Back to OUTSIDE, whatever was. */
void my_group_reset(struct my_decoder *d);
void my_group_fini(struct my_decoder *d);

/* decode_xa.c */
int my_xa_prepare(struct my_decoder *d, const struct my_event *event, struct cdc_err *err) CDC_MUST_CHECK;
int my_xa_decide(struct my_decoder *d, const struct my_event *event, struct cdc_slice xid, bool commit,
                 struct cdc_err *err) CDC_MUST_CHECK;
/* GAP: there is no room for another one. Returns -1. */
int my_xa_refuse(const struct my_decoder *d, struct cdc_err *err);
/* The decided transaction has been given out. */
void my_xa_finish(struct my_decoder *d);
void my_xa_clear(struct my_decoder *d);

#endif
