/*
 * What a read of a table sees (chunk_view.h): beginning it, and judging streamed transactions against it. Snapshot thread, over the
 * control connection; sees() and reached() are pure. What the servers can tell differs: chunk_view_mysql.c, chunk_view_mariadb.c.
 */
#include "chunk_view_impl.h"

#include "probe.h"

#include <stdio.h>

#define LOCK_WAIT_S "10" /* behind an ALTER TABLE */

void my_view_fini(struct my_view *view)
{
    my_position_fini(&view->seen);
    my_position_fini(&view->high);
    my_position_fini(&view->settled);
    my_position_fini(&view->waiting);
}

void my_view_reconnected(struct my_view *view)
{
    view->at.name[0] = '\0';
    view->settled.form = view->waiting.form = MY_POSITION_NONE;
}

int my_view_set_session(struct my_client *client, const struct my_server *server, struct cdc_err *err)
{
    bool cached = !server->mariadb && server->number >= 80000; /* what the catalogue says of a table's size */
    char sql[256];

    snprintf(sql, sizeof sql,
             "SET SESSION sql_mode='ALLOW_INVALID_DATES', lock_wait_timeout=" LOCK_WAIT_S
             ", sql_big_selects=1%s",
             cached ? ", information_schema_stats_expiry=0" : "");
    return my_client_run(client, sql, err) ||
                   my_client_run(client, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", err)
               ? -1
               : 0;
}

int my_view_touch(struct my_client *client, const struct cdc_table_ref *table, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_puts(&sql, "SELECT 1 FROM ");
    my_probe_put_table(&sql, table);
    cdc_buf_puts(&sql, " LIMIT 1");
    rc = sql.failed ? cdc_err_memory(err) : my_client_run(client, cdc_buf_str(&sql), err);
    cdc_buf_fini(&sql);
    return rc;
}

bool my_view_contains(const struct my_position *whole, const struct my_position *part)
{
    if (part->form == MY_POSITION_NONE)
        return true;
    if (whole->form != part->form)
        return false;
    switch (whole->form) {
    case MY_POSITION_FILE:
        return my_log_place_compare(&whole->place, &part->place) >= 0;
    case MY_POSITION_MYSQL:
        return my_gtid_set_contains(&whole->set, &part->set);
    case MY_POSITION_MARIADB:
        return my_mgtid_list_contains(&whole->list, &part->list);
    case MY_POSITION_NONE:
        break;
    }
    return false;
}

int my_view_see(struct my_view *view, const struct my_position *now, const struct my_position *since,
                bool *early, struct cdc_err *err)
{
    *early = !my_view_contains(now, since) ||
             (view->seen.form == now->form && !my_view_contains(now, &view->seen));
    if (!*early && my_position_copy(&view->seen, now))
        return cdc_err_memory(err);
    return 0;
}

int my_view_begin(struct my_view *view, struct my_client *client, const struct my_server *server,
                  const struct cdc_table_ref *table, struct cdc_slice since, bool *early, struct cdc_err *err)
{
    struct my_position position = {0};
    int rc = my_position_parse(&position, since, err);

    *early = false;
    if (rc == 0)
        rc = my_view_set_session(client, server, err);
    if (rc == 0)
        rc = server->mariadb ? my_view_begin_mariadb(view, client, table, &position, early, err)
                             : my_view_begin_mysql(view, client, server, table, &position, early, err);
    my_position_fini(&position);
    return rc;
}

/* Judging. */

/* Transactions of XA are visible a moment after their decision is logged, which no position tells. */
static bool is_xa(const struct cdc_tx *tx)
{
    return !cdc_slice_eq(tx->id, tx->xid);
}

bool my_view_sees(struct cdc_slice visibility, const struct cdc_tx *tx)
{
    struct my_position seen = {0};
    struct my_txid id;
    struct cdc_err err;
    bool sees = !is_xa(tx) && my_position_parse(&seen, visibility, &err) == 0 &&
                my_txid_parse(seen.form, tx->id, &id, &err) == 0 && my_position_covers(&seen, &id);

    my_position_fini(&seen);
    return sees;
}

bool my_view_reached(struct cdc_slice position, struct cdc_slice high)
{
    struct my_position at = {0}, end = {0};
    struct cdc_err err;
    bool reached = my_position_parse(&at, position, &err) == 0 && my_position_parse(&end, high, &err) == 0 &&
                   end.form != MY_POSITION_NONE && my_view_contains(&at, &end);

    my_position_fini(&at);
    my_position_fini(&end);
    return reached;
}
