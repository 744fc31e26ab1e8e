/*
 * Mapped tables at the start of a stream (mapped.h): what would make rows vanish without a word is refused. Source thread, over the
 * control connection, a few questions for each table. `tributary check` looks closer (check_tables.c).
 */
#include "mapped.h"

#include "probe.h"

#include "cdc/log.h"

#include <strings.h>

static int no_table(const struct cdc_table_ref *table, bool first, struct cdc_err *err)
{
    if (!first) {
        cdc_log(CDC_LOG_WARNING, "table %s.%s does not exist: no more rows will come from it", table->schema,
                table->name);
        return 0;
    }
    cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s does not exist", table->schema, table->name);
    return cdc_err_hint(err, "correct the mapping, or create the table; names may differ by case");
}

static int no_column(const struct cdc_table_ref *table, const struct my_catalog_table *found,
                     const char *column, struct cdc_err *err)
{
    char hint[MY_CATALOG_HINT];

    cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s has no column \"%s\"%s", table->schema, table->name, column,
                my_catalog_hint(found, column, hint));
    return cdc_err_hint(err, "correct the mapping, or add the column to the table");
}

static int key_is_not_carried(const struct cdc_source *source, const struct cdc_table_ref *table,
                              const char *column, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG,
                "the entity key of table %s.%s uses column \"%s\", which is not in its primary key: with "
                "binlog_row_image %s updates and deletes do not carry it",
                table->schema, table->name, column, source->server.row_image);
    return cdc_err_hint(err, "SET GLOBAL binlog_row_image = FULL, and in the server's configuration");
}

static int check_columns(const struct cdc_source *source, const struct cdc_table_ref *table,
                         const struct my_catalog_table *found, bool first, struct cdc_err *err)
{
    bool full = strcasecmp(source->server.row_image, "FULL") == 0;

    for (size_t i = 0; first && i < table->ncolumns; i++)
        if (!my_catalog_find(found, cdc_slice_str(table->columns[i])))
            return no_column(table, found, table->columns[i], err);
    for (size_t i = 0; !full && i < table->nkeys; i++) {
        const struct my_catalog_column *column = my_catalog_find(found, cdc_slice_str(table->key_columns[i]));

        if (column && !column->key)
            return key_is_not_carried(source, table, table->key_columns[i], err);
    }
    return 0;
}

static int check_table(struct cdc_source *source, const struct cdc_table_ref *table, bool first,
                       struct cdc_err *err)
{
    struct my_catalog_table found;
    struct cdc_arena arena;
    bool missing;
    int rc;

    if (!my_probe_may_read(source->control, table, &missing, err)) {
        if (missing)
            return no_table(table, first, err);
        cdc_err_wrap(err, "table %s.%s may not be read", table->schema, table->name);
        if (err->class == CDC_ERR_DENIED) /* the server does not even say then whether the table exists */
            cdc_err_hint(
                err, "check the name, then GRANT SELECT ON %s.%s TO the account; `tributary setup` prints it",
                table->schema, table->name);
        return -1;
    }
    cdc_arena_init(&arena, 0);
    rc = my_catalog_server_ops.table(source->catalog, cdc_slice_str(table->schema),
                                     cdc_slice_str(table->name), &arena, &found, err);
    if (rc == 0)
        rc = check_columns(source, table, &found, first, err);
    cdc_arena_fini(&arena);
    return rc;
}

int my_mapped_check(struct cdc_source *source, bool first, struct cdc_err *err)
{
    if (my_catalog_server_connect(source->catalog, err))
        return -1;
    for (size_t i = 0; i < source->params.ntables; i++)
        if (check_table(source, &source->params.tables[i], first, err))
            return cdc_err_wrap(err, "looking at the mapped tables");
    return 0;
}
