/*
 * Orders (pgorder.h): one catalogue query for each table that is read. Owned by the thread that owns the source.
 */
#include "postgresql/pgorder.h"

#include "postgresql/pgquote.h"

#include <stdio.h>

#define ANSWER_MS 30000

static void put_class(struct cdc_buf *sql, const struct cdc_table_ref *ref)
{
    cdc_buf_puts(sql, " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ");
    pgquote_text(sql, ref->schema);
    cdc_buf_puts(sql, " AND c.relname = ");
    pgquote_text(sql, ref->name);
}

/*
 * Rows of the catalogue are never changed in place where it matters: each has the number of the transaction that wrote it. A
 * publication is named by its own row and those that put the table, or one that it is a partition of, into it.
 */
void pgorder_put_definition(struct cdc_buf *sql, const char *publication, const struct cdc_table_ref *ref,
                            int version)
{
    cdc_buf_puts(
        sql,
        "(SELECT c.oid || '/' || hashtextextended(concat_ws(' ', c.xmin, (SELECT string_agg(a.attnum || '.' "
        "|| a.xmin, ' ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0), "
        "(SELECT string_agg(x.indexrelid || '.' || x.xmin, ' ' ORDER BY x.indexrelid) FROM pg_index x WHERE "
        "x.indrelid = c.oid), (SELECT concat_ws(' ', b.xmin, (SELECT string_agg(r.xmin::text, ' ' ORDER BY "
        "r.oid) FROM pg_publication_rel r WHERE r.prpubid = b.oid AND (r.prrelid = c.oid OR r.prrelid IN "
        "(SELECT relid FROM pg_partition_ancestors(c.oid) AS p(relid))))");
    if (version >= 150000)
        cdc_buf_puts(sql,
                     ", (SELECT string_agg(s.xmin::text, ' ' ORDER BY s.oid) FROM pg_publication_namespace s "
                     "WHERE s.pnpubid = b.oid)");
    cdc_buf_puts(sql, ") FROM pg_publication b WHERE b.pubname = ");
    pgquote_text(sql, publication);
    cdc_buf_puts(sql, ")), 0)");
    put_class(sql, ref);
    cdc_buf_putc(sql, ')');
}

/* c: the table; i: the index whose key it is; k: the columns of the key, from there or as the mapping names them. */
static void put_key(struct cdc_buf *sql, const struct cdc_table_ref *ref)
{
    cdc_buf_puts(sql, "WITH c AS (SELECT c.oid, c.relreplident");
    put_class(sql, ref);
    cdc_buf_puts(
        sql,
        "), i AS (SELECT x.indkey, x.indnkeyatts FROM pg_index x JOIN c ON x.indrelid = c.oid WHERE "
        "x.indisvalid AND (x.indisprimary OR (x.indisreplident AND c.relreplident = 'i')) ORDER BY "
        "x.indisprimary DESC LIMIT 1), k AS (SELECT u.attnum, u.n FROM i, unnest(i.indkey) WITH ORDINALITY AS "
        "u(attnum, n) WHERE u.n <= i.indnkeyatts UNION ALL SELECT a.attnum, e.n FROM unnest(ARRAY[");
    for (size_t i = 0; i < ref->nkeys; i++) {
        cdc_buf_puts(sql, i ? ", " : "");
        pgquote_text(sql, ref->key_columns[i]);
    }
    cdc_buf_puts(
        sql, "]::text[]) WITH ORDINALITY AS e(name, n) JOIN c ON true JOIN pg_attribute a ON a.attrelid = "
             "c.oid AND a.attname = e.name AND a.attnum > 0 AND NOT a.attisdropped WHERE NOT EXISTS "
             "(SELECT FROM i)) ");
}

/*
 * A type of an extension has its operators where the extension lives; all others, and what is made of others (enums, arrays,
 * ranges, records), in pg_catalog. Domains count as what they are made of.
 */
