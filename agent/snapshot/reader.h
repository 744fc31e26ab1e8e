/*
 * The snapshot thread: reads tables in chunks, and the store's keys, over connections of its own, a little ahead of the capture
 * thread, which says what to read and merges what was read into the stream. At most READER_AHEAD chunks exist at a time.
 *
 * It connects when there is something to read, and disconnects when there no longer is.
 */
#ifndef READER_H
#define READER_H

#include "cdc/sink.h"
#include "cdc/source.h"
#include "config/config.h"
#include "snapshot/progress.h"
#include "snapshot/rows.h"

#define READER_AHEAD 2

struct reader;

/* All of it must outlive the reader. */
struct reader_params {
    const struct config *config;
    const struct cdc_source_ops *source_ops;
    const struct cdc_source_params *source_params;
    const struct cdc_sink_ops *sink_ops;
    const struct cdc_sink_params *sink_params;
};

/* What is to be read of a table. */
struct reader_order {
    uint64_t serial; /* comes back with each chunk; 0: nothing */
    enum progress_phase phase;
    struct cdc_slice after;   /* ROWS: where to go on. BUSY: the places, each with a NUL behind it */
    struct cdc_slice since;   /* the stream's position from which on it is watched */
    uint64_t rows_per_second; /* 0: as fast as it goes */
};

struct chunk {
    struct chunk *next;
    uint64_t serial;
    uint32_t table;
    enum progress_phase phase;
    struct rows rows;
    struct cdc_chunk info; /* `end`: the order is done. Of KEYS nothing else counts */
    bool first;            /* of its order, from the table's beginning … */
    uint64_t estimate;     /* … and then about how many rows there are */
    int64_t read_us;       /* wall clock, before it was read */
    struct cdc_err err;    /* class other than NONE: the table cannot be read, and this is why */
};

/* Starts the thread. */
int reader_start(struct reader **reader, const struct reader_params *params,
                 struct cdc_err *err) CDC_MUST_CHECK;
/* Ends the thread and frees everything; NULL is fine. Blocks until a read that is under way ends or is interrupted. */
void reader_stop(struct reader *reader);

/* What follows is for one thread. */

/* Says what to read of a table from now on; what was ordered of it before is forgotten. -1: no memory. */
int reader_order(struct reader *reader, uint32_t table, const struct reader_order *order) CDC_MUST_CHECK;
/* Shorter chunks: rows at most. */
void reader_limit(struct reader *reader, uint64_t rows);
/* The oldest chunk that is ready, or NULL. */
struct chunk *reader_take(struct reader *reader);
void reader_give_back(struct reader *reader, struct chunk *chunk);
/* The error that it is waiting to get over, for people; "" when there is none. */
void reader_trouble(struct reader *reader, char *out, size_t size);

#endif
