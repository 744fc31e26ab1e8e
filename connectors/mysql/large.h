/*
 * Row events that are too large to be held: read from the connection row by row, leaving out the values that nobody wants and those
 * that do not fit, so that a row of 100 MB takes no more memory than any other.
 */
#ifndef MYSQL_LARGE_H
#define MYSQL_LARGE_H

#include "cdc/buf.h"

#include "rows.h"
#include "table_map.h"

#define MY_LARGE_SKIP (16u << 10)

/* What has not been read of an event. */
struct my_rest {
    int (*read)(void *ctx, void *to, size_t n, struct cdc_err *err);
    void *ctx;
    uint64_t left; /* bytes; 0: nothing */
};

/* Zeroed is empty. */
struct my_large {
    struct my_rows rows;        /* the present row */
    struct cdc_buf head;        /* of the event; its bitmaps of columns are used to the end */
    size_t fixed;               /* bytes of it before the first image */
    uint8_t type;               /* of the event */
    struct cdc_slice head_left; /* images in the head that have not been read */
    struct my_rest rest;
    uint64_t left;      /* of images, in the head and beyond it */
    struct cdc_buf row; /* what is kept of the present row */
    size_t row_bytes;   /* values that would make it longer are left out */
    unsigned char cut[2][MY_COLUMNS_MAX / 8], nulls[MY_COLUMNS_MAX / 8], partial[MY_COLUMNS_MAX / 8];
    char skipped[MY_LARGE_SKIP];
};

void my_large_fini(struct my_large *large);
/*
 * `event`: the beginning of a row event that is not compressed; `rest`: what follows it, without a checksum, to be read before anything
 * else is. A row of which more than `row_bytes` bytes are wanted is cut. FATAL when malformed, RETRY when memory is short.
 */
int my_large_open(struct my_large *large, const struct my_event *event, const struct my_rest *rest,
                  size_t row_bytes, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * 1: large->rows has the next row, for my_rows_next() with the same target; it lives until the next call. 0: no more. -1: error: RETRY
 * (connection), FATAL. Before the last row is given out, all has been read.
 */
int my_large_next(struct my_large *large, const struct my_row_target *target,
                  struct cdc_err *err) CDC_MUST_CHECK;

#endif
