/* `tributary verify`: the tables against the store, by the running agent or as the agent, while both change. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/jobs.h"
#include "core/json.h"

#define EXIT_DIFFERENT 2
#define FINDINGS_READ  "1000" /* the newest of all, among which those of a table are looked for */
#define EXAMPLES       10     /* findings that are shown of each table */

struct finding {
    struct cdc_slice kind, entity, key, fields;
};

static struct finding finding_of(const struct redis_reply *entry)
{
    const struct redis_reply *fields = redis_reply_at(entry, 1);

    return (struct finding){
        .kind = redis_reply_text(redis_reply_field(fields, "kind")),
        .entity = redis_reply_text(redis_reply_field(fields, "entity")),
        .key = redis_reply_text(redis_reply_field(fields, "key")),
        .fields = redis_reply_text(redis_reply_field(fields, "fields")),
    };
}

static void print_finding(const struct finding *f)
{
    printf("  %-10.*s %.*s ", CDC_ARG(f->kind), CDC_ARG(f->entity));
    view_put_text(f->key);
    if (f->fields.len)
        printf(" (%.*s)", CDC_ARG(f->fields));
    putchar('\n');
}

static void print_finding_json(const struct finding *f, bool first)
{
    const struct cdc_slice values[] = {f->kind, f->entity, f->key, f->fields};
    static const char *const names[] = {"kind", "entity", "key", "fields"};
    struct cdc_buf text = {0};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cdc_buf_printf(&text, "%s\"%s\":", i ? "," : first ? "{" : ",{", names[i]);
        json_put_string(&text, values[i]);
    }
    cdc_buf_putc(&text, '}');
    fputs(cdc_buf_str(&text), stdout);
    cdc_buf_fini(&text);
}

/* The newest ones of this run and table, up to the limit. */
static int print_examples(struct jobs *jobs, const struct job *job, const struct options *options,
                          struct cdc_err *err)
{
    uint64_t most = options->limit ? options->limit : EXAMPLES, shown = 0;
    const struct redis_reply *entries;
    struct cdc_buf key = {0};
    char run[512];
    int rc;

    cdc_buf_printf(&key, "%s:findings:%s", jobs->view.redis.prefix, jobs->view.config->connector);
    rc = key.failed ? cdc_err_memory(err)
                    : redis_client_call(jobs->view.client, &entries, err, "XREVRANGE", cdc_buf_str(&key), "+",
                                        "-", "COUNT", FINDINGS_READ, (char *)NULL);
    cdc_buf_fini(&key);
    if (rc)
        return -1;
    snprintf(run, sizeof run, "%s/%s", job->progress.run, job->name);
    for (size_t i = 0; i < redis_reply_count(entries) && shown < most; i++) {
        const struct redis_reply *entry = redis_reply_at(entries, i);
        struct finding f = finding_of(entry);
        if (!cdc_slice_is(redis_reply_text(redis_reply_field(redis_reply_at(entry, 1), "run")), run))
            continue;
        if (options->json)
            print_finding_json(&f, shown == 0);
        else
            print_finding(&f);
        shown++;
    }
    return 0;
}

static uint64_t sum_found(const struct job *job)
{
    return job->found[JOBS_MISSING] + job->found[JOBS_DIFFERENT] + job->found[JOBS_EXTRA];
}

static int print_job(struct jobs *jobs, const struct job *job, const struct options *options,
                     struct cdc_err *err)
{
    const struct progress *p = &job->progress;
    bool repaired = p->job == PROGRESS_REPAIR && sum_found(job);

    printf("%s: %" PRIu64 " rows, %" PRIu64 " missing, %" PRIu64 " different, %" PRIu64 " extra%s", job->name,
           p->rows, job->found[JOBS_MISSING], job->found[JOBS_DIFFERENT], job->found[JOBS_EXTRA],
           repaired ? "; repaired" : "");
    if (p->busy)
        printf("; %" PRIu64 " rows changed all the time and were not compared", p->busy);
    if (p->state != PROGRESS_DONE)
        printf("; %s%s%s", progress_state_name(p->state), *p->why ? ": " : "", p->why);
    putchar('\n');
    return sum_found(job) ? print_examples(jobs, job, options, err) : 0;
}

