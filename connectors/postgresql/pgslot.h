/* Replication slots: what the server says of one, whether a stream may go on from it, and the making of one. */
#ifndef PGSLOT_H
#define PGSLOT_H

#include "postgresql/pq.h"

enum { PGSLOT_NAME = 64 };

struct pgslot {
    bool exists;
    bool logical, temporary, failover, two_phase;
    bool lost; /* invalidated: its log is gone */
    int active_pid;
    char reader[64]; /* application_name of that session; "" where we may not see it */
    char plugin[PGSLOT_NAME], database[PGSLOT_NAME];
    char wal_status[16]; /* "reserved", "extended", "unreserved", "lost", or empty */
    char reason[40];     /* why it was invalidated, where the server says so */
    uint64_t confirmed;  /* the earliest position that it can send from */
    uint64_t restart;
    uint64_t retained; /* bytes of log kept for it */
    uint64_t owed;     /* bytes of log since what it has confirmed */
    int64_t safe;      /* bytes that can be written before it is in danger; -1: no limit or unknown */
};

/* -1: the server could not be asked. A slot that does not exist is no error. */
int pgslot_load(struct pq *pq, const char *name, struct pgslot *slot, struct cdc_err *err) CDC_MUST_CHECK;

/* What a stream wants to go on from. */
struct pgslot_resume {
    const char *name, *database;
    uint64_t position;   /* of the checkpoint; 0: the first run */
    uint64_t server_end; /* end of the server's log on disk */
};

/*
 * Whether a stream may start here. CDC_ERR_GAP when changes between checkpoint and slot are lost, CDC_ERR_CONFIG when it is
 * not a slot of ours, CDC_ERR_RETRY when someone else reads from it.
 */
int pgslot_verify(const struct pgslot *slot, const struct pgslot_resume *resume,
                  struct cdc_err *err) CDC_MUST_CHECK;

/*
 * Ends the session that uses the slot if it is of our own role and has this application_name: an agent that has lost the lease, and
 * sleeps, or hears nothing. To be called by who has the lease now. 1: ended, 0: it is another one, or does not end.
 */
int pgslot_evict(struct pq *pq, const struct pgslot *slot, const char *application,
                 struct cdc_err *err) CDC_MUST_CHECK;

/* Whether it is a slot of this database that we could have made, and that nobody reads but our session `reader` (0: none). */
bool pgslot_is_ours(const struct pgslot *slot, const char *database, int reader);

/* Drops a slot of this database. */
int pgslot_drop(struct pq *pq, const char *name, struct cdc_err *err) CDC_MUST_CHECK;

/* The making of a slot, which may have to wait for running transactions. Zeroed: none under way. */
struct pgslot_maker {
    struct pq *pq;
    int64_t since_ms;
};

/*
 * Makes a slot, or goes on making it; `idle` is an ordinary connection, to look up what is waited for. `params`
 * as for a replication connection. 0 with *lsn; or CDC_ERR_RETRY when it needs more time: then call again, nothing is lost.
 */
int pgslot_make(struct pgslot_maker *maker, const struct pq_params *params, struct pq *idle, bool standby,
                uint64_t *lsn, struct cdc_err *err) CDC_MUST_CHECK;
/* Gives up; a slot that is half made goes away. */
void pgslot_abandon(struct pgslot_maker *maker);

#endif
