/*
 * Reading a server's catalogue (catalog_server.h): when a mapped table is described, from the source thread, over a second connection,
 * since the first is busy with the dump. That connection is closed by the server or the network now and then: each question is
 * asked a second time on a new one. Failures are the client's.
 */
#include "catalog_server.h"

#include "charset_server.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>

#define READ_TIMEOUT_MS 30000
#define CHARSETS_MAX    64
#define COLUMNS_MAX     4096

struct collation {
    uint32_t id;
    uint32_t charset; /* index */
};

struct my_catalog_server {
    struct my_client *client;
    struct my_server server;
    bool held;
    struct my_charset charsets[CHARSETS_MAX];
    uint32_t ncharsets;
    struct collation *collations;
    size_t ncollations, cap;
};

struct my_catalog_server *my_catalog_server_new(struct my_client *client)
{
    struct my_catalog_server *catalog = calloc(1, sizeof *catalog);

    if (catalog)
        catalog->client = client;
    return catalog;
}

static void drop(struct my_catalog_server *catalog)
{
    for (uint32_t i = 0; i < catalog->ncharsets; i++)
        my_charset_fini(&catalog->charsets[i]);
    catalog->ncharsets = 0;
    catalog->ncollations = 0;
}

void my_catalog_server_free(struct my_catalog_server *catalog)
{
    if (!catalog)
        return;
    drop(catalog);
    free(catalog->collations);
    free(catalog);
}

void my_catalog_server_reset(struct my_catalog_server *catalog, const struct my_server *server)
{
    drop(catalog);
    my_client_close(catalog->client);
    catalog->server = *server;
}

void my_catalog_server_hold(struct my_catalog_server *catalog, bool held)
{
    catalog->held = held;
}

int my_catalog_server_connect(struct my_catalog_server *catalog, struct cdc_err *err)
{
    if (catalog->held && !my_client_is_open(catalog->client))
        return cdc_err_set(err, CDC_ERR_RETRY, "the connection was lost");
    return my_client_is_open(catalog->client) ? 0 : my_client_connect(catalog->client, READ_TIMEOUT_MS, err);
}

/* A connection that has been idle may be gone without our knowing. */
int my_catalog_server_ask(struct my_catalog_server *catalog, const char *sql, struct my_client_result *rows,
                          struct cdc_err *err)
{
    bool fresh = catalog->held || !my_client_is_open(catalog->client);

    if (my_catalog_server_connect(catalog, err))
        return -1;
    if (my_client_query(catalog->client, sql, rows, err) == 0)
        return 0;
    if (fresh || err->class != CDC_ERR_RETRY)
        return -1;
    if (my_client_connect(catalog->client, READ_TIMEOUT_MS, err))
        return -1;
    return my_client_query(catalog->client, sql, rows, err);
}

/* Character sets. */

static int find_charset(struct my_catalog_server *catalog, struct cdc_slice name, uint32_t *index)
{
    char text[MY_CHARSET_NAME + 1];

    for (*index = 0; *index < catalog->ncharsets; ++*index)
        if (cdc_slice_is(name, catalog->charsets[*index].name))
            return 0;
    if (catalog->ncharsets == CHARSETS_MAX || name.len > MY_CHARSET_NAME)
        return -1;
    snprintf(text, sizeof text, "%.*s", CDC_ARG(name));
    my_charset_init(&catalog->charsets[catalog->ncharsets++], text);
    return 0;
}

static int add_collation(struct my_catalog_server *catalog, struct cdc_slice id, struct cdc_slice charset,
                         struct cdc_err *err)
{
    struct collation collation;

    if (!id.ptr || !charset.ptr)
        return 0;
    collation.id = (uint32_t)strtoul(id.ptr, NULL, 10);
    if (find_charset(catalog, charset, &collation.charset))
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the server's character sets: too many");
    if (catalog->ncollations == catalog->cap) {
        size_t cap = catalog->cap ? catalog->cap * 2 : 512;
        struct collation *grown = realloc(catalog->collations, cap * sizeof *grown);

        if (!grown)
            return cdc_err_memory(err);
        catalog->collations = grown;
        catalog->cap = cap;
    }
    catalog->collations[catalog->ncollations++] = collation;
    return 0;
}

