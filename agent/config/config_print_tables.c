/* The tables of a configuration as YAML (config_print.h). Cold; write errors are the stream's. */
#include "config/config_print.h"

#include <string.h>

#include "config/config_object.h"
#include "config/config_pii.h"
#include "config/config_template.h"

static void print_name_part(const char *name, struct cdc_buf *out)
{
    if (!strpbrk(name, ".\"")) {
        cdc_buf_puts(out, name);
        return;
    }
    cdc_buf_putc(out, '"');
    for (; *name; name++) {
        if (*name == '"')
            cdc_buf_putc(out, '"');
        cdc_buf_putc(out, *name);
    }
    cdc_buf_putc(out, '"');
}

static void print_table_name(const struct config_table *table, FILE *out)
{
    struct cdc_buf name;

    cdc_buf_init(&name, 0);
    print_name_part(table->schema, &name);
    cdc_buf_putc(&name, '.');
    print_name_part(table->name, &name);
    config_print_text(cdc_buf_str(&name), out);
    cdc_buf_fini(&name);
}

static void print_nullable(const char *text, FILE *out)
{
    if (text)
        config_print_text(text, out);
    else
        fputs("null", out);
}

static void print_from(const struct config_field *field, FILE *out)
{
    struct cdc_buf template;

    switch (field->from) {
    case CONFIG_FROM_COLUMN:
        fputs("column: ", out);
        config_print_text(field->column, out);
        return;
    case CONFIG_FROM_CONST:
        fputs("const: ", out);
        config_print_text(field->constant, out);
        return;
    case CONFIG_FROM_TEMPLATE:
        cdc_buf_init(&template, 0);
        config_template_print(field, &template);
        fputs("template: ", out);
        config_print_quoted(cdc_buf_str(&template), out);
        cdc_buf_fini(&template);
        return;
    case CONFIG_FROM_JSON:
        config_object_print(field, out);
        return;
    }
}

static void print_values(const struct config_field *field, FILE *out)
{
    fputs(", values: {", out);
    for (size_t i = 0; i < field->nvalues; i++) {
        fputs(i ? ", " : "", out);
        config_print_text(field->values[i].from, out);
        fputs(": ", out);
        print_nullable(field->values[i].to, out);
    }
    fputc('}', out);
}

static void print_otherwise(const struct config_field *field, FILE *out)
{
    switch (field->otherwise) {
    case CONFIG_OTHERWISE_REJECT:
        return;
    case CONFIG_OTHERWISE_NULL:
        fputs(", otherwise: null", out);
        return;
    case CONFIG_OTHERWISE_PASS:
        fputs(", otherwise: pass", out);
        return;
    case CONFIG_OTHERWISE_VALUE:
        fputs(", otherwise: ", out);
        config_print_quoted(field->otherwise_value, out);
        return;
    }
}

static void print_field(const struct config_mapping *mapping, const struct config_field *field, FILE *out)
{
    fprintf(out, "        %s: {", mapping->entity->fields[field->field].name);
    print_from(field, out);
    if (field->scale)
        fprintf(out, ", scale: %d", field->scale);
    if (field->timezone) {
        fputs(", timezone: ", out);
        config_print_text(field->timezone, out);
    }
    if (field->nvalues)
        print_values(field, out);
    print_otherwise(field, out);
    config_pii_print(field->pii, field->truncate, out);
    if (field->system) {
        fputs(", system: ", out);
        config_print_text(field->system, out);
    }
    fputs("}\n", out);
}

static void print_condition(const struct config_condition *condition, FILE *out)
{
    fputs("        ", out);
    config_print_text(condition->column, out);
    fputs(condition->negate ? ": {not: [" : ": [", out);
    for (size_t i = 0; i < condition->nvalues; i++) {
        fputs(i ? ", " : "", out);
        print_nullable(condition->values[i], out);
    }
    fputs(condition->negate ? "]}\n" : "]\n", out);
}

static void print_on_delete(const struct config_mapping *mapping, FILE *out)
{
    switch (mapping->on_delete) {
    case CONFIG_DELETE_STATE:
        fputs("      on_delete: delete\n", out);
        return;
    case CONFIG_DELETE_IGNORE:
        fputs("      on_delete: ignore\n", out);
        return;
    case CONFIG_DELETE_SET:
        break;
    }
    fputs("      on_delete:\n        set:\n", out);
    for (size_t i = 0; i < mapping->nset; i++) {
        fprintf(out, "          %s: ", mapping->entity->fields[mapping->set[i].field].name);
        print_nullable(mapping->set[i].value, out);
        fputc('\n', out);
    }
}

static void print_mapping(const struct config_mapping *mapping, FILE *out)
{
    fprintf(out, "    - entity: %s\n      key:\n", mapping->entity->name);
    for (size_t i = 0; i < mapping->entity->nkeys; i++)
        if (mapping->keys[i])
            print_field(mapping, mapping->keys[i], out);
    fputs("      fields:\n", out);
    for (size_t i = 0; i < mapping->nfields; i++)
        print_field(mapping, &mapping->fields[i], out);
    if (mapping->nconditions)
        fputs("      where:\n", out);
    for (size_t i = 0; i < mapping->nconditions; i++)
        print_condition(&mapping->conditions[i], out);
    print_on_delete(mapping, out);
}

void config_print_tables(const struct config *config, FILE *out)
{
    fputs("tables:\n", out);
    for (size_t i = 0; i < config->ntables; i++) {
        fputs("  ", out);
        print_table_name(&config->tables[i], out);
        fputs(":\n", out);
        for (size_t k = 0; k < config->tables[i].nmappings; k++)
            print_mapping(&config->tables[i].mappings[k], out);
    }
}
