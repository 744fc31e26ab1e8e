/* Joins the columns of a catalogue to tables (cdc/found.h). One table at a time is held; owned by the caller's thread. */
#include "cdc/found.h"

#include <string.h>

#define FIRST_COLUMNS 32

static int hand_over(struct cdc_finder *finder, struct cdc_err *err)
{
    int rc = finder->table.name ? finder->each(finder->ctx, &finder->table, err) : 0;

    finder->table = (struct cdc_found_table){0};
    finder->cap = 0;
    cdc_arena_reset(&finder->arena);
    return rc;
}

static int begin(struct cdc_finder *finder, struct cdc_slice schema, struct cdc_slice table,
                 struct cdc_err *err)
{
    finder->table.schema = cdc_arena_str(&finder->arena, schema);
    finder->table.name = cdc_arena_str(&finder->arena, table);
    return finder->table.schema && finder->table.name ? 0 : cdc_err_memory(err);
}

static int make_room(struct cdc_finder *finder, struct cdc_err *err)
{
    struct cdc_found_table *table = &finder->table;
    size_t cap = finder->cap ? 2 * finder->cap : FIRST_COLUMNS;
    struct cdc_found_column *columns;

    if (table->ncolumns < finder->cap)
        return 0;
    columns = cdc_arena_alloc(&finder->arena, cap * sizeof *columns);
    if (!columns)
        return cdc_err_memory(err);
    if (table->ncolumns)
        memcpy(columns, table->columns, table->ncolumns * sizeof *columns);
    table->columns = columns;
    finder->cap = cap;
    return 0;
}

int cdc_finder_put(struct cdc_finder *finder, struct cdc_slice schema, struct cdc_slice table,
                   struct cdc_slice column, struct cdc_slice type, bool key, struct cdc_err *err)
{
    struct cdc_found_table *found = &finder->table;
    bool same = found->name && cdc_slice_is(schema, found->schema) && cdc_slice_is(table, found->name);
    struct cdc_found_column *last;
    int rc = same ? 0 : hand_over(finder, err);

    if (rc == 0 && !same)
        rc = begin(finder, schema, table, err);
    if (rc == 0)
        rc = make_room(finder, err);
    if (rc)
        return rc;
    last = &found->columns[found->ncolumns];
    *last = (struct cdc_found_column){.name = cdc_arena_str(&finder->arena, column),
                                      .type = cdc_arena_str(&finder->arena, type),
                                      .key = key};
    if (!last->name || !last->type)
        return cdc_err_memory(err);
    found->ncolumns++;
    return 0;
}

int cdc_finder_end(struct cdc_finder *finder, struct cdc_err *err)
{
    return hand_over(finder, err);
}

void cdc_finder_fini(struct cdc_finder *finder)
{
    cdc_arena_fini(&finder->arena);
    finder->table = (struct cdc_found_table){0};
}
