/* Chunks of tables, see cdc/chunk.h. */
#ifndef PGCHUNK_H
#define PGCHUNK_H

#include "cdc/source.h"

#include "postgresql/pgside.h"

struct pgchunk;

/* What is kept from chunk to chunk. `side` is the connection that reads; all outlive it. NULL: memory. */
struct pgchunk *pgchunk_new(const struct cdc_source_params *params, struct pgside *side);
void pgchunk_free(struct pgchunk *chunks);

/* These are the operations chunk() and estimate() of cdc/source.h. */
int pgchunk_read(struct pgchunk *chunks, const struct cdc_chunk_request *request, cdc_chunk_each *each,
                 void *ctx, enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk,
                 struct cdc_err *err) CDC_MUST_CHECK;
int pgchunk_estimate(struct pgchunk *chunks, const struct cdc_table_ref *table, uint64_t *rows,
                     struct cdc_err *err) CDC_MUST_CHECK;

#endif
