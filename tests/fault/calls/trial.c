/* Trials (trial.h). On the test's main thread; failures end the test. The program's debug information gives the calls their names. */
#include "fault/calls/trial.h"

#include "lib/fail.h"
#include "lib/http.h"
#include "lib/process.h"
#include "lib/stored.h"
#include "lib/wait.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SOON_MS = 30000, STOP_MS = 20000, RUNTIME = 1, UNAVAILABLE = 69, TRY_AGAIN = 75, CONFIG = 78 };

static const char PROGRAM[] = TEST_BUILD "/calls/tributary";
static const char STREAM[] = "cdc:events:{inventory}";

void trial_init(struct trial *t)
{
    char *path = tempdir_path(&t->agent->dir, "plan");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *mapped;

    if (fd < 0 || ftruncate(fd, sizeof *t->plan))
        fail("cannot make %s", path);
    mapped = mmap(NULL, sizeof *t->plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    t->tried = calloc(PLAN_SITES, sizeof *t->tried);
    if (mapped == MAP_FAILED || !t->tried)
        fail("cannot map %s", path);
    close(fd);
    t->plan = mapped;
    setenv(PLAN_VARIABLE, path, 1);
    setenv("TRIBUTARY", PROGRAM, 1);
    free(path);
}

/* "connectors/redis/transport.c:52", of the line that the call returns to; of what is inline, where that stands. */
static void line_of(uint32_t offset, char *out, size_t cap)
{
    char *command = text_print("addr2line -i -e %s 0x%x", PROGRAM, offset - 1), *at;
    FILE *pipe = popen(command, "r");

    snprintf(out, cap, "?");
    while (pipe && fgets(out, (int)cap, pipe))
        ;
    if (pipe)
        pclose(pipe);
    free(command);
    out[strcspn(out, "\n ")] = '\0';
    at = strstr(out, "/connectors/");
    at = at ? at : strstr(out, "/agent/");
    if (at)
        memmove(out, at + 1, strlen(at));
}

static const char *error_name(int error)
{
    switch (error) {
    case CALL_SHORT:
        return "fewer bytes";
    case CALL_END:
        return "the end";
    case CALL_FAILED:
        return "failure";
    default:
        return strerror(error);
    }
}

/* What is tried, for messages; the trial's, until the next call. */
static const char *words(const struct trial *t, const struct plan_site *site, int error, unsigned nth)
{
    static char text[512];
    char at[200] = "", from[200] = "";

    line_of(plan_at(site->key), at, sizeof at);
    if (plan_from(site->key))
        line_of(plan_from(site->key), from, sizeof from);
    snprintf(text, sizeof text, "%s: %s() at %s%s%s, call %u: %s", t->name, site->function, at,
             *from ? " from " : "", from, nth, error_name(error));
    return text;
}

struct awaited {
    struct trial *trial;
    const char *text; /* in the log; NULL: none */
};

static bool all_came(void *ctx)
{
    const struct trial *t = ctx;

    return server_redis_integer(t->redis, "XLEN %s", STREAM) >= t->rows;
}

/* A table is loaded, or loaded anew, when a line says "snapshot done job=… table=<the table>". */
static bool is_said(struct trial *t, const char *text)
{
    const char *at = agent_log(t->agent);

    if (text != t->table)
        return strstr(at, text) != NULL;
    while ((at = strstr(at, "snapshot done")) != NULL) {
        const char *name = strstr(at, "table=");
        if (name && strncmp(name + 6, text, strlen(text)) == 0)
            return true;
        at++;
    }
    return false;
}

/* … or it ended. */
static bool has_come(void *ctx)
{
    const struct awaited *awaited = ctx;
    struct trial *t = awaited->trial;

    if (!agent_runs(t->agent))
        return true;
    return awaited->text ? is_said(t, awaited->text) : all_came(t);
}

/* What was seen is told, and the trials go on: the test fails at the end. */
static bool complain(struct trial *t, const char *what, const char *seen)
{
    fprintf(stderr, "---- %s\n%s\n%s----\n", what, seen, agent_log(t->agent));
    t->bad++;
    return false;
}

static bool await(struct trial *t, const char *text, const char *what)
{
    struct awaited awaited = {t, text};

    return wait_for(has_come, &awaited, SOON_MS) ||
           complain(t, what, text ? text : "what was written does not come");
}

static void browse(const struct trial *t)
{
    static const char *const paths[] = {"/", "/metrics", "/status", "/readyz"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct http_answer answer = http_ask(t->http_port, "GET", paths[i]);
        http_answer_fini(&answer);
    }
}

/* Its life: until it is to end, or ended itself. */
static bool live(struct trial *t, const char *what)
{
    t->insert(++t->rows);
    agent_log_clear(t->agent);
    agent_run(t->agent);
    if (!await(t, t->table, what) || !await(t, NULL, what))
        return false;
    browse(t);
    if (agent_runs(t->agent))
        agent_signal(t->agent, SIGHUP);
    t->insert(++t->rows);
    return await(t, "reloaded", what) /* or "not reloaded" */ && await(t, NULL, what);
}

/* Told to end, it does. */
static bool end(struct trial *t, const char *what)
{
    int status;

    if (agent_runs(t->agent))
        agent_signal(t->agent, SIGTERM);
    status = process_wait(t->agent->pid, STOP_MS);
    if (status < 0)
        return complain(t, what, "it does not end");
    t->agent->pid = 0;
    t->agent->status = status;
    return true;
}

/* That it says why it ended, in a class that another try or another configuration may help. */
static bool has_reason(struct trial *t)
{
    int status = t->agent->status;

    return t->plan->fired && agent_log_contains(t->agent, "tributary: ") &&
           (status == RUNTIME || status == UNAVAILABLE || status == TRY_AGAIN || status == CONFIG);
}

/* An undisturbed one does what is left. */
static bool start_again(struct trial *t, const char *what)
{
    t->plan->key = 0;
    agent_log_clear(t->agent);
    agent_run(t->agent);
    if (!await(t, t->table, what) || !await(t, NULL, what) || !end(t, what))
        return false;
    return t->agent->status == 0 || complain(t, what, "the next one ends badly");
}

static bool is_sound(struct trial *t, const char *what)
{
    if (agent_log_contains(t->agent, "Sanitizer") || agent_log_contains(t->agent, "runtime error:"))
        return complain(t, what, "this is found");
    return true;
}

static bool is_exact(struct trial *t, const char *what)
{
    return server_redis_integer(t->redis, "XLEN %s", STREAM) == t->rows ||
           complain(t, what, "there are more or fewer events than rows");
}

static bool try(struct trial *t, const char *what)
{
    t->plan->seen = 0;
    t->plan->fired = 0;
    if (!live(t, what) || !end(t, what) || !is_sound(t, what))
        return false;
    if (t->agent->status) {
        if (!has_reason(t))
            return complain(t, what, "it ends without a reason");
        t->ended++;
        if (!start_again(t, what) || !is_sound(t, what))
            return false;
    }
    return is_exact(t, what);
}

/* After a complaint the next trial must begin well, or there is no use in it. */
static void mend(struct trial *t)
{
    if (t->agent->pid)
        agent_kill(t->agent);
    agent_log_clear(t->agent);
    if (!start_again(t, t->name) || !is_exact(t, t->name))
        fail("%s: nothing comes right again", t->name);
}

static bool was_tried(const struct trial *t, uint64_t key)
{
    for (size_t i = 0; i < t->ntried; i++)
        if (t->tried[i] == key)
            return true;
    return false;
}

/* What the core's buffers take is their callers' affair. */
static bool is_ours(const struct trial *t, const struct plan_site *site)
{
    char at[200];

    line_of(plan_at(site->key), at, sizeof at);
    if (plan_from(site->key) && strncmp(at, "agent/core/", 11) == 0)
        line_of(plan_from(site->key), at, sizeof at);
    return strncmp(at, t->where, strlen(t->where)) == 0;
}

/* A first start, for the slot or the like: what is inserted from now on must come as an event. */
static void begin(struct trial *t)
{
    agent_run(t->agent);
    if (!await(t, t->table, t->name) || !end(t, t->name))
        fail("%s", agent_log(t->agent));
}

/* Each error once, and the first call as well as one from the midst of them. */
static void try_site(struct trial *t, const struct plan_site *site)
{
    unsigned errors = 0, trials;

    while (site->errors[errors])
        errors++;
    trials = errors > 1 || site->calls < 2 ? errors : 2;
    for (unsigned i = 0; i < trials; i++) {
        unsigned nth = i % 2 ? 1 + site->calls / 2 : 1;
        const char *what = words(t, site, site->errors[i % errors], nth);

        t->plan->key = site->key;
        t->plan->error = site->errors[i % errors];
        t->plan->nth = nth;
        t->trials++;
        if (!try(t, what))
            mend(t);
        t->fired += t->plan->fired;
        if (!t->plan->fired || getenv("CALLS_VERBOSE"))
            fprintf(stderr, "%s%s\n", what, t->plan->fired ? "" : " (did not come)");
    }
}

void trial_each(struct trial *t)
{
    size_t size = sizeof t->plan->sites;
    struct plan_site *sites = malloc(size);

    t->plan->key = 0;
    if (t->rows == 0)
        begin(t);
    memset(t->plan->sites, 0, size);
    if (!sites || !try(t, t->name))
        fail("%s: undisturbed, it does not work", t->name);
    memcpy(sites, t->plan->sites, size);
    for (size_t i = 0; i < PLAN_SITES; i++) {
        if (!sites[i].key || was_tried(t, sites[i].key) || !is_ours(t, &sites[i]))
            continue;
        t->tried[t->ntried++] = sites[i].key;
        try_site(t, &sites[i]);
    }
    free(sites);
}

struct order {
    unsigned n;
};

static void on_event(void *ctx, const struct stored_record *event)
{
    struct order *order = ctx;
    const char *subject = stored_record_get(event, "subject");

    if (!subject || strtoul(subject, NULL, 10) != ++order->n)
        fail("event %s is about %s, not about %u", event->id, subject ? subject : "nothing", order->n);
}

void trial_end(struct trial *t)
{
    struct order order = {0};

    stored_stream_each(t->redis, STREAM, on_event, &order);
    fprintf(
        stderr,
        "%s: %zu places, %u trials, %u of them came, %u ended the agent; %u rows came once and in order\n",
        t->name, t->ntried, t->trials, t->fired, t->ended, order.n);
    if (order.n != t->rows || t->trials - t->fired > 2 + t->trials / 10 || t->bad)
        fail("%s: %u rows of %u, and %u complaints", t->name, order.n, t->rows, t->bad);
    munmap(t->plan, sizeof *t->plan);
    free(t->tried);
}
