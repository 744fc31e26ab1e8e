/*
 * Sampling (pgsample.h): a SELECT whose rows come one by one, so that memory is bounded by one row. Uses the side connection, so
 * nothing may stream at the same time.
 */
#include "postgresql/pgsample.h"

#include "postgresql/pgcatalog.h"
#include "postgresql/pgquote.h"
#include "postgresql/pgrows.h"

#define ROW_MS 60000 /* for the server to find a row */

struct sample {
    const struct pgcatalog_table *table;
    struct pgrows rows;
    int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err);
    void *ctx;
};

static int give_row(struct sample *s, const struct pq_result *result, struct cdc_err *err)
{
    struct cdc_row row;

    if (pgrows_take(&s->rows, result, 0, &row, err))
        return -1;
    return s->each(s->ctx, &row, err);
}

static int give_rows(struct sample *s, struct pq *pq, uint64_t limit, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc, got;

    cdc_buf_puts(&sql, "SELECT ");
    pgquote_names(&sql, s->table->ref->ncolumns, s->table->ref->columns);
    pgrows_put_from(&sql, s->table);
    cdc_buf_printf(&sql, " LIMIT %llu", (unsigned long long)limit);
    rc = cdc_buf_str(&sql)[0] ? pq_select(pq, sql.data, NULL, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    while (rc == 0) {
        struct pq_result *result;
        got = pq_fetch(pq, ROW_MS, &result, err);
        if (got <= 0)
            return got;
        rc = give_row(s, result, err);
        pq_free(result);
    }
    return rc;
}

static int run(struct sample *s, struct pgside *side, struct pgtypes *types, uint64_t limit,
               struct cdc_err *err)
{
    struct cdc_row announcement = {.op = CDC_OP_INSERT};
    struct pq *pq;
    int rc;

    if (pgrows_init(&s->rows, s->table, types, err))
        return -1;
    announcement.relation = &s->rows.relation->rel;
    rc = s->each(s->ctx, &announcement, err);
    if (rc)
        return rc;
    pq = pgside_connection(side, err); /* the look at the types may have made a new one */
    return pq ? give_rows(s, pq, limit, err) : -1;
}

int pgsample(const struct cdc_source_params *params, struct pgside *side, struct pgtypes *types,
             const struct cdc_table_ref *table, uint64_t limit,
             int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err), void *ctx,
             struct cdc_err *err)
{
    struct sample s = {.each = each, .ctx = ctx};
    struct pgcatalog catalog = {0};
    struct pq *pq = pgside_connection(side, err);
    int rc = -1;

    if (!pq)
        return -1;
    if (pgcatalog_load(pq, params->config->publication, 1, table, &catalog, err) == 0) {
        s.table = &catalog.tables[0];
        rc = run(&s, side, types, limit, err);
    }
    if (rc)
        pgside_reset(side); /* rows may still be on their way */
    pgrows_fini(&s.rows);
    pgcatalog_fini(&catalog);
    return rc;
}
