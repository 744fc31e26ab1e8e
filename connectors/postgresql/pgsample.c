/*
 * Sampling (pgsample.h): a SELECT whose rows come one by one, so that memory is bounded by one row; values are the server's text
 * in the session's canonical settings, which is what the stream sends too, and go through the same conversions. Uses the side
 * connection, so nothing may stream at the same time.
 */
#include "postgresql/pgsample.h"

#include "postgresql/pgcatalog.h"
#include "postgresql/pgquote.h"
#include "postgresql/pgrow.h"

#include <stdlib.h>

#define ROW_MS 60000 /* for the server to find a row */

struct sample {
    const struct pgcatalog_table *table;
    struct pgrelation *relation;
    struct cdc_value *values;
    struct pgvalue_space space;
    int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err);
    void *ctx;
};

/* A table that others inherit from publishes its own rows only. */
static void put_select(struct cdc_buf *sql, const struct sample *s, uint64_t limit)
{
    const struct cdc_table_ref *ref = s->table->ref;

    cdc_buf_puts(sql, "SELECT ");
    pgquote_names(sql, ref->ncolumns, ref->columns);
    cdc_buf_puts(sql, s->table->kind == 'p' ? " FROM " : " FROM ONLY ");
    pgquote_table(sql, ref->schema, ref->name);
    cdc_buf_printf(sql, " LIMIT %llu", (unsigned long long)limit);
}

static int make_relation(struct sample *s, struct pgtypes *types, struct cdc_err *err)
{
    const struct cdc_table_ref *ref = s->table->ref;
    struct pgrelation_spec spec = {
        .id = s->table->oid,
        .schema = cdc_slice_str(ref->schema),
        .name = cdc_slice_str(ref->name),
        .identity = s->table->identity,
        .ncolumns = (uint32_t)ref->ncolumns,
    };
    struct pgoutput_column *columns = calloc(ref->ncolumns + 1, sizeof *columns);
    int rc;

    s->values = calloc(ref->ncolumns + 1, sizeof *s->values);
    if (!columns || !s->values) {
        free(columns);
        return cdc_err_memory(err);
    }
    for (size_t i = 0; i < ref->ncolumns; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(s->table, ref->columns[i]);
        columns[i].name = cdc_slice_str(ref->columns[i]);
        if (!column) {
            free(columns);
            return cdc_err_set(err, CDC_ERR_CONFIG, "%s.%s has no column \"%s\"", ref->schema, ref->name,
                               ref->columns[i]);
        }
        columns[i].type = column->type;
        columns[i].key = column->key;
    }
    spec.columns = columns;
    rc = pgrelation_new(&s->relation, &spec, types, err);
    free(columns);
    return rc;
}

static int give_row(struct sample *s, const struct pq_result *result, struct cdc_err *err)
{
    struct cdc_row row = {.op = CDC_OP_INSERT, .relation = &s->relation->rel, .after = s->values};

    cdc_arena_reset(&s->space.arena);
    for (uint32_t i = 0; i < s->relation->rel.ncolumns; i++) {
        struct cdc_slice text = pq_slice(result, 0, (int)i);
        enum cdc_value_state state = pq_text(result, 0, (int)i) ? CDC_VALUE_PRESENT : CDC_VALUE_NULL;
        s->values[i] = (struct cdc_value){text.ptr, (uint32_t)text.len, state};
    }
    if (pgrow_convert(s->relation, s->values, &s->space, err))
        return -1;
    return s->each(s->ctx, &row, err);
}

static int give_rows(struct sample *s, struct pq *pq, uint64_t limit, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc, got;

    put_select(&sql, s, limit);
    rc = cdc_buf_str(&sql)[0] ? pq_select(pq, sql.data, err) : cdc_err_memory(err);
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

static int run(struct sample *s, struct pq *pq, struct pgtypes *types, uint64_t limit, struct cdc_err *err)
{
    struct cdc_row announcement = {.op = CDC_OP_INSERT};
    int rc;

    if (!s->table->exists)
        return cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s does not exist", s->table->ref->schema,
                           s->table->ref->name);
    if (make_relation(s, types, err))
        return -1;
    announcement.relation = &s->relation->rel;
    rc = s->each(s->ctx, &announcement, err);
    return rc ? rc : give_rows(s, pq, limit, err);
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
    pgvalue_space_init(&s.space);
    if (pgcatalog_load(pq, params->config->publication, 1, table, &catalog, err) == 0) {
        s.table = &catalog.tables[0];
        rc = run(&s, pq, types, limit, err);
    }
    if (rc)
        pgside_reset(side); /* rows may still be on their way */
    free(s.relation);
    free(s.values);
    pgvalue_space_fini(&s.space);
    pgcatalog_fini(&catalog);
    return rc;
}
