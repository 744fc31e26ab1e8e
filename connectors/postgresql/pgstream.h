/* The stream of changes: CopyBoth messages in, items of cdc/source.h out, feedback to the server. */
#ifndef PGSTREAM_H
#define PGSTREAM_H

#include "cdc/source.h"

#include "postgresql/pgrelation.h"
#include "postgresql/pgside.h"
#include "postgresql/pgvalue.h"

struct pgstream;

struct pgstream_params {
    const struct cdc_source_config *config;
    struct pgside *side; /* for types and samples; must outlive the stream */
    int interrupt_fd;
};

struct pgstream *pgstream_new(const struct pgstream_params *params);
void pgstream_free(struct pgstream *stream);

/*
 * Starts at `from` on a replication connection, which stays the caller's; `confirmed` is what the slot has confirmed,
 * `timeout_ms` the server's wal_sender_timeout (0: none).
 */
int pgstream_start(struct pgstream *stream, struct pq *pq, uint64_t from, uint64_t confirmed,
                   int64_t timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
/* Forgets connection, relations and types; the stream can be started again. */
void pgstream_reset(struct pgstream *stream);

/* These are the operations of the same names. */
int pgstream_next(struct pgstream *stream, struct cdc_item *item, struct cdc_err *err) CDC_MUST_CHECK;
int pgstream_wait(struct pgstream *stream, int timeout_ms, struct cdc_err *err) CDC_MUST_CHECK;
int pgstream_confirm(struct pgstream *stream, struct cdc_slice position, struct cdc_err *err) CDC_MUST_CHECK;
void pgstream_await(struct pgstream *stream, struct cdc_slice high);
void pgstream_stats(const struct pgstream *stream, struct cdc_source_stats *out);

/* For sample(): relations of one's own, with the stream's knowledge of types. */
struct pgtypes *pgstream_types(struct pgstream *stream);

#endif
