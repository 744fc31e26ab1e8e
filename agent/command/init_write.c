/* Writes a first configuration (init_write.h). Cold; names are quoted where YAML or the configuration would read them otherwise. */
#include "command/init_write.h"

#include <ctype.h>
#include <string.h>

/* Plain in YAML, and no word that means something there. */
static bool is_plain(const char *name)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0)
            return false;
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static void put_quoted(FILE *out, const char *name)
{
    fputc('"', out);
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;

        if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fprintf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    fputc('"', out);
}

static void put_name(FILE *out, const char *name)
{
    if (is_plain(name))
        fputs(name, out);
    else
        put_quoted(out, name);
}

/* A column as a field: one that looks like a template is named as a column. */
static void put_column(FILE *out, const char *name)
{
    bool template = strstr(name, "${") != NULL;

    fputs(template ? "{column: " : "", out);
    put_name(out, name);
    fputs(template ? "}" : "", out);
}

/* One part of schema.table; in double quotes if it has a dot or such a quote in it. */
static void put_part(char *out, size_t size, const char *name)
{
    size_t n = strlen(out);
    bool quoted = strpbrk(name, ".\"") != NULL;

    if (quoted && n + 1 < size)
        out[n++] = '"';
    for (; *name && n + 4 < size; name++) {
        if (*name == '"')
            out[n++] = '"';
        out[n++] = *name;
    }
    if (quoted)
        out[n++] = '"';
    out[n] = '\0';
}

static void put_table_name(FILE *out, const struct cdc_found_table *table)
{
    char name[600] = "";

    put_part(name, sizeof name, table->schema);
    strcat(name, ".");
    put_part(name, sizeof name, table->name);
    if (is_plain(table->schema) && is_plain(table->name))
        fputs(name, out);
    else
        put_quoted(out, name);
}

/* For comments: a name that breaks no line. */
static void put_comment_name(FILE *out, const char *name)
{
    for (; *name; name++)
        fputc((unsigned char)*name < 0x20 ? '?' : *name, out);
}

/* ---- the head ---- */

static void put_source(const struct init_head *head, FILE *out)
{
    const struct cdc_source_config *source = head->source;
    bool mysql = source->type == CDC_SOURCE_MYSQL;

    fprintf(out, "source:\n  type: %s\n  host: ", mysql ? "mysql" : "postgresql");
    put_quoted(out, source->host);
    if (source->port)
        fprintf(out, "\n  port: %u", source->port);
    if (source->database) {
        fputs("\n  database: ", out);
        put_name(out, source->database);
    }
    fputs("\n  user: ", out);
    put_name(out, source->user);
    fputs("   # a role of its own with least privilege: `tributary setup CONFIG` prints the statements\n",
          out);
    if (head->password)
        fputs(
            "  password: ${env:TRIBUTARY_PASSWORD}   # as a service: ${cred:source}, from /etc/tributary/credentials/NAME.source\n",
            out);
    else
        fputs("  # password: ${cred:source}   # from the file /etc/tributary/credentials/NAME.source\n", out);
    if (source->tls_ca) {
        fputs("  tls_ca: ", out);
        put_quoted(out, source->tls_ca);
        fputc('\n', out);
    }
    if (mysql)
        fprintf(out,
                "  server_id: %u   # must be unlike that of the server and of any other replica or agent\n",
                source->server_id);
    fputs("  # timezone: Europe/London   # of timestamps without a zone; UTC if left out\n", out);
}

void init_write_head(const struct init_head *head, FILE *out)
{
    fprintf(
        out,
        "# A first configuration, made from the catalogue. What is mapped leaves the database; what is not never does.\n"
        "# Read it through, then: tributary check CONFIG, tributary setup CONFIG, tributary preview CONFIG.\n"
        "# Every key: tributary.yaml(5). What entities and fields mean: tributary schema.\n"
        "version: 1\nconnector: %s   # unique; names slot, checkpoint, metrics\n"
        "# system: booking-site   # whose customer numbers these are; the connector's name if left out\n\n",
        head->connector);
    put_source(head, out);
    fputs("\nredis:\n  url: ", out);
    put_quoted(out, head->redis_url);
    fputs(
        "\n  # user: tributary-writer\n  # password: ${cred:redis}\n\n"
        "# pii: {key: \"${cred:pii}\"}   # for `pii: hmac`: the same random key for all connectors\n\ntables:\n",
        out);
}

/* ---- a table ---- */

