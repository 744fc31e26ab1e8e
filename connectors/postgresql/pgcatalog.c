/*
 * Catalogue queries (pgcatalog.h): four in all, whatever the number of tables. Used before a stream starts and by the commands;
 * owned by the thread that owns the source.
 */
#include "postgresql/pgcatalog.h"

#include "cdc/buf.h"
#include "cdc/clock.h"

#include "postgresql/pgquote.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MS 30000

static void copy_text(char *out, size_t size, const struct pq_result *row, int column)
{
    const char *text = pq_text(row, 0, column);

    snprintf(out, size, "%s", text ? text : "");
}

static void take_server(struct pgcatalog_server *server, const struct pq_result *row)
{
    copy_text(server->wal_level, sizeof server->wal_level, row, 0);
    server->standby = pq_true(row, 0, 1);
    server->superuser = pq_true(row, 0, 2);
    server->replication = pq_true(row, 0, 3);
    server->bypass_rls = pq_true(row, 0, 4);
    server->slots = (unsigned)pq_integer(row, 0, 5);
    server->max_slots = (unsigned)pq_integer(row, 0, 6);
    server->senders = (unsigned)pq_integer(row, 0, 7);
    server->max_senders = (unsigned)pq_integer(row, 0, 8);
    server->sender_timeout_ms = pq_integer(row, 0, 9);
    server->keep_mb = pq_integer(row, 0, 10);
    copy_text(server->user, sizeof server->user, row, 12);
    copy_text(server->database, sizeof server->database, row, 13);
    server->can_create = pq_true(row, 0, 14);
    server->can_connect = pq_true(row, 0, 15);
}

int pgcatalog_load_server(struct pq *pq, struct pgcatalog_server *server, struct cdc_err *err)
{
    static const char sql[] =
        "SELECT current_setting('wal_level'), pg_is_in_recovery(), rolsuper, rolreplication, rolbypassrls, "
        "(SELECT count(*) FROM pg_replication_slots), current_setting('max_replication_slots'), "
        "(SELECT count(*) FROM pg_stat_replication), current_setting('max_wal_senders'), "
        "(SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'), "
        "(SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), "
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint, rolname, current_database(), "
        "has_database_privilege(current_database(), 'CREATE'), has_database_privilege(current_database(), 'CONNECT') "
        "FROM pg_roles WHERE rolname = current_user";
    struct pq_result *row = NULL;
    int64_t before = cdc_wall_us(), after;

    *server = (struct pgcatalog_server){.version = pq_version(pq)};
    if (pq_query(pq, sql, ANSWER_MS, &row, err))
        return cdc_err_wrap(err, "reading the server's settings");
    after = cdc_wall_us();
    take_server(server, row);
    server->clock_ahead_us = pq_integer(row, 0, 11) - (before + after) / 2;
    pq_free(row);
    return 0;
}

int pgcatalog_load_publication(struct pq *pq, const char *name, struct pgcatalog_publication *publication,
                               struct cdc_err *err)
{
    struct pq_result *row = NULL;
    struct cdc_buf sql = {0};
    int rc;

