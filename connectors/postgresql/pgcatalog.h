/*
 * What the server's catalogue says about itself, a publication and the mapped tables. Snapshots: loaded once, then read.
 */
#ifndef PGCATALOG_H
#define PGCATALOG_H

#include "cdc/source.h"

#include "postgresql/pq.h"

struct pgcatalog_server {
    int version; /* as 150020 */
    char wal_level[16];
    bool standby;
    bool superuser, replication, bypass_rls; /* of our role */
    bool can_connect, can_create;            /* on our database */
    char user[64], database[64];
    unsigned slots, max_slots, senders, max_senders;
    int64_t sender_timeout_ms; /* 0: none */
    int64_t keep_mb;           /* max_slot_wal_keep_size; -1: no limit */
    int64_t clock_ahead_us;    /* of the server, against ours */
};

int pgcatalog_load_server(struct pq *pq, struct pgcatalog_server *server, struct cdc_err *err) CDC_MUST_CHECK;

struct pgcatalog_publication {
    bool exists, all_tables, insert, update, delete, truncate, via_root;
};

int pgcatalog_load_publication(struct pq *pq, const char *name, struct pgcatalog_publication *publication,
                               struct cdc_err *err) CDC_MUST_CHECK;

struct pgcatalog_column {
    const char *name;
    uint32_t type;
    bool key; /* part of the replica identity */
    bool
        ordering; /* part of the key along which tables are read, see pgorder.h: primary key, else replica identity */
    char generated; /* attgenerated: 's' stored, 'v' virtual, 0: not computed by the server */
    bool published;
    bool readable; /* our role may SELECT it */
};

struct pgcatalog_table {
    const struct cdc_table_ref *ref;
    bool exists;
    uint32_t oid;
    char kind;        /* relkind: 'r' table, 'p' partitioned table, … */
    char identity;    /* relreplident: 'd', 'i', 'f', 'n' */
    char persistence; /* relpersistence: 'p', 'u' unlogged, 't' temporary */
    bool row_security;
    bool usable; /* our role has USAGE on the schema */
    bool has_primary;
    bool member;        /* named by the publication itself … */
    bool listed;        /* … with a list of columns */
    bool published;     /* its changes come under its own name … */
    const char *filter; /* … those of rows that this condition holds for; NULL: all */
    const char *root;   /* of a partition: the partitioned table, quoted; else NULL */
    size_t ncolumns;
    struct pgcatalog_column *columns;
};

struct pgcatalog {
    size_t ntables;
    struct pgcatalog_table *tables; /* in the order that was asked for */
    struct pgcatalog_column *columns;
    struct pq_result *table_rows, *column_rows; /* hold the texts */
};

/* Nothing but what was asked for, as if no table existed. */
int pgcatalog_blank(size_t n, const struct cdc_table_ref *refs, struct pgcatalog *catalog,
                    struct cdc_err *err) CDC_MUST_CHECK;
/* Loads `n` tables as the publication has them. Free with pgcatalog_fini(), also after an error. */
int pgcatalog_load(struct pq *pq, const char *publication, size_t n, const struct cdc_table_ref *refs,
                   struct pgcatalog *catalog, struct cdc_err *err) CDC_MUST_CHECK;
void pgcatalog_fini(struct pgcatalog *catalog);

/* NULL if there is none. */
const struct pgcatalog_column *pgcatalog_find_column(const struct pgcatalog_table *table, const char *name);

#endif
