/*
 * `tributary preview`: rows as they are now, the events that they would make as inserts, and what Redis would be told. Writes
 * nothing anywhere. Shows mapped columns only, and none that a PII rule applies to.
 */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/wiring.h"
#include "core/json.h"

#include "cdc/clock.h"
#include "cdc/suggest.h"

#define DEFAULT_LIMIT 5

struct preview {
    struct wiring *w;
    const struct config_table *table;
    uint64_t rows;
};

static bool names_column(const struct config_field *field, struct cdc_slice column)
{
    if (field->from == CONFIG_FROM_COLUMN)
        return cdc_slice_is(column, field->column);
    for (size_t i = 0; field->from == CONFIG_FROM_TEMPLATE && i < field->npieces; i++)
        if (field->pieces[i].is_column && cdc_slice_is(column, field->pieces[i].text))
            return true;
    return false;
}

static bool hides(const struct config_field *field, struct cdc_slice column)
{
    for (size_t i = 0; i < field->nmembers; i++) {
        const struct config_member *member = &field->members[i];
        if (member->column && (member->pii != CONFIG_PII_NONE || field->pii != CONFIG_PII_NONE) &&
            cdc_slice_is(column, member->column))
            return true;
    }
    return field->pii != CONFIG_PII_NONE && names_column(field, column);
}

static bool mapping_hides(const struct config_mapping *m, struct cdc_slice column)
{
    for (size_t i = 0; i < m->nfields; i++)
        if (hides(&m->fields[i], column))
            return true;
    for (size_t i = 0; i < m->entity->nkeys; i++)
        if (m->keys[i] && hides(m->keys[i], column))
            return true;
    return false;
}

static bool is_hidden(const struct config_table *table, struct cdc_slice column)
{
    for (size_t i = 0; i < table->nmappings; i++)
        if (mapping_hides(&table->mappings[i], column))
            return true;
    return false;
}

static void put_row(struct preview *p, const struct cdc_row *row, struct cdc_buf *out)
{
    const char *comma = "";

    cdc_buf_puts(out, "{");
    for (uint32_t i = 0; i < row->relation->ncolumns; i++) {
        const struct cdc_column *column = &row->relation->columns[i];
        const struct cdc_value *value = &row->after[i];
        if (!column->wanted)
            continue;
        cdc_buf_puts(out, comma);
        json_put_string(out, column->name);
        cdc_buf_puts(out, ": ");
        if (value->state != CDC_VALUE_NULL && is_hidden(p->table, column->name))
            cdc_buf_puts(out, "\"(personal data, hidden)\"");
        else if (value->state == CDC_VALUE_PRESENT)
            json_put_string(out, cdc_slice(value->ptr, value->len));
        else
            cdc_buf_puts(out, "null");
        comma = ", ";
    }
    cdc_buf_puts(out, "}");
}

static void put_event(const struct cdc_event *event, struct cdc_buf *out)
{
    const struct cdc_shape *shape = event->shape;
    const char *comma = "";

    cdc_buf_puts(out, "{\"type\": ");
    json_put_string(out, event->type);
    cdc_buf_puts(out, ", \"subject\": ");
    json_put_string(out, event->key);
    if (event->customer.len) {
        cdc_buf_puts(out, ", \"customer\": ");
        json_put_string(out, event->customer);
    }
    cdc_buf_puts(out, ", \"data\": {");
    for (uint32_t i = 0; i < shape->nfields; i++) {
        if (event->fields[i].after_state != CDC_VALUE_PRESENT)
            continue;
        cdc_buf_puts(out, comma);
        json_put_string(out, shape->names[i]);
        cdc_buf_puts(out, ": ");
        json_put_string(out, event->fields[i].after);
        comma = ", ";
    }
    cdc_buf_puts(out, "}}");
}

static void put_reject(const struct cdc_reject *reject, struct cdc_buf *out)
{
    cdc_buf_printf(out, "{\"rejected\": \"%.*s\", \"column\": ", CDC_ARG(reject->reason));
    json_put_string(out, reject->column);
    cdc_buf_puts(out, ", \"detail\": ");
    json_put_string(out, reject->detail);
    cdc_buf_puts(out, "}");
}

static int put_redis(struct preview *p, const struct map_result *result, struct cdc_buf *out,
                     struct cdc_err *err)
{
    const struct cdc_sink_ops *ops = p->w->sink_ops;
    struct cdc_buf body = {0};
    size_t last;
    int rc = 0;

    for (size_t i = 0; i < result->nevents && rc == 0; i++)
        rc = ops->encode(p->w->sink, &result->events[i], &body, &last, err);
    for (size_t i = 0; i < result->nrejects && rc == 0; i++)
        rc = ops->reject(p->w->sink, &result->rejects[i], &body, err);
    if (rc == 0)
        rc = ops->describe(p->w->sink, &body, out, err);
    cdc_buf_fini(&body);
    return rc;
}

static void print_lines(const char *title, const struct cdc_buf *text)
{
    const char *at = text->data, *end = text->data + text->len, *nl;

    for (; at && at < end; at = nl + 1, title = "") {
        nl = memchr(at, '\n', (size_t)(end - at));
        nl = nl ? nl : end;
        printf("  %-6s %.*s\n", title, (int)(nl - at), at);
    }
}

