/*
 * Tables read in chunks by the MySQL source, as lines of text:
 *
 *   id=1 name=tea            (as mysql_items.h has them; every column)
 *   id=2 name=NULL
 *   --                       the end of a chunk
 *   -- end                   the end of the table
 *   -- early                 CDC_CHUNK_EARLY
 *
 *     mysql_chunks_begin(&chunks, socket, "shop", "item");
 *     mysql_chunks_read(&chunks, 2);
 *     mysql_chunks_expect(&chunks, "id=1 name=tea\n…");
 *     mysql_chunks_end(&chunks);
 *
 * Everything that goes wrong fails the test, unless a function says otherwise.
 */
#ifndef TESTS_LIB_MYSQL_CHUNKS_H
#define TESTS_LIB_MYSQL_CHUNKS_H

#include "cdc/source.h"

enum { MYSQL_CHUNKS_COLUMNS = 8 };

/* What stands before `source` may be changed at any time, for the next chunk. */
struct mysql_chunks {
    struct cdc_chunk_request request; /* `after` goes on by itself */
    const char *columns[MYSQL_CHUNKS_COLUMNS];
    struct cdc_table_ref table; /* one mapped column and entity key, "id" */
    bool quiet;                 /* rows are counted, not printed */
    struct cdc_source *source;
    struct cdc_source_config config;
    struct cdc_source_params params;
    enum cdc_chunk_outcome outcome;
    struct cdc_chunk chunk; /* the newest */
    struct cdc_buf after;
    struct cdc_buf lines;
    uint64_t rows; /* in all */
    uint64_t stop; /* `each` returns 7 at this row of a chunk; 0: never */
    struct cdc_err err;
};

void mysql_chunks_begin(struct mysql_chunks *chunks, const char *host, const char *schema, const char *name);
/* The next chunk; what chunk() returns, with chunks->err. */
int mysql_chunks_try(struct mysql_chunks *chunks);
void mysql_chunks_next(struct mysql_chunks *chunks);
/* From where it is to the end of the table, so many rows at a time. */
void mysql_chunks_read(struct mysql_chunks *chunks, uint64_t rows);
/* From the beginning again, with no lines. */
void mysql_chunks_rewind(struct mysql_chunks *chunks);
/* The place where the next chunk begins. */
void mysql_chunks_go(struct mysql_chunks *chunks, const char *place);
void mysql_chunks_expect(struct mysql_chunks *chunks, const char *lines);
/* The next chunk fails so, and message or hint contain the text. */
void mysql_chunks_expect_error(struct mysql_chunks *chunks, enum cdc_err_class class, const char *text);
/* Whether the newest chunk surely saw the transaction (as mysql_stream.h spells them), and is reached at the position. */
bool mysql_chunks_sees(const struct mysql_chunks *chunks, const char *gtid);
bool mysql_chunks_reached(const struct mysql_chunks *chunks, const char *position);
/* Closes the source and frees everything. Zeroed is fine. */
void mysql_chunks_end(struct mysql_chunks *chunks);

#endif
