/*
 * Prints the JSON Schema of the configuration (config_schema.h): the settings here, row by row of their tables, the tables of
 * mappings in config_schema_tables.c. Cold; writes to a stream whose errors the caller checks.
 */
#include "config/config_schema.h"

#include <inttypes.h>
#include <string.h>

#include "config/config_option.h"
#include "config/config_schema_tables.h"

/* Outside `tables` any value may be, or have in it, a variable. */
#define VARIABLE "{\"type\": \"string\", \"pattern\": \"\\\\$\\\\{(file|env|cred):\"}"

static void put_words(FILE *out, const struct config_option *option)
{
    const char *comma = "";

    fputs("{\"enum\": [", out);
    for (size_t i = 0; i < option->nwords; i++)
        if (option->words[i]) {
            fprintf(out, "%s\"%s\"", comma, option->words[i]);
            comma = ", ";
        }
    fputs("]}", out);
}

/* What the value may be when it is no variable. */
static void put_value(FILE *out, const struct config_option *option)
{
    switch (option->type) {
    case CONFIG_STRING:
        fputs("{\"type\": [\"string\", \"number\"]}",
              out); /* an editor takes 2024 for a number; it is text */
        return;
    case CONFIG_PATH:
    case CONFIG_SECRET:
        fputs("{\"type\": \"string\", \"minLength\": 1}", out);
        return;
    case CONFIG_BOOL:
        fputs("{\"type\": \"boolean\"}", out);
        return;
    case CONFIG_ENUM:
        put_words(out, option);
        return;
    case CONFIG_U16:
    case CONFIG_U32:
    case CONFIG_U64:
        fprintf(out, "{\"type\": \"integer\", \"minimum\": %" PRId64 ", \"maximum\": %" PRId64 "}",
                option->min, option->max);
        return;
    case CONFIG_DURATION:
        fputs("{\"type\": \"string\", \"pattern\": \"^[0-9]+(ms|s|m|h|d)$\"}", out);
        return;
    case CONFIG_SIZE:
        fputs("{\"type\": \"string\", \"pattern\": \"^[0-9]+(B|KiB|MiB|GiB|TiB)$\"}", out);
        return;
    case CONFIG_LISTEN:
        fputs("{\"type\": \"string\", \"pattern\": \"^(off|.+:[0-9]+)$\"}", out);
        return;
    case CONFIG_DURABILITY:
        fputs("{\"type\": \"string\", \"pattern\": \"^(applied|aof|replicas:[0-9]+)$\"}", out);
        return;
    case CONFIG_URL:
        fputs("{\"type\": \"string\", \"pattern\": \"^(redis|rediss|unix)://\"}", out);
        return;
    case CONFIG_NODES:
    case CONFIG_SECTION:
    case CONFIG_ELSEWHERE:
    case CONFIG_LATER:
        return;
    }
}

/* The default, as an editor would offer it: numbers and booleans bare. */
static void put_default(FILE *out, const struct config_option *option)
{
    bool bare = option->type == CONFIG_BOOL || option->type == CONFIG_U16 || option->type == CONFIG_U32 ||
                option->type == CONFIG_U64;

    if (!option->fallback)
        return;
    fputs(", \"default\": ", out);
    if (bare)
        fputs(option->fallback, out);
    else
        config_schema_string(out, option->fallback);
}

static void put_section(FILE *out, const struct config_option *options, const struct model *model, int depth);

static void put_elsewhere(FILE *out, const char *name, const struct model *model)
{
    if (strcmp(name, "version") == 0)
        fputs(", \"const\": 1", out);
    else if (strcmp(name, "agree") == 0)
        config_schema_agree(out, model);
    else if (strcmp(name, "due") == 0)
        config_schema_due(out, model);
    else if (strcmp(name, "tables") == 0)
        fputs(", \"$ref\": \"#/$defs/tables\"", out);
}

