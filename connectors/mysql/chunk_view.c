/*
 * What a read of a table sees (chunk_view.h): beginning it, and judging streamed transactions against it. Snapshot thread, over the
 * control connection; sees() and reached() are pure. What the servers can tell differs: chunk_view_mysql.c, chunk_view_mariadb.c.
 */
#include "chunk_view_impl.h"

#include "digits.h"
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

/*
 * Judging. sees() is asked for every streamed transaction, so it looks for the one in question in the text, which my_position_print()
 * has made, and takes nothing else apart.
 */

/* Transactions of XA are visible a moment after their decision is logged, which no position tells. */
static bool is_xa(const struct cdc_tx *tx)
{
    return !cdc_slice_eq(tx->id, tx->xid);
}

static bool starts_with(struct cdc_slice text, const char *prefix, struct cdc_slice *rest)
{
    size_t n = strlen(prefix);

    if (text.len < n || memcmp(text.ptr, prefix, n) != 0)
        return false;
    *rest = cdc_slice(text.ptr + n, text.len - n);
    return true;
}

/* Cuts off what comes before the next `c`, or all. */
static struct cdc_slice take_until(struct cdc_slice *text, char c)
{
    const char *end = text->len ? memchr(text->ptr, c, text->len) : NULL;
    struct cdc_slice part = {text->ptr, end ? (size_t)(end - text->ptr) : text->len};

    *text = end ? cdc_slice(end + 1, text->len - part.len - 1) : cdc_slice(text->ptr + text->len, 0);
    return part;
}

static bool is_number(struct cdc_slice text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i == MY_DIGITS_U64 - 1)
            return false;
        *number = *number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0;
}

/* "0-1-10,5-2-7" */
static bool is_in_list(struct cdc_slice list, struct cdc_slice id)
{
    struct cdc_slice domain = take_until(&id, '-'), server = take_until(&id, '-');
    uint64_t number, last;

    if (!is_number(domain, &number) || !is_number(server, &number) || !is_number(id, &number))
        return false;
    while (list.len) {
        struct cdc_slice item = take_until(&list, ','), its_domain = take_until(&item, '-');

        server = take_until(&item, '-');
        if (cdc_slice_eq(its_domain, domain))
            return is_number(server, &last) && is_number(item, &last) && number <= last;
    }
    return false;
}

/* "1-5:7:blue:1-2" */
static bool is_in_runs(struct cdc_slice runs, struct cdc_slice tag, uint64_t number)
{
    struct cdc_slice current = {NULL, 0};

    while (runs.len) {
        struct cdc_slice last = take_until(&runs, ':'), first = take_until(&last, '-');
        uint64_t low, high;

        if (!is_number(first, &low))
            current = first;
        else if (cdc_slice_eq(current, tag) && low <= number &&
                 (last.len ? is_number(last, &high) && number <= high : low == number))
            return true;
    }
    return false;
}

/* "uuid:1-5,uuid:7" */
static bool is_in_set(struct cdc_slice set, struct cdc_slice id)
{
    struct cdc_slice uuid = take_until(&id, ':'), tag = {NULL, 0};
    uint64_t number;

    if (memchr(id.ptr, ':', id.len))
        tag = take_until(&id, ':');
    if (!is_number(id, &number))
        return false;
    while (set.len) {
        struct cdc_slice runs = take_until(&set, ',');

        if (cdc_slice_eq(take_until(&runs, ':'), uuid))
            return is_in_runs(runs, tag, number);
    }
    return false;
}

static bool is_before(struct cdc_slice place, struct cdc_slice id)
{
    struct my_txid end, begin;
    struct cdc_err err;

    return my_txid_parse(MY_POSITION_FILE, place, &end, &err) == 0 &&
           my_txid_parse(MY_POSITION_FILE, id, &begin, &err) == 0 &&
           my_log_place_compare(&begin.place, &end.place) < 0;
}

bool my_view_sees(struct cdc_slice visibility, const struct cdc_tx *tx)
{
    struct cdc_slice seen;

    if (is_xa(tx) || !tx->id.len)
        return false;
    if (starts_with(visibility, "mariadb:", &seen))
        return is_in_list(seen, tx->id);
    if (starts_with(visibility, "mysql:", &seen))
        return is_in_set(seen, tx->id);
    return starts_with(visibility, "file:", &seen) && is_before(seen, tx->id);
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
