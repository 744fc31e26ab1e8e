/*
 * `tributary dlq`: the dead letters of a connector, rows that could not be mapped. Shows, replays and removes them. A letter names the
 * row by its key and says why; it holds none of the row's other values. So the right values are those that the table has now: a
 * replay has the running agent load the table anew, by the mapping that it runs with.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/jobs.h"
#include "command/letters.h"
#include "core/json.h"
#include "redis/keys.h"

enum { LISTED = 100, REMOVED_AT_ONCE = 100 };

struct dlq {
    struct view view;
    const struct options *options;
    struct letters letters;
    uint64_t n, limit;
    bool more; /* than the limit */
    struct cdc_buf command;
    size_t ids; /* of letters to be removed, in `command` */
};

static void print_json(const struct redis_reply *letter)
{
    const struct redis_reply *fields = redis_reply_at(letter, 1);
    struct cdc_buf line = {0};

    cdc_buf_puts(&line, "{\"entry\":");
    json_put_string(&line, letter_entry(letter));
    for (size_t i = 0; i + 1 < redis_reply_count(fields); i += 2) {
        cdc_buf_putc(&line, ',');
        json_put_string(&line, redis_reply_text(redis_reply_at(fields, i)));
        cdc_buf_putc(&line, ':');
        json_put_string(&line, redis_reply_text(redis_reply_at(fields, i + 1)));
    }
    cdc_buf_putc(&line, '}');
    puts(cdc_buf_str(&line));
    cdc_buf_fini(&line);
}

static void print_padded(struct cdc_slice text, int width)
{
    view_put_text(text);
    printf("%*s ", text.len < (size_t)width ? width - (int)text.len : 0, "");
}

static void print_line(const struct redis_reply *letter)
{
    print_padded(letter_entry(letter), 18);
    print_padded(letter_field(letter, "time"), 27);
    print_padded(letter_field(letter, "reason"), 14);
    print_padded(letter_field(letter, "table"), 24);
    print_padded(letter_field(letter, "column"), 16);
    view_put_text(letter_field(letter, "key"));
    putchar('\n');
}

static int list_one(void *ctx, const struct redis_reply *letter)
{
    struct dlq *dlq = ctx;

    if (dlq->n == dlq->limit) {
        dlq->more = true;
        return 1;
    }
    if (dlq->n++ == 0 && !dlq->options->json)
        printf("%-18s %-27s %-14s %-24s %-16s %s\n", "ENTRY", "TIME", "REASON", "TABLE", "COLUMN", "KEY");
    if (dlq->options->json)
        print_json(letter);
    else
        print_line(letter);
    return 0;
}

static int list(struct dlq *dlq, struct cdc_err *err)
{
    dlq->limit = dlq->options->limit ? dlq->options->limit : LISTED;
    dlq->letters.newest_first = true;
    if (letters_each(&dlq->letters, list_one, dlq, err))
        return -1;
    if (dlq->more)
        fprintf(stderr, "tributary: there are more than %" PRIu64 ": --limit N shows more\n", dlq->limit);
    if (dlq->n == 0 && !dlq->options->json)
        puts("no dead letters");
    return 0;
}

static int show_one(void *ctx, const struct redis_reply *letter)
{
    struct dlq *dlq = ctx;
    const struct redis_reply *fields = redis_reply_at(letter, 1);

    dlq->n++;
    if (dlq->options->json) {
        print_json(letter);
        return 0;
    }
    printf("%-8s ", "entry");
    view_put_text(letter_entry(letter));
    for (size_t i = 0; i + 1 < redis_reply_count(fields); i += 2) {
        putchar('\n');
        print_padded(redis_reply_text(redis_reply_at(fields, i)), 8);
        view_put_text(redis_reply_text(redis_reply_at(fields, i + 1)));
    }
    putchar('\n');
    return 0;
}

/* Those that are named, one by one. */
static int each_named(struct dlq *dlq, int (*each)(void *ctx, const struct redis_reply *letter),
                      struct cdc_err *err)
{
    for (int i = 1; i < dlq->options->noperands; i++) {
        const char *entry = dlq->options->operands[i];
        uint64_t before = dlq->n;

        snprintf(dlq->letters.from, LETTER_ID, "%s%s", entry, strchr(entry, '-') ? "" : "-0");
        snprintf(dlq->letters.to, LETTER_ID, "%s", dlq->letters.from);
        if (letters_each(&dlq->letters, each, dlq, err))
            return -1;
        if (dlq->n == before)
            return cdc_err_set(err, CDC_ERR_FATAL, "there is no dead letter %s%s", entry,
                               dlq->letters.table || dlq->letters.reason ? " of that table and reason" : "");
    }
    return 0;
}

