/*
 * What a read sees on MariaDB (chunk_view_impl.h). Snapshot thread. A consistent snapshot takes no lock and is of one binlog position
 * exactly, which the server tells; what GTIDs that is, it has to look up in the log.
 */
#include "chunk_view_impl.h"

#include "probe.h"
#include "sql.h"

#include "cdc/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define CHEAP_MS    5  /* to ask for a position */
#define SHARE       20 /* one part in so many of the server's time, when it is not */
#define PLACE_TRIES 20
#define XA_MS       250

static int no_place(struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "the server does not tell the binlog position of a snapshot");
    return cdc_err_hint(err, "set log_bin and restart the database server");
}

static int read_place_once(struct my_client *client, struct my_log_place *place, struct cdc_err *err)
{
    struct my_client_result rows;
    int rc;

    *place = (struct my_log_place){.offset = 0};
    if (my_client_query(client, "SHOW STATUS LIKE 'binlog\\_snapshot\\_%'", &rows, err))
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) {
        struct cdc_slice name = my_client_value(&rows, 0), value = my_client_value(&rows, 1);

        if (cdc_slice_is(name, "Binlog_snapshot_file") && value.len <= MY_LOG_NAME)
            snprintf(place->name, sizeof place->name, "%.*s", CDC_ARG(value));
        else if (cdc_slice_is(name, "Binlog_snapshot_position") && value.ptr)
            place->offset = strtoull(value.ptr, NULL, 10);
    }
    my_client_result_free(&rows);
    return rc == 0 && (!place->name[0] || !place->offset) ? no_place(err) : rc;
}

/*
 * The servers keep what this statement is to print where all sessions write to: when another one asks for the status at the same moment
 * (monitoring does), its position may come instead of ours. Ours does not change, so it is believed when it comes three times in a row.
 */
static int read_place(struct my_client *client, struct my_log_place *place, struct cdc_err *err)
{
    struct my_log_place next;
    unsigned same = 0;

    if (read_place_once(client, place, err))
        return -1;
    for (unsigned i = 0; i < PLACE_TRIES; i++) {
        if (read_place_once(client, &next, err))
            return -1;
        same = my_log_place_compare(place, &next) == 0 ? same + 1 : 0;
        if (same == 2)
            return 0;
        *place = next;
    }
    return cdc_err_set(err, CDC_ERR_RETRY,
                       "the server does not tell the binlog position of a snapshot for certain");
}

/* The server looks through that log up to there: before version 11.4, which has an index, seconds for a large one. */
static int read_gtids_at(struct my_client *client, const struct my_log_place *place,
                         struct my_position *position, struct cdc_err *err)
{
    struct cdc_buf sql = {0}, text = {0};
    bool found = false;
    int rc;

    cdc_buf_puts(&sql, "SELECT BINLOG_GTID_POS(");
    my_sql_text(&sql, cdc_slice_str(place->name));
    cdc_buf_printf(&sql, ", %llu)", (unsigned long long)place->offset);
    rc = sql.failed ? cdc_err_memory(err) : my_probe_text(client, cdc_buf_str(&sql), &text, &found, err);
    position->form = MY_POSITION_MARIADB;
    if (rc == 0)
        rc = found ? my_mgtid_list_parse(&position->list, true, cdc_buf_slice(&text), err)
                   : cdc_err_set(err, CDC_ERR_RETRY, "log %s is gone", place->name);
    cdc_buf_fini(&sql);
    cdc_buf_fini(&text);
    return rc;
}

static int read_newest(struct my_client *client, struct my_position *position, struct cdc_err *err)
{
    struct cdc_buf text = {0};
    bool found;
    int rc = my_server_variable(client, "gtid_binlog_pos", &text, &found, err);

    position->form = MY_POSITION_MARIADB;
    if (rc == 0)
        rc = my_mgtid_list_parse(&position->list, true, cdc_buf_slice(&text), err);
    cdc_buf_fini(&text);
    return rc;
}

