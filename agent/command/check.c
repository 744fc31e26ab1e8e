/* `tributary check`: everything that can be wrong before it goes wrong, each finding with its remedy. */
#include <stdio.h>

#include "command/check_mapping.h"
#include "command/command.h"
#include "command/wiring.h"

#include "core/json.h"

struct findings {
    bool json, colour;
    unsigned count[CDC_FINDING_ERROR + 1];
};

static const struct {
    const char *name, *colour;
} levels[] = {
    [CDC_FINDING_OK] = {"ok", "\033[32m"},
    [CDC_FINDING_NOTE] = {"note", "\033[36m"},
    [CDC_FINDING_WARNING] = {"warning", "\033[33m"},
    [CDC_FINDING_ERROR] = {"error", "\033[31m"},
};

static void print_json(const char *level, const char *what, const char *remedy)
{
    struct cdc_buf line = {0};

    cdc_buf_printf(&line, "{\"level\":\"%s\",\"what\":", level);
    json_put_string(&line, cdc_slice_str(what));
    cdc_buf_puts(&line, ",\"remedy\":");
    if (remedy)
        json_put_string(&line, cdc_slice_str(remedy));
    else
        cdc_buf_puts(&line, "null");
    cdc_buf_putc(&line, '}');
    puts(cdc_buf_str(&line));
    cdc_buf_fini(&line);
}

static void add(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    struct findings *findings = ctx;

    findings->count[level]++;
    if (findings->json) {
        print_json(levels[level].name, what, remedy);
        return;
    }
    printf("%s%-8s%s %s\n", findings->colour ? levels[level].colour : "", levels[level].name,
           findings->colour ? "\033[0m" : "", what);
    if (remedy)
        printf("         -> %s\n", remedy);
}

/* A side that cannot be reached is a finding like any other; the other side is checked all the same. */
static int note_failure(const struct cdc_report *report, const struct cdc_err *err)
{
    report->add(report->ctx, CDC_FINDING_ERROR, err->message, err->hint[0] ? err->hint : NULL);
    return command_exit_status(err);
}

/* The status that the first failure calls for; 0: both sides could be asked. */
static int run_checks(struct wiring *w, const struct cdc_report *report)
{
    struct cdc_checkpoint checkpoint = {0};
    struct cdc_err err = {0};
    int status = EXIT_OK, failed;
    bool known = w->sink_ops->peek(w->sink, &checkpoint, &err) == 0; /* why not, the sink's own check says */

    err = (struct cdc_err){0};
    if (w->source_ops->check(w->source, known ? &checkpoint : NULL, report, &err))
        status = note_failure(report, &err);
    cdc_checkpoint_fini(&checkpoint);
    err = (struct cdc_err){0};
    if (w->sink_ops->check(w->sink, report, &err)) {
        failed = note_failure(report, &err);
        status = status ? status : failed;
    }
    return status;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void print_sum(const struct findings *findings)
{
    unsigned errors = findings->count[CDC_FINDING_ERROR], warnings = findings->count[CDC_FINDING_WARNING];

    printf("%u error%s, %u warning%s\n", errors, plural(errors), warnings, plural(warnings));
}

static int check_main(const struct options *options)
{
    struct findings findings = {.json = options->json, .colour = command_colour()};
    struct cdc_report report = {&findings, add};
    struct wiring w = {0};
    struct cdc_err err = {0};
    int status = EXIT_OK;

    if (wiring_open(&w, options->config, &err))
        return command_fail(&err);
    cdc_report_add(&report, CDC_FINDING_OK, NULL, "configuration %s: connector %s, %zu table%s",
                   w.config->path, w.config->connector, w.config->ntables, plural(w.config->ntables));
    check_mapping(w.config, &report);
    if (!options->no_connect)
        status = run_checks(&w, &report);
    wiring_close(&w);
    if (!findings.json)
        print_sum(&findings);
    if (status)
        return status;
    if (findings.count[CDC_FINDING_ERROR] || (options->strict && findings.count[CDC_FINDING_WARNING]))
        return EXIT_CONFIG;
    return EXIT_OK;
}

const struct command command_check = {
    .name = "check",
    .synopsis = "CONFIG [--no-connect] [--strict] [--format table|json]",
    .summary = "Check the configuration, the database and Redis",
    .details = "  --no-connect   the configuration only\n"
               "  --strict       warnings count as errors\n"
               "Status 78 if there is an error.\n\n"
               "Example:\n  tributary check /etc/tributary/cinema-bookings.yaml\n",
    .allows = "nsf",
    .needs_config = true,
    .main = check_main,
};
