/*
 * One statement (pgselect.h), so that what its first row says of the snapshot holds for its rows, and is there without any:
 *
 *   SELECT snapshot …, NULL, …
 *   UNION ALL (SELECT '1', … WHERE a = $1 AND b > $2 ORDER BY b LIMIT n)
 *   UNION ALL (SELECT '2', … WHERE a > $1 ORDER BY a, b LIMIT n)
 *   LIMIT n + 1
 *
 * The rows behind (a, b) in parts that each are one range of an index, and come one after the other; a part is not begun when those
 * before it have filled the chunk. Unlike a comparison of rows, which would be one part, that also works when operators live
 * in several schemas, and lets the server leave out partitions. Comparing and sorting are the server's own, by the type and
 * collation of the column. No state; any thread.
 */
#include "postgresql/pgselect.h"

#include "postgresql/pgquote.h"
#include "postgresql/pgrows.h"

#include <inttypes.h>

static void put_header(struct cdc_buf *sql, const struct pgselect *s)
{
    size_t columns = s->table->ref->ncolumns + s->order->nextra;

    /* the position after the snapshot was taken, so that it is behind all that this sees */
    cdc_buf_puts(sql, "SELECT concat_ws(' ', pg_current_snapshot(), pg_current_wal_insert_lsn(), ");
    pgorder_put_definition(sql, s->publication, s->table->ref, s->version);
    cdc_buf_putc(sql, ')');
    for (size_t i = 0; i < columns; i++)
        cdc_buf_puts(sql, ", NULL");
}

static void put_columns(struct cdc_buf *sql, const struct pgselect *s, size_t part)
{
    const struct cdc_table_ref *ref = s->table->ref;

    cdc_buf_printf(sql, "SELECT '%zu', ", part);
    pgquote_names(sql, ref->ncolumns, ref->columns);
    for (size_t i = 0; i < s->order->n; i++)
        if (s->order->columns[i].at >= ref->ncolumns) {
            cdc_buf_puts(sql, ", ");
            pgquote_name(sql, s->order->columns[i].name);
        }
    pgrows_put_from(sql, s->table);
}

static void put_comparison(struct cdc_buf *sql, const struct pgorder_column *column, char op, size_t value)
{
    pgquote_name(sql, column->name);
    cdc_buf_puts(sql, " OPERATOR(");
    pgquote_name(sql, column->schema);
    cdc_buf_printf(sql, ".%c) $%zu", op, value + 1);
}

/* The first `same` columns are those of the given key; with `behind` the next is greater. */
static void put_where(struct cdc_buf *sql, const struct pgselect *s, size_t same, bool behind)
{
    const char *between = " WHERE ";

    for (size_t i = 0; i < s->order->n; i++) {
        const struct pgorder_column *column = &s->order->columns[i];
        bool compared = i < same || (i == same && behind);
        if (!compared && !column->nullable)
            continue;
        cdc_buf_puts(sql, between);
        between = " AND ";
        if (compared) {
            put_comparison(sql, column, i < same ? '=' : '>', i);
        } else {
            pgquote_name(sql, column->name);
            cdc_buf_puts(sql, " IS NOT NULL");
        }
    }
    if (s->table->filter)
        cdc_buf_printf(sql, "%s(%s)", between, s->table->filter);
}

static void put_part(struct cdc_buf *sql, const struct pgselect *s, size_t part, size_t same, bool behind)
{
    cdc_buf_puts(sql, " UNION ALL (");
    put_columns(sql, s, part);
    put_where(sql, s, same, behind);
    for (size_t i = same; i < s->order->n; i++) {
        cdc_buf_puts(sql, i == same ? " ORDER BY " : ", ");
        pgquote_name(sql, s->order->columns[i].name);
    }
    cdc_buf_printf(sql, " LIMIT %" PRIu64 ")", s->rows);
}

void pgselect_put(struct cdc_buf *sql, const struct pgselect *s)
{
    put_header(sql, s);
    if (!s->after)
        put_part(sql, s, 1, 0, false);
    else if (s->exact)
        put_part(sql, s, 1, s->order->n, false);
    else
        for (size_t same = s->order->n; same-- > 0;)
            put_part(sql, s, s->order->n - same, same, true);
    cdc_buf_printf(sql, " LIMIT %" PRIu64, s->rows + 1);
}
