/*
 * Mapped tables under `tributary check` (check_tables.h): do they exist, may they be read, have they the mapped columns, and can
 * their rows change without the binlog telling. Over the control connection.
 */
#include "check_tables.h"

#include "column.h"
#include "probe.h"
#include "sql.h"

#include <stdio.h>
#include <strings.h>

#define NAME_MAX_BYTES 200

/* "shop.orders", for messages. */
static const char *table_name(const struct cdc_table_ref *table, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s.%s", table->schema, table->name);
    return out;
}

/* Whether the binlog has a mapped column at all. */
static void check_sent(const struct cdc_source *source, const struct cdc_table_ref *table,
                       const struct my_catalog_column *column, const struct cdc_report *report)
{
    char name[NAME_MAX_BYTES];

    if (column->is_virtual && source->server.mariadb && strcasecmp(source->server.row_image, "MINIMAL") == 0)
        cdc_report_add(
            report, CDC_FINDING_ERROR, "SET GLOBAL binlog_row_image = FULL, or make the column STORED",
            "column \"%.*s\" of %s is a virtual one: with row image MINIMAL this server does not log it",
            CDC_ARG(column->name), table_name(table, name));
}

static void check_columns(const struct cdc_source *source, const struct cdc_table_ref *table,
                          const struct my_catalog_table *found, const struct cdc_report *report)
{
    char name[NAME_MAX_BYTES];
    size_t missing = 0;

    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct my_catalog_column *column = my_catalog_find(found, cdc_slice_str(table->columns[i]));

        if (column) {
            check_sent(source, table, column, report);
            continue;
        }
        missing++;
        cdc_report_add(report, CDC_FINDING_ERROR, "correct the mapping", "table %s has no column \"%s\"",
                       table_name(table, name), table->columns[i]);
    }
    if (!missing)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "table %s has all %zu mapped columns",
                       table_name(table, name), table->ncolumns);
}

static bool has_key(const struct my_catalog_table *found)
{
    for (uint32_t i = 0; i < found->ncolumns; i++)
        if (found->columns[i].key)
            return true;
    return false;
}

static void check_key(const struct cdc_source *source, const struct cdc_table_ref *table,
                      const struct my_catalog_table *found, const struct cdc_report *report)
{
    char name[NAME_MAX_BYTES];

    if (!has_key(found))
        cdc_report_add(report, CDC_FINDING_WARNING, "give the table a primary key",
                       "table %s has no primary key: it cannot be loaded in chunks", table_name(table, name));
    for (size_t i = 0; i < table->nkeys; i++) {
        const struct my_catalog_column *column = my_catalog_find(found, cdc_slice_str(table->key_columns[i]));

        if (column && !column->key && strcasecmp(source->server.row_image, "FULL") != 0)
            cdc_report_add(
                report, CDC_FINDING_ERROR, "SET GLOBAL binlog_row_image = FULL",
                "the entity key of %s uses column \"%s\", which is not in its primary key: with row image %s updates "
                "and deletes do not carry it",
                table_name(table, name), table->key_columns[i], source->server.row_image);
    }
}

static void check_types(const struct cdc_table_ref *table, const struct my_catalog_table *found,
                        const struct cdc_report *report)
{
    char name[NAME_MAX_BYTES];

    for (uint32_t i = 0; i < found->ncolumns; i++)
        if (my_catalog_type(found->columns[i].data_type) == 0)
            cdc_report_add(
                report, CDC_FINDING_ERROR, "change the column, or leave the table out of the mapping",
                "column \"%.*s\" of %s has type %.*s, which is not known", CDC_ARG(found->columns[i].name),
                table_name(table, name), CDC_ARG(found->columns[i].data_type));
}