/* MariaDB has collations whose numbers are in the second table only. */
static int load_collations(struct my_catalog_server *catalog, struct cdc_err *err)
{
    bool by_use = catalog->server.mariadb && catalog->server.number >= 101000;
    struct my_client_result rows;
    int rc;

    if (my_catalog_server_ask(
            catalog,
            by_use
                ? "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
                : "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS",
            &rows, err))
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0)
        if (add_collation(catalog, my_client_value(&rows, 0), my_client_value(&rows, 1), err)) {
            rc = -1;
            break;
        }
    my_client_result_free(&rows);
    if (rc)
        catalog->ncollations = 0;
    return rc;
}

static int give_charset(struct my_catalog_server *catalog, uint32_t index, const struct my_charset **out,
                        struct cdc_err *err)
{
    struct my_charset *charset = &catalog->charsets[index];

    *out = charset;
    if (!my_charset_wants_table(charset) && !my_charset_wants_pairs(charset))
        return 0;
    if (my_catalog_server_connect(catalog, err))
        return -1;
    return my_charset_server_fill(catalog->client, charset, err);
}

static int charset_of(void *ctx, uint32_t collation, const struct my_charset **out, struct cdc_err *err)
{
    struct my_catalog_server *catalog = ctx;

    *out = NULL;
    if (catalog->ncollations == 0 && load_collations(catalog, err))
        return -1;
    for (size_t i = 0; i < catalog->ncollations; i++)
        if (catalog->collations[i].id == collation)
            return give_charset(catalog, catalog->collations[i].charset, out, err);
    return 0;
}

static int charset_named(void *ctx, struct cdc_slice name, const struct my_charset **out, struct cdc_err *err)
{
    struct my_catalog_server *catalog = ctx;
    uint32_t index;

    *out = NULL;
    return find_charset(catalog, name, &index) ? 0 : give_charset(catalog, index, out, err);
}

/* Tables. */

void my_catalog_server_put_where(struct cdc_buf *sql, const char *schema_column, struct cdc_slice schema,
                                 struct cdc_slice name)
{
    cdc_buf_printf(sql, " WHERE %s = ", schema_column);
    my_sql_text(sql, schema);
    cdc_buf_puts(sql, " AND TABLE_NAME = ");
    my_sql_text(sql, name);
}

static struct cdc_slice keep(struct cdc_arena *arena, struct cdc_slice text, bool *ok)
{
    char *copy = cdc_arena_str(arena, text);

    *ok = *ok && copy;
    return cdc_slice(copy, copy ? text.len : 0);
}

static bool take_column(const struct my_client_result *rows, bool mariadb, struct cdc_arena *arena,
                        struct my_catalog_column *column)
{
    struct cdc_slice fsp = my_client_value(rows, 4), constant = my_client_value(rows, 6);
    char *copy = constant.ptr ? cdc_arena_str(arena, constant) : NULL;
    bool ok = copy || !constant.ptr;

    *column = (struct my_catalog_column){.name = keep(arena, my_client_value(rows, 0), &ok),
                                         .data_type = keep(arena, my_client_value(rows, 1), &ok),
                                         .column_type = keep(arena, my_client_value(rows, 2), &ok),
                                         .charset = keep(arena, my_client_value(rows, 3), &ok),
                                         .collation = keep(arena, my_client_value(rows, 9), &ok),
                                         .fsp = fsp.ptr ? (unsigned)strtoul(fsp.ptr, NULL, 10) : 0,
                                         .key = cdc_slice_is(my_client_value(rows, 5), "PRI"),
                                         .nullable = cdc_slice_is(my_client_value(rows, 8), "YES")};
    my_catalog_set_constant(column, copy, constant.len, my_client_value(rows, 7), column->nullable, mariadb);
    return ok;
}

static int copy_columns(const struct my_catalog_column *found, uint32_t n, struct cdc_arena *arena,
                        struct my_catalog_table *table, struct cdc_err *err)
{
    table->columns = cdc_arena_alloc(arena, n * sizeof *found);
    if (!table->columns)
        return cdc_err_memory(err);
    memcpy(table->columns, found, n * sizeof *found);
    table->ncolumns = n;
    return 0;
}

static int take_columns(struct my_client_result *rows, bool mariadb, struct cdc_arena *arena,
                        struct my_catalog_table *table, struct cdc_err *err)
{
    struct my_catalog_column *found = calloc(COLUMNS_MAX, sizeof *found);
    uint32_t n = 0;
    int rc = found ? 0 : cdc_err_memory(err);

