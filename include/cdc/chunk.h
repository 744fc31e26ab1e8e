/*
 * Reading tables in pieces beside the stream, for snapshots and verification: a chunk is a run of rows in the order of a key,
 * together with what the read could see and where the log was afterwards. No lock, no long transaction, no write.
 *
 * A row that a chunk holds may be older than what the stream has brought: a commit can be in the stream before a new read sees
 * it. So whoever merges the two asks sees() for each streamed transaction, and waits until the stream has reached `high`: by
 * then it has brought everything that the chunk saw.
 */
#ifndef CDC_CHUNK_H
#define CDC_CHUNK_H

#include "cdc/buf.h"
#include "cdc/row.h"

struct cdc_table_ref;

struct cdc_chunk_request {
    const struct cdc_table_ref *table;
    /*
     * The place of a row in the order of the key, as `each` was given it; empty: the beginning. Rows behind it are read; with
     * `exact` that row alone, if it exists.
     */
    struct cdc_slice after;
    bool exact;
    /*
     * A position of the stream. The chunk must see every transaction that the stream may have delivered up to it; as long as that
     * is not certain, the answer is CDC_CHUNK_EARLY. Empty: nothing to wait for.
     */
    struct cdc_slice since;
    uint64_t rows;  /* at most; at least 1 */
    uint64_t bytes; /* of values; the row with which it is reached is the last */
};

enum cdc_chunk_outcome {
    CDC_CHUNK_READ,  /* `each` has had the rows, if there were any */
    CDC_CHUNK_EARLY, /* too early after `since`: ask again in a moment. `each` was not called */
};

/* What was read. Zeroed before; the buffers are the caller's to free. */
struct cdc_chunk {
    struct cdc_buf visibility; /* for sees(): text of the source's making */
    struct cdc_buf high;       /* a position: everything that the chunk saw was committed at or before it */
    uint64_t rows;
    bool end; /* no row follows */
};

/*
 * Called with `row->after` NULL before the first row, to bind row->relation (its `wanted` columns are then converted), and then for each
 * row (op INSERT), with the very bytes that the stream gives; `place` is the row's in the order of the key, text that holds no
 * NUL. All of it lives until `each` returns. What it returns other than 0 ends the reading and is returned. It must not wait for anything: the server
 * holds a snapshot meanwhile.
 */
typedef int cdc_chunk_each(void *ctx, const struct cdc_row *row, struct cdc_slice place, struct cdc_err *err);

#endif
