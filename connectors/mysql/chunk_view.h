/*
 * What a read of a table sees, and how that relates to the stream: the read's own transaction, the binlog positions that bracket
 * it, and the judging of streamed transactions against them.
 */
#ifndef MYSQL_CHUNK_VIEW_H
#define MYSQL_CHUNK_VIEW_H

#include "cdc/source.h"

#include "server.h"

/* Zeroed is empty and valid. Kept from one read to the next. */
struct my_view {
    struct my_position seen; /* what lies at or before it is visible */
    struct my_position high; /* what is visible lies at or before it */
    /* MariaDB: where `seen` was taken from, what that took, and when it was. */
    struct my_log_place at;
    int64_t cost_ms, taken_ms;
    struct my_position settled; /* up to here no XA transaction is on its way to be visible */
    struct my_position waiting; /* what is to be settled next, and since when it is contained in `seen` */
    int64_t waiting_ms;
};

void my_view_fini(struct my_view *view);

/*
 * Begins the transaction of a read of `table`; its definition then stays as it is until the transaction
 * ends. *early: what it sees may lack a part of `since`. RETRY; CONFIG where the server cannot tell what a read sees in the form that
 * `since` has. After -1 the connection must be closed.
 */
int my_view_begin(struct my_view *view, struct my_client *client, const struct my_server *server,
                  const struct cdc_table_ref *table, struct cdc_slice since, bool *early,
                  struct cdc_err *err) CDC_MUST_CHECK;

/* The connection is another one, perhaps to another server. */
void my_view_reconnected(struct my_view *view);
/* Session settings of such reads: no locks are taken, none is cut short, and the catalogue is of now. */
int my_view_set_session(struct my_client *client, const struct my_server *server,
                        struct cdc_err *err) CDC_MUST_CHECK;

/* The operations of cdc_source_ops. */
bool my_view_sees(struct cdc_slice visibility, const struct cdc_tx *tx);
bool my_view_reached(struct cdc_slice position, struct cdc_slice high);

#endif