/* Asking anew would cost too much of the server's time, or is no use. What was seen before is seen now as well. */
static bool may_keep(const struct my_view *view, const struct my_log_place *place,
                     const struct my_position *since)
{
    if (view->seen.form != MY_POSITION_MARIADB || !view->at.name[0])
        return false;
    if (my_log_place_compare(&view->at, place) == 0)
        return true;
    return view->cost_ms > CHEAP_MS && cdc_now_ms() - view->taken_ms < SHARE * view->cost_ms &&
           my_view_contains(&view->seen, since);
}

static int ask_gtids(struct my_view *view, struct my_client *client, const struct my_log_place *place,
                     const struct my_position *since, bool *early, struct cdc_err *err)
{
    struct my_position now = {0};
    int64_t began = cdc_now_ms();
    int rc = read_gtids_at(client, place, &now, err);

    view->taken_ms = cdc_now_ms();
    view->cost_ms = view->taken_ms - began;
    if (rc == 0)
        rc = my_view_see(view, &now, since, early, err);
    if (rc == 0 && !*early) {
        view->at = *place;
        if (my_position_copy(&view->high, &now))
            rc = cdc_err_memory(err);
    }
    my_position_fini(&now);
    return rc;
}

static int see_gtids(struct my_view *view, struct my_client *client, const struct my_log_place *place,
                     const struct my_position *since, bool *early, struct cdc_err *err)
{
    if (!may_keep(view, place, since))
        return ask_gtids(view, client, place, since, early, err);
    *early = !my_view_contains(&view->seen, since);
    if (my_log_place_compare(&view->at, place) != 0)
        return read_newest(client, &view->high, err);
    return my_position_copy(&view->high, &view->seen) ? cdc_err_memory(err) : 0;
}

static int see_place(struct my_view *view, const struct my_log_place *place, const struct my_position *since,
                     bool *early, struct cdc_err *err)
{
    struct my_position now = {.form = MY_POSITION_FILE, .place = *place};

    if (my_view_see(view, &now, since, early, err))
        return -1;
    return my_position_copy(&view->high, &now) ? cdc_err_memory(err) : 0;
}

/* Whether no XA transaction is prepared. One that is being committed counts as prepared until it is visible. */
static int ask_xa(struct my_client *client, bool *none, struct cdc_err *err)
{
    struct my_client_result rows;
    int rc;

    if (my_client_query(client, "XA RECOVER", &rows, err))
        return -1;
    *none = true;
    while ((rc = my_client_row(&rows, err)) > 0)
        *none = false;
    my_client_result_free(&rows);
    return rc;
}

/*
 * The decision about an XA transaction is logged, and the position moved, a moment before its rows are visible. If none was prepared when
 * the snapshot was made, there was no such moment; otherwise it is given time to pass.
 */
static int settle(struct my_view *view, const struct my_position *since, bool no_xa, bool *early,
                  struct cdc_err *err)
{
    bool again = my_view_contains(&view->waiting, since) && my_view_contains(since, &view->waiting);

    if (!again) {
        view->waiting_ms = cdc_now_ms();
        if (my_position_copy(&view->waiting, since))
            return cdc_err_memory(err);
    }
    *early = !no_xa && cdc_now_ms() - view->waiting_ms < XA_MS;
    return *early || my_position_copy(&view->settled, since) == 0 ? 0 : cdc_err_memory(err);
}

int my_view_begin_mariadb(struct my_view *view, struct my_client *client, const struct cdc_table_ref *table,
                          const struct my_position *since, bool *early, struct cdc_err *err)
{
    bool settled = my_view_contains(&view->settled, since), no_xa = false;
    struct my_log_place place;

    if ((!settled && ask_xa(client, &no_xa, err)) ||
        my_client_run(client, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", err) ||
        read_place(client, &place, err))
        return -1;
    if (since->form == MY_POSITION_FILE ? see_place(view, &place, since, early, err)
                                        : see_gtids(view, client, &place, since, early, err))
        return -1;
    if (!*early && !settled && settle(view, since, no_xa, early, err))
        return -1;
    return *early ? 0 : my_view_touch(client, table, err);
}
