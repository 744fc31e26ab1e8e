/*
 * Mapped tables under `tributary check` (check_tables.h): do they exist, may they be read, have they the mapped columns, and can
 * their rows change without the binlog telling. Over the control connection.
 */
#include "check_tables.h"

#include "chunk_table.h"
#include "column.h"
#include "probe.h"
#include "statement.h"

#include <stdio.h>
#include <strings.h>

#define NAME_MAX_BYTES    200
#define LOGS_NO_GENERATED 110000 /* MariaDB; seen with 11.8: with every row image, stored columns as well */

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

    if (!source->server.mariadb)
        return;
    if (column->is_generated && source->server.number >= LOGS_NO_GENERATED)
        cdc_report_add(report, CDC_FINDING_ERROR,
                       "map what it is computed from, or let a trigger fill an ordinary column",
                       "column \"%.*s\" of %s is computed: this server does not log it when a row is updated",
                       CDC_ARG(column->name), table_name(table, name));
    else if (column->is_virtual && strcasecmp(source->server.row_image, "MINIMAL") == 0)
        cdc_report_add(
            report, CDC_FINDING_ERROR, "SET GLOBAL binlog_row_image = FULL, or make the column STORED",
            "column \"%.*s\" of %s is a virtual one: with row image MINIMAL this server does not log it",
            CDC_ARG(column->name), table_name(table, name));
}

static void check_columns(const struct cdc_source *source, const struct cdc_table_ref *table,
                          const struct my_catalog_table *found, const struct cdc_report *report)
{
    char name[NAME_MAX_BYTES], hint[MY_CATALOG_HINT];
    size_t missing = 0;

    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct my_catalog_column *column = my_catalog_find(found, cdc_slice_str(table->columns[i]));

        if (column) {
            check_sent(source, table, column, report);
            continue;
        }
        missing++;
        cdc_report_add(report, CDC_FINDING_ERROR, "correct the mapping, or add the column to the table",
                       "table %s has no column \"%s\"%s", table_name(table, name), table->columns[i],
                       my_catalog_hint(found, table->columns[i], hint));
    }
    if (!missing)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "table %s has all %zu mapped columns",
                       table_name(table, name), table->ncolumns);
}

/* "ALTER TABLE `shop`.`item` …" as a remedy. */
static void add_with_alter(const struct cdc_report *report, enum cdc_finding level,
                           const struct cdc_table_ref *table, const char *change, const char *what)
{
    struct cdc_buf remedy = {0};
    char name[NAME_MAX_BYTES];

    cdc_buf_puts(&remedy, "ALTER TABLE ");
    my_probe_put_table(&remedy, table);
    cdc_buf_printf(&remedy, " %s", change);
    cdc_report_add(report, level, cdc_buf_str(&remedy), "table %s %s", table_name(table, name), what);
    cdc_buf_fini(&remedy);
}

