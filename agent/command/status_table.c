/*
 * Prints what agents say of themselves (status_table.h): durations, sizes and counts as people read them; words from Redis without
 * anything that a terminal would obey. Cold.
 */
#include "command/status_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/view.h"

enum kind { TEXT, MILLISECONDS, COUNT, BYTES };

/* In the order in which people ask. */
static const struct fact {
    const char *field, *label;
    enum kind kind;
} facts[] = {
    {"state", "state", TEXT},
    {"reason", "why", TEXT},
    {"remedy", "what helps", TEXT},
    {"trouble", "trouble", TEXT},
    {"lag_ms", "lag", MILLISECONDS},
    {"position", "position", TEXT},
    {"source", "source", TEXT},
    {"events", "events", COUNT},
    {"rows", "rows", COUNT},
    {"rejected", "rejected", COUNT},
    {"filtered", "filtered", COUNT},
    {"transactions", "transactions", COUNT},
    {"queue_bytes", "queue", BYTES},
    {"retained_bytes", "log retained", BYTES},
    {"source_reconnects", "reconnects, source", COUNT},
    {"redis_reconnects", "reconnects, Redis", COUNT},
    {"http", "http", TEXT},
    {"host", "host", TEXT},
    {"pid", "pid", TEXT},
    {"version", "version", TEXT},
    {"started", "started", TEXT},
    {"seen", "seen", TEXT},
};

int64_t status_number(struct cdc_slice text)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%.*s", (int)(text.len < sizeof digits ? text.len : 0), text.ptr);
    return strtoll(digits, NULL, 10);
}

static void duration(int64_t ms, char *out, size_t size)
{
    if (ms < 0)
        snprintf(out, size, "not known");
    else if (ms < 10000)
        snprintf(out, size, "%.1f s", (double)ms / 1000);
    else if (ms < 120000)
        snprintf(out, size, "%" PRId64 " s", ms / 1000);
    else if (ms < 7200000)
        snprintf(out, size, "%" PRId64 " min", ms / 60000);
    else
        snprintf(out, size, "%" PRId64 " h", ms / 3600000);
}

static void bytes(int64_t n, char *out, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)n;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    snprintf(out, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void print_value(struct cdc_slice value, enum kind kind)
{
    char text[32];

    switch (kind) {
    case MILLISECONDS:
        duration(status_number(value), text, sizeof text);
        fputs(text, stdout);
        return;
    case BYTES:
        bytes(status_number(value), text, sizeof text);
        fputs(text, stdout);
        return;
    case TEXT:
    case COUNT:
        view_put_text(value);
        return;
    }
}

static struct cdc_slice field(const struct redis_reply *agent, const char *name)
{
    return redis_reply_text(redis_reply_field(agent, name));
}

/* How much binlog is kept, not every account may ask; then the agent says 0. */
static bool not_known(const struct redis_reply *agent, const struct fact *fact, struct cdc_slice value)
{
    return fact->kind == BYTES && strcmp(fact->field, "retained_bytes") == 0 && cdc_slice_is(value, "0") &&
           cdc_slice_is(field(agent, "source"), "mysql");
}

bool status_runs(const struct redis_reply *agent)
{
    return redis_reply_count(agent) > 0 && !cdc_slice_is(field(agent, "state"), "stopped");
}

/* Green: it streams; yellow: it waits for something; red: it has stopped, or a side is down. */
static const char *colour(struct cdc_slice state)
{
    if (!command_colour())
        return "";
    if (cdc_slice_is(state, "streaming"))
        return "\033[32m";
    return cdc_slice_is(state, "stopped") ||
                   (state.len > 4 && memcmp(state.ptr + state.len - 4, "down", 4) == 0)
               ? "\033[31m"
               : "\033[33m";
}

void status_print_agent(const char *name, const struct redis_reply *agent, double rate)
{
    bool colours = command_colour();

    printf("%-18s %s\n", "connector", name);
    if (redis_reply_count(agent) == 0) {
        printf("%-18s %s%s%s\n", "state", colours ? "\033[31m" : "", "not running", colours ? "\033[0m" : "");
        return;
    }
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct cdc_slice value = field(agent, facts[i].field);

        if (!value.len || not_known(agent, &facts[i], value))
            continue;
        printf("%-18s %s", facts[i].label, i == 0 ? colour(value) : "");
        print_value(value, facts[i].kind);
        if (i == 0 && colours)
            fputs("\033[0m", stdout);
        if (rate >= 0 && strcmp(facts[i].field, "events") == 0)
            printf(" (%.0f/s)", rate);
        putchar('\n');
    }
}

void status_print_heading(void)
{
    printf("%-24s %-14s %-9s %12s %9s %9s  %-16s %-8s %s\n", "CONNECTOR", "STATE", "LAG", "EVENTS", "PER S",
           "REJECTED", "HOST", "VERSION", "POSITION");
}

/* A word from Redis, cut and filled to a width, without bytes that a terminal would obey. */
static void print_cell(struct cdc_slice value, int width)
{
    int n = 0;

    for (; n < width && (size_t)n < value.len; n++)
        putchar((unsigned char)value.ptr[n] < 0x20 || value.ptr[n] == 0x7f ? '?' : value.ptr[n]);
    printf("%*s ", width - n, "");
}

static void print_below(const struct redis_reply *agent, const char *name, const char *before)
{
    struct cdc_slice value = field(agent, name);

    if (!value.len)
        return;
    printf("  %s", before);
    view_put_text(value);
    putchar('\n');
}

void status_print_line(const char *name, const struct redis_reply *agent, double rate)
{
    bool runs = redis_reply_count(agent) > 0;
    struct cdc_slice state = runs ? field(agent, "state") : cdc_slice_str("not running");
    char lag[32] = "-", per_second[32] = "-";

    if (runs && field(agent, "lag_ms").len)
        duration(status_number(field(agent, "lag_ms")), lag, sizeof lag);
    if (runs && rate >= 0)
        snprintf(per_second, sizeof per_second, "%.0f", rate);
    print_cell(cdc_slice_str(name), 24);
    fputs(colour(state), stdout);
    print_cell(state, 14);
    fputs(command_colour() ? "\033[0m" : "", stdout);
    printf("%-9s %12.*s %9s %9.*s  ", lag, CDC_ARG(runs ? field(agent, "events") : cdc_slice_str("-")),
           per_second, CDC_ARG(runs ? field(agent, "rejected") : cdc_slice_str("-")));
    print_cell(field(agent, "host"), 16);
    print_cell(field(agent, "version"), 8);
    view_put_text(field(agent, "position"));
    putchar('\n');
    if (!runs)
        return;
    print_below(agent, "reason", "");
    print_below(agent, "remedy", "-> ");
    print_below(agent, "trouble", "");
}
