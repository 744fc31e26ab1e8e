/* Statements, model and mapping of a table of typed columns (typed_table.h), and reading what the server shows. Main thread. */
#include "typed_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"

bool typed_column_is_on(const struct typed_column *column, unsigned server)
{
    return !column->only || (column->only & server);
}

static bool is_given(const struct typed_column *column, unsigned server)
{
    return typed_column_is_on(column, server) && !column->generated;
}

static const char *name_of(const struct typed_column *column)
{
    return column->name ? column->name : column->field;
}

/* In back quotes, a back quote twice. */
static void put_name(const struct typed_column *column, FILE *sql)
{
    fputc('`', sql);
    for (const char *c = name_of(column); *c; c++)
        fprintf(sql, *c == '`' ? "``" : "%c", *c);
    fputc('`', sql);
}

static void put_names(const struct typed_table *table, unsigned server, FILE *sql)
{
    for (size_t i = 0; i < table->ncolumns; i++)
        if (is_given(&table->columns[i], server)) {
            fputs(", ", sql);
            put_name(&table->columns[i], sql);
        }
}

static size_t count_values(const struct typed_column *column)
{
    size_t n = 0;

    while (column->values && column->values[n])
        n++;
    return n;
}

static size_t count_rows(const struct typed_table *table, unsigned server)
{
    size_t most = 0;

    for (size_t i = 0; i < table->ncolumns; i++) {
        size_t n = is_given(&table->columns[i], server) ? count_values(&table->columns[i]) : 0;

        most = n > most ? n : most;
    }
    return most + 1;
}

static void put_row(const struct typed_table *table, unsigned server, size_t row, FILE *sql)
{
    fprintf(sql, "%s(%zu", row ? ", " : "", row + 1);
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct typed_column *column = &table->columns[i];

        if (is_given(column, server))
            fprintf(sql, ", %s", row < count_values(column) ? column->values[row] : "NULL");
    }
    fputc(')', sql);
}

static void put_rows(const struct typed_table *table, unsigned server, FILE *sql)
{
    size_t n = count_rows(table, server);

    fprintf(sql, "INSERT INTO %s_source (id", table->name);
    put_names(table, server, sql);
    fputs(") VALUES ", sql);
    for (size_t row = 0; row < n; row++)
        put_row(table, server, row, sql);
    fputs(";\n", sql);
}

void typed_table_create(const struct typed_table *table, unsigned server, FILE *sql)
{
    fprintf(sql, "CREATE TABLE %s (id int PRIMARY KEY", table->name);
    for (size_t i = 0; i < table->ncolumns; i++) {
        if (!typed_column_is_on(&table->columns[i], server))
            continue;
        fputs(", ", sql);
        put_name(&table->columns[i], sql);
        fprintf(sql, " %s", table->columns[i].type);
    }
    fprintf(sql,
            ", touched int NOT NULL DEFAULT 7);\n"
            "CREATE TABLE %s_source LIKE %s;\n",
            table->name, table->name);
    if (table->fill)
        fprintf(sql, "%s;\n", table->fill);
    else
        put_rows(table, server, sql);
}

void typed_table_model(const struct typed_table *table, unsigned server, FILE *yaml)
{
    fprintf(yaml,
            "  %s:\n    meaning: a test\n    key: [id]\n"
            "    verbs: {insert: added, update: changed, delete: gone}\n    fields:\n"
            "      id: {type: string, meaning: a test}\n      touched: {type: integer, meaning: a test}\n",
            table->name);
    for (size_t i = 0; i < table->ncolumns; i++)
        if (typed_column_is_on(&table->columns[i], server))
            fprintf(yaml, "      %s: {type: string, meaning: a test}\n", table->columns[i].field);
}

void typed_table_mapping(const struct typed_table *table, unsigned server, FILE *yaml)
{
    fprintf(yaml, "  types.%s:\n    entity: %s\n    key: {id: id}\n    fields:\n      touched: touched\n",
            table->name, table->name);
    for (size_t i = 0; i < table->ncolumns; i++) {
        if (!typed_column_is_on(&table->columns[i], server))
            continue;
        fprintf(yaml, "      %s: {column: \"", table->columns[i].field);
        for (const char *c = name_of(&table->columns[i]); *c; c++)
            fprintf(yaml, strchr("\"\\", *c) ? "\\%c" : "%c", *c);
        fputs("\"}\n", yaml);
    }
}

void typed_table_insert(const struct typed_table *table, unsigned server, FILE *sql)
{
    fprintf(sql, "INSERT INTO %s (id", table->name);
    put_names(table, server, sql);
    fputs(") SELECT id", sql);
    put_names(table, server, sql);
    fprintf(sql, " FROM %s_source;\n", table->name);
}

void typed_table_update(const struct typed_table *table, unsigned server, FILE *sql)
{
    const char *comma = "";

    fprintf(sql, "UPDATE %s t JOIN %s_source s ON s.id = t.id %% (SELECT count(*) FROM %s_source) + 1 SET ",
            table->name, table->name, table->name);
    for (size_t i = 0; i < table->ncolumns; i++) {
        if (!is_given(&table->columns[i], server))
            continue;
        fprintf(sql, "%st.", comma);
        put_name(&table->columns[i], sql);
        fputs(" = s.", sql);
        put_name(&table->columns[i], sql);
        comma = ", ";
    }
    fputs(";\n", sql);
}

void typed_table_select(const struct typed_table *table, unsigned server, FILE *sql)
{
    fputs("SELECT id", sql);
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct typed_column *column = &table->columns[i];

        if (!typed_column_is_on(column, server))
            continue;
        fputs(", HEX(CONVERT(", sql);
        for (const char *c = column->shows ? column->shows : "@"; *c; c++)
            if (*c == '@')
                put_name(column, sql);
            else
                fputc(*c, sql);
        fputs(" USING utf8mb4))", sql);
    }
    fprintf(sql, " FROM %s ORDER BY id;", table->name);
}

static size_t count_lines(const char *answer)
{
    size_t n = 0;

    for (const char *at = answer; at && *at; n++) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return n;
}

static const char *read_cell(struct typed_cell *cell, enum typed_rule rule, const char *at)
{
    size_t len = strcspn(at, "\t\n");

    typed_cell_read(cell, at, len);
    typed_cell_convert(cell, rule);
    return at + len + (at[len] == '\t');
}

void typed_rows_read(struct typed_rows *rows, const struct typed_table *table, unsigned server,
                     const char *answer)
{
    const char *at = answer;

    rows->n = count_lines(answer);
    rows->ncolumns = table->ncolumns;
    rows->cells = calloc(rows->n * rows->ncolumns + 1, sizeof *rows->cells);
    if (!rows->cells)
        fail("out of memory");
    for (size_t row = 0; row < rows->n; row++) {
        if ((size_t)strtoul(at, NULL, 10) != row + 1)
            fail("%s has no row %zu", table->name, row + 1);
        at += strcspn(at, "\t\n") + 1;
        for (size_t i = 0; i < table->ncolumns; i++)
            if (typed_column_is_on(&table->columns[i], server))
                at = read_cell(&rows->cells[row * rows->ncolumns + i], table->columns[i].rule, at);
        at += *at == '\n';
    }
}

void typed_rows_free(struct typed_rows *rows)
{
    for (size_t i = 0; i < rows->n * rows->ncolumns; i++)
        typed_cell_free(&rows->cells[i]);
    free(rows->cells);
    *rows = (struct typed_rows){0};
}

const struct typed_cell *typed_rows_at(const struct typed_rows *rows, size_t row, size_t column)
{
    return &rows->cells[row * rows->ncolumns + column];
}
