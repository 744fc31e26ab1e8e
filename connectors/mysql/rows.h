/* Row events: a run of row images of one table. */
#ifndef MYSQL_ROWS_H
#define MYSQL_ROWS_H

#include "cdc/row.h"

#include "event.h"
#include "value.h"

#define MY_ROWS_STATEMENT_ENDS 0x0001

/* A cursor over the rows of an event, whose bytes must stay. */
struct my_rows {
    uint64_t table_id;
    uint16_t flags;
    enum cdc_op op;
    bool partial; /* updates may hold JSON changes in place of documents */
    uint32_t ncolumns;
    const unsigned char *before,
        *after;               /* bitmaps of the columns that the images have; NULL: no such image */
    uint32_t nbefore, nafter; /* how many these are */
    const unsigned char *before_cut,
        *after_cut;      /* of those, the columns that were left out (large.h); NULL: none */
    struct cdc_reader r; /* what is left */
};

static inline bool my_bit_is_set(const unsigned char *bits, uint32_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

bool my_rows_is(uint8_t type);
/* The compressed ones of MariaDB must have been inflated: `type` and `body` are then the plain event's. */
bool my_rows_open(uint8_t type, struct cdc_slice body, struct my_rows *rows);
/* Only the table, to see whether the rows are wanted at all. */
static inline bool my_rows_table(struct cdc_slice body, uint64_t *table_id, uint16_t *flags)
{
    struct cdc_reader r = cdc_reader(body.ptr, body.len);

    *table_id = cdc_read_le(&r, 6);
    *flags = (uint16_t)cdc_read_le(&r, 2);
    return !r.failed;
}

/* Which values of a row were left out, as bytes to keep, and back: they must then stay. */
size_t my_rows_cut_bytes(const struct my_rows *rows);
void my_rows_get_cut(const struct my_rows *rows, char *out);
void my_rows_set_cut(struct my_rows *rows, struct cdc_slice cut);

static inline bool my_rows_left(const struct my_rows *rows)
{
    return cdc_reader_left(&rows->r) > 0;
}

/* What reading a row needs of its table, and where the values go: arrays of ncolumns. */
struct my_row_target {
    const struct my_column *columns;
    const struct cdc_column *wanted;
    uint32_t ncolumns;
    uint32_t njson; /* JSON columns */
    struct cdc_value *before, *after;
    struct cdc_slice *raw; /* of the before image: what the after image may refer to, or repeat */
    struct my_value_space *space;
};

/*
 * Reads the next row into the target's values; columns that the after image of an update lacks are unchanged and taken from
 * the before image, where they are in it. *full: the before image has all wanted columns. false: malformed.
 */
bool my_rows_next(struct my_rows *rows, const struct my_row_target *target, bool *full);

#endif
