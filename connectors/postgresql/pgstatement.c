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

/*
 * " (a, b)": the mapped columns, then those of the replica identity, or (`grant`) of the key along which snapshots are read. Before PostgreSQL 18 a publication takes no column that the server computes.
 */
static void put_columns(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                        const struct pgcatalog_table *table, bool grant)
{
    const char *between = " (";

    for (size_t i = 0; i < table->ref->ncolumns; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(table, table->ref->columns[i]);
        if (!grant && column && column->generated && ctx->version < 180000)
            continue;
        cdc_buf_puts(sql, between);
        pgquote_name(sql, table->ref->columns[i]);
        between = ", ";
    }
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct pgcatalog_column *column = &table->columns[i];
        bool needed = grant ? column->ordering : column->key && table->identity != 'f';
        if (!needed || is_mapped(table->ref, column->name))
            continue;
        cdc_buf_puts(sql, between);
        pgquote_name(sql, column->name);
        between = ", ";
    }
    if (*between == ',')
        cdc_buf_putc(sql, ')');
}

void pgstatement_create_role(struct cdc_buf *sql, const struct pgstatement_context *ctx)
{
    cdc_buf_puts(sql, "CREATE ROLE ");
    pgquote_name(sql, ctx->config->user);
    cdc_buf_puts(sql, " LOGIN REPLICATION; -- then give it the configuration's password: \\password ");
    pgquote_name(sql, ctx->config->user);
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
    put_columns(sql, ctx, table, true);
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
    if (ctx->version >= 150000 && table->exists && table->identity != 'f')
        put_columns(sql, ctx, table, false);
    if (table->filter)
        cdc_buf_printf(sql, " WHERE (%s)", table->filter);
}

bool pgstatement_needs_generated(const struct pgstatement_context *ctx, const struct pgcatalog_table *table)
{
    if (ctx->version < 180000 || table->identity != 'f')
        return false;
    for (size_t i = 0; i < table->ncolumns; i++)
        if (table->columns[i].generated == 's' && !table->columns[i].published)
            return true;
    return false;
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
    cdc_buf_puts(sql, " WITH (publish_via_partition_root = true");
    for (size_t i = 0; i < catalog->ntables; i++)
        if (pgstatement_needs_generated(ctx, &catalog->tables[i])) {
            cdc_buf_puts(sql, ", publish_generated_columns = stored");
            break;
        }
    cdc_buf_puts(sql, ");");
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

static void put_drop(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                     const struct pgcatalog_table *table)
{
    put_alter(sql, ctx);
    cdc_buf_puts(sql, " DROP TABLE ");
    put_table(sql, table);
    cdc_buf_puts(sql, "; ");
}

void pgstatement_replace_table(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                               const struct pgcatalog_table *table)
{
    cdc_buf_puts(sql, "BEGIN; ");
    put_drop(sql, ctx, table);
    pgstatement_add_table(sql, ctx, table);
    cdc_buf_puts(sql, " COMMIT;");
}

void pgstatement_set_publication(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                                 const char *option, const char *value)
{
    put_alter(sql, ctx);
    cdc_buf_printf(sql, " SET (%s = %s);", option, value);
}

static void put_identity(struct cdc_buf *sql, const struct pgcatalog_table *table, const char *what)
{
    cdc_buf_puts(sql, "ALTER TABLE ");
    put_table(sql, table);
    cdc_buf_printf(sql, " REPLICA IDENTITY %s;", what);
}

void pgstatement_identity_default(struct cdc_buf *sql, const struct pgcatalog_table *table)
{
    put_identity(sql, table, "DEFAULT");
}

void pgstatement_identity_full(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                               const struct pgcatalog_table *table)
{
    struct pgcatalog_table full = *table;

    full.identity = 'f';
    if (!table->listed) {
        put_identity(sql, table, "FULL");
        return;
    }
    cdc_buf_puts(sql, "BEGIN; ");
    put_drop(sql, ctx, table);
    pgstatement_add_table(sql, ctx, &full);
    cdc_buf_putc(sql, ' ');
    put_identity(sql, table, "FULL");
    cdc_buf_puts(sql, " COMMIT;");
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
