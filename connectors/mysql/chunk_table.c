/*
 * Asking the catalogue about a table that is to be read in chunks (chunk_table.h): its engine and size, and the index to go by.
 * Snapshot thread, or a command's, over the control connection. Fails as the client does.
 */
#include "chunk_table.h"

#include <stdlib.h>

static uint64_t number(struct cdc_slice text)
{
    return text.ptr ? strtoull(text.ptr, NULL, 10) : 0;
}

static int put_copy(struct cdc_arena *arena, struct cdc_slice text, struct cdc_slice *copy,
                    struct cdc_err *err)
{
    char *bytes = cdc_arena_str(arena, text);

    if (!bytes)
        return cdc_err_memory(err);
    *copy = cdc_slice(bytes, text.len);
    return 0;
}

static int ask(struct my_catalog_server *catalog, const char *select, const char *rest,
               const struct cdc_table_ref *table, struct my_client_result *rows, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_puts(&sql, select);
    my_catalog_server_put_where(&sql, "TABLE_SCHEMA", cdc_slice_str(table->schema),
                                cdc_slice_str(table->name));
    cdc_buf_puts(&sql, rest);
    rc = sql.failed ? cdc_err_memory(err) : my_catalog_server_ask(catalog, cdc_buf_str(&sql), rows, err);
    cdc_buf_fini(&sql);
    return rc;
}

int my_chunk_table_read(struct my_catalog_server *catalog, const struct cdc_table_ref *table,
                        struct cdc_arena *arena, struct my_chunk_table *out, struct cdc_err *err)
{
    struct my_client_result rows;
    int rc;

    *out = (struct my_chunk_table){.exists = false};
    if (ask(catalog, "SELECT ENGINE, TABLE_ROWS, AVG_ROW_LENGTH FROM information_schema.TABLES", "", table,
            &rows, err))
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) {
        out->exists = true;
        out->rows = number(my_client_value(&rows, 1));
        out->row_bytes = number(my_client_value(&rows, 2));
        if ((rc = put_copy(arena, my_client_value(&rows, 0), &out->engine, err)) != 0)
            break;
    }
    my_client_result_free(&rows);
    return rc;
}

static bool is_nullable(const struct my_catalog_table *table, struct cdc_slice name)
{
    const struct my_catalog_column *column = my_catalog_find(table, name);

    return !column || column->nullable;
}

/* The index whose columns come now; true: it can be used. */
struct candidate {
    struct my_chunk_index index;
    bool usable;
};

static void consider(struct my_chunk_index *best, const struct candidate *candidate)
{
    const struct my_chunk_index *index = &candidate->index;

    if (!index->ncolumns || !candidate->usable || cdc_slice_is(best->name, "PRIMARY"))
        return;
    if (!best->ncolumns || index->ncolumns < best->ncolumns)
        *best = *index;
}

/* A unique index over the beginnings of values is passed over: the order of whole values is another one. A primary key's is kept. */
static int take_column(struct candidate *candidate, const struct my_client_result *rows,
                       const struct my_catalog_table *table, struct cdc_arena *arena, struct cdc_err *err)
{
    struct my_chunk_index *index = &candidate->index;
    struct cdc_slice name = my_client_value(rows, 1);
    bool primary = cdc_slice_is(index->name, "PRIMARY");

    if (!name.ptr || is_nullable(table, name) || (my_client_value(rows, 2).ptr && !primary) ||
        index->ncolumns == MY_INDEX_COLUMNS) {
        candidate->usable = false;
        return 0;
    }
    return put_copy(arena, name, &index->columns[index->ncolumns++], err);
}

int my_chunk_index_read(struct my_catalog_server *catalog, const struct cdc_table_ref *table,
                        const struct my_catalog_table *columns, struct cdc_arena *arena,
                        struct my_chunk_index *index, struct cdc_err *err)
{
    struct candidate candidate = {.usable = false};
    struct my_client_result rows;
    int rc;

    *index = (struct my_chunk_index){.ncolumns = 0};
    if (ask(catalog, "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS",
            " AND NON_UNIQUE = 0 AND INDEX_TYPE = 'BTREE' ORDER BY INDEX_NAME = 'PRIMARY' DESC, INDEX_NAME, "
            "SEQ_IN_INDEX",
            table, &rows, err))
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) {
        struct cdc_slice name = my_client_value(&rows, 0);

        if (!cdc_slice_eq(name, candidate.index.name)) {
            consider(index, &candidate);
            candidate = (struct candidate){.usable = true};
            if ((rc = put_copy(arena, name, &candidate.index.name, err)) != 0)
                break;
        }
        if ((rc = take_column(&candidate, &rows, columns, arena, err)) != 0)
            break;
    }
    my_client_result_free(&rows);
    if (rc == 0)
        consider(index, &candidate);
    return rc;
}

bool my_chunk_engine_is_fit(struct cdc_slice engine)
{
    return cdc_slice_is(engine, "InnoDB");
}
