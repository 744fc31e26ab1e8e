/* The life of a private server process and its folder. Runs on the test's main thread; failures end the test. */
#include "lib/server.h"

#include "lib/fail.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void server_init(struct server *server)
{
    memset(server, 0, sizeof *server);
    tempdir_init(&server->dir);
    server->log = tempdir_path(&server->dir, "log");
    server->data = tempdir_path(&server->dir, "data");
}

void server_fini(struct server *server)
{
    for (size_t i = 0; i < server->nwords; i++)
        free(server->words[i]);
    free(server->log);
    free(server->data);
    tempdir_fini(&server->dir);
    memset(server, 0, sizeof *server);
}

void server_word(struct server *server, const char *fmt, ...)
{
    va_list args;

    if (server->nwords == SERVER_WORDS)
        fail("too many settings for a server");
    va_start(args, fmt);
    server->words[server->nwords++] = text_vprint(fmt, args);
    va_end(args);
}

void server_run(struct server *server, int death_signal)
{
    server->pid = process_start(
        (const char *const *)server->words,
        &(struct process_options){.ordinary = true, .output = server->log, .death_signal = death_signal});
}

void server_end(struct server *server, int signal)
{
    if (!server->pid)
        return;
    server_thaw(server);
    process_end(server->pid, signal, 30000);
    server->pid = 0;
}

void server_freeze(const struct server *server)
{
    kill(server->pid, SIGSTOP);
}

void server_thaw(const struct server *server)
{
    kill(server->pid, SIGCONT);
}

_Noreturn void server_fail(const struct server *server, const char *what)
{
    char *log = process_read_file(server->log);
    size_t len = strlen(log);

    fail("%s\n%s", what, len > 3000 ? log + len - 3000 : log);
}

char *server_program(const char *variable, const char *const *paths)
{
    const char *given = getenv(variable);

    if (given && *given)
        return text_print("%s", given);
    for (; *paths; paths++) {
        if (access(*paths, X_OK) == 0)
            return text_print("%s", *paths);
    }
    fail("a server program is missing; name its path in the environment as %s", variable);
}