static void put_key(const struct cdc_found_table *table, const struct guess *guess, const char *indent,
                    FILE *out)
{
    const struct model_entity *entity = guess->entity;
    const char *comma = "";

    fprintf(out, "%skey: {", indent);
    for (size_t c = 0; c < table->ncolumns; c++) {
        if (guess->columns[c].use != GUESS_KEY)
            continue;
        fprintf(out, "%s%s: ", comma, entity->fields[guess->columns[c].field].name);
        put_column(out, table->columns[c].name);
        comma = ", ";
    }
    for (size_t k = 0; k < entity->nkeys; k++)
        if (!guess_has(guess, entity->keys[k]) && !entity->fields[entity->keys[k]].optional) {
            fprintf(out, "%s%s: …", comma, entity->fields[entity->keys[k]].name);
            comma = ", ";
        }
    fputs("}\n", out);
}

/* "shop-${id}", for whoever has such numbers in several systems. */
static void put_other_key(const struct cdc_found_table *table, const struct guess *guess, const char *indent,
                          const char *connector, FILE *out)
{
    const struct model_entity *entity = guess->entity;

    if (entity->nkeys != 1 || entity->fields[entity->keys[0]].type != MODEL_STRING)
        return;
    for (size_t c = 0; c < table->ncolumns; c++)
        if (guess->columns[c].use == GUESS_KEY && is_plain(table->columns[c].name))
            fprintf(out, "%s# key: {%s: \"%s-${%s}\"}   # if other systems have such numbers, too\n", indent,
                    entity->fields[entity->keys[0]].name, connector, table->columns[c].name);
}

static void put_words(const struct model_field *field, FILE *out)
{
    fputs(", values: {", out);
    for (size_t i = 0; i < field->nvalues; i++)
        fprintf(out, "%s…: %s", i ? ", " : "", field->values[i]);
    fputs("}}   # say what your words mean\n", out);
}

static void put_field(const struct cdc_found_column *column, const struct guess_column *guess,
                      const struct model_entity *entity, const char *indent, FILE *out)
{
    const struct model_field *field = &entity->fields[guess->field];

    if (guess->use == GUESS_FIELD) {
        fprintf(out, "%s%s: ", indent, field->name);
        put_column(out, column->name);
        fputc('\n', out);
        return;
    }
    fprintf(out, "%s# %s: {column: ", indent, field->name);
    put_comment_name(out, column->name);
    if (guess->use == GUESS_WORDS)
        put_words(field, out);
    else if (field->type == MODEL_STRING)
        fputs(", pii: mask}   # personal: mask, hmac, truncate:N, drop; without pii it is in the clear\n",
              out);
    else
        fputs("}   # personal: it would be in the clear\n", out);
}

static void put_unused(const struct cdc_found_table *table, const struct guess *guess, const char *indent,
                       FILE *out)
{
    size_t n = 0;

    for (size_t c = 0; c < table->ncolumns; c++) {
        if (guess->entity && guess->columns[c].use != GUESS_UNUSED)
            continue;
        if (n++ % 4 == 0)
            fprintf(out, "%s%s# %s", n > 1 ? "\n" : "", indent, n > 1 ? "  " : "not mapped: ");
        else
            fputs(", ", out);
        put_comment_name(out, table->columns[c].name);
        fprintf(out, " (%s%s%s)", table->columns[c].type, table->columns[c].key ? ", key" : "",
                guess_is_personal(table->columns[c].name) ? ", looks personal" : "");
    }
    fputs(n ? "\n" : "", out);
}

static void put_mapping(const struct cdc_found_table *table, const struct guess *guess, const char *connector,
                        const char *indent, FILE *out)
{
    char deeper[16];

    snprintf(deeper, sizeof deeper, "%s  ", indent);
    fprintf(out, "%sentity: %s   # %s\n", indent, guess->entity->name, guess->entity->meaning);
    put_key(table, guess, indent, out);
    put_other_key(table, guess, indent, connector, out);
    fprintf(out, "%sfields:\n", indent);
    for (size_t c = 0; c < table->ncolumns; c++)
        if (guess->columns[c].use > GUESS_KEY)
            put_field(&table->columns[c], &guess->columns[c], guess->entity, deeper, out);
    put_unused(table, guess, deeper, out);
}

void init_write_table(const struct cdc_found_table *table, const struct guess *guess, const char *connector,
                      FILE *out)
{
    fputs("\n", out);
    if (guess->sure) {
        fputs("  ", out);
        put_table_name(out, table);
        fputs(":\n", out);
        put_mapping(table, guess, connector, "    ", out);
        return;
    }
    fputs("  # ", out);
    put_table_name(out, table);
    if (!guess->entity) {
        fputs(":   # no entity comes near\n", out);
        put_unused(table, guess, "  ", out);
        return;
    }
    fprintf(out, ":   # perhaps, but %s\n", guess->doubt);
    put_mapping(table, guess, connector, "  #   ", out);
}
