/*
 * The second, ordinary connection beside the stream: it explains types that the stream mentions, and samples where the
 * server's log ends and how much of it the slot retains.
 */
#ifndef PGSIDE_H
#define PGSIDE_H

#include "cdc/buf.h"

#include "postgresql/pq.h"

enum pgside_state {
    PGSIDE_DOWN,
    PGSIDE_CONNECTING,
    PGSIDE_IDLE,
    PGSIDE_ASKING, /* a sample is under way */
};

/* The newest sample. */
struct pgside_sample {
    int64_t asked_ms;  /* cdc_now_ms() before the server was asked; 0: no sample yet */
    uint64_t end_lsn;  /* of the log that is safely on disk */
    uint64_t retained; /* bytes kept for the slot */
    uint64_t owed;     /* bytes between what the slot has confirmed and the end */
    int reader;        /* process of the session that reads from the slot; 0: none */
    int64_t
        safe; /* bytes that may be written before the slot is lost (max_slot_wal_keep_size); -1: no limit */
};

struct pgside {
    struct pq_params params;
    struct pq *pq;
    enum pgside_state state;
    int64_t asked_ms, due_ms, interval_ms;
    bool complained; /* about the present failure */
    unsigned
        opened; /* how many connections pgside_connection() has made: settings last as long as one does */
    struct cdc_buf sql;
    struct pgside_sample sample;
};

/* `params` as for an ordinary connection. -1: memory. */
int pgside_init(struct pgside *side, const struct pq_params *params, struct cdc_err *err) CDC_MUST_CHECK;
void pgside_fini(struct pgside *side);
/* Drops the connection and the sample. */
void pgside_reset(struct pgside *side);
/* The connection, ready for a query; connects first if need be, which may block some seconds. NULL on failure. */
struct pq *pgside_connection(struct pgside *side, struct cdc_err *err) CDC_MUST_CHECK;
/* One step of sampling; never blocks (but for the name service). Failures are logged and tried again later. */
void pgside_turn(struct pgside *side, int64_t now_ms);
/* What to poll for, or -1; and when pgside_turn() is due at the latest. */
int pgside_fd(const struct pgside *side, short *events);

#endif