static void check_key(const struct cdc_source *source, const struct cdc_table_ref *table,
                      const struct my_catalog_table *found, const struct cdc_report *report)
{
    char name[NAME_MAX_BYTES];

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

/* What would refuse, or slow down, its loading and verification (chunk.c). */
static int check_chunks(struct cdc_source *source, const struct cdc_table_ref *table,
                        const struct my_catalog_table *found, struct cdc_arena *arena,
                        const struct cdc_report *report, struct cdc_err *err)
{
    struct my_chunk_table facts;
    struct my_chunk_index index;
    char what[NAME_MAX_BYTES];

    if (my_chunk_table_read(source->catalog, table, arena, &facts, err) ||
        my_chunk_index_read(source->catalog, table, found, arena, &index, err))
        return -1;
    if (!facts.engine.len) {
        cdc_report_add(report, CDC_FINDING_ERROR, "map the tables that it reads",
                       "%s is a view: its rows are not in the binlog", table_name(table, what));
    } else if (!my_chunk_engine_is_fit(facts.engine)) {
        snprintf(what, sizeof what,
                 "is of engine %.*s, which no snapshot covers: it cannot be loaded or verified",
                 (int)(facts.engine.len > 60 ? 60 : facts.engine.len), facts.engine.ptr);
        add_with_alter(report, CDC_FINDING_WARNING, table, "ENGINE=InnoDB", what);
    } else if (!index.ncolumns) {
        add_with_alter(report, CDC_FINDING_WARNING, table, "ADD PRIMARY KEY (…)",
                       table->nkeys
                           ? "has no primary key, and no other unique one without NULL: it is loaded in the "
                             "order of its entity key, which takes a look at all of it for each chunk"
                           : "has no primary key, and its entity key is made of no column: it cannot be "
                             "loaded or verified");
    }
    return 0;
}

/*
 * Foreign keys of this table that change its rows when those of another change. SHOW CREATE TABLE tells, since the catalogue shows foreign
 * keys only to those who may do more than read.
 */
static int check_cascades(struct cdc_source *source, const struct cdc_table_ref *table,
                          const struct cdc_report *report, struct cdc_err *err)
{
    struct cdc_buf sql = {0}, parents = {0};
    struct my_client_result rows;
    char name[NAME_MAX_BYTES];
    int rc;

    if (my_probe_logs_cascades(&source->server))
        return 0;
    cdc_buf_puts(&sql, "SHOW CREATE TABLE ");
    my_probe_put_table(&sql, table);
    rc = sql.failed ? cdc_err_memory(err) : my_client_query(source->control, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0)
        my_statement_cascades(my_client_value(&rows, 1), &parents);
    my_client_result_free(&rows);
    if (rc == 0 && parents.len)
        cdc_report_add(
            report, CDC_FINDING_WARNING,
            "make them ON DELETE RESTRICT ON UPDATE RESTRICT and have the application change those rows itself, or verify the "
            "table now and then",
            "table %s has foreign keys that cascade from %s: this server does not log the rows that are changed so, and they do "
            "not reach the store",
            table_name(table, name), cdc_buf_str(&parents));
    cdc_buf_fini(&parents);
    return rc;
}

static int check_right(struct cdc_source *source, const struct cdc_table_ref *table, bool *readable,
                       const struct cdc_report *report, struct cdc_err *err)
{
    struct cdc_buf remedy = {0};
    struct cdc_err why = {0};
    char name[NAME_MAX_BYTES];
    bool missing;
    int rc = 0;

    *readable = my_probe_may_read(source->control, table, &missing, &why);
    if (*readable)
        return 0;
    if (missing) {
        cdc_report_add(report, CDC_FINDING_ERROR, "correct the mapping, or create the table",
                       "table %s does not exist: %s", table_name(table, name), why.message);
        return 0;
    }
    if (why.class == CDC_ERR_RETRY) {
        *err = why;
        return -1;
    }
    cdc_buf_puts(&remedy, "GRANT SELECT ON ");
    my_probe_put_table(&remedy, table);
    cdc_buf_puts(&remedy, " TO ");
    rc = my_probe_account(source->control, source->params.config, &remedy, err);
    if (rc == 0)
        cdc_report_add(report, CDC_FINDING_ERROR, cdc_buf_str(&remedy), "table %s may not be read: %s",
                       table_name(table, name), why.message);
    cdc_buf_fini(&remedy);
    return rc;
}

static int check_table(struct cdc_source *source, const struct cdc_table_ref *table,
                       const struct cdc_report *report, struct cdc_err *err)
{
    struct my_catalog_table found;
    struct cdc_arena arena;
    bool readable;
    int rc;

    if (check_right(source, table, &readable, report, err))
        return -1;
    if (!readable)
        return 0;
    cdc_arena_init(&arena, 0);
    rc = my_catalog_server_ops.table(source->catalog, cdc_slice_str(table->schema),
                                     cdc_slice_str(table->name), &arena, &found, err);
    if (rc == 0) {
        check_columns(source, table, &found, report);
        check_types(table, &found, report);
        check_key(source, table, &found, report);
        if (found.versioned)
            add_with_alter(report, CDC_FINDING_ERROR, table, "DROP SYSTEM VERSIONING, or map another table",
                           "is system-versioned: its binlog mixes old rows with new ones");
        rc = check_chunks(source, table, &found, &arena, report, err) ||
                     check_cascades(source, table, report, err)
                 ? -1
                 : 0;
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

/* Whether no table before it is of the same database. */
static bool is_first_of(const struct cdc_source_params *params, size_t table)
{
    for (size_t i = 0; i < table; i++)
        if (strcmp(params->tables[i].schema, params->tables[table].schema) == 0)
            return false;
    return true;
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

        if (!is_first_of(&source->params, i))
            continue;
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
