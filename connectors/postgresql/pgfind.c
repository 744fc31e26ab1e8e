/*
 * Reads the tables of a database (pgfind.h): one query on a connection of its own, which changes nothing and reads no row of any
 * table. Partitions are left out, since their root stands for them, and so are tables that keep no log. Any role may ask.
 */
#include "postgresql/pgfind.h"

#include "postgresql/pq.h"

#define CONNECT_MS 5000
#define ANSWER_MS  30000

static const char question[] =
    "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
    "coalesce(a.attnum = ANY (i.indkey), false) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary "
    "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p' "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' "
    "ORDER BY n.nspname, c.relname, a.attnum";

int pgfind(const struct cdc_source_params *params, int interrupt_fd, cdc_found_each *each, void *ctx,
           struct cdc_err *err)
{
    struct pq_params connection = {
        .config = params->config, .connector = params->connector, .interrupt_fd = interrupt_fd};
    struct cdc_finder finder = {.each = each, .ctx = ctx};
    struct pq_result *rows = NULL;
    struct pq *pq = NULL;
    int rc;

    if (pq_open(&pq, &connection, CONNECT_MS, err))
        return -1;
    rc = pq_query(pq, question, ANSWER_MS, &rows, err) ? cdc_err_wrap(err, "reading the catalogue") : 0;
    for (int i = 0; rc == 0 && i < pq_rows(rows); i++)
        rc = cdc_finder_put(&finder, pq_slice(rows, i, 0), pq_slice(rows, i, 1), pq_slice(rows, i, 2),
                            pq_slice(rows, i, 3), pq_true(rows, i, 4), err);
    if (rc == 0)
        rc = cdc_finder_end(&finder, err);
    cdc_finder_fini(&finder);
    pq_free(rows);
    pq_close(pq);
    return rc;
}
