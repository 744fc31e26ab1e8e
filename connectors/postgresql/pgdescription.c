/*
 * Descriptions (pgdescription.h). The key is looked up first, with a mark of the whole definition; each chunk compares that mark with
 * the one of its own snapshot (pgselect.c), so what is looked up here in several steps is of one piece, or never used. Owned by the
 * thread that owns the source.
 */
#include "postgresql/pgdescription.h"

#include "postgresql/pgtable.h"

void pgdescription_init(struct pgdescription *d, const struct cdc_source_params *params, struct pgside *side)
{
    *d = (struct pgdescription){.params = params, .side = side};
    pgtypes_init(&d->types, side);
}

static void forget(struct pgdescription *d)
{
    d->known = false;
    pgrows_fini(&d->rows);
    pgcatalog_fini(&d->catalog);
    pgtypes_clear(&d->types);
}

void pgdescription_fini(struct pgdescription *d)
{
    forget(d);
}

static bool has_keys(const struct pgorder *order, const struct cdc_table_ref *ref)
{
    if (order->n != ref->nkeys)
        return false;
    for (size_t i = 0; i < order->n; i++)
        if (strcmp(order->columns[i].name, ref->key_columns[i]))
            return false;
    return true;
}

bool pgdescription_is(const struct pgdescription *d, const struct cdc_table_ref *ref)
{
    const struct cdc_relation *rel = d->known ? &d->rows.relation->rel : NULL;

    if (!rel || rel->ncolumns != ref->ncolumns || !cdc_slice_is(rel->schema, ref->schema) ||
        !cdc_slice_is(rel->name, ref->name))
        return false;
    for (uint32_t i = 0; i < rel->ncolumns; i++)
        if (!cdc_slice_is(rel->columns[i].name, ref->columns[i]))
            return false;
    return d->order.unique || has_keys(&d->order, ref);
}

static int verify(struct pgdescription *d, struct pq *pq, struct cdc_err *err)
{
    struct pgstatement_context ctx = {d->params->config, pq_version(pq), false};
    struct pgcatalog_publication publication;

    if (pgcatalog_load_publication(pq, ctx.config->publication, &publication, err))
        return -1;
    return pgtable_verify(&ctx, &d->catalog, &publication, err);
}

static int look_up(struct pgdescription *d, struct pq *pq, const struct cdc_table_ref *ref,
                   struct cdc_err *err)
{
    const char *publication = d->params->config->publication;
    struct cdc_err no_order = {0};

    if (pgorder_load(pq, publication, ref, &d->order, &no_order) && no_order.class != CDC_ERR_CONFIG) {
        *err = no_order;
        return -1;
    }
    if (pgcatalog_load(pq, publication, 1, ref, &d->catalog, err) || verify(d, pq, err))
        return -1;
    if (no_order.class !=
        CDC_ERR_NONE) { /* verifying knows better what is wrong with a table that is not there */
        *err = no_order;
        return -1;
    }
    return pgrows_init(&d->rows, &d->catalog.tables[0], &d->types, err);
}

int pgdescription_load(struct pgdescription *d, const struct cdc_table_ref *ref, struct cdc_err *err)
{
    struct pq *pq = pgside_connection(d->side, err);

    forget(d);
    if (!pq)
        return -1;
    if (look_up(d, pq, ref, err) == 0) {
        d->known = true;
        return 0;
    }
    forget(d);
    pgside_reset(d->side);
    return cdc_err_wrap(err, "looking up table %s.%s", ref->schema, ref->name);
}

void pgdescription_unbind(struct pgdescription *d)
{
    struct cdc_relation *rel = &d->rows.relation->rel;

    rel->binding = NULL;
    for (uint32_t i = 0; i < rel->ncolumns; i++)
        rel->columns[i].wanted = false;
}
