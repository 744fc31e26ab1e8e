/* The records of a trial's store, as its operations make and apply them. */
#ifndef SNAPSHOT_RECORD_H
#define SNAPSHOT_RECORD_H

#include "unit/snapshot_trial.h"

/* As in cdc/sink.h. */
int record_encode(const struct cdc_sink *sink, const struct cdc_event *event, struct cdc_buf *body,
                  size_t *last, struct cdc_err *err);
void record_mark_last(struct cdc_buf *body, size_t last);
int record_split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin);
int record_truncate(const struct cdc_sink *sink, const struct cdc_shape *shape, const struct cdc_tx *tx,
                    uint64_t ordinal, struct cdc_buf *body, size_t *last, struct cdc_err *err);

/* Does to the states what the records of a batch say, and notes what they tell. With the trial's lock. */
void record_apply(struct trial *trial, const struct cdc_batch *batch);

#endif
