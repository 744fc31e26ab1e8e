/*
 * Shipped examples with other addresses. Works on lines, not on YAML: a line of the sections source, redis and pii that says
 * where a server is or what its secret is goes, and lines of the test's own stand first in the section. Failures end the test.
 */
#include "lib/company_config.h"

#include "lib/fail.h"
#include "lib/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_beside(const char *name, const char *ending)
{
    static const char *const folders[] = {"conf", "conf/examples"};

    for (size_t i = 0; i < 2; i++) {
        char *path = text_print("%s/%s/%s%s", TEST_TREE, folders[i], name, ending),
             *text = process_read_file(path);
        free(path);
        if (*text)
            return text;
        free(text);
    }
    fail("there is no %s%s among the examples", name, ending);
}

/* The word behind "\n<key>: "; NULL if there is none. */
static char *word_of(const char *text, const char *key)
{
    char *start = text_print("\n%s: ", key), *at = strstr(text, start), *word = NULL;

    if (at) {
        at += strlen(start);
        word = text_print("%.*s", (int)strcspn(at, " \n#"), at);
    }
    free(start);
    return word;
}

static char *default_publication(const char *connector)
{
    char *name = text_print("tributary_%s", connector);

    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    return name;
}

void company_config_read(struct company_config *example, const char *name)
{
    char *type;

    example->text = read_beside(name, ".yaml");
    example->tables = read_beside(name, ".sql");
    type = word_of(example->text, "  type");
    example->connector = word_of(example->text, "connector");
    example->database = word_of(example->text, "  database");
    example->publication = word_of(example->text, "  publication");
    if (!type || !example->connector || !example->database)
        fail("%s says no type, connector or database", name);
    if (!example->publication)
        example->publication = default_publication(example->connector);
    example->mysql = strcmp(type, "mysql") == 0;
    free(type);
}

void company_config_fini(struct company_config *example)
{
    free(example->text);
    free(example->tables);
    free(example->connector);
    free(example->database);
    free(example->publication);
}

/* Sections with addresses and secrets, and the keys that say them. */
static const struct section {
    const char *name;
    const char *keys[9];
} sections[] = {
    {"source", {"host", "port", "password", "server_id", "tls", "tls_ca", NULL}},
    {"redis", {"url", "password", "tls_ca", NULL}},
    {"pii", {"key", NULL}},
};

/* Whether a line is "<indent><key>:…". */
static bool says(const char *line, const char *key)
{
    line += strspn(line, " ");
    return strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':';
}

static const struct section *section_of(const char *line)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (says(line, sections[i].name))
            return &sections[i];
    }
    return NULL;
}

static void put_section(FILE *out, const struct section *section, const struct company_config *example,
                        const struct company_place *place)
{
    if (section == &sections[0]) {
        fprintf(out, "  host: %s\n", place->host);
        if (place->port)
            fprintf(out, "  port: %u\n", place->port);
        if (example->mysql)
            fprintf(out, "  server_id: %u\n", place->server_id);
    } else if (section == &sections[1]) {
        fprintf(out, "  url: unix://%s\n  password: %s\n", place->redis, place->password);
    } else {
        fprintf(out, "  key: sixteen bytes or more, of a test\n");
    }
}

static bool is_replaced(const char *line, const struct section *section)
{
    for (size_t i = 0; section && section->keys[i]; i++) {
        if (says(line, section->keys[i]))
            return true;
    }
    return false;
}

/* Whether `top` has a line for the key that this line begins with. */
static bool is_in(const char *top, const char *line)
{
    size_t len = strcspn(line, ":\n");

    for (; top && *top; top += strcspn(top, "\n"), top += *top == '\n') {
        if (strncmp(top, line, len + 1) == 0)
            return true;
    }
    return false;
}

char *company_config_print(const struct company_config *example, const struct company_place *place)
{
    const struct section *section = NULL;
    char *copy = text_print("%s", example->text), *save = NULL, *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        bool is_top = *line != ' ' && *line != '#';
        if (is_top)
            section = section_of(line);
        if (is_top ? says(line, "http") || is_in(place->top, line) : is_replaced(line, section))
            continue;
        fprintf(out, "%s\n", line);
        if (is_top && section)
            put_section(out, section, example, place);
    }
    fprintf(out, "http: {listen: \"off\"}\n%s", place->top ? place->top : "");
    fclose(out);
    free(copy);
    return text;
}
