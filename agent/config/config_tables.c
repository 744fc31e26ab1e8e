/*
 * The tables of a configuration (config_mapping.h): their names, each once, and their lists of mappings. Loading thread.
 */
#include "config/config_mapping.h"

#include <string.h>

#include "config/config_node.h"

/* A name up to a dot or the end; in double quotes it may hold anything, a quote doubled. NULL: not a name. */
static const char *skip_name(const char *text, char *out)
{
    bool quoted = *text == '"';
    const char *start = text += quoted;

    for (; *text && (quoted || *text != '.'); text++) {
        if (*text == '"' && !quoted)
            return NULL;
        if (*text == '"' && *++text != '"') {
            quoted = false;
            break;
        }
        *out++ = *text;
    }
    *out = '\0';
    return quoted || text == start || (*text && *text != '.') ? NULL : text;
}

/* "schema.table" or "table". False: neither. *name is NULL in the second case. */
static bool split(struct config_build *build, const char *text, char **schema, char **name)
{
    *schema = config_copy(build, text);
    *name = NULL;
    if (!*schema)
        return false;
    text = skip_name(text, *schema);
    if (!text || !*text || !**schema)
        return text && **schema;
    *name = config_copy(build, text);
    if (!*name)
        return false;
    text = skip_name(text + 1, *name);
    return text && !*text && **name;
}

static void read_name(struct config_build *build, const struct yaml_node *child, struct config_table *table)
{
    char *schema, *name;

    if (!split(build, child->key->text, &schema, &name) || strlen(child->key->text) > 255) {
        config_diag_key(
            build->diag, child,
            "\"%.100s\" is not a table: write schema.table, and names with a dot in double quotes",
            child->key->text);
        return;
    }
    table->name = name ? name : schema;
    table->schema = name ? schema : "public";
    if (name || build->config->source.type != CDC_SOURCE_MYSQL)
        return;
    table->schema = build->config->source.database;
    if (!table->schema && build->source_known)
        config_diag_key(build->diag, child, "without source.database the table needs one: database.%.100s",
                        child->key->text);
}

static void check_first(struct config_build *build, const struct config_table *tables, size_t n,
                        const struct yaml_node *child)
{
    const struct config_table *table = &tables[n];

    if (!table->schema)
        return;
    for (size_t i = 0; i < n; i++)
        if (tables[i].schema && strcmp(tables[i].schema, table->schema) == 0 &&
            strcmp(tables[i].name, table->name) == 0) {
            config_diag_key(
                build->diag, child,
                "\"%.100s\" is the table of line %u again; one table with a list of mappings is meant",
                child->key->text, tables[i].pos.line);
            return;
        }
}

static void read_mappings(struct config_build *build, const struct yaml_node *node,
                          struct config_table *table)
{
    const struct yaml_node *item;
    struct config_mapping *mappings;

    if (node->kind == YAML_LIST && !config_node_has_children(build->diag, node))
        return;
    if (node->kind == YAML_LIST && node->n > CONFIG_MAX_MAPPINGS) {
        config_diag_node(build->diag, node, "more than %d mappings", CONFIG_MAX_MAPPINGS);
        return;
    }
    mappings = config_array(build, node->kind == YAML_LIST ? node->n : 1, sizeof *mappings);
    if (!mappings)
        return;
    table->mappings = mappings;
    if (node->kind != YAML_LIST) {
        config_mapping_read(build, node, &mappings[table->nmappings++]);
        return;
    }
    for (item = node->first; item; item = item->next)
        config_mapping_read(build, item, &mappings[table->nmappings++]);
}

void config_tables_read(struct config_build *build, const struct yaml_node *node)
{
    const struct yaml_node *child;
    struct config_table *tables;
    size_t n = 0;

    if (!config_node_is_map(build->diag, node) || !config_node_has_children(build->diag, node))
        return;
    if (node->n > CONFIG_MAX_TABLES) {
        config_diag_node(build->diag, node, "more than %d tables", CONFIG_MAX_TABLES);
        return;
    }
    tables = config_array(build, node->n, sizeof *tables);
    for (child = node->first; tables && child; child = child->next) {
        if (child->repeated)
            continue;
        tables[n].pos = config_pos_of(child->key);
        read_name(build, child, &tables[n]);
        check_first(build, tables, n, child);
        read_mappings(build, child, &tables[n]);
        n++;
    }
    build->config->tables = tables;
    build->config->ntables = n;
}
