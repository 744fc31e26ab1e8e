/*
 * Reading a table in pieces (cdc_source_ops.chunk, cdc/chunk.h): one short transaction for each chunk, over the control connection, on
 * the snapshot thread. chunk_view.c begins it and says what it sees, chunk_key.c writes the SELECT's order and condition, and rows are
 * converted as samples are (sample.c). It ends with COMMIT; after anything else the connection is dropped, which ends it as well.
 *
 * The catalogue is read within the transaction, after a first read of the table: until it ends the definition cannot change.
 */
#include "chunk_key.h"
#include "chunk_table.h"
#include "chunk_view.h"
#include "sample.h"
#include "source_impl.h"
#include "sql.h"

#define SPARE 2 /* times as many rows are asked for as will fill the bytes, by what rows have on average */

struct chunk {
    struct cdc_source *source;
    const struct cdc_chunk_request *request;
    cdc_chunk_each *each;
    void *ctx;
    struct cdc_chunk *out;
    struct my_relation relation;
    struct my_value_space space;
    struct my_chunk_table table;
    struct my_chunk_index index;
    struct my_key key;
    struct my_key_place after;
    struct cdc_buf place;
    uint64_t limit; /* rows that are asked for */
    uint64_t bytes; /* of values, until now */
};

static int refuse(const struct cdc_table_ref *table, const char *what, const char *hint, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s %s", table->schema, table->name, what);
    return cdc_err_hint(err, "%s", hint);
}

static int no_table(const struct cdc_table_ref *table, struct cdc_err *err)
{
    return refuse(table, "does not exist, or the account may not see it",
                  "check the name, and GRANT SELECT on it", err);
}

static int no_column(const struct cdc_table_ref *table, const char *column, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "table %s.%s has no column \"%s\"", table->schema, table->name, column);
    return cdc_err_hint(err, "correct the mapping, or put the column back; names may differ by case");
}

static int check_table(const struct chunk *c, struct cdc_err *err)
{
    const struct cdc_table_ref *table = c->request->table;

    if (!c->table.exists)
        return no_table(table, err);
    if (!c->table.engine.len)
        return refuse(table, "is a view: its rows are not in the binlog", "map the tables that it reads",
                      err);
    if (my_chunk_engine_is_fit(c->table.engine))
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG,
                "table %s.%s cannot be read in chunks: no snapshot covers tables of engine %.*s",
                table->schema, table->name, CDC_ARG(c->table.engine));
    return cdc_err_hint(err, "ALTER TABLE `%s`.`%s` ENGINE=InnoDB, or snapshot.mode: never", table->schema,
                        table->name);
}

static int check_columns(const struct chunk *c, struct cdc_err *err)
{
    const struct cdc_table_ref *table = c->request->table;

    for (size_t i = 0; i < table->ncolumns; i++)
        if (!my_catalog_find(&c->relation.now, cdc_slice_str(table->columns[i])))
            return no_column(table, table->columns[i], err);
    return 0;
}

/* What the table is now, and the order of its rows. */
static int describe(struct chunk *c, struct cdc_err *err)
{
    struct my_catalog_server *catalog = c->source->catalog;
    struct my_catalog ops = {&my_catalog_server_ops, catalog, c->source->server.mariadb};
    const struct cdc_table_ref *table = c->request->table;
    struct cdc_arena *arena = &c->relation.arena;

    if (my_relation_describe_now(&c->relation, &ops, err) ||
        my_chunk_table_read(catalog, table, arena, &c->table, err) || check_table(c, err) ||
        check_columns(c, err) ||
        my_chunk_index_read(catalog, table, &c->relation.now, arena, &c->index, err) ||
        my_key_choose(&c->key, &c->relation, c->index.name, c->index.columns, c->index.ncolumns, err))
        return -1;
    return c->request->after.len ? my_key_parse_place(&c->key, c->request->after, &c->after, err) : 0;
}

static uint64_t choose_limit(const struct chunk *c)
{
    uint64_t by_bytes;

    if (c->request->exact)
        return 1;
    by_bytes = c->table.row_bytes ? c->request->bytes / c->table.row_bytes * SPARE + SPARE : UINT64_MAX;
    return by_bytes < c->request->rows ? by_bytes : c->request->rows;
}

/* Returns how many columns stand before those of the place. */
static unsigned put_select(const struct chunk *c, struct cdc_buf *sql)
{
    unsigned first;

    cdc_buf_puts(sql, "SELECT ");
    first = my_sample_columns(&c->relation, sql);
    my_key_put_columns(&c->key, sql);
    cdc_buf_puts(sql, " FROM ");
    my_sql_name(sql, c->relation.public.schema);
    cdc_buf_putc(sql, '.');
    my_sql_name(sql, c->relation.public.name);
    cdc_buf_puts(sql, " AS t");
    if (c->index.name.len) {
        cdc_buf_puts(sql, " FORCE INDEX (");
        my_sql_name(sql, c->index.name);
        cdc_buf_putc(sql, ')');
    }
    my_key_put_where(&c->key, c->request->after.len ? &c->after : NULL, c->request->exact, sql);
    my_key_put_order(&c->key, sql);
    cdc_buf_printf(sql, " LIMIT %llu", (unsigned long long)c->limit);
    return first;
}