static int print_job_json(struct jobs *jobs, const struct job *job, bool first, const struct options *options,
                          struct cdc_err *err)
{
    const struct progress *p = &job->progress;
    struct cdc_buf text = {0};
    int rc;

    cdc_buf_puts(&text, first ? "\n{\"table\":" : ",\n{\"table\":");
    json_put_string(&text, cdc_slice_str(job->name));
    cdc_buf_printf(&text, ",\"state\":\"%s\",\"rows\":%" PRIu64 ",\"busy\":%" PRIu64,
                   progress_state_name(p->state), p->rows, p->busy);
    for (int kind = 0; kind < JOBS_FOUND; kind++)
        cdc_buf_printf(&text, ",\"%s\":%" PRIu64, jobs_found_names[kind], job->found[kind]);
    cdc_buf_printf(&text, ",\"repaired\":%s,\"findings\":[", p->job == PROGRESS_REPAIR ? "true" : "false");
    fputs(cdc_buf_str(&text), stdout);
    cdc_buf_fini(&text);
    rc = sum_found(job) ? print_examples(jobs, job, options, err) : 0;
    fputs("]}", stdout);
    return rc;
}

static int report(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    int rc = 0;

    if (options->json)
        putchar('[');
    for (size_t i = 0; i < jobs->n && rc == 0; i++)
        rc = options->json ? print_job_json(jobs, &jobs->all[i], i == 0, options, err)
                           : print_job(jobs, &jobs->all[i], options, err);
    if (options->json)
        puts("\n]");
    return rc;
}

static int outcome(const struct jobs *jobs)
{
    int status = EXIT_OK;

    for (size_t i = 0; i < jobs->n; i++) {
        if (jobs->all[i].progress.state != PROGRESS_DONE)
            return EXIT_RUNTIME;
        if (sum_found(&jobs->all[i]))
            status = EXIT_DIFFERENT;
    }
    return status;
}

static int find_agent(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    const char *connector = jobs->view.config->connector;
    bool have;

    if (jobs_have_agent(jobs, &have, err))
        return -1;
    if (have)
        return 0;
    if (options->run)
        return jobs_be_agent(jobs, options, err);
    cdc_err_set(err, CDC_ERR_RETRY, "no agent of %s is running, and the work is an agent's", connector);
    return cdc_err_hint(
        err,
        "`systemctl start tributary@%s`; or add --run: this command is the agent then, for as long "
        "as it takes, and applies what has changed",
        connector);
}

static int verify(struct jobs *jobs, const struct options *options, struct cdc_err *err)
{
    char run[PROGRESS_RUN];

    progress_new_run(run);
    if (find_agent(jobs, options, err) ||
        jobs_ask(jobs, "start", options->repair ? "repair" : "verify", run, err) ||
        jobs_watch(jobs, run, err))
        return -1;
    return report(jobs, options, err);
}

static int verify_main(const struct options *options)
{
    struct jobs jobs = {0};
    struct cdc_err err = {0};
    int rc, status;

    if (jobs_open(&jobs, options, &err))
        return command_fail(&err);
    rc = verify(&jobs, options, &err);
    status = rc ? EXIT_RUNTIME : outcome(&jobs);
    jobs_close(&jobs);
    return rc ? command_fail(&err) : status;
}

const struct command command_verify = {
    .name = "verify",
    .synopsis = "CONFIG [--table T] [--repair] [--run] [--limit N] [--format table|json]",
    .summary = "Compare the tables with Redis, while both change",
    .details =
        "The running agent does the work (see --run): each row is compared with its state at the same place of the stream.\n"
        "Status 0: no difference. 2: differences were found, and repaired with --repair. 1: it could not be done.\n\n"
        "  --table T    one table instead of all\n"
        "  --repair     write what is missing or different, remove what is too much\n"
        "  --run        if no agent runs, be the agent meanwhile: what has changed since one ran is applied, too\n"
        "  --limit N    show up to N findings of each table (10): kinds, keys and field names, never values\n\n"
        "Example:\n  tributary verify /etc/tributary/cinema-bookings.yaml --table public.reservation\n",
    .allows = "tPrlf",
    .needs_config = true,
    .main = verify_main,
};