static int show(struct preview *p, const struct cdc_row *row, const struct map_result *result,
                struct cdc_err *err)
{
    struct cdc_buf text = {0};
    int rc;

    printf("%s.%s, row %llu\n", p->table->schema, p->table->name, (unsigned long long)++p->rows);
    put_row(p, row, &text);
    print_lines("row", &text);
    for (size_t i = 0; i < result->nevents; i++) {
        cdc_buf_reset(&text);
        put_event(&result->events[i], &text);
        print_lines("event", &text);
    }
    for (size_t i = 0; i < result->nrejects; i++) {
        cdc_buf_reset(&text);
        put_reject(&result->rejects[i], &text);
        print_lines("reject", &text);
    }
    if (result->nevents + result->nrejects == 0)
        puts("  event  none: the row does not pass `where`");
    cdc_buf_reset(&text);
    rc = put_redis(p, result, &text, err);
    print_lines("redis", &text);
    cdc_buf_fini(&text);
    return rc;
}

static int each(void *ctx, const struct cdc_row *row, struct cdc_err *err)
{
    struct preview *p = ctx;
    struct cdc_tx tx = {cdc_slice_str("preview"), cdc_slice_str("0"), cdc_wall_us()};
    struct map_result result;

    if (!row->after) /* the relation comes first */
        return map_bind(p->w->map, (struct cdc_relation *)row->relation, err);
    if (map_row(p->w->map, row, &tx, p->rows + 1, &result, err))
        return -1;
    return show(p, row, &result, err);
}

static bool is_meant(const struct config_table *table, const char *wanted)
{
    char full[300];

    snprintf(full, sizeof full, "%s.%s", table->schema, table->name);
    return !wanted || strcmp(wanted, full) == 0 || strcmp(wanted, table->name) == 0;
}

static int prepare_shapes(struct wiring *w, struct cdc_err *err)
{
    size_t n;
    struct cdc_shape *shapes = map_shapes(w->map, &n);

    for (size_t i = 0; i < n; i++)
        if (w->sink_ops->prepare(w->sink, &shapes[i], err))
            return -1;
    return 0;
}

static void unprepare_shapes(struct wiring *w)
{
    size_t n;
    struct cdc_shape *shapes = map_shapes(w->map, &n);

    for (size_t i = 0; i < n; i++)
        w->sink_ops->unprepare(&shapes[i]);
}

/* Tables may be named with their schema or without. */
static int unknown_table(const struct config *config, const char *wanted, struct cdc_err *err)
{
    struct cdc_suggest suggest = cdc_suggest_start(wanted);
    bool qualified = strchr(wanted, '.') != NULL;
    struct cdc_buf names = {0};
    char text[200];

    for (size_t i = 0; i < config->ntables;
         i++) /* apart from each other in one buffer that does not move any more */
        cdc_buf_printf(&names, "%s%s%s%c", qualified ? config->tables[i].schema : "", qualified ? "." : "",
                       config->tables[i].name, '\0');
    for (const char *at = cdc_buf_str(&names); !names.failed && at < names.data + names.len;
         at += strlen(at) + 1)
        cdc_suggest_offer(&suggest, at);
    cdc_err_set(err, CDC_ERR_CONFIG, "the configuration does not map a table \"%s\"%s", wanted,
                cdc_suggest_text(&suggest, text, sizeof text));
    cdc_buf_fini(&names);
    return -1;
}

static int preview_tables(struct wiring *w, const struct options *options, struct cdc_err *err)
{
    uint64_t limit = options->limit ? options->limit : DEFAULT_LIMIT;
    bool found = false;
    size_t n;
    const struct cdc_table_ref *refs = map_tables(w->map, &n);

    for (size_t i = 0; i < w->config->ntables; i++) {
        struct preview p = {.w = w, .table = &w->config->tables[i]};
        if (!is_meant(p.table, options->table))
            continue;
        found = true;
        if (w->source_ops->sample(w->source, &refs[i], limit, each, &p, err))
            return -1;
        if (p.rows == 0)
            printf("%s.%s has no rows\n", p.table->schema, p.table->name);
        map_unbind_all(w->map);
    }
    return found ? 0 : unknown_table(w->config, options->table ? options->table : "", err);
}

static int preview_main(const struct options *options)
{
    struct wiring w = {0};
    struct cdc_err err = {0};
    int rc;

    if (wiring_open(&w, options->config, &err))
        return command_fail(&err);
    rc = prepare_shapes(&w, &err);
    if (rc == 0)
        rc = preview_tables(&w, options, &err);
    unprepare_shapes(&w);
    wiring_close(&w);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_preview = {
    .name = "preview",
    .synopsis = "CONFIG [--table T] [--limit N]",
    .summary = "Show rows, their events and the Redis commands; write nothing",
    .details =
        "  --table T   only this table\n"
        "  --limit N   rows of each table (5)\n\n"
        "Example:\n  tributary preview /etc/tributary/cinema-bookings.yaml --table public.reservation\n",
    .allows = "tl",
    .needs_config = true,
    .main = preview_main,
};
