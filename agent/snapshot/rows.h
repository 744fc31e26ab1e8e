/*
 * The rows of one chunk, as the mapping made them: copied out of the reader's memory, so that the capture thread can merge them into
 * the stream later. Filled by the snapshot thread, then handed over.
 */
#ifndef ROWS_H
#define ROWS_H

#include "cdc/arena.h"
#include "map/map.h"

struct rows_event {
    uint32_t shape; /* index in the map's shapes */
    uint32_t part;
    struct cdc_slice key, customer;
    struct cdc_value *fields; /* of the shape; NULL: only the key is known */
};

/* The events and rejects of a row are those from `event` and `reject` up to the next row's. */
struct rows_row {
    struct cdc_slice place;
    uint32_t event, reject;
};

struct rows {
    struct cdc_arena arena;
    struct rows_row *rows;
    struct rows_event *events;
    struct cdc_reject *rejects;
    uint32_t nrows, nevents, nrejects;
    uint32_t rows_cap, events_cap, rejects_cap;
};

/* Zeroed is initialised, too. */
void rows_fini(struct rows *rows);
void rows_reset(struct rows *rows);
/* Adds a row with what it was mapped to; `shapes` are the map's. -1: no memory, and the row is not there. */
int rows_add(struct rows *rows, const struct map_result *result, const struct cdc_shape *shapes,
             struct cdc_slice place) CDC_MUST_CHECK;
/* Adds a row of which only the key of its state is known. */
int rows_add_key(struct rows *rows, uint32_t shape, struct cdc_slice key) CDC_MUST_CHECK;
/* One past the last event and reject of a row. */
uint32_t rows_events_end(const struct rows *rows, uint32_t row);
uint32_t rows_rejects_end(const struct rows *rows, uint32_t row);

#endif