    while (rc == 0 && (rc = my_client_row(rows, err)) > 0 && n < COLUMNS_MAX)
        rc = take_column(rows, mariadb, arena, &found[n++]) ? 0 : cdc_err_memory(err);
    if (rc >= 0)
        rc = copy_columns(found, n, arena, table, err);
    free(found);
    return rc;
}

static int read_columns(struct my_catalog_server *catalog, struct cdc_slice schema, struct cdc_slice name,
                        struct cdc_arena *arena, struct my_catalog_table *table, struct cdc_err *err)
{
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_puts(
        &sql,
        "SELECT COLUMN_NAME, LOWER(DATA_TYPE), COLUMN_TYPE, CHARACTER_SET_NAME, DATETIME_PRECISION, COLUMN_KEY, "
        "COLUMN_DEFAULT, EXTRA, IS_NULLABLE, COLLATION_NAME FROM information_schema.COLUMNS");
    my_catalog_server_put_where(&sql, "TABLE_SCHEMA", schema, name);
    cdc_buf_puts(&sql, " ORDER BY ORDINAL_POSITION");
    rc = my_catalog_server_ask(catalog, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    rc = take_columns(&rows, catalog->server.mariadb, arena, table, err);
    my_client_result_free(&rows);
    return rc;
}

static int read_kind(struct my_catalog_server *catalog, struct cdc_slice schema, struct cdc_slice name,
                     struct my_catalog_table *table, struct cdc_err *err)
{
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_puts(&sql, "SELECT TABLE_TYPE FROM information_schema.TABLES");
    my_catalog_server_put_where(&sql, "TABLE_SCHEMA", schema, name);
    rc = my_catalog_server_ask(catalog, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) {
        table->exists = true;
        table->versioned = cdc_slice_is(my_client_value(&rows, 0), "SYSTEM VERSIONED");
    }
    my_client_result_free(&rows);
    return rc;
}

/* json_valid(`name`) alone, as the type JSON makes it */
static void mark_json(struct my_catalog_table *table, struct cdc_slice clause)
{
    static const char head[] = "json_valid(`", tail[] = "`)";
    size_t around = sizeof head - 1 + sizeof tail - 1;

    if (clause.len <= around || memcmp(clause.ptr, head, sizeof head - 1) != 0 ||
        memcmp(clause.ptr + clause.len - (sizeof tail - 1), tail, sizeof tail - 1) != 0)
        return;
    clause = cdc_slice(clause.ptr + sizeof head - 1, clause.len - around);
    for (uint32_t i = 0; i < table->ncolumns; i++)
        if (cdc_slice_eq(table->columns[i].name, clause))
            table->columns[i].json = true;
}

static int read_json_checks(struct my_catalog_server *catalog, struct cdc_slice schema, struct cdc_slice name,
                            struct my_catalog_table *table, struct cdc_err *err)
{
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    int rc;

    if (!catalog->server.mariadb)
        return 0;
    cdc_buf_puts(&sql, "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS");
    my_catalog_server_put_where(&sql, "CONSTRAINT_SCHEMA", schema, name);
    rc = my_catalog_server_ask(catalog, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0)
        mark_json(table, my_client_value(&rows, 0));
    my_client_result_free(&rows);
    return rc;
}

static int read_whole(void *ctx, struct cdc_slice schema, struct cdc_slice name, struct cdc_arena *arena,
                      struct my_catalog_table *table, struct cdc_err *err)
{
    *table = (struct my_catalog_table){.exists = false};
    if (read_kind(ctx, schema, name, table, err))
        return -1;
    if (!table->exists)
        return 0;
    return read_columns(ctx, schema, name, arena, table, err) ||
                   read_json_checks(ctx, schema, name, table, err)
               ? -1
               : 0;
}

static int read_position(void *ctx, struct my_position *position, struct cdc_err *err)
{
    struct my_catalog_server *catalog = ctx;

    if (my_catalog_server_connect(catalog, err))
        return -1;
    if (my_server_position(catalog->client, &catalog->server, position, err) == 0)
        return 0;
    return err->class == CDC_ERR_RETRY ? -1 : 0; /* without GTIDs it takes a privilege */
}

const struct my_catalog_ops my_catalog_server_ops = {
    .table = read_whole, .charset_of = charset_of, .charset_named = charset_named, .position = read_position};