/* Foreign keys of this table that change its rows when those of another change. */
static void check_cascades(struct cdc_source *source, const struct cdc_table_ref *table,
                           const struct cdc_report *report)
{
    struct cdc_buf sql = {0};
    char name[NAME_MAX_BYTES];
    uint64_t n;

    if (my_probe_logs_cascades(&source->server))
        return;
    cdc_buf_puts(
        &sql,
        "SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE (DELETE_RULE IN ('CASCADE', 'SET "
        "NULL') OR UPDATE_RULE IN ('CASCADE', 'SET NULL')) AND CONSTRAINT_SCHEMA = ");
    my_sql_text(&sql, cdc_slice_str(table->schema));
    cdc_buf_puts(&sql, " AND TABLE_NAME = ");
    my_sql_text(&sql, cdc_slice_str(table->name));
    n = my_probe_number(source->control, cdc_buf_str(&sql));
    cdc_buf_fini(&sql);
    if (n)
        cdc_report_add(
            report, CDC_FINDING_WARNING,
            "have the application change those rows itself, or verify the table now and then",
            "table %s has %llu foreign keys that cascade: this server does not log the rows that are changed so, and "
            "they do not reach the store",
            table_name(table, name), (unsigned long long)n);
}

static int check_table(struct cdc_source *source, const struct cdc_table_ref *table,
                       const struct cdc_report *report, struct cdc_err *err)
{
    struct my_catalog_table found;
    struct cdc_arena arena;
    struct cdc_err why = {0};
    char name[NAME_MAX_BYTES];
    bool missing;
    int rc;

    if (!my_probe_may_read(source->control, table, &missing, &why)) {
        cdc_report_add(report, CDC_FINDING_ERROR,
                       missing ? "correct the mapping, or create the table"
                               : "GRANT SELECT on it (tributary setup)",
                       "table %s %s: %s", table_name(table, name),
                       missing ? "does not exist" : "may not be read", why.message);
        return why.class == CDC_ERR_RETRY ? (*err = why, -1) : 0;
    }
    cdc_arena_init(&arena, 0);
    rc = my_catalog_server_ops.table(source->catalog, cdc_slice_str(table->schema),
                                     cdc_slice_str(table->name), &arena, &found, err);
    if (rc == 0) {
        check_columns(source, table, &found, report);
        check_types(table, &found, report);
        check_key(source, table, &found, report);
        check_cascades(source, table, report);
        if (found.versioned)
            cdc_report_add(report, CDC_FINDING_ERROR, "map a table without WITH SYSTEM VERSIONING",
                           "table %s is system-versioned: its binlog mixes old rows with new ones",
                           table_name(table, name));
    }
    cdc_arena_fini(&arena);
    return rc;
}

/* A comma-separated list of databases. */
static bool in_list(struct cdc_slice list, const char *name)
{
    while (list.len) {
        const char *comma = memchr(list.ptr, ',', list.len);
        struct cdc_slice part = {list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};

        if (cdc_slice_is(part, name))
            return true;
        list = cdc_slice(list.ptr + part.len + (comma != NULL), list.len - part.len - (comma != NULL));
    }
    return false;
}

/* binlog_do_db and binlog_ignore_db, which only this statement shows. Needs a privilege that nothing else may need. */
static int check_filters(struct cdc_source *source, const struct cdc_report *report, struct cdc_err *err)
{
    bool renamed = !source->server.mariadb && source->server.number >= 80200;
    struct my_client_result rows;
    int rc;

    if (my_client_query(source->control, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", &rows,
                        err))
        return my_client_errno(source->control) ? 0 : -1;
    rc = my_client_row(&rows, err);
    for (size_t i = 0; rc > 0 && i < source->params.ntables; i++) {
        const char *schema = source->params.tables[i].schema;
        struct cdc_slice only = my_client_value(&rows, 2), ignored = my_client_value(&rows, 3);

        if ((only.len && !in_list(only, schema)) || in_list(ignored, schema))
            cdc_report_add(report, CDC_FINDING_ERROR,
                           "remove binlog_do_db and binlog_ignore_db from the server's configuration",
                           "changes of database %s are not written to the binlog", schema);
    }
    my_client_result_free(&rows);
    return rc < 0 ? -1 : 0;
}

int my_check_tables(struct cdc_source *source, const struct cdc_report *report, struct cdc_err *err)
{
    for (size_t i = 0; i < source->params.ntables; i++)
        if (check_table(source, &source->params.tables[i], report, err))
            return -1;
    return source->server.log_bin ? check_filters(source, report, err) : 0;
}
