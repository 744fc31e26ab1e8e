/* Inside of the snapshot thread: what its files share. Orders are in reader_order.c, reading in reader_read.c, the thread in reader.c. */
#ifndef READER_IMPL_H
#define READER_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "snapshot/keymap.h"
#include "snapshot/reader.h"

struct order {
    uint64_t serial; /* 0: nothing to read */
    enum progress_phase phase;
    struct cdc_buf after, since; /* `after` moves on as it is read */
    size_t at;                   /* BUSY: where in `after` the next place is */
    uint32_t mapping;            /* KEYS: of the table, being scanned … */
    uint64_t cursor;             /* … up to here */
    uint64_t rows_per_second;
    int64_t due_ms;   /* not before */
    int64_t retry_ms; /* the last wait after a failure; 0: the last read did not fail */
};

struct reader {
    struct reader_params params;
    struct cdc_source *source; /* made by the thread when there is something to read */
    struct cdc_sink *sink;
    bool sink_connected;
    struct map *map;
    struct keymap keymap;
    uint32_t ntables, last; /* last: the table that was read last */
    pthread_t thread;

    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t changed;
    struct order *orders; /* of each table */
    struct chunk *ready, **ready_tail, *spare;
    struct chunk chunks[READER_AHEAD];
    uint64_t rows;
    _Atomic bool stopping;
    char trouble[256];
};

/* reader_order.c */
void order_fini(struct order *order);
int order_copy(struct order *to, const struct order *from) CDC_MUST_CHECK;
/* Goes on behind the chunk. -1: no memory. */
int order_advance(struct order *order, struct chunk *chunk) CDC_MUST_CHECK;
/* Replaces a text. -1: no memory. */
int order_set_text(struct cdc_buf *to, struct cdc_slice from) CDC_MUST_CHECK;

/* reader_read.c */
/* One chunk of an order: of `rows` rows at most, or of the store's keys. Connects when it has to. */
int reader_read(struct reader *reader, struct order *order, uint64_t rows, struct chunk *chunk,
                enum cdc_chunk_outcome *outcome, struct cdc_err *err) CDC_MUST_CHECK;
/* Drops what it reads with; the next read makes it anew. */
void reader_disconnect(struct reader *reader);

#endif
