/*
 * Chunks of the PostgreSQL source as lines of text: the rows as pgtest.h prints them. The object that reads is another one than the
 * one that streams, as in the agent.
 */
#ifndef TESTS_INTEGRATION_PGCHUNKS_H
#define TESTS_INTEGRATION_PGCHUNKS_H

#include "integration/pgtest.h"

struct pgchunks {
    struct pgtest *t;
    struct cdc_source *source;
    struct cdc_buf log;   /* of the last chunk */
    struct cdc_buf place; /* of its last row */
    struct cdc_chunk chunk;
    enum cdc_chunk_outcome outcome;
    uint64_t stop_after; /* rows; then `each` fails. 0: never */
    struct cdc_err err;
};

/* After pgtest_init() and pgtest_map(). */
void pgchunks_open(struct pgchunks *c, struct pgtest *t);
void pgchunks_fini(struct pgchunks *c);
/* One chunk of the first table. 0, or what the operation returned: c->err. */
int pgchunks_try(struct pgchunks *c, const struct cdc_chunk_request *request);
/* The same of `rows` rows from c->place on; the rows as text. Fails the test on an error, or when it was early. */
const char *pgchunks_next(struct pgchunks *c, uint64_t rows);
/* The whole table in chunks of `rows` rows, as the values of its first column with blanks between. */
const char *pgchunks_all(struct pgchunks *c, uint64_t rows);
/* Whether the last chunk saw a transaction. */
bool pgchunks_sees(const struct pgchunks *c, const char *xid);

#endif
