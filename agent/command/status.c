/* `tributary status`: what agents say of themselves in Redis; one by its configuration, or all that use a Redis. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "command/status_table.h"
#include "command/view.h"
#include "core/json.h"

#include "cdc/clock.h"

#define NAMES_MAX 1024

/* What was seen of an agent at the last look, for rates. */
struct seen {
    int64_t events;
    bool known;
};

struct looks {
    struct seen seen[NAMES_MAX];
    size_t n;        /* agents; a rate goes by its place in the list */
    int64_t last_ms; /* cdc_now_ms() of the last look; 0: this is the first */
};

/* Events a second since the last look. */
static double rate(struct looks *looks, size_t i, const struct redis_reply *agent, int64_t now_ms)
{
    struct cdc_slice text = redis_reply_text(redis_reply_field(agent, "events"));
    struct seen before = looks->seen[i];

    looks->seen[i] = (struct seen){status_number(text), text.len > 0};
    if (!before.known || !looks->seen[i].known || now_ms <= looks->last_ms ||
        looks->seen[i].events < before.events) /* it has started anew */
        return STATUS_NO_RATE;
    return (double)(looks->seen[i].events - before.events) * 1000 / (double)(now_ms - looks->last_ms);
}

static void print_json(const char *name, const struct redis_reply *agent, bool first)
{
    struct cdc_buf text = {0};

    cdc_buf_puts(&text, first ? "\n{\"connector\":" : ",\n{\"connector\":");
    json_put_string(&text, cdc_slice_str(name));
    cdc_buf_printf(&text, ",\"running\":%s", status_runs(agent) ? "true" : "false");
    for (size_t i = 0; i + 1 < redis_reply_count(agent); i += 2) {
        cdc_buf_putc(&text, ',');
        json_put_string(&text, redis_reply_text(redis_reply_at(agent, i)));
        cdc_buf_putc(&text, ':');
        json_put_string(&text, redis_reply_text(redis_reply_at(agent, i + 1)));
    }
    cdc_buf_putc(&text, '}');
    fputs(cdc_buf_str(&text), stdout);
    cdc_buf_fini(&text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct view *view, char **names, size_t *n, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (view_call(view, "SMEMBERS", "connectors", NULL, NULL, &reply, err))
        return -1;
    for (*n = 0; *n < redis_reply_count(reply) && *n < NAMES_MAX; (*n)++) {
        names[*n] = cdc_arena_str(&view->arena, redis_reply_text(redis_reply_at(reply, *n)));
        if (!names[*n])
            return cdc_err_memory(err);
    }
    qsort(names, *n, sizeof *names, by_name);
    return 0;
}

struct look {
    struct view *view;
    const struct options *options;
    struct looks *looks;
    int64_t now_ms;
    bool fleet;
};

static int show_one(const struct look *look, const char *name, size_t i, struct cdc_err *err)
{
    const struct redis_reply *agent;
    double events;

    if (view_call(look->view, "HGETALL", "connector", name, NULL, &agent, err))
        return -1;
    events = rate(look->looks, i, agent, look->now_ms);
    if (look->options->json)
        print_json(name, agent, i == 0);
    else if (look->fleet)
        status_print_line(name, agent, events);
    else
        status_print_agent(name, agent, events);
    return 0;
}

static int show(struct view *view, const struct options *options, struct looks *looks, struct cdc_err *err)
{
    struct look look = {view, options, looks, cdc_now_ms(), !view->config};
    char *names[NAMES_MAX];
    size_t n = 1;

    cdc_arena_reset(&view->arena);
    if (look.fleet && read_names(view, names, &n, err))
        return -1;
    if (!look.fleet)
        names[0] = cdc_arena_str(&view->arena, cdc_slice_str(view->config->connector));
    if (n != looks->n)
        *looks = (struct looks){.n = n};
    if (options->watch && !options->json)
        fputs("\033[H\033[2J", stdout);
    if (options->json)
        putchar('[');
    else if (look.fleet)
        status_print_heading();
    for (size_t i = 0; i < n; i++)
        if (show_one(&look, names[i], i, err))
            return -1;
    if (options->json)
        puts("\n]");
    fflush(stdout);
    looks->last_ms = look.now_ms;
    return 0;
}

/* Again each second, until interrupted. */
static int watch(struct view *view, const struct options *options, struct cdc_err *err)
{
    struct timespec second = {.tv_sec = 1};
    struct looks *looks = calloc(1, sizeof *looks);
    int rc;

    if (!looks)
        return cdc_err_memory(err);
    do {
        rc = show(view, options, looks, err);
        if (options->watch && rc == 0)
            nanosleep(&second, NULL);
    } while (options->watch && rc == 0);
    free(looks);
    return rc;
}

static int status_main(const struct options *options)
{
    struct options with_config = *options;
    struct view view = {0};
    struct cdc_err err = {0};
    int rc;

    if (options->noperands > 1 || (options->noperands == 1 && options->redis))
        return command_usage("status: one configuration, or --redis");
    if (options->noperands == 1)
        with_config.config = options->operands[0];
    if (view_open(&view, &with_config, &err))
        return command_fail(&err);
    rc = watch(&view, options, &err);
    view_close(&view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_status = {
    .name = "status",
    .synopsis = "CONFIG | --redis URL [--prefix P] [--watch] [--format table|json]",
    .summary = "Show one agent, or all that use a Redis",
    .details = "  --redis URL   all agents of this Redis (or $TRIBUTARY_REDIS)\n"
               "  --prefix P    of the keys (cdc)\n"
               "  --watch       again every second\n\n"
               "Example:\n  tributary status --redis redis://127.0.0.1:6379/0\n",
    .allows = "Rpwf",
    .most_operands = 1,
    .main = status_main,
};
