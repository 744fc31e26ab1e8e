/*
 * What a read sees on MySQL (chunk_view_impl.h). Snapshot thread. What @@gtid_executed contains before the read is visible to it: commits
 * get there last. What is visible has its GTID there afterwards, or among those that sessions own, which are waited for. CONFIG
 * where the server has no GTIDs.
 */
#include "chunk_view_impl.h"

#include <time.h>

#define SETTLE_TRIES 7 /* doubling from 1 ms */

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
        if (my_server_gtids(client, "gtid_executed", executed, err))
            rc = -1;
        else if (my_gtid_set_subtract(pending, executed))
            rc = cdc_err_memory(err);
        else if (pending->norigins == 0 || i == SETTLE_TRIES)
            break;
        if (rc == 0) {
            sleep_ms(1L << i);
            rc = my_server_gtids(client, "gtid_owned", &owned, err);
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
    int rc = my_server_gtids(client, "gtid_owned", &pending, err);

    high->form = MY_POSITION_MYSQL;
    if (rc == 0)
        rc = wait_for_commits(client, &pending, &high->set, err);
    if (rc == 0 && my_gtid_set_union(&high->set, &pending))
        rc = cdc_err_memory(err);
    my_gtid_set_fini(&pending);
    return rc;
}

int my_view_begin_mysql(struct my_view *view, struct my_client *client, const struct my_server *server,
                        const struct cdc_table_ref *table, const struct my_position *since, bool *early,
                        struct cdc_err *err)
{
    struct my_position now = {.form = MY_POSITION_MYSQL};
    int rc = no_gtids(server, since, err) || my_server_gtids(client, "gtid_executed", &now.set, err) ? -1 : 0;

    if (rc == 0)
        rc = my_view_see(view, &now, since, early, err);
    my_position_fini(&now);
    if (rc || *early)
        return rc;
    return my_client_run(client, "START TRANSACTION READ ONLY", err) || my_view_touch(client, table, err) ||
                   read_high(client, &view->high, err)
               ? -1
               : 0;
}
