/* The PostgreSQL source as lines of text (pgtest.h). */
#include "integration/pgtest.h"

#include "cdc/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_MS 60000

void pgtest_init(struct pgtest *t, const char *const *settings, const char *schema)
{
    *t = (struct pgtest){.wanted = true};
    t->pg = server_postgresql_start(settings);
    t->config = (struct cdc_source_config){
        .type = CDC_SOURCE_POSTGRESQL,
        .host = t->pg->host,
        .port = (uint16_t)t->pg->port,
        .database = "postgres",
        .user = t->pg->user,
        .slot = "s",
        .publication = "p",
        .timezone = "UTC",
        .heartbeat_ms = 1000,
    };
    t->params = (struct cdc_source_params){.connector = "test", .config = &t->config, .tables = t->tables};
    if (schema)
        pgtest_sql(t, schema);
}

void pgtest_fini(struct pgtest *t)
{
    postgresql_source_ops.close(t->source);
    cdc_checkpoint_fini(&t->checkpoint);
    cdc_buf_fini(&t->started);
    cdc_buf_fini(&t->log);
    cdc_buf_fini(&t->position);
    for (size_t i = 0; i < t->nwords; i++)
        free(t->words[i]);
    server_postgresql_stop(t->pg);
    *t = (struct pgtest){0};
}

static size_t split(struct pgtest *t, const char *text, const char **out)
{
    char *copy = text_print("%s", text), *state = NULL;
    size_t n = 0;

    t->words[t->nwords++] = copy;
    for (char *word = strtok_r(copy, " ", &state); word && n < PGTEST_COLUMNS;
         word = strtok_r(NULL, " ", &state))
        out[n++] = word;
    return n;
}

void pgtest_map(struct pgtest *t, const char *table, const char *columns, const char *keys)
{
    size_t i = t->params.ntables++;

    t->tables[i] = (struct cdc_table_ref){
        .schema = "public", .name = table, .columns = t->columns[i], .key_columns = t->keys[i]};
    t->tables[i].ncolumns = split(t, columns, t->columns[i]);
    t->tables[i].nkeys = split(t, keys, t->keys[i]);
}

void pgtest_open(struct pgtest *t)
{
    postgresql_source_ops.close(t->source);
    if (postgresql_source_ops.open(&t->source, &t->params, &t->err))
        fail("open: %s", t->err.message);
}

enum cdc_err_class pgtest_try(struct pgtest *t)
{
    t->err = (struct cdc_err){0};
    if (!t->source)
        pgtest_open(t);
    if (postgresql_source_ops.connect(t->source, &t->err) == 0 &&
        postgresql_source_ops.start(t->source, &t->checkpoint, &t->started, &t->err) == 0)
        return CDC_ERR_NONE;
    return t->err.class;
}

void pgtest_start(struct pgtest *t)
{
    if (pgtest_try(t) != CDC_ERR_NONE)
        fail("start: %s (%s)", t->err.message, t->err.hint);
}

void pgtest_sql(struct pgtest *t, const char *sql)
{
    server_postgresql_sql(t->pg, "postgres", sql);
}

int pgtest_version(struct pgtest *t)
{
    return atoi(server_postgresql_query(t->pg, "postgres", "SHOW server_version_num")) / 10000;
}

static void print_value(struct cdc_buf *out, const struct cdc_value *value)
{
    switch (value->state) {
    case CDC_VALUE_NULL:
        cdc_buf_puts(out, "NULL");
        return;
    case CDC_VALUE_UNAVAILABLE:
        cdc_buf_putc(out, '?');
        return;
    case CDC_VALUE_UNWANTED:
        cdc_buf_putc(out, '-');
        return;
    case CDC_VALUE_INVALID:
        cdc_buf_putc(out, '!');
        break;
    case CDC_VALUE_PRESENT:
        break;
    }
    if (value->len > 200)
        cdc_buf_printf(out, "%.8s..(%u)", value->ptr, value->len);
    else
        cdc_buf_put(out, value->ptr, value->len);
}

static void print_values(struct cdc_buf *out, const struct cdc_relation *relation,
                         const struct cdc_value *values)
{
    for (uint32_t i = 0; i < relation->ncolumns; i++) {
        cdc_buf_printf(out, " %.*s=", CDC_ARG(relation->columns[i].name));
        print_value(out, &values[i]);
    }
}

void pgtest_print_row(struct cdc_buf *out, const struct cdc_row *row)
{
    static const char *const ops[] = {
        [CDC_OP_INSERT] = "INSERT", [CDC_OP_UPDATE] = "UPDATE", [CDC_OP_DELETE] = "DELETE"};

    cdc_buf_printf(out, "%s %.*s.%.*s", ops[row->op], CDC_ARG(row->relation->schema),
                   CDC_ARG(row->relation->name));
    if (row->before) {
        cdc_buf_puts(out, row->before_is == CDC_IDENTITY_FULL ? " before full" : " before key");
        print_values(out, row->relation, row->before);
    }
    if (row->after) {
        if (row->before)
            cdc_buf_puts(out, " after");
        print_values(out, row->relation, row->after);
    }
    cdc_buf_putc(out, '\n');
}

