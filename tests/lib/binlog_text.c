/*
 * mariadb-binlog's print of row events, log by log. It shows a change as
 *
 *     ### UPDATE `sbtest`.`sbtest1`
 *     ### WHERE
 *     ###   @1=5026
 *     ###   @2='some text'
 *     ### SET
 *     ###   @1=…
 *
 * INSERT has only SET, DELETE only WHERE; any other line ends the change. Runs on the test's main thread; failures end the test.
 */
#include "lib/binlog_text.h"

#include "lib/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PRINT_MS = 120000 };

struct parser {
    void (*each)(void *ctx, const struct binlog_change *change);
    void *ctx;
    struct binlog_change change;
    struct binlog_image *image; /* being read; NULL: none */
};

static void change_end(struct parser *p)
{
    if (p->change.table[0])
        p->each(p->ctx, &p->change);
    p->change.table[0] = 0;
    p->change.before.n = p->change.after.n = 0;
    p->image = NULL;
}

/* "`sbtest`.`sbtest1`": what stands between the last two quotes. */
static void change_begin(struct parser *p, const char *line)
{
    const char *dot = strstr(line, "`.`"), *end = dot ? strchr(dot + 3, '`') : NULL;

    change_end(p);
    if (!end || end - dot - 3 >= BINLOG_TEXT_NAME)
        fail("the binlog's print has a line that is not understood: %s", line);
    memcpy(p->change.table, dot + 3, (size_t)(end - dot - 3));
    p->change.table[end - dot - 3] = 0;
}

/* "@2='text'", "@1=5026" or "@1=-1 (4294967295)": the columns come in order. */
static void value_read(struct parser *p, const char *line)
{
    const char *from = strchr(line, '=');
    struct binlog_image *image = p->image;
    size_t len;

    if (!from || !image || image->n == BINLOG_TEXT_COLUMNS)
        fail("the binlog's print has a line that is not understood: %s", line);
    len = strlen(++from);
    if (*from == '\'' && len >= 2)
        len -= 2, from++;
    else
        len = strcspn(from, " ");
    if (len >= BINLOG_TEXT_VALUE)
        fail("a value in the binlog is too long for the test: %s", line);
    memcpy(image->values[image->n], from, len);
    image->values[image->n++][len] = 0;
}

static void line_read(struct parser *p, const char *line)
{
    if (strncmp(line, "###", 3) != 0)
        change_end(p);
    else if (strncmp(line, "###   @", 7) == 0)
        value_read(p, line);
    else if (strcmp(line, "### WHERE") == 0)
        p->image = &p->change.before;
    else if (strcmp(line, "### SET") == 0)
        p->image = &p->change.after;
    else
        change_begin(p, line);
}

static void print_read(struct parser *p, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    if (!file)
        fail("cannot read %s", path);
    while ((len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = 0;
        line_read(p, line);
    }
    change_end(p);
    free(line);
    fclose(file);
}

static void log_read(struct parser *p, struct server_mariadb *server, const char *program, const char *name)
{
    char *log = text_print("%s/%s", server->server.data, name),
         *print = tempdir_path(&server->server.dir, "binlog.txt");

    process_must((const char *const[]){program, "--no-defaults", "--base64-output=decode-rows", "--verbose",
                                       log, NULL},
                 &(struct process_options){.output = print}, PRINT_MS);
    print_read(p, print);
    unlink(print);
    free(log);
    free(print);
}

void binlog_text_each(struct server_mariadb *server,
                      void (*each)(void *ctx, const struct binlog_change *change), void *ctx)
{
    struct parser *p = calloc(1, sizeof *p);
    char *program = server_program("MARIADB_BINLOG", (const char *const[]){"/usr/bin/mariadb-binlog", NULL}),
         *logs = text_print("%s", server_mariadb_query(server, "", "SHOW BINARY LOGS;")), *rest = NULL;

    if (!p)
        fail("out of memory");
    p->each = each;
    p->ctx = ctx;
    for (char *log = strtok_r(logs, "\n", &rest); log; log = strtok_r(NULL, "\n", &rest)) {
        log[strcspn(log, "\t")] = 0;
        log_read(p, server, program, log);
    }
    free(logs);
    free(program);
    free(p);
}