static int give_row(struct chunk *c, const struct my_client_result *rows, unsigned first, struct cdc_err *err)
{
    struct cdc_row row;

    my_sample_row(&c->relation, rows, &c->space, &row);
    my_key_print_place(&c->key, rows, first, &c->place);
    if (c->place.failed || my_value_starved(&c->space))
        return cdc_err_memory(err);
    c->out->rows++;
    for (unsigned i = 0; i < first; i++)
        c->bytes += my_client_value(rows, i).len;
    return c->each(c->ctx, &row, cdc_buf_slice(&c->place), err);
}

/* Reads what is left of the answer, if that is little. false: the connection is better dropped. */
static bool drain(const struct chunk *c, struct my_client_result *rows)
{
    uint64_t left = c->limit - c->out->rows, each = c->bytes / c->out->rows;
    struct cdc_err err;

    if (left * each > SPARE * c->request->bytes)
        return false;
    while (left-- > 0 && my_client_row(rows, &err) > 0)
        ;
    return true;
}

/* *whole: the answer was read to its end. */
static int give_rows(struct chunk *c, struct my_client_result *rows, unsigned first, bool *whole,
                     struct cdc_err *err)
{
    int rc;

    while ((rc = my_client_row(rows, err)) > 0) {
        if ((rc = give_row(c, rows, first, err)) != 0)
            return rc;
        if (c->bytes >= c->request->bytes)
            return 0;
    }
    *whole = rc == 0;
    c->out->end = *whole && (c->request->exact || c->out->rows < c->limit);
    return rc;
}

static int read_rows(struct chunk *c, struct cdc_err *err)
{
    struct my_client *client = c->source->control;
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    unsigned first = put_select(c, &sql);
    bool whole = false;
    int rc = sql.failed ? cdc_err_memory(err) : my_client_query(client, cdc_buf_str(&sql), &rows, err);

    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    rc = give_rows(c, &rows, first, &whole, err);
    if (rc == 0 && (whole || drain(c, &rows)))
        my_client_result_free(&rows);
    else
        my_client_result_drop(&rows);
    return rc;
}

static int print_view(const struct my_view *view, struct cdc_chunk *out, struct cdc_err *err)
{
    my_position_print(&view->seen, &out->visibility);
    my_position_print(&view->high, &out->high);
    return out->visibility.failed || out->high.failed ? cdc_err_memory(err) : 0;
}

static int run(struct chunk *c, bool *early, struct cdc_err *err)
{
    struct cdc_source *source = c->source;
    struct cdc_row announcement = {.op = CDC_OP_INSERT, .relation = &c->relation.public};
    int rc;

    if (my_view_begin(&source->view, source->control, &source->server, c->request->table, c->request->since,
                      early, err))
        return -1;
    if (*early)
        return 0;
    if (describe(c, err) || print_view(&source->view, c->out, err))
        return -1;
    rc = c->each(c->ctx, &announcement, cdc_slice("", 0), err);
    if (rc)
        return rc;
    c->limit = choose_limit(c);
    return read_rows(c, err);
}

static int connect(struct cdc_source *source, struct cdc_err *err)
{
    if (my_client_is_open(source->control))
        return 0;
    my_view_reconnected(&source->view);
    return my_source_connect_control(source, err);
}

int my_source_chunk(struct cdc_source *source, const struct cdc_chunk_request *request, cdc_chunk_each *each,
                    void *ctx, enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk, struct cdc_err *err)
{
    struct chunk c = {.source = source, .request = request, .each = each, .ctx = ctx, .out = chunk};
    struct cdc_err end;
    bool early = false;
    int rc;

    my_relation_init(&c.relation, request->table, 1);
    my_sample_space_init(&c.space);
    rc = connect(source, err) ? -1 : 0;
    my_catalog_server_hold(source->catalog, true);
    if (rc == 0)
        rc = run(&c, &early, err);
    my_catalog_server_hold(source->catalog, false);
    if (rc || (my_client_is_open(source->control) && my_client_run(source->control, "COMMIT", &end)))
        my_client_close(source->control);
    *outcome = early ? CDC_CHUNK_EARLY : CDC_CHUNK_READ;
    cdc_buf_fini(&c.place);
    my_sample_space_fini(&c.space);
    my_relation_fini(&c.relation);
    return rc;
}

int my_source_estimate(struct cdc_source *source, const struct cdc_table_ref *table, uint64_t *rows,
                       struct cdc_err *err)
{
    struct my_chunk_table found;
    struct cdc_arena arena;
    int rc;

    cdc_arena_init(&arena, 0);
    rc = connect(source, err) || my_view_set_session(source->control, &source->server, err) ||
                 my_chunk_table_read(source->catalog, table, &arena, &found, err)
             ? -1
             : 0;
    if (rc)
        my_client_close(source->control);
    else if (!found.exists)
        rc = no_table(table, err);
    else
        *rows = found.rows;
    cdc_arena_fini(&arena);
    return rc;
}
