/* `tributary snapshot`: loading tables anew, pausing that, and how far it has come. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/jobs.h"
#include "core/json.h"

static void print_json(const struct job *job, bool first)
{
    const struct progress *p = &job->progress;
    struct cdc_buf text = {0};

    cdc_buf_puts(&text, first ? "\n{\"table\":" : ",\n{\"table\":");
    json_put_string(&text, cdc_slice_str(job->name));
    if (job->known) {
        cdc_buf_printf(&text, ",\"job\":\"%s\",\"state\":\"%s\",\"phase\":\"%s\"", progress_job_name(p->job),
                       progress_state_name(p->state), progress_phase_name(p->phase));
        cdc_buf_printf(&text, ",\"rows\":%" PRIu64 ",\"estimate\":%" PRIu64 ",\"run\":", p->rows,
                       p->estimate);
        json_put_string(&text, cdc_slice_str(p->run));
        cdc_buf_puts(&text, ",\"begun\":");
        json_put_string(&text, cdc_slice_str(p->begun));
        cdc_buf_puts(&text, ",\"ended\":");
        json_put_string(&text, cdc_slice_str(p->ended));
        cdc_buf_puts(&text, ",\"why\":");
        json_put_string(&text, cdc_slice_str(p->why));
    }
    cdc_buf_putc(&text, '}');
    fputs(cdc_buf_str(&text), stdout);
    cdc_buf_fini(&text);
}

static void print_table(const struct job *job)
{
    const struct progress *p = &job->progress;
    unsigned percent = p->estimate && p->rows < p->estimate ? (unsigned)(p->rows * 100 / p->estimate) : 100;

    if (!job->known) {
        printf("%-32s %-8s %-8s\n", job->name, "-", "not yet");
        return;
    }
    if (p->state == PROGRESS_DONE)
        percent = 100;
    printf("%-32s %-8s %-8s %-8s %12" PRIu64 " %4u%%  %-20.19s %-20.19s %s\n", job->name,
           progress_job_name(p->job), progress_state_name(p->state),
           p->state == PROGRESS_RUNNING ? progress_phase_name(p->phase) : "-", p->rows, percent, p->begun,
           p->ended, p->why);
}

static int show(struct jobs *jobs, bool json, struct cdc_err *err)
{
    if (jobs_read(jobs, err))
        return -1;
    if (json)
        putchar('[');
    else
        printf("%-32s %-8s %-8s %-8s %12s %5s  %-20s %s\n", "TABLE", "JOB", "STATE", "PHASE", "ROWS", "",
               "BEGUN", "ENDED");
    for (size_t i = 0; i < jobs->n; i++) {
        if (json)
            print_json(&jobs->all[i], i == 0);
        else
            print_table(&jobs->all[i]);
    }
    if (json)
        puts("\n]");
    return 0;
}

static int failed_table(const struct jobs *jobs, struct cdc_err *err)
{
    for (size_t i = 0; i < jobs->n; i++)
        if (jobs->all[i].known && jobs->all[i].progress.state == PROGRESS_FAILED)
            return cdc_err_set(err, CDC_ERR_FATAL, "table %s: %s", jobs->all[i].name,
                               jobs->all[i].progress.why);
    return 0;
}

static int start(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    char run[PROGRESS_RUN];

    progress_new_run(run);
    if (jobs_ask(jobs, "start", "reload", run, err) || jobs_watch(jobs, run, err) ||
        show(jobs, options->json, err))
        return -1;
    return failed_table(jobs, err);
}

static int status(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    if (options->watch && jobs_watch(jobs, NULL, err))
        return -1;
    return show(jobs, options->json, err);
}

static int carry_out(struct jobs *jobs, const char *verb, const struct options *options, struct cdc_err *err)
{
    if (strcmp(verb, "start") == 0)
        return start(jobs, options, err);
    if (strcmp(verb, "status") == 0)
        return status(jobs, options, err);
    return jobs_ask(jobs, verb, "-", "-", err);
}

static bool is_verb(const char *word)
{
    static const char *const verbs[] = {"start", "pause", "resume", "cancel", "status"};

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(word, verbs[i]) == 0)
            return true;
    return false;
}

static int snapshot_main(const struct options *options)
{
    const char *verb = options->noperands == 1 ? options->operands[0] : "";
    struct jobs jobs = {0};
    struct cdc_err err = {0};
    int rc;

    if (!is_verb(verb))
        return command_usage("snapshot: say what to do: start, pause, resume, cancel, or status");
    if (jobs_open(&jobs, options, &err))
        return command_fail(&err);
    rc = carry_out(&jobs, verb, options, &err);
    jobs_close(&jobs);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_snapshot = {
    .name = "snapshot",
    .synopsis = "CONFIG start|pause|resume|cancel|status [--table T] [--watch] [--format table|json]",
    .summary = "Load tables anew, and see how far that is",
    .details =
        "The running agent does the work, beside the stream; the first load and that of an added table\n"
        "begin by themselves. What a table no longer has leaves Redis, with an event.\n\n"
        "  start        load anew, and watch; Ctrl-C ends the watching only\n"
        "  pause        until resume; also over a restart of the agent\n"
        "  cancel       leave it unfinished\n"
        "  --table T    one table instead of all\n"
        "  --watch      with status: until nothing is being loaded\n\n"
        "Example:\n  tributary snapshot /etc/tributary/cinema-bookings.yaml start --table public.reservation\n",
    .allows = "twf",
    .needs_config = true,
    .most_operands = 1,
    .main = snapshot_main,
};
