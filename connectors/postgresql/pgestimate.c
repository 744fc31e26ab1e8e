/* Estimates (pgestimate.h): one catalogue query. Owned by the thread that owns the source. */
#include "postgresql/pgestimate.h"

#include "postgresql/pgquote.h"

#define ANSWER_MS 30000

/*
 * Rows to a page as the last ANALYZE or VACUUM found them, times the pages of now; without one, pages full of rows of ordinary width: what
 * the types need, 32 bytes where that is open, and 28 of the server's own.
 */
static const char select_rows[] =
    "SELECT sum(CASE WHEN c.reltuples >= 0 AND c.relpages > 0 THEN c.reltuples / c.relpages * s.pages ELSE s.pages * "
    "s.page / (28 + (SELECT sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END) FROM pg_attribute a WHERE a.attrelid "
    "= c.oid AND a.attnum > 0 AND NOT a.attisdropped)) END)::bigint FROM t JOIN pg_class c ON c.oid = t.oid OR c.oid IN "
    "(SELECT relid FROM pg_partition_tree(t.oid)), LATERAL (SELECT current_setting('block_size')::int AS page, "
    "pg_relation_size(c.oid)::float8 / current_setting('block_size')::int AS pages) AS s HAVING count(*) > 0";

int pgestimate(struct pq *pq, const struct cdc_table_ref *ref, uint64_t *rows, struct cdc_err *err)
{
    struct pq_result *result = NULL;
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_puts(
        &sql,
        "WITH t AS MATERIALIZED (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ");
    pgquote_text(&sql, ref->schema);
    cdc_buf_puts(&sql, " AND c.relname = ");
    pgquote_text(&sql, ref->name);
    cdc_buf_puts(&sql, ") ");
    cdc_buf_puts(&sql, select_rows);
    rc = cdc_buf_str(&sql)[0] ? pq_query(pq, sql.data, ANSWER_MS, &result, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    if (rc)
        return cdc_err_wrap(err, "estimating the rows of %s.%s", ref->schema, ref->name);
    if (pq_rows(result) == 1)
        *rows = (uint64_t)pq_integer(result, 0, 0);
    else
        rc = cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s does not exist", ref->schema, ref->name);
    pq_free(result);
    return rc;
}