    *publication = (struct pgcatalog_publication){0};
    cdc_buf_puts(&sql, "SELECT puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot "
                       "FROM pg_publication WHERE pubname = ");
    pgquote_text(&sql, name);
    rc = cdc_buf_str(&sql)[0] ? pq_query(pq, sql.data, ANSWER_MS, &row, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    if (rc)
        return cdc_err_wrap(err, "looking up publication %s", name);
    if (pq_rows(row) == 1)
        *publication = (struct pgcatalog_publication){true,
                                                      pq_true(row, 0, 0),
                                                      pq_true(row, 0, 1),
                                                      pq_true(row, 0, 2),
                                                      pq_true(row, 0, 3),
                                                      pq_true(row, 0, 4),
                                                      pq_true(row, 0, 5)};
    pq_free(row);
    return 0;
}

/* WITH w(i, s, t) AS (VALUES (0, 'public', 'a'), …), p AS (what the publication has of them) */
static void put_wanted(struct cdc_buf *sql, size_t n, const struct cdc_table_ref *refs,
                       const char *publication, int version)
{
    bool lists = version >= 150000;

    cdc_buf_puts(sql, "WITH w(i, s, t) AS (VALUES ");
    for (size_t i = 0; i < n; i++) {
        cdc_buf_printf(sql, "%s(%zu, ", i ? ", " : "", i);
        pgquote_text(sql, refs[i].schema);
        cdc_buf_puts(sql, "::text, ");
        pgquote_text(sql, refs[i].name);
        cdc_buf_puts(sql, "::text)");
    }
    cdc_buf_puts(sql, "), p AS MATERIALIZED (SELECT schemaname AS s, tablename AS t, ");
    cdc_buf_puts(sql, lists ? "attnames AS columns, rowfilter AS filter "
                            : "NULL::name[] AS columns, NULL::text AS filter ");
    cdc_buf_puts(sql, "FROM pg_publication_tables WHERE pubname = ");
    pgquote_text(sql, publication);
    cdc_buf_puts(sql, "), m AS (SELECT r.prrelid, ");
    cdc_buf_puts(sql, lists ? "r.prattrs IS NOT NULL" : "false");
    cdc_buf_puts(sql, " AS listed FROM pg_publication_rel r JOIN pg_publication b ON b.oid = r.prpubid "
                      "WHERE b.pubname = ");
    pgquote_text(sql, publication);
    cdc_buf_puts(sql,
                 "), c AS (SELECT w.i, n.oid AS n, c.*, p.s IS NOT NULL AS published, p.columns, p.filter, "
                 "m.prrelid IS NOT NULL AS member, m.listed FROM w JOIN pg_namespace n ON n.nspname = w.s "
                 "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.t LEFT JOIN p ON p.s = w.s AND "
                 "p.t = w.t LEFT JOIN m ON m.prrelid = c.oid) ");
}

static const char table_columns[] =
    "SELECT c.i, c.oid, c.relkind, c.relreplident, c.relpersistence, row_security_active(c.oid), "
    "has_schema_privilege(c.n, 'USAGE'), EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND "
    "x.indisprimary), c.published, c.filter, CASE WHEN c.relispartition THEN (SELECT format('%I.%I', rn.nspname, "
    "r.relname) FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = "
    "pg_partition_root(c.oid)) END, c.member, c.listed FROM c ORDER BY c.i";

/* A generated column is sent by PostgreSQL 18 at the earliest, and only if the publication says so. */
static const char column_columns[] =
    "SELECT c.i, a.attname, a.atttypid, CASE c.relreplident WHEN 'f' THEN true WHEN 'n' THEN false ELSE EXISTS (SELECT "
    "FROM pg_index x WHERE x.indrelid = c.oid AND a.attnum = ANY (x.indkey) AND CASE c.relreplident WHEN 'd' THEN "
    "x.indisprimary ELSE x.indisreplident END) END, "
    "a.attnum = ANY (coalesce((SELECT x.indkey FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary), (SELECT "
    "x.indkey FROM pg_index x WHERE x.indrelid = c.oid AND x.indisreplident AND c.relreplident = 'i'))), "
    "a.attgenerated, c.published AND (c.columns IS NULL OR a.attname = ANY (c.columns)) AND (a.attgenerated = '' "
    "OR current_setting('server_version_num')::int >= 180000), has_column_privilege(c.oid, a.attnum, 'SELECT') "
    "FROM c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.i, a.attnum";

static char letter(const struct pq_result *rows, int row, int column)
{
    const char *text = pq_text(rows, row, column);

    return text ? *text : '\0';
}

static void take_table(struct pgcatalog_table *table, const struct pq_result *rows, int row)
{
    table->exists = true;
    table->oid = (uint32_t)pq_integer(rows, row, 1);
    table->kind = letter(rows, row, 2);
    table->identity = letter(rows, row, 3);
    table->persistence = letter(rows, row, 4);
    table->row_security = pq_true(rows, row, 5);
    table->usable = pq_true(rows, row, 6);
    table->has_primary = pq_true(rows, row, 7);
    table->published = pq_true(rows, row, 8);
    table->filter = pq_text(rows, row, 9);
    table->root = pq_text(rows, row, 10);
    table->member = pq_true(rows, row, 11);
    table->listed = pq_true(rows, row, 12);
}

static int take_columns(struct pgcatalog *catalog, struct cdc_err *err)
{
    const struct pq_result *rows = catalog->column_rows;
    int n = pq_rows(rows);

    catalog->columns = calloc((size_t)n + 1, sizeof *catalog->columns);
    if (!catalog->columns)
        return cdc_err_memory(err);
    for (int row = 0; row < n; row++) {
        struct pgcatalog_column *column = &catalog->columns[row];
        struct pgcatalog_table *table = &catalog->tables[(size_t)pq_integer(rows, row, 0) % catalog->ntables];
        if (table->ncolumns++ == 0)
            table->columns = column;
        column->name = pq_text(rows, row, 1);
        column->type = (uint32_t)pq_integer(rows, row, 2);
        column->key = pq_true(rows, row, 3);
        column->ordering = pq_true(rows, row, 4);
        column->generated = letter(rows, row, 5);
        column->published = pq_true(rows, row, 6);
        column->readable = pq_true(rows, row, 7);
    }
    return 0;
}

static int query_wanted(struct pq *pq, const char *publication, size_t n, const struct cdc_table_ref *refs,
                        const char *select, struct pq_result **rows, struct cdc_err *err)
{
    struct cdc_buf sql = {0};
    int rc;

    put_wanted(&sql, n, refs, publication, pq_version(pq));
    cdc_buf_puts(&sql, select);
    rc = cdc_buf_str(&sql)[0] ? pq_query(pq, sql.data, ANSWER_MS, rows, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    return rc ? cdc_err_wrap(err, "looking up the mapped tables") : 0;
}

int pgcatalog_blank(size_t n, const struct cdc_table_ref *refs, struct pgcatalog *catalog,
                    struct cdc_err *err)
{
    *catalog = (struct pgcatalog){.ntables = n};
    catalog->tables = calloc(n + 1, sizeof *catalog->tables);
    if (!catalog->tables)
        return cdc_err_memory(err);
    for (size_t i = 0; i < n; i++)
        catalog->tables[i].ref = &refs[i];
    return 0;
}

int pgcatalog_load(struct pq *pq, const char *publication, size_t n, const struct cdc_table_ref *refs,
                   struct pgcatalog *catalog, struct cdc_err *err)
{
    if (pgcatalog_blank(n, refs, catalog, err))
        return -1;
    if (n == 0)
        return 0;
    if (query_wanted(pq, publication, n, refs, table_columns, &catalog->table_rows, err) ||
        query_wanted(pq, publication, n, refs, column_columns, &catalog->column_rows, err))
        return -1;
    for (int row = 0; row < pq_rows(catalog->table_rows); row++) {
        size_t i = (size_t)pq_integer(catalog->table_rows, row, 0);
        take_table(&catalog->tables[i % n], catalog->table_rows, row);
    }
    return take_columns(catalog, err);
}

void pgcatalog_fini(struct pgcatalog *catalog)
{
    pq_free(catalog->table_rows);
    pq_free(catalog->column_rows);
    free(catalog->tables);
    free(catalog->columns);
    *catalog = (struct pgcatalog){0};
}

const struct pgcatalog_column *pgcatalog_find_column(const struct pgcatalog_table *table, const char *name)
{
    for (size_t i = 0; i < table->ncolumns; i++)
        if (!strcmp(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}