static int show(struct dlq *dlq, struct cdc_err *err)
{
    return each_named(dlq, show_one, err);
}

/* Begins XDEL; how many arguments it has is known when the ids are. */
static void begin_removal(struct dlq *dlq)
{
    cdc_buf_reset(&dlq->command);
    dlq->ids = 0;
}

static int collect_one(void *ctx, const struct redis_reply *letter)
{
    struct dlq *dlq = ctx;

    redis_resp_arg(&dlq->command, letter_entry(letter));
    dlq->n++;
    return ++dlq->ids == REMOVED_AT_ONCE;
}

static int remove_collected(struct dlq *dlq, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct cdc_buf command = {0}, key = {0};
    int rc;

    if (dlq->ids == 0)
        return 0;
    redis_key_named(&key, dlq->view.redis.prefix, "dlq", dlq->letters.connector);
    redis_resp_command(&command, 2 + dlq->ids);
    redis_resp_str(&command, "XDEL");
    redis_resp_arg(&command, cdc_buf_slice(&key));
    cdc_buf_put_slice(&command, cdc_buf_slice(&dlq->command));
    if (key.failed || dlq->command.failed)
        rc = cdc_err_memory(err);
    else
        rc = redis_client_send(dlq->view.client, &command, 0, &reply, err);
    cdc_buf_fini(&command);
    cdc_buf_fini(&key);
    begin_removal(dlq);
    return rc;
}

/* Those up to letters.to, in small steps: the store serves others meanwhile, and what is rejected meanwhile stays. */
static int remove_up_to(struct dlq *dlq, struct cdc_err *err)
{
    while (dlq->letters.to[0] && !dlq->letters.ended) {
        if (letters_each(&dlq->letters, collect_one, dlq, err) || remove_collected(dlq, err))
            return -1;
    }
    return 0;
}

static int purge(struct dlq *dlq, struct cdc_err *err)
{
    int rc;

    begin_removal(dlq);
    if (dlq->options->noperands > 1)
        rc = each_named(dlq, collect_one, err) || remove_collected(dlq, err) ? -1 : 0;
    else
        rc = letters_newest(&dlq->letters, dlq->letters.to, err) || remove_up_to(dlq, err) ? -1 : 0;
    if (rc == 0)
        printf("%" PRIu64 " dead letter%s removed\n", dlq->n, dlq->n == 1 ? "" : "s");
    return rc;
}

static int count_one(void *ctx, const struct redis_reply *letter)
{
    (void)letter;
    ((struct dlq *)ctx)->n++;
    return 0;
}

/* Counts the letters of a table behind `from` and up to `to`; "" for the beginning and the end. */
static int count(struct dlq *dlq, const char *table, const char *from, const char *to, struct cdc_err *err)
{
    dlq->n = 0;
    dlq->letters.table = table;
    dlq->letters.ended = false;
    snprintf(dlq->letters.from, LETTER_ID, "%s%s", *from ? "(" : "", from);
    snprintf(dlq->letters.to, LETTER_ID, "%s", to);
    return letters_each(&dlq->letters, count_one, dlq, err);
}

/* Has the agent load the table anew, and waits until it is done. */
static int load_anew(const struct dlq *dlq, const char *table, struct cdc_err *err)
{
    struct options options = *dlq->options;
    struct jobs jobs = {0};
    char run[PROGRESS_RUN];
    int rc;

    options.table = table;
    if (jobs_open(&jobs, &options, err))
        return -1;
    progress_new_run(run);
    rc = jobs_ask(&jobs, "start", "reload", run, err) || jobs_watch(&jobs, run, err) ? -1 : 0;
    if (rc == 0 && jobs.all->progress.state != PROGRESS_DONE)
        rc = cdc_err_set(err, CDC_ERR_FATAL, "table %s was not loaded to its end: %s %s", table,
                         progress_state_name(jobs.all->progress.state), jobs.all->progress.why);
    jobs_close(&jobs);
    return rc;
}