static void put_option(FILE *out, const struct config_option *option, const struct model *model, int depth)
{
    fprintf(out, "%*s\"%s\": {\"description\": ", depth, "", option->name);
    config_schema_string(out, option->meaning);
    if (option->type == CONFIG_SECTION) {
        fputs(", ", out);
        put_section(out, option->section, model, depth);
    } else if (option->type == CONFIG_ELSEWHERE) {
        put_elsewhere(out, option->name, model);
    } else if (option->type == CONFIG_NODES) {
        fprintf(out,
                ", \"type\": \"array\", \"minItems\": 1, \"maxItems\": %d, \"items\": {\"type\": \"string\"}",
                CDC_SENTINELS_MAX);
    } else {
        put_default(out, option);
        fputs(", \"anyOf\": [", out);
        put_value(out, option);
        fputs(", " VARIABLE "]", out);
    }
    fputc('}', out);
}

static void put_required(FILE *out, const struct config_option *options, unsigned kinds)
{
    const char *comma = "";

    fputs("\"required\": [", out);
    for (; options->name; options++)
        if ((options->required & kinds) == kinds) {
            fprintf(out, "%s\"%s\"", comma, options->name);
            comma = ", ";
        }
    fputc(']', out);
}

/* What depends on the kind of source: what it must have, and what means nothing for it. */
static void put_kind(FILE *out, const struct config_option *options, unsigned kind, const char *type)
{
    const char *comma = "";

    fprintf(out, "{\"if\": {\"properties\": {\"type\": {\"const\": \"%s\"}}}, \"then\": {", type);
    put_required(out, options, kind);
    fputs(", \"properties\": {", out);
    for (; options->name; options++)
        if (options->only && !(options->only & kind)) {
            fprintf(out, "%s\"%s\": false", comma, options->name);
            comma = ", ";
        }
    fputs("}}}", out);
}

/* The section that says which kind of source it is. */
static bool has_type(const struct config_option *options)
{
    return options[0].offset == offsetof(struct config, source.type) && options[0].type == CONFIG_ENUM;
}

static bool depends_on_kind(const struct config_option *options)
{
    for (; options->name; options++)
        if (options->only || (options->required && options->required != CONFIG_ANY))
            return true;
    return false;
}

/* The same for the other sections: the whole file knows the kind. */
static void put_kind_of_file(FILE *out, unsigned kind, const char *type)
{
    const struct config_option *section = config_root_options;
    const char *comma = "", *inner;

    fprintf(out,
            "{\"if\": {\"properties\": {\"source\": {\"properties\": {\"type\": {\"const\": \"%s\"}}}}}, "
            "\"then\": {\"properties\": {",
            type);
    for (; section->name; section++) {
        if (section->type != CONFIG_SECTION || has_type(section->section) ||
            !depends_on_kind(section->section))
            continue;
        fprintf(out, "%s\"%s\": {\"properties\": {", comma, section->name);
        inner = "";
        for (const struct config_option *option = section->section; option->name; option++)
            if (option->only && !(option->only & kind)) {
                fprintf(out, "%s\"%s\": false", inner, option->name);
                inner = ", ";
            }
        fputs("}}", out);
        comma = ", ";
    }
    fputs("}}}", out);
}

/* The members of a section's schema, without its braces. */
static void put_section(FILE *out, const struct config_option *options, const struct model *model, int depth)
{
    const char *comma = "\n";

    fputs("\"type\": \"object\", \"additionalProperties\": false, ", out);
    put_required(out, options, CONFIG_ANY);
    if (options == config_root_options) {
        fputs(", \"allOf\": [", out);
        put_kind_of_file(out, CONFIG_POSTGRESQL, "postgresql");
        fputs(", ", out);
        put_kind_of_file(out, CONFIG_MYSQL, "mysql");
        fputc(']', out);
    } else if (has_type(options)) {
        fputs(", \"allOf\": [", out);
        put_kind(out, options, CONFIG_POSTGRESQL, "postgresql");
        fputs(", ", out);
        put_kind(out, options, CONFIG_MYSQL, "mysql");
        fputc(']', out);
    }
    fputs(", \"properties\": {", out);
    for (; options->name; options++) {
        if (options->type == CONFIG_LATER)
            continue;
        fputs(comma, out);
        put_option(out, options, model, depth + 2);
        comma = ",\n";
    }
    fputc('}', out);
}

void config_schema_print(const struct model *model, FILE *out)
{
    fputs(
        "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n \"title\": \"Tributary: a connector\",\n ",
        out);
    put_section(out, config_root_options, model, 0);
    fputs(",\n \"$defs\": {\n", out);
    config_schema_definitions(out, model);
    fputs("}}\n", out);
}
