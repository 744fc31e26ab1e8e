/*
 * Reading tables (cdc_source_ops.sample): rows as the stream would give them, with the same bytes. A SELECT over the control connection,
 * one row at a time, of the wanted columns; whoever calls owns the thread. Fails as the client does; values that cannot be converted
 * are INVALID, not errors.
 */
#include "sample.h"

#include "sample_value.h"
#include "source_impl.h"
#include "sql.h"

#define VALUE_BYTES_MAX (64u << 20)

struct sample {
    struct cdc_source *source;
    struct my_relation relation;
    struct my_value_space space;
    int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err);
    void *ctx;
};

unsigned my_sample_columns(const struct my_relation *relation, struct cdc_buf *sql)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < relation->public.ncolumns; i++) {
        if (!relation->public.columns[i].wanted)
            continue;
        cdc_buf_puts(sql, n++ ? ", " : "");
        my_sample_expression(&relation->columns[i], sql);
    }
    if (n)
        return n;
    cdc_buf_putc(sql, '1'); /* rows that nothing is wanted of still count */
    return 1;
}

void my_sample_row(struct my_relation *relation, const struct my_client_result *rows,
                   struct my_value_space *space, struct cdc_row *row)
{
    unsigned at = 0;

    *row =
        (struct cdc_row){.op = CDC_OP_INSERT, .relation = &relation->public, .after = relation->target.after};
    cdc_arena_reset(&space->arena);
    for (uint32_t i = 0; i < relation->public.ncolumns; i++)
        if (relation->public.columns[i].wanted)
            my_sample_value(&relation->columns[i], my_client_value(rows, at++), space,
                            &relation->target.after[i]);
}

void my_sample_space_init(struct my_value_space *space)
{
    cdc_arena_init(&space->arena, VALUE_BYTES_MAX);
    cdc_buf_init(&space->text, VALUE_BYTES_MAX);
}

void my_sample_space_fini(struct my_value_space *space)
{
    cdc_arena_fini(&space->arena);
    cdc_buf_fini(&space->text);
}

static void put_select(struct cdc_buf *sql, const struct my_relation *relation, uint64_t limit)
{
    cdc_buf_puts(sql, "SELECT ");
    (void)my_sample_columns(relation, sql);
    cdc_buf_puts(sql, " FROM ");
    my_sql_name(sql, relation->public.schema);
    cdc_buf_putc(sql, '.');
    my_sql_name(sql, relation->public.name);
    cdc_buf_printf(sql, " LIMIT %llu", (unsigned long long)limit);
}

static int give_row(struct sample *s, const struct my_client_result *rows, struct cdc_err *err)
{
    struct cdc_row row;

    my_sample_row(&s->relation, rows, &s->space, &row);
    if (my_value_starved(&s->space))
        return cdc_err_memory(err);
    return s->each(s->ctx, &row, err);
}

static int give_rows(struct sample *s, uint64_t limit, struct cdc_err *err)
{
    struct my_client *client = s->source->control;
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    int rc;

    put_select(&sql, &s->relation, limit);
    rc = sql.failed ? cdc_err_memory(err) : my_client_query(client, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0)
        if ((rc = give_row(s, &rows, err)) != 0)
            break;
    if (rc)
        my_client_result_drop(&rows); /* rather than reading a large rest */
    else
        my_client_result_free(&rows);
    return rc;
}

static int run(struct sample *s, uint64_t limit, struct cdc_err *err)
{
    struct my_catalog catalog = {&my_catalog_server_ops, s->source->catalog, s->source->server.mariadb};
    struct cdc_row announcement = {.op = CDC_OP_INSERT, .relation = &s->relation.public};
    int rc;

    if (my_relation_describe_now(&s->relation, &catalog, err))
        return -1;
    rc = s->each(s->ctx, &announcement, err);
    return rc ? rc : give_rows(s, limit, err);
}

int my_source_sample(struct cdc_source *source, const struct cdc_table_ref *table, uint64_t limit,
                     int (*each)(void *ctx, const struct cdc_row *row, struct cdc_err *err), void *ctx,
                     struct cdc_err *err)
{
    struct sample s = {.source = source, .each = each, .ctx = ctx};
    int rc;

    my_relation_init(&s.relation, table, 1);
    my_sample_space_init(&s.space);
    rc = my_source_connect_control(source, err) ? -1 : run(&s, limit, err);
    my_relation_fini(&s.relation);
    my_sample_space_fini(&s.space);
    return rc;
}
