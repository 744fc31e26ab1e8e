/*
 * How far a connector has come, as the store holds it together with the data.
 *
 * `position` is where the source resumes: everything before it is applied. If a transaction is applied in part, `open_tx`
 * is its id and `ordinal` the last of its row changes that is applied; it is the first one to come after `position`.
 */
#ifndef CDC_CHECKPOINT_H
#define CDC_CHECKPOINT_H

#include <stdint.h>

#include "cdc/buf.h"

struct cdc_checkpoint {
    struct cdc_buf position; /* the source's text form; empty: never ran */
    struct cdc_buf open_tx;  /* empty: none */
    uint64_t ordinal;
    uint64_t batch; /* number of the last applied batch */
    uint64_t epoch;
    uint64_t epoch_before;   /* the one that the store held until this one was made; 0: none. Not copied */
    struct cdc_buf identity; /* of the source, when the checkpoint was begun; empty: never ran */
    struct cdc_buf holder;   /* the owner that the lease was waited for, "" if nobody; not stored */
    struct cdc_buf progress; /* of snapshots: pairs as in cdc/sink.h */
};

/* Zeroed is initialised too. */
void cdc_checkpoint_fini(struct cdc_checkpoint *checkpoint);
/* Copies `from` over `to`. 0, or -1 when memory runs out. */
int cdc_checkpoint_copy(struct cdc_checkpoint *to, const struct cdc_checkpoint *from) CDC_MUST_CHECK;

#endif
