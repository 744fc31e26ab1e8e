/*
 * The list of what is wrong with a file (config_diag.h). Filled and printed by the thread that loads the file. When
 * memory runs out the list says so (`failed`) and the load fails.
 */
#include "config/config_diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cdc/buf.h"

#define WHERE_BYTES 400
#define TEXT_BYTES  512

struct config_diag_entry {
    struct config_diag_entry *next;
    unsigned line, column;
    size_t number; /* in order of finding: keeps the sort stable */
    bool warning;
    const char *text; /* "where: what", or "what" */
};

void config_diag_init(struct config_diag *diag, const char *name)
{
    *diag = (struct config_diag){.name = name};
    cdc_arena_init(&diag->arena, 4 * 1024 * 1024);
}

void config_diag_fini(struct config_diag *diag)
{
    cdc_arena_fini(&diag->arena);
}

/* "tables.public.orders[2].fields": the keys on the way from the root. */
static void put_where(struct cdc_buf *where, const struct yaml_node *node)
{
    const struct yaml_node *way[YAML_MAX_DEPTH + 2];
    size_t n = 0;

    for (; node && n < YAML_MAX_DEPTH + 2; node = node->up)
        way[n++] = node;
    while (n-- > 0) {
        if (way[n]->key)
            cdc_buf_printf(where, "%s%.100s", where->len ? "." : "", way[n]->key->text);
        else if (way[n]->up)
            cdc_buf_printf(where, "[%u]", way[n]->index);
    }
}

static void add(struct config_diag *diag, unsigned line, unsigned column, bool warning,
                const struct yaml_node *node, const char *what)
{
    struct config_diag_entry *entry;
    struct cdc_buf text;

    *(warning ? &diag->warnings : &diag->errors) += 1;
    if (diag->kept == CONFIG_DIAG_MAX)
        return;
    cdc_buf_init(&text, 0);
    if (node)
        put_where(&text, node);
    if (text.len)
        cdc_buf_puts(&text, ": ");
    cdc_buf_puts(&text, what);
    entry = cdc_arena_alloc(&diag->arena, sizeof *entry);
    if (entry)
        *entry = (struct config_diag_entry){diag->newest, line,
                                            column,       diag->kept,
                                            warning,      cdc_arena_str(&diag->arena, cdc_buf_slice(&text))};
    if (!entry || !entry->text || text.failed) {
        diag->failed = true;
    } else {
        diag->newest = entry;
        diag->kept++;
    }
    cdc_buf_fini(&text);
}

void config_diag_at(struct config_diag *diag, unsigned line, unsigned column, const char *fmt, ...)
{
    char what[TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add(diag, line, column, false, NULL, what);
}

void config_diag_node(struct config_diag *diag, const struct yaml_node *node, const char *fmt, ...)
{
    char what[TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add(diag, node->line, node->column, false, node, what);
}

void config_diag_key(struct config_diag *diag, const struct yaml_node *child, const char *fmt, ...)
{
    char what[TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add(diag, child->key->line, child->key->column, false, child->up, what);
}

void config_diag_warning(struct config_diag *diag, const struct yaml_node *node, const char *fmt, ...)
{
    char what[TEXT_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add(diag, node->line, node->column, true, node, what);
}

static int by_position(const void *left, const void *right)
{
    const struct config_diag_entry *a = *(const struct config_diag_entry *const *)left;
    const struct config_diag_entry *b = *(const struct config_diag_entry *const *)right;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* The file may hold anything; a terminal gets no control bytes, C1 controls in UTF-8 among them. */
static void put_clean(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text, after = (unsigned char)text[1];
        bool c1 = c == 0xC2 && after >= 0x80 && after < 0xA0;

        text += c1;
        fputc(c1 || c < 0x20 || c == 0x7F ? '?' : c, out);
    }
}

static void print_entry(const struct config_diag *diag, const struct config_diag_entry *entry, FILE *out)
{
    put_clean(out, diag->name);
    fprintf(out, ":%u:%u: %s: ", entry->line, entry->column, entry->warning ? "warning" : "error");
    put_clean(out, entry->text);
    fputc('\n', out);
}

void config_diag_print(const struct config_diag *diag, FILE *out)
{
    const struct config_diag_entry **sorted, *entry;
    size_t n = 0;

    if (!out || !diag->kept)
        return;
    sorted = malloc(diag->kept * sizeof *sorted);
    if (!sorted)
        return;
    for (entry = diag->newest; entry; entry = entry->next)
        sorted[n++] = entry;
    qsort(sorted, n, sizeof *sorted, by_position);
    for (size_t i = 0; i < n; i++)
        print_entry(diag, sorted[i], out);
    free(sorted);
    if (diag->errors + diag->warnings > diag->kept)
        fprintf(out, "%s: %zu more\n", diag->name, diag->errors + diag->warnings - diag->kept);
}

static const struct config_diag_entry *first_error(const struct config_diag *diag)
{
    const struct config_diag_entry *entry, *first = NULL;

    for (entry = diag->newest; entry; entry = entry->next)
        if (!entry->warning && (!first || by_position(&entry, &first) < 0))
            first = entry;
    return first;
}

int config_diag_result(const struct config_diag *diag, struct cdc_err *err)
{
    const struct config_diag_entry *first = first_error(diag);
    enum cdc_err_class class = diag->denied ? CDC_ERR_DENIED : CDC_ERR_CONFIG;

    if (diag->failed)
        return cdc_err_memory(err);
    if (!diag->errors)
        return 0;
    if (!first)
        return cdc_err_set(err, class, "%s: %zu errors", diag->name, diag->errors);
    return cdc_err_set(err, class, "%s: %zu error%s, the first on line %u: %s", diag->name, diag->errors,
                       diag->errors == 1 ? "" : "s", first->line, first->text);
}
