/*
 * Findings about publication and tables (pgtable.h). `tributary check` shows them all; start() refuses at the first error of
 * those that the stream cannot do without. Each error carries the very SQL that mends it. No state.
 */
#include "postgresql/pgtable.h"

#include "postgresql/pgquote.h"

#include "cdc/suggest.h"

#define MONEY_OID 790

/* Reports with a remedy made in a buffer, which is emptied. */
static void add_with(const struct cdc_report *report, enum cdc_finding level, struct cdc_buf *remedy,
                     const char *what)
{
    cdc_report_add(report, level, remedy->failed ? NULL : cdc_buf_str(remedy), "%s", what);
    cdc_buf_reset(remedy);
}

struct finder {
    const struct pgstatement_context *ctx;
    const struct pgcatalog_table *table;
    const struct cdc_report *report;
    struct cdc_buf what, remedy;
    unsigned errors;
};

static void found(struct finder *f, enum cdc_finding level)
{
    f->errors += level == CDC_FINDING_ERROR;
    add_with(f->report, level, &f->remedy, cdc_buf_str(&f->what));
    cdc_buf_reset(&f->what);
}

static void finder_fini(struct finder *f)
{
    cdc_buf_fini(&f->what);
    cdc_buf_fini(&f->remedy);
}

static void say(struct finder *f, const char *text)
{
    cdc_buf_printf(&f->what, "%s.%s %s", f->table->ref->schema, f->table->ref->name, text);
}

unsigned pgtable_report_publication(const struct pgstatement_context *ctx, const struct pgcatalog *catalog,
                                    const struct pgcatalog_publication *publication,
                                    const struct cdc_report *report)
{
    struct finder f = {.ctx = ctx, .report = report};
    const char *name = ctx->config->publication;

    if (!publication->exists) {
        cdc_buf_printf(&f.what, "publication %s does not exist", name);
        pgstatement_create_publication(&f.remedy, ctx, catalog);
        found(&f, CDC_FINDING_ERROR);
    } else if (!publication->insert || !publication->update || !publication->delete ||
               !publication->truncate) {
        bool rows = publication->insert && publication->update && publication->delete;
        cdc_buf_printf(&f.what, "publication %s leaves out%s%s%s%s", name,
                       publication->insert ? "" : " inserts", publication->update ? "" : " updates",
                       publication->delete ? "" : " deletes", publication->truncate ? "" : " truncates");
        pgstatement_set_publication(&f.remedy, ctx, "publish", "'insert, update, delete, truncate'");
        found(&f, rows ? CDC_FINDING_WARNING : CDC_FINDING_ERROR);
    }
    finder_fini(&f);
    return f.errors;
}

/* The column whose name is nearest, if one is near enough to be meant. */
static const char *nearest(const struct pgcatalog_table *table, const char *name)
{
    struct cdc_suggest suggest = cdc_suggest_start(name);

    for (size_t i = 0; i < table->ncolumns; i++)
        cdc_suggest_offer(&suggest, table->columns[i].name);
    return suggest.best;
}

static void find_column(struct finder *f, const char *name, bool published)
{
    const struct pgcatalog_column *column = pgcatalog_find_column(f->table, name);
    const char *near = column ? NULL : nearest(f->table, name);

    if (!column) {
        say(f, "has no column ");
        cdc_buf_printf(&f->what, "\"%s\"", name);
        if (near)
            cdc_buf_printf(&f->what, " (did you mean \"%s\"?)", near);
        cdc_buf_puts(&f->remedy, "correct the mapping, or add the column to the table");
        found(f, CDC_FINDING_ERROR);
    } else if (column->generated && !column->published) {
        say(f, "computes column ");
        cdc_buf_printf(&f->what, "\"%s\" (GENERATED), which the server does not send", name);
        cdc_buf_puts(&f->remedy,
                     "map the columns that it is computed from; PostgreSQL 18 sends stored ones if the "
                     "publication has publish_generated_columns = stored");
        found(f, CDC_FINDING_ERROR);
    } else if (published && !column->published) {
        say(f, "is published without column ");
        cdc_buf_printf(&f->what, "\"%s\"", name);
        pgstatement_replace_table(&f->remedy, f->ctx, f->table);
        found(f, CDC_FINDING_ERROR);
    }
}

