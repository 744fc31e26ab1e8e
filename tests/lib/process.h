/*
 * Child processes of a test: started so that none outlives it, as an ordinary user where root is not accepted.
 * The parent is the *thread* that started them: start servers from the test's main thread.
 */
#ifndef TESTS_LIB_PROCESS_H
#define TESTS_LIB_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process_options {
    bool ordinary;                  /* when we are root: run as `postgres` or `nobody`, in / */
    int death_signal;               /* what the child gets when the test dies; 0: SIGKILL */
    const char *output;             /* file that stdout and stderr are appended to; NULL: inherited */
    const char *error;              /* file for stderr alone; NULL: as `output` */
    const char *const *environment; /* more "NAME=value", NULL-ended; NULL: none */
};

/* Starts argv[0] (searched in PATH); `options` may be NULL. Fails the test when fork() fails. */
pid_t process_start(const char *const *argv, const struct process_options *options);
/* Waits for its end: the exit status, 128+signal if a signal ended it, -1 if it still runs after timeout_ms. */
int process_wait(pid_t pid, int timeout_ms);
/* Sends `signal`, waits, and sends SIGKILL if that did not end it within timeout_ms. As process_wait(). */
int process_end(pid_t pid, int signal, int timeout_ms);
bool process_runs(pid_t pid);
/* Starts, waits up to timeout_ms, and fails the test unless it ends with 0. */
void process_must(const char *const *argv, const struct process_options *options, int timeout_ms);

/* Gives a file or folder to the user of ordinary processes. 0 or -1 with errno. */
int process_ordinary_own(const char *path);
/* The id of that user: our own when we are not root. */
uid_t process_ordinary_uid(void);
/* Closes all descriptors from `fd` on; for use between fork() and exec(). */
void process_close_from(int fd);
/* A TCP port of 127.0.0.1 that nobody uses now. */
unsigned process_free_port(void);
/* What a file holds, for messages; "" when it cannot be read. The caller frees it. */
char *process_read_file(const char *path);

#endif
