/* What the private servers of the tests have in common. Use server_postgresql.h, server_redis.h, server_mariadb.h. */
#ifndef TESTS_LIB_SERVER_H
#define TESTS_LIB_SERVER_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/process.h"
#include "lib/tempdir.h"

enum { SERVER_WORDS = 128, SERVER_READY_MS = 60000 };

/* The part that every server begins with. Read it, do not write it. */
struct server {
    struct tempdir dir;
    pid_t pid;                     /* 0: not running */
    char *log;                     /* path of its log */
    char *data;                    /* path of its data folder */
    char *words[SERVER_WORDS + 1]; /* the command that starts it */
    size_t nwords;
};

void server_init(struct server *server);
/* Removes the folder; the process must have been ended. */
void server_fini(struct server *server);
/* Appends a word to the command. */
void server_word(struct server *server, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Starts the command as the server's process; its output goes to server->log. */
void server_run(struct server *server, int death_signal);
/* Ends the process by `signal`, or by SIGKILL when that takes longer than 30 s. Nothing happens when it does not run. */
void server_end(struct server *server, int signal);
/* Freezes or thaws the main process (SIGSTOP, SIGCONT). */
void server_freeze(const struct server *server);
void server_thaw(const struct server *server);
/* Fails the test with `what` and the end of the server's log. */
_Noreturn void server_fail(const struct server *server, const char *what);
/* The path of a program: $variable if that is set, else the first of `paths` (NULL-ended) that exists. The caller frees it. */
char *server_program(const char *variable, const char *const *paths);

#endif
