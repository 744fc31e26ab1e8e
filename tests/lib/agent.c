/* Starting, ending and watching the program under test. Runs on the test's main thread; failures end the test. */
#include "lib/agent.h"

#include "lib/fail.h"
#include "lib/process.h"
#include "lib/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STOP_MS = 10000, COMMAND_MS = 900000, WORDS = 32 };

const char *agent_program(void)
{
    const char *given = getenv("TRIBUTARY");

    return given && *given ? given : TEST_BUILD "/tributary";
}

void agent_init(struct agent *agent)
{
    memset(agent, 0, sizeof *agent);
    tempdir_init(&agent->dir);
    agent->config = tempdir_path(&agent->dir, "agent.yaml");
    agent->log = tempdir_path(&agent->dir, "agent.log");
    agent->output = tempdir_path(&agent->dir, "output");
}

void agent_fini(struct agent *agent)
{
    if (!agent->config)
        return;
    if (agent->pid) {
        fprintf(stderr, "---- log of the agent\n%s----\n", agent_log(agent));
        process_end(agent->pid, SIGKILL, 0);
    }
    free(agent->config);
    free(agent->log);
    free(agent->output);
    free(agent->said);
    tempdir_fini(&agent->dir);
    memset(agent, 0, sizeof *agent);
}

void agent_configure(struct agent *agent, const char *config)
{
    free(tempdir_write(&agent->dir, "agent.yaml", config));
}

void agent_run(struct agent *agent)
{
    if (agent->pid)
        fail("the agent runs already");
    agent->pid = process_start((const char *const[]){agent_program(), "run", agent->config, NULL},
                               &(struct process_options){.output = agent->log});
}

void agent_start(struct agent *agent, const char *config)
{
    agent_configure(agent, config);
    agent_run(agent);
}

int agent_wait_exit(struct agent *agent, int timeout_ms)
{
    int status = process_wait(agent->pid, timeout_ms);

    if (status < 0)
        fail("the agent did not end within %d ms", timeout_ms);
    agent->pid = 0;
    agent->status = status;
    return status;
}

int agent_stop(struct agent *agent)
{
    agent_signal(agent, SIGTERM);
    return agent_wait_exit(agent, STOP_MS);
}

void agent_kill(struct agent *agent)
{
    agent_signal(agent, SIGKILL);
    agent_wait_exit(agent, STOP_MS);
}

void agent_signal(const struct agent *agent, int signal)
{
    if (!agent->pid)
        fail("the agent does not run");
    kill(agent->pid, signal);
}

bool agent_runs(const struct agent *agent)
{
    return agent->pid && process_runs(agent->pid);
}

long agent_peak_mb(const struct agent *agent)
{
    char *path = text_print("/proc/%d/status", (int)agent->pid), *at;
    char text[8192] = "";
    FILE *file = fopen(path, "re");
    long kb;

    if (!file || fread(text, 1, sizeof text - 1, file) == 0 || !(at = strstr(text, "VmHWM:")))
        fail("cannot read %s", path);
    kb = atol(at + 6);
    fclose(file);
    free(path);
    return strstr(agent_program(), "/address/") || strstr(agent_program(), "/thread/") ? 0 : kb / 1024;
}

static const char *agent_read(struct agent *agent, const char *path)
{
    free(agent->said);
    agent->said = process_read_file(path);
    return agent->said;
}

const char *agent_log(struct agent *agent)
{
    return agent_read(agent, agent->log);
}

bool agent_log_contains(struct agent *agent, const char *text)
{
    return strstr(agent_log(agent), text) != NULL;
}

struct log_wait {
    struct agent *agent;
    const char *text;
};

static bool log_has(void *ctx)
{
    const struct log_wait *wait = ctx;

    return agent_log_contains(wait->agent, wait->text);
}

void agent_wait_log(struct agent *agent, const char *text, int timeout_ms)
{
    wait_until(text, log_has, &(struct log_wait){agent, text}, timeout_ms);
}

void agent_log_clear(struct agent *agent)
{
    if (truncate(agent->log, 0) && agent->pid)
        fail("cannot empty %s", agent->log);
}

int agent_command(struct agent *agent, const char *const *words)
{
    const char *argv[WORDS] = {agent_program()};
    pid_t pid;
    int status;

    for (size_t n = 1; n < WORDS - 1 && *words; n++)
        argv[n] = *words++;
    unlink(agent->output);
    pid = process_start(argv, &(struct process_options){.output = agent->output, .error = agent->log});
    status = process_wait(pid, COMMAND_MS);
    if (status < 0) {
        process_end(pid, SIGKILL, 0);
        fail("tributary %s does not end", argv[1]);
    }
    return status;
}

const char *agent_output(struct agent *agent)
{
    return agent_read(agent, agent->output);
}
