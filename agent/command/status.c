/* `tributary status`: what agents say of themselves in Redis; one by its configuration, or all that use a Redis. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "command/view.h"
#include "core/json.h"

#define NAMES_MAX 1024

/* In the order in which people ask. */
static const char *const details[] = {
    "state",  "reason", "remedy",   "trouble",  "lag_ms",       "position",          "source",
    "events", "rows",   "rejected", "filtered", "transactions", "queue_bytes",       "retained_bytes",
    "host",   "pid",    "version",  "started",  "seen",         "source_reconnects", "redis_reconnects"};

static void print_agent(const char *name, const struct redis_reply *agent)
{
    printf("%-18s %s\n", "connector", name);
    if (redis_reply_count(agent) == 0) {
        printf("%-18s %s\n", "state", "not running");
        return;
    }
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        struct cdc_slice value = redis_reply_text(redis_reply_field(agent, details[i]));
        if (value.len)
            printf("%-18s %.*s\n", details[i], CDC_ARG(value));
    }
}

static void print_line(const char *name, const struct redis_reply *agent)
{
    static const char *const columns[] = {"state", "lag_ms",  "events",  "rejected",
                                          "host",  "version", "position"};
    static const int widths[] = {14, 8, 12, 9, 16, 8, 0};

    printf("%-24s", name);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct cdc_slice value = redis_reply_text(redis_reply_field(agent, columns[i]));
        if (redis_reply_count(agent) == 0)
            value = cdc_slice_str(i == 0 ? "not running" : "-");
        printf(" %-*.*s", widths[i], CDC_ARG(value));
    }
    putchar('\n');
}

static void print_json(const char *name, const struct redis_reply *agent, bool first)
{
    struct cdc_buf text = {0};

    cdc_buf_puts(&text, first ? "\n{\"connector\":" : ",\n{\"connector\":");
    json_put_string(&text, cdc_slice_str(name));
    cdc_buf_printf(&text, ",\"running\":%s", redis_reply_count(agent) ? "true" : "false");
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
    return 0;
}

static int show_one(struct view *view, const char *name, const struct options *options, size_t i, bool fleet,
                    struct cdc_err *err)
{
    const struct redis_reply *agent;

    if (view_call(view, "HGETALL", "connector", name, NULL, &agent, err))
        return -1;
    if (options->json)
        print_json(name, agent, i == 0);
    else if (fleet)
        print_line(name, agent);
    else
        print_agent(name, agent);
    return 0;
}

static int show(struct view *view, const struct options *options, struct cdc_err *err)
{
    char *names[NAMES_MAX];
    bool fleet = !view->config;
    size_t n = 1;

    if (fleet && read_names(view, names, &n, err))
        return -1;
    if (!fleet)
        names[0] = cdc_arena_str(&view->arena, cdc_slice_str(view->config->connector));
    if (options->json)
        putchar('[');
    else if (fleet)
        printf("%-24s %-14s %-8s %-12s %-9s %-16s %-8s %s\n", "CONNECTOR", "STATE", "LAG ms", "EVENTS",
               "REJECTED", "HOST", "VERSION", "POSITION");
    for (size_t i = 0; i < n; i++)
        if (show_one(view, names[i], options, i, fleet, err))
            return -1;
    if (options->json)
        puts("\n]");
    fflush(stdout);
    return 0;
}

/* Again each second, until interrupted. */
static int watch(struct view *view, const struct options *options, struct cdc_err *err)
{
    struct timespec second = {.tv_sec = 1};
    int rc;

    do {
        if (options->watch && !options->json)
            fputs("\033[H\033[2J", stdout);
        rc = show(view, options, err);
        if (options->watch && rc == 0)
            nanosleep(&second, NULL);
    } while (options->watch && rc == 0);
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