/* The table is not among those whose changes come under their own name. */
static void find_unpublished(struct finder *f, const struct pgcatalog_publication *publication)
{
    const char *name = f->ctx->config->publication;

    if (f->table->root && publication->via_root) {
        say(f, "is a partition of ");
        cdc_buf_printf(&f->what, "%s, and publication %s sends its changes as that table's", f->table->root,
                       name);
        cdc_buf_printf(&f->remedy, "map %s instead", f->table->root);
    } else if (f->table->kind == 'p' && !publication->via_root &&
               (f->table->member || publication->all_tables)) {
        say(f, "is partitioned, and publication ");
        cdc_buf_printf(&f->what, "%s sends its changes under the names of its partitions", name);
        pgstatement_set_publication(&f->remedy, f->ctx, "publish_via_partition_root", "true");
    } else {
        say(f, "is not in publication ");
        cdc_buf_puts(&f->what, name);
        if (f->table->kind == 'p' && !publication->via_root) {
            pgstatement_set_publication(&f->remedy, f->ctx, "publish_via_partition_root", "true");
            cdc_buf_putc(&f->remedy, ' ');
        }
        pgstatement_add_table(&f->remedy, f->ctx, f->table);
    }
    found(f, CDC_FINDING_ERROR);
}

static bool find_wrong_kind(struct finder *f)
{
    if (!f->table->exists) {
        say(f, "does not exist");
        cdc_buf_puts(&f->remedy,
                     "create the table, or correct its name under `tables:` (upper and lower case count)");
    } else if (f->table->kind != 'r' && f->table->kind != 'p') {
        say(f, "is not a table: views and foreign tables have no changes of their own");
        cdc_buf_puts(&f->remedy, "map the tables behind it");
    } else if (f->table->persistence != 'p') {
        say(f, f->table->persistence == 'u' ? "is unlogged, so the server's log has none of its changes"
                                            : "is temporary, so the server's log has none of its changes");
        cdc_buf_puts(&f->remedy, "ALTER TABLE ");
        pgquote_table(&f->remedy, f->table->ref->schema, f->table->ref->name);
        cdc_buf_puts(&f->remedy, " SET LOGGED;");
    } else {
        return false;
    }
    found(f, CDC_FINDING_ERROR);
    return true;
}

unsigned pgtable_report_streamed(const struct pgstatement_context *ctx, const struct pgcatalog_table *table,
                                 const struct pgcatalog_publication *publication,
                                 const struct cdc_report *report)
{
    struct finder f = {.ctx = ctx, .table = table, .report = report};
    bool published = publication->exists && table->published;

    if (!find_wrong_kind(&f)) {
        for (size_t i = 0; i < table->ref->ncolumns; i++)
            find_column(&f, table->ref->columns[i], published);
        if (publication->exists && !table->published)
            find_unpublished(&f, publication);
    }
    finder_fini(&f);
    return f.errors;
}

/* Keeps the first error of a report. */
static void keep_first(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    struct cdc_err *err = ctx;

    if (level != CDC_FINDING_ERROR || err->class != CDC_ERR_NONE)
        return;
    cdc_err_set(err, CDC_ERR_CONFIG, "%s", what);
    cdc_err_hint(err, "%s", remedy ? remedy : "");
}

int pgtable_verify(const struct pgstatement_context *ctx, const struct pgcatalog *catalog,
                   const struct pgcatalog_publication *publication, struct cdc_err *err)
{
    struct cdc_err first = {0};
    struct cdc_report report = {&first, keep_first};

    pgtable_report_publication(ctx, catalog, publication, &report);
    for (size_t i = 0; i < catalog->ntables; i++)
        pgtable_report_streamed(ctx, &catalog->tables[i], publication, &report);
    if (first.class == CDC_ERR_NONE)
        return 0;
    *err = first;
    return -1;
}

static bool find_no_identity(struct finder *f)
{
    if (f->table->identity == 'n')
        say(f,
            "has REPLICA IDENTITY NOTHING: the server refuses updates and deletes of it while it is published");
    else if (f->table->identity == 'd' && !f->table->has_primary)
        say(f, "has no primary key: the server refuses updates and deletes of it while it is published");
    else
        return false;
    if (f->table->has_primary)
        pgstatement_identity_default(&f->remedy, f->table);
    else
        pgstatement_identity_full(&f->remedy, f->ctx, f->table);
    found(f, CDC_FINDING_ERROR);
    return true;
}

/* A list of columns in the publication must hold the replica identity: else the server refuses the application's updates. */
static bool find_refused(struct finder *f)
{
    bool lacks = f->table->listed && f->table->identity == 'f';

    for (size_t i = 0; i < f->table->ncolumns && f->table->published; i++)
        lacks |=
            f->table->columns[i].key && !f->table->columns[i].published && !f->table->columns[i].generated;
    if (!lacks)
        return false;
    say(f,
        "is published with a list of columns that lacks its replica identity: the server refuses updates and deletes");
    pgstatement_replace_table(&f->remedy, f->ctx, f->table);
    found(f, CDC_FINDING_ERROR);
    return true;
}