static void print_relation(struct cdc_buf *out, const struct cdc_relation *relation)
{
    static const char *const identities[] = {
        [CDC_IDENTITY_NOTHING] = "nothing", [CDC_IDENTITY_KEY] = "key", [CDC_IDENTITY_FULL] = "full"};

    cdc_buf_printf(out, "RELATION %.*s.%.*s %s", CDC_ARG(relation->schema), CDC_ARG(relation->name),
                   identities[relation->identity]);
    for (uint32_t i = 0; i < relation->ncolumns; i++)
        cdc_buf_printf(out, " %.*s:%s%s", CDC_ARG(relation->columns[i].name),
                       cdc_kind_name(relation->columns[i].kind), relation->columns[i].key ? "*" : "");
    cdc_buf_putc(out, '\n');
}

static void note_begin(struct pgtest *t, const struct cdc_tx *tx)
{
    snprintf(t->tx_id, sizeof t->tx_id, "%.*s", CDC_ARG(tx->id));
    snprintf(t->tx_xid, sizeof t->tx_xid, "%.*s", CDC_ARG(tx->xid));
    t->commit_us = tx->commit_us;
}

static void note(struct pgtest *t, const struct cdc_item *item)
{
    switch (item->type) {
    case CDC_ITEM_NONE:
        return;
    case CDC_ITEM_BEGIN:
        note_begin(t, &item->tx);
        cdc_buf_puts(&t->log, "BEGIN\n");
        return;
    case CDC_ITEM_RELATION:
        for (uint32_t i = 0; i < item->relation->ncolumns; i++)
            item->relation->columns[i].wanted = t->wanted;
        print_relation(&t->log, item->relation);
        return;
    case CDC_ITEM_ROW:
        pgtest_print_row(&t->log, &item->row);
        return;
    case CDC_ITEM_TRUNCATE:
        cdc_buf_printf(&t->log, "TRUNCATE %.*s.%.*s\n", CDC_ARG(item->relation->schema),
                       CDC_ARG(item->relation->name));
        return;
    case CDC_ITEM_COMMIT:
    case CDC_ITEM_POSITION:
        cdc_buf_puts(&t->log, item->type == CDC_ITEM_COMMIT ? "COMMIT\n" : "POSITION\n");
        cdc_buf_reset(&t->position);
        cdc_buf_put_slice(&t->position, item->position);
        return;
    }
}

int pgtest_next(struct pgtest *t, struct cdc_item *item)
{
    if (postgresql_source_ops.next(t->source, item, &t->err))
        return -1;
    note(t, item);
    return 0;
}

/* One item, or a wait when there is none. */
static int step(struct pgtest *t, struct cdc_item *item)
{
    if (pgtest_next(t, item))
        return -1;
    return item->type == CDC_ITEM_NONE ? postgresql_source_ops.wait(t->source, 100, &t->err) : 0;
}

/* Whether the line that ends the log begins so. */
static bool ends_with(const struct pgtest *t, const char *line)
{
    size_t start = t->log.len - 1;

    while (start > 0 && t->log.data[start - 1] != '\n')
        start--;
    return t->log.len - start >= strlen(line) && !memcmp(t->log.data + start, line, strlen(line));
}

const char *pgtest_read(struct pgtest *t, const char *line)
{
    int64_t until = cdc_now_ms() + READ_MS;
    struct cdc_item item;

    cdc_buf_reset(&t->log);
    do {
        if (step(t, &item))
            fail("reading: %s (%s)\nafter\n%s", t->err.message, t->err.hint, cdc_buf_str(&t->log));
        if (cdc_now_ms() > until)
            fail("no \"%s\" came, but\n%s", line, cdc_buf_str(&t->log));
    } while (item.type == CDC_ITEM_NONE || !ends_with(t, line));
    return cdc_buf_str(&t->log);
}

void pgtest_position(struct pgtest *t)
{
    pgtest_sql(t, "SELECT pg_logical_emit_message(true, 'test', '')");
    /* PostgreSQL 15 leaves out transactions that change nothing of ours */
    pgtest_read(t, pgtest_version(t) < 15 ? "COMMIT" : "POSITION");
}

enum cdc_err_class pgtest_read_to_error(struct pgtest *t)
{
    int64_t until = cdc_now_ms() + READ_MS / 2;
    struct cdc_item item;

    t->err = (struct cdc_err){0};
    while (step(t, &item) == 0)
        if (cdc_now_ms() > until)
            fail("the stream goes on");
    return t->err.class;
}

void pgtest_keep(struct pgtest *t)
{
    cdc_buf_reset(&t->checkpoint.position);
    cdc_buf_put_slice(&t->checkpoint.position, cdc_buf_slice(&t->position));
    cdc_buf_reset(&t->checkpoint.identity);
    cdc_buf_put_slice(&t->checkpoint.identity, postgresql_source_ops.identity(t->source));
}

void pgtest_confirm(struct pgtest *t)
{
    int64_t until = cdc_now_ms() + READ_MS;
    struct cdc_item item;

    for (;;) {
        const char *confirmed;
        if (postgresql_source_ops.confirm(t->source, cdc_buf_slice(&t->position), &t->err) || step(t, &item))
            fail("confirming: %s", t->err.message);
        confirmed = server_postgresql_query(t->pg, "postgres",
                                            "SELECT confirmed_flush_lsn FROM pg_replication_slots");
        if (postgresql_source_ops.compare(cdc_slice_str(confirmed), cdc_buf_slice(&t->position)) >= 0)
            return;
        if (cdc_now_ms() > until)
            fail("the slot stays at %s", confirmed);
    }
}
