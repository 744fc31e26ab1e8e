/*
 * Rows of a SELECT (pgrows.h), for samples and chunks. Values are the server's text in the session's canonical settings, which is
 * what the stream sends too, and go through the same conversions. One row at a time. Owned by the thread that owns the source.
 */
#include "postgresql/pgrows.h"

#include "postgresql/pgquote.h"
#include "postgresql/pgrow.h"

#include <stdlib.h>

/* A table that others inherit from publishes its own rows only. */
void pgrows_put_from(struct cdc_buf *sql, const struct pgcatalog_table *table)
{
    cdc_buf_puts(sql, table->kind == 'p' ? " FROM " : " FROM ONLY ");
    pgquote_table(sql, table->ref->schema, table->ref->name);
}

static int describe(const struct pgcatalog_table *table, struct pgoutput_column *columns, struct cdc_err *err)
{
    const struct cdc_table_ref *ref = table->ref;

    for (size_t i = 0; i < ref->ncolumns; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(table, ref->columns[i]);
        if (!column)
            return cdc_err_set(err, CDC_ERR_CONFIG, "%s.%s has no column \"%s\"", ref->schema, ref->name,
                               ref->columns[i]);
        columns[i].name = cdc_slice_str(ref->columns[i]);
        columns[i].type = column->type;
        columns[i].key = column->key;
    }
    return 0;
}

int pgrows_init(struct pgrows *rows, const struct pgcatalog_table *table, struct pgtypes *types,
                struct cdc_err *err)
{
    const struct cdc_table_ref *ref = table->ref;
    struct pgoutput_column *columns = calloc(ref->ncolumns + 1, sizeof *columns);
    struct pgrelation_spec spec = {
        .id = table->oid,
        .schema = cdc_slice_str(ref->schema),
        .name = cdc_slice_str(ref->name),
        .identity = table->identity,
        .ncolumns = (uint32_t)ref->ncolumns,
        .columns = columns,
    };
    int rc;

    *rows = (struct pgrows){.values = calloc(ref->ncolumns + 1, sizeof *rows->values)};
    pgvalue_space_init(&rows->space);
    if (!table->exists)
        rc = cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s does not exist", ref->schema, ref->name);
    else if (!columns || !rows->values)
        rc = cdc_err_memory(err);
    else
        rc = describe(table, columns, err) || pgrelation_new(&rows->relation, &spec, types, err) ? -1 : 0;
    free(columns);
    return rc;
}

void pgrows_fini(struct pgrows *rows)
{
    free(rows->relation);
    free(rows->values);
    pgvalue_space_fini(&rows->space);
    *rows = (struct pgrows){0};
}

int pgrows_take(struct pgrows *rows, const struct pq_result *result, int first, struct cdc_row *row,
                struct cdc_err *err)
{
    *row = (struct cdc_row){.op = CDC_OP_INSERT, .relation = &rows->relation->rel, .after = rows->values};
    cdc_arena_reset(&rows->space.arena);
    for (uint32_t i = 0; i < rows->relation->rel.ncolumns; i++) {
        int column = first + (int)i;
        struct cdc_slice text = pq_slice(result, 0, column);
        enum cdc_value_state state = pq_text(result, 0, column) ? CDC_VALUE_PRESENT : CDC_VALUE_NULL;
        rows->values[i] = (struct cdc_value){text.ptr, (uint32_t)text.len, state};
    }
    return pgrow_convert(rows->relation, rows->values, &rows->space, err);
}
