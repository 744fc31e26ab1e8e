/*
 * The program under test, $TRIBUTARY or else <build>/tributary, as a child process with a configuration of the test's own.
 *
 *     agent_init(&agent);
 *     agent_start(&agent, "version: 1\n…");
 *     cr_assert_eq(agent_stop(&agent), 0);
 *     agent_fini(&agent);
 *
 * Its log goes to a file; when the agent still runs at agent_fini(), the test has failed before it could stop it, and
 * the log is printed. Several agents may run side by side.
 */
#ifndef TESTS_LIB_AGENT_H
#define TESTS_LIB_AGENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/tempdir.h"

struct agent {
    struct tempdir dir;
    char *config; /* path */
    char *log;    /* path of what it said on stderr, over all its starts */
    char *output; /* path of what the last command said on stdout */
    char *said;
    pid_t pid;  /* 0: does not run */
    int status; /* of its last end, as process_wait() */
};

/* The path of the program. */
const char *agent_program(void);

void agent_init(struct agent *agent);
/* Kills what still runs, prints its log, removes the folder. Zeroed is fine. */
void agent_fini(struct agent *agent);

/* Writes the configuration file (mode 0600) without starting anything. */
void agent_configure(struct agent *agent, const char *config);
/* `tributary run` with the configuration that was written last. */
void agent_run(struct agent *agent);
/* Both. */
void agent_start(struct agent *agent, const char *config);
/* Ends it by SIGTERM; the exit status. Fails the test when that takes more than 10 s. */
int agent_stop(struct agent *agent);
/* Ends it by SIGKILL, and returns when it is gone. */
void agent_kill(struct agent *agent);
/* Sends a signal and goes on. */
void agent_signal(const struct agent *agent, int signal);
/* Waits until it ends by itself; the exit status. Fails the test after timeout_ms. */
int agent_wait_exit(struct agent *agent, int timeout_ms);
/* Whether it is alive. */
bool agent_runs(const struct agent *agent);

/* The most memory that it has ever had resident, in MB; 0 under a sanitizer, whose own memory is not the agent's. */
long agent_peak_mb(const struct agent *agent);

/* What it said on stderr so far; the agent's, until the next call. */
const char *agent_log(struct agent *agent);
bool agent_log_contains(struct agent *agent, const char *text);
void agent_wait_log(struct agent *agent, const char *text, int timeout_ms);
/* Forgets what was logged so far. */
void agent_log_clear(struct agent *agent);

/* Runs `tributary WORD…` (NULL-ended) to its end; the exit status. stderr goes to the log. */
int agent_command(struct agent *agent, const char *const *words);
/* What the last command printed on stdout; the agent's, until the next call. */
const char *agent_output(struct agent *agent);

#endif
