/*
 * The statements that a server still needs (pgsetup.h): what is missing when the server can be asked, everything when it
 * cannot. Uses one ordinary connection of its own. With `run`, stops at the first statement that fails and says which.
 */
#include "postgresql/pgsetup.h"

#include "postgresql/pgslot.h"
#include "postgresql/pgstatement.h"

#define CONNECT_MS 5000
#define RUN_MS     60000

struct setup {
    struct pgstatement_context ctx;
    struct pq *pq;
    bool run;
    struct cdc_buf *script;
    struct cdc_buf one; /* the statement that is being made */
    struct pgcatalog_server server;
    struct pgcatalog_publication publication;
    struct pgcatalog catalog;
    struct pgslot slot;
};

/* Writes the statement in s->one to the script, and runs it. */
static int emit(struct setup *s, struct cdc_err *err)
{
    const char *statement = cdc_buf_str(&s->one);
    int rc = s->one.failed ? cdc_err_memory(err) : 0;

    cdc_buf_puts(s->script, statement);
    cdc_buf_putc(s->script, '\n');
    if (rc == 0 && s->run && statement[0] != '-') {
        rc = pq_query(s->pq, statement, RUN_MS, NULL, err);
        if (rc)
            cdc_err_wrap(err, "running %.200s", statement);
    }
    cdc_buf_reset(&s->one);
    return rc;
}

/* USAGE on the schema of table `i`, unless an earlier table is in the same. */
static int grant_usage(struct setup *s, size_t i, struct cdc_err *err)
{
    const char *schema = s->catalog.tables[i].ref->schema;

    if (s->pq && s->catalog.tables[i].usable)
        return 0;
    for (size_t j = 0; j < i; j++)
        if (!strcmp(s->catalog.tables[j].ref->schema, schema))
            return 0;
    pgstatement_grant_usage(&s->one, &s->ctx, schema);
    return emit(s, err);
}

static bool is_readable(const struct pgcatalog_table *table)
{
    for (size_t i = 0; i < table->ref->ncolumns; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(table, table->ref->columns[i]);
        if (column && !column->readable)
            return false;
    }
    for (size_t i = 0; i < table->ncolumns; i++)
        if (table->columns[i].ordering && !table->columns[i].readable)
            return false;
    return true;
}

static int grant_tables(struct setup *s, struct cdc_err *err)
{
    for (size_t i = 0; i < s->catalog.ntables; i++) {
        const struct pgcatalog_table *table = &s->catalog.tables[i];
        if (grant_usage(s, i, err))
            return -1;
        if (s->pq && (!table->exists || is_readable(table)))
            continue;
        pgstatement_grant_select(&s->one, &s->ctx, table);
        if (emit(s, err))
            return -1;
    }
    return 0;
}

static int set_up_role(struct setup *s, struct cdc_err *err)
{
    if (!s->pq) {
        pgstatement_create_role(&s->one, &s->ctx);
        if (emit(s, err))
            return -1;
        pgstatement_grant_connect(&s->one, &s->ctx);
        return emit(s, err);
    }
    if (s->server.replication || s->server.superuser)
        return 0;
    pgstatement_alter_role(&s->one, &s->ctx, "REPLICATION");
    return emit(s, err);
}

/* Columns that are mapped, or that the server needs for updates and deletes. */
static bool lacks_columns(const struct pgcatalog_table *table)
{
    for (size_t i = 0; i < table->ncolumns; i++)
        if (table->columns[i].key && !table->columns[i].generated && !table->columns[i].published)
            return true;
    for (size_t i = 0; i < table->ref->ncolumns; i++) {
        const struct pgcatalog_column *column = pgcatalog_find_column(table, table->ref->columns[i]);
        if (column && !column->generated && !column->published)
            return true;
    }
    return false;
}

/* Adds what the publication lacks of one table. */
static int publish_table(struct setup *s, const struct pgcatalog_table *table, struct cdc_err *err)
{
    if (table->published && (lacks_columns(table) || (table->listed && table->identity == 'f'))) {
        pgstatement_replace_table(&s->one, &s->ctx, table);
    } else if (!table->published && !table->member && !s->publication.all_tables &&
               !(table->root && s->publication.via_root)) {
        pgstatement_add_table(&s->one, &s->ctx, table);
    } else {
        return 0;
    }
    return emit(s, err);
}

static bool needs_via_root(const struct setup *s)
{
    for (size_t i = 0; i < s->catalog.ntables; i++)
        if (s->catalog.tables[i].kind == 'p')
            return !s->publication.via_root;
    return false;
}

