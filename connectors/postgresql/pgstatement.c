/*
 * Statements (pgstatement.h). Least privilege: columns are named where that can be. A publication's column list must hold the
 * replica identity, and there is none for REPLICA IDENTITY FULL or before PostgreSQL 15. No state; any thread.
 */
#include "postgresql/pgstatement.h"

#include "postgresql/pgquote.h"

static void put_table(struct cdc_buf *sql, const struct pgcatalog_table *table)
{
    pgquote_table(sql, table->ref->schema, table->ref->name);
}

static bool is_mapped(const struct cdc_table_ref *ref, const char *column)
{
    for (size_t i = 0; i < ref->ncolumns; i++)
        if (!strcmp(ref->columns[i], column))
            return true;
    return false;
}

/* " (a, b)": the mapped columns, then those of the key (and of the primary key, which snapshots are read along). */
static void put_columns(struct cdc_buf *sql, const struct pgcatalog_table *table, bool primary)
{
    cdc_buf_puts(sql, " (");
    pgquote_names(sql, table->ref->ncolumns, table->ref->columns);
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct pgcatalog_column *column = &table->columns[i];
        bool needed = (column->key && table->identity != 'f') || (primary && column->primary);
        if (!needed || is_mapped(table->ref, column->name))
            continue;
        cdc_buf_puts(sql, ", ");
        pgquote_name(sql, column->name);
    }
    cdc_buf_putc(sql, ')');
}

void pgstatement_create_role(struct cdc_buf *sql, const struct pgstatement_context *ctx)
{
    cdc_buf_puts(sql, "CREATE ROLE ");
    pgquote_name(sql, ctx->config->user);
    cdc_buf_puts(sql, " LOGIN REPLICATION PASSWORD '(the password in the configuration)';");
}

void pgstatement_alter_role(struct cdc_buf *sql, const struct pgstatement_context *ctx, const char *attribute)
{
    cdc_buf_puts(sql, "ALTER ROLE ");
    pgquote_name(sql, ctx->config->user);
    cdc_buf_printf(sql, " %s;", attribute);
}

void pgstatement_grant_connect(struct cdc_buf *sql, const struct pgstatement_context *ctx)
{
    cdc_buf_puts(sql, "GRANT CONNECT ON DATABASE ");
    pgquote_name(sql, ctx->config->database);
    cdc_buf_puts(sql, " TO ");
    pgquote_name(sql, ctx->config->user);
    cdc_buf_putc(sql, ';');
}

void pgstatement_grant_usage(struct cdc_buf *sql, const struct pgstatement_context *ctx, const char *schema)
{
    cdc_buf_puts(sql, "GRANT USAGE ON SCHEMA ");
    pgquote_name(sql, schema);
    cdc_buf_puts(sql, " TO ");
    pgquote_name(sql, ctx->config->user);
    cdc_buf_putc(sql, ';');
}

void pgstatement_grant_select(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                              const struct pgcatalog_table *table)
{
    cdc_buf_puts(sql, "GRANT SELECT");
    if (table->ref->ncolumns)
        put_columns(sql, table, true);
    cdc_buf_puts(sql, " ON ");
    put_table(sql, table);
    cdc_buf_puts(sql, " TO ");
    pgquote_name(sql, ctx->config->user);
    cdc_buf_putc(sql, ';');
}

static void put_published(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                          const struct pgcatalog_table *table)
{
    put_table(sql, table);
    if (ctx->version >= 150000 && table->exists && table->identity != 'f' && table->ref->ncolumns)
        put_columns(sql, table, false);
}

void pgstatement_create_publication(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                                    const struct pgcatalog *catalog)
{
    cdc_buf_puts(sql, "CREATE PUBLICATION ");
    pgquote_name(sql, ctx->config->publication);
    for (size_t i = 0; i < catalog->ntables; i++) {
        cdc_buf_puts(sql, i ? ", " : " FOR TABLE ");
        put_published(sql, ctx, &catalog->tables[i]);
    }
    cdc_buf_puts(sql, " WITH (publish_via_partition_root = true);");
}

static void put_alter(struct cdc_buf *sql, const struct pgstatement_context *ctx)
{
    cdc_buf_puts(sql, "ALTER PUBLICATION ");
    pgquote_name(sql, ctx->config->publication);
}

void pgstatement_add_table(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                           const struct pgcatalog_table *table)
{
    put_alter(sql, ctx);
    cdc_buf_puts(sql, " ADD TABLE ");
    put_published(sql, ctx, table);
    cdc_buf_putc(sql, ';');
}

void pgstatement_replace_table(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                               const struct pgcatalog_table *table)
{
    cdc_buf_puts(sql, "BEGIN; ");
    put_alter(sql, ctx);
    cdc_buf_puts(sql, " DROP TABLE ");
    put_table(sql, table);
    cdc_buf_puts(sql, "; ");
    pgstatement_add_table(sql, ctx, table);
    cdc_buf_puts(sql, " COMMIT;");
}

void pgstatement_set_publication(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                                 const char *option, const char *value)
{
    put_alter(sql, ctx);
    cdc_buf_printf(sql, " SET (%s = %s);", option, value);
}

void pgstatement_replica_identity(struct cdc_buf *sql, const struct pgcatalog_table *table, const char *what)
{
    cdc_buf_puts(sql, "ALTER TABLE ");
    put_table(sql, table);
    cdc_buf_printf(sql, " REPLICA IDENTITY %s;", what);
}

void pgstatement_create_slot(struct cdc_buf *sql, const struct pgstatement_context *ctx)
{
    cdc_buf_puts(sql, "SELECT pg_create_logical_replication_slot(");
    pgquote_text(sql, ctx->config->slot);
    cdc_buf_puts(sql, ", 'pgoutput'");
    if (ctx->version >= 170000 && !ctx->standby)
        cdc_buf_puts(sql, ", failover => true");
    cdc_buf_puts(sql, ");");
}
