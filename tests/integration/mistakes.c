/*
 * Rows of the table of mistakes (mistakes.h): from the findings of check, which are compared with those of before the mistake, and from
 * the log of run, with names in place of what differs from run to run. Runs on the test's main thread; failures end the test.
 */
#include "mistakes.h"

#include "lib/fail.h"
#include "lib/process.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOON_MS = 30000, TEXT = 2048 };

static const char DOCUMENT[] = TEST_TREE "/conf/operations.md";
static const char FINDING[] = "         -> ", HINT[] = "  hint: ", PROGRAM[] = "tributary: ";

struct said {
    char what[TEXT], remedy[TEXT];
};

void mistakes_init(struct mistakes *mistakes)
{
    *mistakes = (struct mistakes){.nnames = 0};
    agent_init(&mistakes->agent);
    mistakes_name(mistakes, mistakes->agent.config, "CONFIG");
}

void mistakes_fini(struct mistakes *mistakes)
{
    agent_fini(&mistakes->agent);
    cdc_buf_fini(&mistakes->rows);
    cdc_buf_fini(&mistakes->fine);
    for (unsigned i = 0; i < mistakes->nnames; i++) {
        free(mistakes->names[i].actual);
        free(mistakes->names[i].shown);
    }
    *mistakes = (struct mistakes){.nnames = 0};
}

bool mistakes_documented(void)
{
    static const char *const others[] = {"PG_BIN", "MARIADBD", "MYSQLD", "REDIS_SERVER"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const char *given = getenv(others[i]);

        if (given && *given)
            return false;
    }
    return true;
}

void mistakes_name(struct mistakes *mistakes, const char *actual, const char *shown)
{
    if (mistakes->nnames == MISTAKES_NAMES)
        fail("too many names");
    mistakes->names[mistakes->nnames].actual = text_print("%s", actual);
    mistakes->names[mistakes->nnames++].shown = text_print("%s", shown);
}

static size_t name_at(const struct mistakes *mistakes, const char *text, const char **shown)
{
    for (unsigned i = 0; i < mistakes->nnames; i++) {
        size_t len = strlen(mistakes->names[i].actual);

        if (strncmp(text, mistakes->names[i].actual, len) == 0) {
            *shown = mistakes->names[i].shown;
            return len;
        }
    }
    return 0;
}

