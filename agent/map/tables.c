/* Tables and columns that are needed (tables.h). A column that is only named to be dropped is not among them. */
#include "map/tables.h"

struct list {
    const char **names;
    size_t n;
};

static void add(struct list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->names[i], name) == 0)
            return;
    list->names[list->n++] = name;
}

static size_t count_field(const struct config_field *field)
{
    return field ? 1 + field->npieces + field->nmembers : 0;
}

static void add_field(struct list *list, const struct config_field *field)
{
    if (!field || field->pii == CONFIG_PII_DROP)
        return;
    if (field->from == CONFIG_FROM_COLUMN)
        add(list, field->column);
    for (size_t i = 0; field->from == CONFIG_FROM_TEMPLATE && i < field->npieces; i++)
        if (field->pieces[i].is_column)
            add(list, field->pieces[i].text);
    for (size_t i = 0; i < field->nmembers; i++)
        if (field->members[i].column && field->members[i].pii != CONFIG_PII_DROP)
            add(list, field->members[i].column);
}

/* At most: each column is counted wherever it is named. */
static size_t count_columns(const struct config_table *table)
{
    size_t n = 0;

    for (size_t i = 0; i < table->nmappings; i++) {
        const struct config_mapping *m = &table->mappings[i];
        for (size_t k = 0; k < m->entity->nkeys; k++)
            n += count_field(m->keys[k]);
        for (size_t f = 0; f < m->nfields; f++)
            n += count_field(&m->fields[f]);
        n += m->nconditions;
    }
    return n;
}

static void add_mapping(const struct config_mapping *m, struct list *columns, struct list *keys)
{
    for (size_t k = 0; k < m->entity->nkeys; k++) {
        add_field(columns, m->keys[k]);
        add_field(keys, m->keys[k]);
    }
    for (size_t f = 0; f < m->nfields; f++)
        add_field(columns, &m->fields[f]);
    for (size_t c = 0; c < m->nconditions; c++)
        add(columns, m->conditions[c].column);
}

static int list_table(const struct config_table *table, struct cdc_arena *arena, struct cdc_table_ref *ref)
{
    size_t room = count_columns(table) * sizeof(char *);
    struct list columns = {cdc_arena_alloc(arena, room), 0}, keys = {cdc_arena_alloc(arena, room), 0};

    if (!columns.names || !keys.names)
        return -1;
    for (size_t i = 0; i < table->nmappings; i++)
        add_mapping(&table->mappings[i], &columns, &keys);
    *ref = (struct cdc_table_ref){table->schema, table->name, columns.n, columns.names, keys.n, keys.names};
    return 0;
}

int tables_list(const struct config *config, struct cdc_arena *arena, const struct cdc_table_ref **out,
                struct cdc_err *err)
{
    struct cdc_table_ref *refs = cdc_arena_alloc(arena, (config->ntables + 1) * sizeof *refs);

    *out = refs;
    if (!refs)
        return cdc_err_memory(err);
    for (size_t i = 0; i < config->ntables; i++)
        if (list_table(&config->tables[i], arena, &refs[i]))
            return cdc_err_memory(err);
    return 0;
}