/* From PostgreSQL 18 on, FULL takes in stored generated columns, which must then be published. */
static bool find_unpublished_generated(struct finder *f)
{
    if (!pgstatement_needs_generated(f->ctx, f->table))
        return false;
    say(f,
        "has REPLICA IDENTITY FULL and generated columns that are not published: the server refuses updates and "
        "deletes");
    pgstatement_set_publication(&f->remedy, f->ctx, "publish_generated_columns", "stored");
    found(f, CDC_FINDING_ERROR);
    return true;
}

static void find_identity(struct finder *f)
{
    const struct cdc_table_ref *ref = f->table->ref;

    if (find_no_identity(f) || find_refused(f) || find_unpublished_generated(f))
        return;
    for (size_t i = 0; i < ref->nkeys; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(f->table, ref->key_columns[i]);
        if (!column || column->key)
            continue;
        say(f, "makes keys of column ");
        cdc_buf_printf(&f->what, "\"%s\", which is not in its replica identity: deletes come without it",
                       ref->key_columns[i]);
        pgstatement_identity_full(&f->remedy, f->ctx, f->table);
        found(f, CDC_FINDING_ERROR);
        return;
    }
    if (f->table->identity == 'f')
        return;
    say(f, "sends no values from before an update: Redis compares with what it holds");
    cdc_buf_puts(&f->remedy, "none needed; faster for Redis, at the price of a larger log: ");
    pgstatement_identity_full(&f->remedy, f->ctx, f->table);
    found(f, CDC_FINDING_NOTE);
}

static void find_rights(struct finder *f, const struct pgcatalog_server *server)
{
    const struct cdc_table_ref *ref = f->table->ref;
    bool readable = true;

    if (!f->table->usable) {
        say(f, "is in a schema that our role may not use: snapshots and previews cannot read it");
        pgstatement_grant_usage(&f->remedy, f->ctx, ref->schema);
        found(f, CDC_FINDING_ERROR);
    }
    for (size_t i = 0; i < f->table->ncolumns; i++) {
        const struct pgcatalog_column *column = &f->table->columns[i];
        bool needed = column->ordering;
        for (size_t j = 0; j < ref->ncolumns && !needed; j++)
            needed = !strcmp(ref->columns[j], column->name);
        readable &= !needed || column->readable;
    }
    if (!readable) {
        say(f,
            "may not be read by our role: snapshots and previews need SELECT on the mapped columns and the primary key");
        pgstatement_grant_select(&f->remedy, f->ctx, f->table);
        found(f, CDC_FINDING_ERROR);
    }
    if (f->table->row_security && !server->bypass_rls && !server->superuser) {
        say(f,
            "has row security, but not for the stream: previews lack the rows that it hides, and snapshots are refused");
        pgstatement_alter_role(&f->remedy, f->ctx, "BYPASSRLS");
        found(f, CDC_FINDING_WARNING);
    }
}

void pgtable_report_order(const struct pgstatement_context *ctx, const struct pgcatalog_table *table,
                          const struct pgorder *order, const struct cdc_report *report)
{
    struct finder f = {.ctx = ctx, .table = table, .report = report};

    if (order->indexed)
        return;
    say(&f, "has no primary key and no index on ");
    cdc_buf_puts(&f.remedy, "a primary key, or CREATE INDEX CONCURRENTLY ON ");
    pgquote_table(&f.remedy, table->ref->schema, table->ref->name);
    cdc_buf_puts(&f.remedy, " (");
    for (size_t i = 0; i < order->n; i++) {
        cdc_buf_printf(&f.what, "%s%s", i ? ", " : "", order->columns[i].name);
        cdc_buf_puts(&f.remedy, i ? ", " : "");
        pgquote_name(&f.remedy, order->columns[i].name);
    }
    cdc_buf_puts(&f.remedy, ");");
    cdc_buf_puts(&f.what, ": snapshots and verification sort the whole table for each chunk");
    found(&f, CDC_FINDING_WARNING);
    finder_fini(&f);
}

static void find_catches(struct finder *f)
{
    for (size_t i = 0; i < f->table->ref->ncolumns; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(f->table, f->table->ref->columns[i]);
        if (!column || column->type != MONEY_OID)
            continue;
        say(f, "keeps column ");
        cdc_buf_printf(&f->what, "\"%s\" as money, which is read with two decimals whatever lc_monetary says",
                       column->name);
        cdc_buf_puts(&f->remedy, "use numeric, with the currency in a column of its own");
        found(f, CDC_FINDING_WARNING);
    }
    if (f->table->filter) {
        say(f, "has a row filter in its publication: rows outside it never arrive");
        found(f, CDC_FINDING_NOTE);
    }
}

unsigned pgtable_report_usable(const struct pgstatement_context *ctx, const struct pgcatalog_table *table,
                               const struct pgcatalog_server *server, const struct cdc_report *report)
{
    struct finder f = {.ctx = ctx, .table = table, .report = report};

    find_identity(&f);
    find_rights(&f, server);
    find_catches(&f);
    finder_fini(&f);
    return f.errors;
}