static const char key_columns[] =
    "SELECT a.attname, a.atttypid, NOT a.attnotnull, coalesce((WITH RECURSIVE b AS (SELECT t.oid, t.typtype, "
    "t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM b "
    "JOIN pg_type t ON b.typtype = 'd' AND t.oid = b.typbasetype) SELECT n.nspname FROM b JOIN pg_opclass o ON "
    "o.opcintype = b.oid AND o.opcdefault JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree' JOIN pg_amop f ON "
    "f.amopfamily = o.opcfamily AND f.amoplefttype = b.oid AND f.amoprighttype = b.oid AND f.amopstrategy = 5 JOIN "
    "pg_operator p ON p.oid = f.amopopr JOIN pg_namespace n ON n.oid = p.oprnamespace LIMIT 1), 'pg_catalog'), "
    "a.attcollation, EXISTS (SELECT FROM i), EXISTS (SELECT FROM i) OR EXISTS (SELECT FROM pg_index x JOIN pg_class ic "
    "ON ic.oid = x.indexrelid JOIN pg_am m ON m.oid = ic.relam AND m.amname = 'btree' WHERE x.indrelid = c.oid AND "
    "x.indisvalid AND x.indpred IS NULL AND (x.indkey::int2[])[0:(SELECT count(*) FROM k) - 1] = (SELECT "
    "array_agg(k.attnum ORDER BY k.n) FROM k)), ";

static void hash_text(uint64_t *hash, const char *text)
{
    do
        *hash = (*hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    while (*text++);
}

static size_t find_mapped(const struct cdc_table_ref *ref, const char *name)
{
    size_t i = 0;

    while (i < ref->ncolumns && strcmp(ref->columns[i], name))
        i++;
    return i;
}

static void copy(char *out, size_t size, const struct pq_result *rows, int row, int column)
{
    const char *text = pq_text(rows, row, column);

    snprintf(out, size, "%s", text ? text : "");
}

/* Name, type and collation of the columns are what an order is. */
static void take(struct pgorder *order, const struct cdc_table_ref *ref, const struct pq_result *rows)
{
    *order = (struct pgorder){.n = (size_t)pq_rows(rows), .hash = UINT64_C(0xCBF29CE484222325)};
    for (int row = 0; row < (int)order->n; row++) {
        struct pgorder_column *column = &order->columns[row];
        copy(column->name, sizeof column->name, rows, row, 0);
        column->type = (uint32_t)pq_integer(rows, row, 1);
        column->nullable = pq_true(rows, row, 2);
        copy(column->schema, sizeof column->schema, rows, row, 3);
        hash_text(&order->hash, pq_text(rows, row, 0));
        hash_text(&order->hash, pq_text(rows, row, 1));
        hash_text(&order->hash, pq_text(rows, row, 4));
        column->at = find_mapped(ref, column->name);
        if (column->at == ref->ncolumns)
            column->at += order->nextra++;
    }
    order->unique = pq_true(rows, 0, 5);
    order->indexed = pq_true(rows, 0, 6);
    copy(order->definition, sizeof order->definition, rows, 0, 7);
}

static int refuse(const struct cdc_table_ref *ref, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "%s.%s has no key to read it along", ref->schema, ref->name);
    return cdc_err_hint(err,
                        "correct the table's name and those of its key columns, or give it a primary key");
}

int pgorder_load(struct pq *pq, const char *publication, const struct cdc_table_ref *ref,
                 struct pgorder *order, struct cdc_err *err)
{
    struct pq_result *rows = NULL;
    struct cdc_buf sql = {0};
    int rc;

    put_key(&sql, ref);
    cdc_buf_puts(&sql, key_columns);
    pgorder_put_definition(&sql, publication, ref, pq_version(pq));
    cdc_buf_puts(&sql,
                 " FROM k JOIN c ON true JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum "
                 "ORDER BY k.n");
    rc = cdc_buf_str(&sql)[0] ? pq_query(pq, sql.data, ANSWER_MS, &rows, err) : cdc_err_memory(err);
    cdc_buf_fini(&sql);
    if (rc)
        return cdc_err_wrap(err, "looking up the key of %s.%s", ref->schema, ref->name);
    if (pq_rows(rows) >= 1 && pq_rows(rows) <= PGORDER_MAX)
        take(order, ref, rows);
    else
        rc = refuse(ref, err);
    pq_free(rows);
    return rc;
}