/* The letters up to `last` are removed once their rows are loaded; a row that is rejected again has a new one. */
static int replay_table(struct dlq *dlq, const char *table, const char *last, struct cdc_err *err)
{
    uint64_t replayed;

    if (count(dlq, table, "", last, err))
        return -1;
    if (dlq->n == 0)
        return 0;
    if (load_anew(dlq, table, err))
        return -1;
    begin_removal(dlq);
    dlq->n = 0;
    dlq->letters.from[0] = '\0';
    dlq->letters.ended = false;
    if (remove_up_to(dlq, err))
        return -1;
    replayed = dlq->n;
    if (count(dlq, table, last, "", err))
        return -1;
    printf("%s: %" PRIu64 " dead letter%s replayed, %" PRIu64 " rejected again\n", table, replayed,
           replayed == 1 ? "" : "s", dlq->n);
    return 0;
}

static int replay(struct dlq *dlq, struct cdc_err *err)
{
    const struct config *config = dlq->view.config;
    const char *wanted = dlq->letters.table;
    char last[LETTER_ID], name[256];

    if (letters_newest(&dlq->letters, last, err))
        return -1;
    for (size_t i = 0; *last && i < config->ntables; i++) {
        snprintf(name, sizeof name, "%s.%s", config->tables[i].schema, config->tables[i].name);
        if (wanted && strcmp(wanted, name) != 0 && strcmp(wanted, config->tables[i].name) != 0)
            continue;
        if (replay_table(dlq, name, last, err))
            return -1;
    }
    if (count(dlq, wanted, "", "", err))
        return -1;
    printf("%" PRIu64 " dead letter%s left\n", dlq->n, dlq->n == 1 ? "" : "s");
    return 0;
}

struct action {
    const char *name;
    int (*run)(struct dlq *dlq, struct cdc_err *err);
    bool named; /* letters may be named */
    bool must_name;
    const char *consent; /* what it says without --yes; NULL: none is needed */
};

static const struct action actions[] = {
    {"list", list, false, false, NULL},
    {"show", show, true, true, NULL},
    {"replay", replay, false, false, NULL},
    {"purge", purge, true, false,
     "purge removes dead letters: what they say about rows that were rejected is gone; say --yes"},
};

static const struct action *find(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int run(const struct action *action, const struct options *options)
{
    struct dlq dlq = {.options = options};
    struct cdc_err err = {0};
    int rc;

    if (view_open(&dlq.view, options, &err))
        return command_fail(&err);
    dlq.letters = (struct letters){.view = &dlq.view,
                                   .connector = dlq.view.config->connector,
                                   .table = options->table,
                                   .reason = options->reason};
    rc = action->run(&dlq, &err);
    cdc_buf_fini(&dlq.command);
    view_close(&dlq.view);
    return rc ? command_fail(&err) : EXIT_OK;
}

static int dlq_main(const struct options *options)
{
    const struct action *action = find(options->noperands ? options->operands[0] : "");

    if (!action)
        return command_usage("dlq: say what to do: list, show, replay, or purge");
    if (action->must_name && options->noperands < 2)
        return command_usage("dlq: which dead letter? `list` shows their entries");
    if (!action->named && options->noperands > 1)
        return command_usage("dlq: what is \"%s\"?", options->operands[1]);
    for (int i = 1; i < options->noperands; i++)
        if (!letter_is_entry(options->operands[i]))
            return command_usage("dlq: \"%s\" is no entry, as 1732211400000-0", options->operands[i]);
    if (action->consent && !options->yes)
        return command_usage("dlq: %s", action->consent);
    return run(action, options);
}

const struct command command_dlq = {
    .name = "dlq",
    .synopsis =
        "CONFIG list | show ENTRY… | replay [--table T] | purge --yes [ENTRY…] [--table T] [--reason R]",
    .summary = "Rows that could not be mapped: list, show, replay or remove their dead letters",
    .details =
        "list           the newest first, with the row's key and the column at fault\n"
        "show           everything that a dead letter says\n"
        "replay         once the mapping or the data are mended and the agent runs with that: it loads\n"
        "               the tables that have letters anew, and these go; what is rejected again stays\n"
        "purge          remove them: those named, or all\n"
        "  --table T    only those of a table\n"
        "  --reason R   only those for a reason, as bad_value\n"
        "  --limit N    list: how many (100)\n"
        "  --format json   for programs: a line for each\n\n"
        "Example:\n  tributary dlq /etc/tributary/cinema-bookings.yaml list --table reservation\n",
    .allows = "tefly",
    .needs_config = true,
    .most_operands = 64,
    .main = dlq_main,
};
