/*
 * What a read of a table sees (chunk_view.h). Snapshot thread, over the control connection; sees() and reached() are pure. Fails as
 * the client does, and with CONFIG where a server cannot tell.
 *
 * MariaDB says exactly which binlog position its consistent snapshot is of. MySQL does not: what @@gtid_executed contains before the
 * read is visible to it, since commits get there last; and what is visible has its GTID there afterwards, or among those that
 * sessions own, which is waited for.
 */
#include "chunk_view.h"

#include "probe.h"
#include "sql.h"

#include "cdc/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SETTLE_TRIES 7    /* doubling from 1 ms */
#define CHEAP_MS     5    /* to ask for a position */
#define SHARE        20   /* one part in so many of the server's time, when it is not */
#define LOCK_WAIT_S  "10" /* behind an ALTER TABLE */

void my_view_fini(struct my_view *view)
{
    my_position_fini(&view->seen);
    my_position_fini(&view->high);
}

void my_view_reconnected(struct my_view *view)
{
    view->at.name[0] = '\0';
}

int my_view_set_session(struct my_client *client, const struct my_server *server, struct cdc_err *err)
{
    const char *limits = server->mariadb           ? "max_statement_time=0"
                         : server->number >= 80000 ? "max_execution_time=0, information_schema_stats_expiry=0"
                                                   : "max_execution_time=0";
    char sql[256];

    snprintf(sql, sizeof sql,
             "SET SESSION sql_mode='ALLOW_INVALID_DATES', lock_wait_timeout=" LOCK_WAIT_S
             ", sql_select_limit=DEFAULT, sql_big_selects=1, %s",
             limits);
    return my_client_run(client, sql, err) ||
                   my_client_run(client, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", err)
               ? -1
               : 0;
}

/* The first read: the definition is locked against changes, and on MySQL it is here that the snapshot is made. */
static int touch(struct my_client *client, const struct cdc_table_ref *table, struct cdc_err *err)
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

/* Whether all of `part` lies at or before `whole`; the empty position does so everywhere. */
static bool contains(const struct my_position *whole, const struct my_position *part)
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

/* `now` becomes what is seen, unless that would be too early: what was seen once is seen ever after. */
static int see(struct my_view *view, const struct my_position *now, const struct my_position *since,
               bool *early, struct cdc_err *err)
{
    *early = !contains(now, since) || (view->seen.form == now->form && !contains(now, &view->seen));
    if (!*early && my_position_copy(&view->seen, now))
        return cdc_err_memory(err);
    return 0;
}

/* MySQL. */

static int no_gtids(const struct my_server *server, const struct my_position *since, struct cdc_err *err)
{
    if (!my_server_has_gtids(server)) {
        cdc_err_set(err, CDC_ERR_CONFIG,
                    "gtid_mode is %s: without GTIDs, MySQL does not tell what a read of a table sees",
                    server->gtid_mode);
        return cdc_err_hint(
            err,
            "switch GTIDs on, which goes while the server runs: enforce_gtid_consistency=ON, then "
            "gtid_mode=OFF_PERMISSIVE, ON_PERMISSIVE, ON; then begin anew: `tributary checkpoint CONFIG reset "
            "--yes`");
    }
    if (since->form == MY_POSITION_NONE || since->form == MY_POSITION_MYSQL)
        return 0;
    cdc_err_set(
        err, CDC_ERR_CONFIG,
        "the checkpoint is a file and an offset: what a read of a table sees, MySQL tells in GTIDs only");
    return cdc_err_hint(err, "begin anew, by GTIDs: `tributary checkpoint CONFIG reset --yes`");
}

/* "uuid:5#17,uuid:blue:7#18": behind '#' stands the session that owns it. */
static int parse_owned(const struct cdc_buf *text, struct my_gtid_set *set, struct cdc_err *err)
{
    struct cdc_buf plain = {0};
    bool in_owner = false;
    int rc;

    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];

        in_owner = c == '#' || (in_owner && c >= '0' && c <= '9');
        if (!in_owner)
            cdc_buf_putc(&plain, c);
    }
    rc = plain.failed ? cdc_err_memory(err) : my_gtid_set_parse(set, cdc_buf_slice(&plain), err);
    cdc_buf_fini(&plain);
    return rc;
}

static int read_set(struct my_client *client, const char *name, struct my_gtid_set *set, struct cdc_err *err)
{
    struct cdc_buf text = {0};
    bool found;
    int rc = my_server_variable(client, name, &text, &found, err);

    if (rc == 0)
        rc = parse_owned(&text, set, err);
    cdc_buf_fini(&text);
    return rc;
}

