/* Until when a read may miss what the stream has brought already. */
#ifndef PGSINCE_H
#define PGSINCE_H

#include "cdc/buf.h"

#include "postgresql/pq.h"

/* Zeroed at first. */
struct pgsince {
    struct cdc_buf position; /* the one that was asked for last */
    struct cdc_buf waiting;  /* transactions that a read may miss: "732,740"; empty: none */
    int64_t asked_ms;        /* when it was asked for first */
    int64_t told_ms;         /* when the log last said what is waited for */
};

void pgsince_fini(struct pgsince *since);
/*
 * Whether every later statement sees all that the stream may have delivered at or before `position`; an empty one: certainly.
 * `early`: not yet certain, ask again.
 */
int pgsince_settle(struct pgsince *since, struct pq *pq, struct cdc_slice position, bool *early,
                   struct cdc_err *err) CDC_MUST_CHECK;

#endif