/* `len` bytes of a line, with names, and without what would end a cell. */
static void copy(const struct mistakes *mistakes, const char *line, size_t len, char out[TEXT])
{
    struct cdc_buf text = {0};
    const char *shown;

    for (const char *at = line; at < line + len;) {
        size_t known = name_at(mistakes, at, &shown);

        if (known)
            cdc_buf_puts(&text, shown);
        else
            cdc_buf_putc(&text, *at);
        at += known ? known : 1;
    }
    cr_assert(text.len < TEXT && !strchr(cdc_buf_str(&text), '|'), "not a cell: %s", cdc_buf_str(&text));
    memcpy(out, cdc_buf_str(&text), text.len + 1);
    cdc_buf_fini(&text);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The line behind this one, "" at the end. */
static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

/* A line, and the remedy on the line behind it if it begins like `mark`. */
static void take(const struct mistakes *mistakes, const char *line, const char *mark, struct said *said)
{
    const char *next = next_line(line);

    copy(mistakes, line, strcspn(line, "\n"), said->what);
    said->remedy[0] = '\0';
    if (starts(next, mark))
        copy(mistakes, next + strlen(mark), strcspn(next, "\n") - strlen(mark), said->remedy);
}

static void put_code(struct cdc_buf *rows, const char *text)
{
    if (*text)
        cdc_buf_printf(rows, strchr(text, '`') ? "| `` %s `` " : "| `%s` ", text);
    else
        cdc_buf_puts(rows, "| ");
}

static void add_row(struct mistakes *mistakes, const char *mistake, const char *command,
                    const struct said *said, const char *status)
{
    cdc_buf_printf(&mistakes->rows, "| %s | %s ", mistake, command);
    put_code(&mistakes->rows, said->what);
    put_code(&mistakes->rows, said->remedy);
    cdc_buf_printf(&mistakes->rows, "| %s |\n", status);
}

static int check(struct mistakes *mistakes, const char *config)
{
    agent_configure(&mistakes->agent, config);
    agent_log_clear(&mistakes->agent);
    return agent_command(&mistakes->agent, (const char *const[]){"check", mistakes->agent.config, NULL});
}

void mistakes_none(struct mistakes *mistakes, const char *config)
{
    int status = check(mistakes, config);

    cr_assert_eq(status, 0, "%s%s", agent_output(&mistakes->agent), agent_log(&mistakes->agent));
    cdc_buf_reset(&mistakes->fine);
    cdc_buf_puts(&mistakes->fine, agent_output(&mistakes->agent));
}

static bool was_there(struct mistakes *mistakes, const char *line)
{
    char *text = text_print("%.*s\n", (int)strcspn(line, "\n"), line);
    bool found = strstr(cdc_buf_str(&mistakes->fine), text) != NULL;

    free(text);
    return found;
}

/* What check finds now and did not find before, if it is worse than "ok". How many. */
static unsigned add_findings(struct mistakes *mistakes, const char *what, const char *status)
{
    unsigned n = 0;
    struct said said;

    for (const char *line = agent_output(&mistakes->agent); *line; line = next_line(line)) {
        if (!starts(line, "error ") && !starts(line, "warning ") && !starts(line, "note "))
            continue;
        if (was_there(mistakes, line))
            continue;
        take(mistakes, line, FINDING, &said);
        memmove(said.what, said.what + 9, strlen(said.what + 9) + 1); /* behind the level */
        add_row(mistakes, n++ ? "" : what, "`check`", &said, status);
    }
    return n;
}

/* The log's line is "TIME LEVEL CONNECTOR: MESSAGE class=CLASS hint=HINT", the last perhaps left out. */
static bool find_complaint(struct mistakes *mistakes, struct said *said)
{
    const char *log = agent_log(&mistakes->agent), *end = log + strlen(log);

    for (const char *line = log; *line; line = next_line(line)) {
        const char *level = line + strcspn(line, " \n"), *message = strstr(line, ": "),
                   *class = strstr(line, " class="), *hint = strstr(line, " hint=");
        const char *stop = next_line(line) == end && end[-1] != '\n' ? NULL : line + strcspn(line, "\n");

        if (!stop || !message || !class || class > stop ||
            (!starts(level, " warning") && !starts(level, " error")))
            continue;
        copy(mistakes, message + 2, (size_t)(class - message - 2), said->what);
        said->remedy[0] = '\0';
        if (hint && hint < stop)
            copy(mistakes, hint + 6, (size_t)(stop - hint - 6), said->remedy);
        return true;
    }
    return false;
}

static bool complained_or_streams(void *ctx)
{
    struct mistakes *mistakes = ctx;
    struct said said;

    return find_complaint(mistakes, &said) || !agent_runs(&mistakes->agent) ||
           agent_log_contains(&mistakes->agent, "streaming from");
}

static void add_run(struct mistakes *mistakes, const char *what)
{
    struct said said = {.what = ""};
    char status[16] = "waits";
    bool complained;

    agent_log_clear(&mistakes->agent);
    agent_run(&mistakes->agent);
    wait_until("a complaint", complained_or_streams, mistakes, SOON_MS);
    complained = find_complaint(mistakes, &said);
    if (complained && !starts(said.what, "stopped: "))
        cr_assert_eq(agent_stop(&mistakes->agent), 0, "%s", agent_log(&mistakes->agent));
    else if (complained)
        snprintf(status, sizeof status, "%d", agent_wait_exit(&mistakes->agent, SOON_MS));
    else if (agent_runs(&mistakes->agent))
        agent_stop(&mistakes->agent);
    if (complained)
        add_row(mistakes, what, "`run`", &said, status);
}

void mistakes_add(struct mistakes *mistakes, const char *what, const char *config)
{
    int status = check(mistakes, config);
    const char *log = agent_log(&mistakes->agent);
    char text[16];
    struct said said;

    snprintf(text, sizeof text, "%d", status);
    if (*log) { /* the configuration itself: nobody was asked */
        take(mistakes, starts(log, PROGRAM) ? log + strlen(PROGRAM) : log, HINT, &said);
        add_row(mistakes, what, "`check`, `run`", &said, text);
        return;
    }
    add_run(mistakes, add_findings(mistakes, what, text) ? "" : what);
}

/* The table's rows below a heading: from behind its |---| to the first line that is none. */
static char *documented(const char *heading)
{
    char *text = process_read_file(DOCUMENT), *section = strstr(text, heading), *rows, *end;

    cr_assert(section, "%s has no \"%s\"", DOCUMENT, heading);
    rows = strstr(section, "|---|");
    cr_assert(rows, "there is no table below \"%s\"", heading);
    rows = strchr(rows, '\n') + 1;
    for (end = rows; *end == '|';)
        end = strchr(end, '\n') + 1;
    rows = text_print("%.*s", (int)(end - rows), rows);
    free(text);
    return rows;
}

void mistakes_expect(struct mistakes *mistakes, const char *heading)
{
    char *rows = documented(heading);

    cr_assert_str_eq(cdc_buf_str(&mistakes->rows), rows, "below \"%s\" there must be\n%s", heading,
                     cdc_buf_str(&mistakes->rows));
    free(rows);
}