/* Drops from `set` what is not in `other`. */
static int intersect(struct my_gtid_set *set, const struct my_gtid_set *other)
{
    struct my_gtid_set rest = {0};
    int rc =
        my_gtid_set_copy(&rest, set) || my_gtid_set_subtract(&rest, other) || my_gtid_set_subtract(set, &rest)
            ? -1
            : 0;

    my_gtid_set_fini(&rest);
    return rc;
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Waits for the commits that were under way. -1; 0. What is left of `pending` goes on for longer. */
static int wait_for_commits(struct my_client *client, struct my_gtid_set *pending,
                            struct my_gtid_set *executed, struct cdc_err *err)
{
    struct my_gtid_set owned = {0};
    int rc = 0;

    for (unsigned i = 0; rc == 0; i++) {
        if (read_set(client, "gtid_executed", executed, err))
            rc = -1;
        else if (my_gtid_set_subtract(pending, executed))
            rc = cdc_err_memory(err);
        else if (pending->norigins == 0 || i == SETTLE_TRIES)
            break;
        if (rc == 0) {
            sleep_ms(1L << i);
            rc = read_set(client, "gtid_owned", &owned, err);
        }
        if (rc == 0 && intersect(pending, &owned))
            rc = cdc_err_memory(err);
    }
    my_gtid_set_fini(&owned);
    return rc;
}

/*
 * A commit becomes visible a moment before its GTID moves from the owned ones to the executed ones. So the end of everything that is
 * visible: the executed ones, when those that were owned have got there. Those that do not (a replica's long transactions) are
 * waited for in the stream.
 */
static int read_high(struct my_client *client, struct my_position *high, struct cdc_err *err)
{
    struct my_gtid_set pending = {0};
    int rc = read_set(client, "gtid_owned", &pending, err);

    high->form = MY_POSITION_MYSQL;
    if (rc == 0)
        rc = wait_for_commits(client, &pending, &high->set, err);
    if (rc == 0 && my_gtid_set_union(&high->set, &pending))
        rc = cdc_err_memory(err);
    my_gtid_set_fini(&pending);
    return rc;
}

static int begin_mysql(struct my_view *view, struct my_client *client, const struct cdc_table_ref *table,
                       const struct my_position *since, bool *early, struct cdc_err *err)
{
    struct my_position now = {.form = MY_POSITION_MYSQL};
    int rc = read_set(client, "gtid_executed", &now.set, err);

    if (rc == 0)
        rc = see(view, &now, since, early, err);
    my_position_fini(&now);
    if (rc || *early)
        return rc;
    return my_client_run(client, "START TRANSACTION READ ONLY", err) || touch(client, table, err) ||
                   read_high(client, &view->high, err)
               ? -1
               : 0;
}

/* MariaDB. */

static int no_place(struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "the server does not tell the binlog position of a snapshot");
    return cdc_err_hint(err, "set log_bin and restart the database server");
}

static int read_place(struct my_client *client, struct my_log_place *place, struct cdc_err *err)
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
           contains(&view->seen, since);
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
        rc = see(view, &now, since, early, err);
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
    *early = !contains(&view->seen, since);
    if (my_log_place_compare(&view->at, place) != 0)
        return read_newest(client, &view->high, err);
    return my_position_copy(&view->high, &view->seen) ? cdc_err_memory(err) : 0;
}

static int see_place(struct my_view *view, const struct my_log_place *place, const struct my_position *since,
                     bool *early, struct cdc_err *err)
{
    struct my_position now = {.form = MY_POSITION_FILE, .place = *place};

    if (see(view, &now, since, early, err))
        return -1;
    return my_position_copy(&view->high, &now) ? cdc_err_memory(err) : 0;
}

static int begin_mariadb(struct my_view *view, struct my_client *client, const struct cdc_table_ref *table,
                         const struct my_position *since, bool *early, struct cdc_err *err)
{
    struct my_log_place place;

    if (my_client_run(client, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", err) ||
        read_place(client, &place, err))
        return -1;
    if (since->form == MY_POSITION_FILE ? see_place(view, &place, since, early, err)
                                        : see_gtids(view, client, &place, since, early, err))
        return -1;
    return *early ? 0 : touch(client, table, err);
}

static int begin(struct my_view *view, struct my_client *client, const struct my_server *server,
                 const struct cdc_table_ref *table, const struct my_position *since, bool *early,
                 struct cdc_err *err)
{
    if (!server->mariadb && no_gtids(server, since, err))
        return -1;
    if (my_view_set_session(client, server, err))
        return -1;
    return server->mariadb ? begin_mariadb(view, client, table, since, early, err)
                           : begin_mysql(view, client, table, since, early, err);
}

int my_view_begin(struct my_view *view, struct my_client *client, const struct my_server *server,
                  const struct cdc_table_ref *table, struct cdc_slice since, bool *early, struct cdc_err *err)
{
    struct my_position position = {0};
    int rc = my_position_parse(&position, since, err);

    *early = false;
    if (rc == 0)
        rc = begin(view, client, server, table, &position, early, err);
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
                   end.form != MY_POSITION_NONE && contains(&at, &end);

    my_position_fini(&at);
    my_position_fini(&end);
    return reached;
}
