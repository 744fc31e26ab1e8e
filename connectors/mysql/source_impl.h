/* What the parts of the source share: source.c (stream), start.c, check.c, setup.c, sample.c, find.c, chunk.c. */
#ifndef MYSQL_SOURCE_IMPL_H
#define MYSQL_SOURCE_IMPL_H

#include "cdc/source.h"

#include "catalog_server.h"
#include "chunk_view.h"
#include "client.h"
#include "decoder.h"
#include "kept.h"
#include "server.h"

struct cdc_source {
    struct cdc_source_params params;
    struct my_client *stream;  /* the dump */
    struct my_client *control; /* questions */
    struct my_catalog_server *catalog;
    struct my_decoder *decoder;
    struct my_server server;
    struct my_view view; /* of the newest chunk */
    struct my_kept kept;
    struct cdc_buf identity;
    char reported_host[64]; /* what SHOW REPLICAS prints for us */
    int64_t caught_up_ms;
    uint32_t reached; /* my_decoder_reached() when caught_up_ms was looked at */
};

/* Milliseconds without a packet after which the stream's connection is taken for dead. */
int64_t my_source_patience_ms(const struct cdc_source *source);
/* Connects `stream` and reads what the server is. */
int my_source_connect(struct cdc_source *source, struct cdc_err *err) CDC_MUST_CHECK;
/* Connects `control` (if it is not) and reads what the server is. */
int my_source_connect_control(struct cdc_source *source, struct cdc_err *err) CDC_MUST_CHECK;

/* The next event, from the stream to the decoder. */
int my_source_fetch(struct cdc_source *source, struct cdc_err *err) CDC_MUST_CHECK;

/* start.c */
int my_source_start(struct cdc_source *source, const struct cdc_checkpoint *from, struct cdc_buf *started,
                    struct cdc_err *err) CDC_MUST_CHECK;
/* Whether this server, which `control` is connected to, has the history of a checkpoint; of MySQL, also whether it still has the logs. */
int my_source_verify(struct cdc_source *source, const struct cdc_checkpoint *from,
                     struct cdc_err *err) CDC_MUST_CHECK;
/* Begins the stream at a checkpoint and leaves it again, beside an agent that may be running; `control` stays as it is. */
int my_source_try(struct cdc_source *source, const struct cdc_checkpoint *from,
                  struct cdc_err *err) CDC_MUST_CHECK;
/* Asks for the dump from where the decoder is to begin, and reads on until the log has said what it is. */
int my_source_dump(struct cdc_source *source, struct cdc_err *err) CDC_MUST_CHECK;

/* The operations of cdc_source_ops that commands use. */
int my_source_check(struct cdc_source *source, const struct cdc_checkpoint *from,
                    const struct cdc_report *report, struct cdc_err *err) CDC_MUST_CHECK;
int my_source_setup(struct cdc_source *source, bool run, struct cdc_buf *script,
                    struct cdc_err *err) CDC_MUST_CHECK;
int my_source_sample(struct cdc_source *source, const struct cdc_table_ref *table, uint64_t limit,
                     int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err), void *ctx,
                     struct cdc_err *err) CDC_MUST_CHECK;
int my_source_find(struct cdc_source *source, cdc_found_each *each, void *ctx,
                   struct cdc_err *err) CDC_MUST_CHECK;
int my_source_chunk(struct cdc_source *source, const struct cdc_chunk_request *request, cdc_chunk_each *each,
                    void *ctx, enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk,
                    struct cdc_err *err) CDC_MUST_CHECK;
int my_source_estimate(struct cdc_source *source, const struct cdc_table_ref *table, uint64_t *rows,
                       struct cdc_err *err) CDC_MUST_CHECK;

#endif