static bool needs_generated(const struct setup *s)
{
    for (size_t i = 0; i < s->catalog.ntables; i++)
        if (pgstatement_needs_generated(&s->ctx, &s->catalog.tables[i]))
            return true;
    return false;
}

static int set_up_publication(struct setup *s, struct cdc_err *err)
{
    const struct pgcatalog_publication *p = &s->publication;

    if (!p->exists) {
        pgstatement_create_publication(&s->one, &s->ctx, &s->catalog);
        return emit(s, err);
    }
    if (!p->insert || !p->update || !p->delete || !p->truncate) {
        pgstatement_set_publication(&s->one, &s->ctx, "publish", "'insert, update, delete, truncate'");
        if (emit(s, err))
            return -1;
    }
    if (needs_via_root(s)) {
        pgstatement_set_publication(&s->one, &s->ctx, "publish_via_partition_root", "true");
        if (emit(s, err))
            return -1;
    }
    if (needs_generated(s)) {
        pgstatement_set_publication(&s->one, &s->ctx, "publish_generated_columns", "stored");
        if (emit(s, err))
            return -1;
    }
    for (size_t i = 0; i < s->catalog.ntables; i++)
        if (s->catalog.tables[i].exists && publish_table(s, &s->catalog.tables[i], err))
            return -1;
    return 0;
}

static int set_up_slot(struct setup *s, struct cdc_err *err)
{
    if (s->slot.exists)
        return 0;
    if (s->run && strcmp(s->server.wal_level, "logical")) {
        cdc_err_set(err, CDC_ERR_CONFIG, "the slot cannot be created: wal_level is %s", s->server.wal_level);
        return cdc_err_hint(err, "ALTER SYSTEM SET wal_level = 'logical'; then restart the server");
    }
    pgstatement_create_slot(&s->one, &s->ctx);
    return emit(s, err);
}

static int look_up(struct setup *s, const struct cdc_source_params *params, struct cdc_err *err)
{
    const struct cdc_source_config *config = params->config;

    if (pgcatalog_load_server(s->pq, &s->server, err) ||
        pgcatalog_load_publication(s->pq, config->publication, &s->publication, err) ||
        pgcatalog_load(s->pq, config->publication, params->ntables, params->tables, &s->catalog, err) ||
        pgslot_load(s->pq, config->slot, &s->slot, err))
        return -1;
    s->ctx.version = s->server.version;
    s->ctx.standby = s->server.standby;
    return 0;
}

/* Whoever reads the script must know that the server was not asked, and that it publishes more than it would otherwise. */
static int say_unconnected(struct setup *s, const struct cdc_err *why, struct cdc_err *err)
{
    cdc_buf_printf(&s->one, "-- not connected: %s", why->message);
    if (emit(s, err))
        return -1;
    cdc_buf_puts(
        &s->one,
        "-- so this is all that a server may need; once the role can connect, only what is missing is printed");
    if (emit(s, err))
        return -1;
    cdc_buf_puts(
        &s->one,
        "-- whole tables are published, as their key columns are not known: for the mapped columns alone, leave the "
        "publication out, run the rest, and then `tributary setup` again");
    return emit(s, err);
}

static int set_up(struct setup *s, struct cdc_err *err)
{
    if (!s->pq || strcmp(s->server.wal_level, "logical")) {
        cdc_buf_puts(&s->one, "-- ALTER SYSTEM SET wal_level = 'logical'; then restart the server");
        if (emit(s, err))
            return -1;
    }
    return set_up_role(s, err) || grant_tables(s, err) || set_up_publication(s, err) || set_up_slot(s, err)
               ? -1
               : 0;
}

int pgsetup(const struct cdc_source_params *params, int interrupt_fd, bool run, struct cdc_buf *script,
            struct cdc_err *err)
{
    struct pq_params connection = {.config = params->config,
                                   .connector = params->connector,
                                   .writes = run,
                                   .interrupt_fd = interrupt_fd};
    struct setup s = {.ctx.config = params->config, .run = run, .script = script};
    struct cdc_err why = {0};
    int rc = pq_open(&s.pq, &connection, CONNECT_MS, &why);

    if (rc == 0)
        rc = look_up(&s, params, err);
    else if (run)
        *err = why;
    else
        rc = pgcatalog_blank(params->ntables, params->tables, &s.catalog, err) ||
                     say_unconnected(&s, &why, err)
                 ? -1
                 : 0;
    if (rc == 0)
        rc = set_up(&s, err);
    pgcatalog_fini(&s.catalog);
    cdc_buf_fini(&s.one);
    pq_close(s.pq);
    return rc;
}
