/* Starting, awaiting and ending the child processes of a test. Runs on the test's main thread; failures end the test. */
#include "lib/process.h"

#include "lib/wait.h"

#include "cdc/clock.h"

#include "lib/fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct passwd *ordinary_user(void)
{
    const struct passwd *user;

    if (geteuid() != 0)
        return NULL;
    user = getpwnam("postgres");
    return user ? user : getpwnam("nobody");
}

uid_t process_ordinary_uid(void)
{
    const struct passwd *user = ordinary_user();
    return user ? user->pw_uid : geteuid();
}

int process_ordinary_own(const char *path)
{
    const struct passwd *user = ordinary_user();
    return user ? chown(path, user->pw_uid, user->pw_gid) : 0;
}

void process_close_from(int fd)
{
    (void)syscall(SYS_close_range, (unsigned)fd, ~0U, 0U);
}

static int child_redirect(const char *path, int to, int to_too)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    if (fd < 0 || dup2(fd, to) < 0 || (to_too >= 0 && dup2(fd, to_too) < 0))
        return -1;
    return 0;
}

static int child_become(const struct passwd *user)
{
    if (!user)
        return 0;
    return setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid) || chdir("/") ? -1 : 0;
}

/* What the child does instead of the test: never returns. */
static void child_exec(const char *const *argv, const struct process_options *options,
                       const struct passwd *user, pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    if (options->output && child_redirect(options->output, 1, 2))
        _exit(126);
    if (options->error && child_redirect(options->error, 2, -1))
        _exit(126);
    for (const char *const *e = options->environment; e && *e; e++)
        putenv((char *)(uintptr_t)*e);
    setpgid(0, 0);
    /* after the change of user, which clears the death signal */
    if (child_become(user) ||
        prctl(PR_SET_PDEATHSIG, options->death_signal ? options->death_signal : SIGKILL))
        _exit(126);
    if (getppid() != parent)
        _exit(126);
    process_close_from(3);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

pid_t process_start(const char *const *argv, const struct process_options *options)
{
    static const struct process_options plain;
    const struct passwd *user = options && options->ordinary ? ordinary_user() : NULL;
    pid_t parent = getpid(), pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        fail("fork for %s: %s", argv[0], strerror(errno));
    if (pid == 0)
        child_exec(argv, options ? options : &plain, user, parent);
    return pid;
}

int process_wait(pid_t pid, int timeout_ms)
{
    int64_t end = cdc_now_ms() + timeout_ms;

    for (;;) {
        int status;
        pid_t got = waitpid(pid, &status, WNOHANG);

        if (got == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (got < 0 && errno != EINTR)
            fail("waiting for process %d: %s", (int)pid, strerror(errno));
        if (cdc_now_ms() >= end)
            return -1;
        wait_step();
    }
}

int process_end(pid_t pid, int signal, int timeout_ms)
{
    int status;

    kill(pid, signal);
    status = process_wait(pid, timeout_ms);
    if (status < 0) {
        kill(pid, SIGKILL);
        status = process_wait(pid, 10000);
    }
    return status;
}

bool process_runs(pid_t pid)
{
    siginfo_t info = {0};

    /* WNOWAIT: looking must not take the exit status away from process_wait() */
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

void process_must(const char *const *argv, const struct process_options *options, int timeout_ms)
{
    pid_t pid = process_start(argv, options);
    int status = process_wait(pid, timeout_ms);

    if (status < 0) {
        process_end(pid, SIGKILL, 0);
        fail("%s did not end within %d ms", argv[0], timeout_ms);
    }
    if (status > 0) {
        char *said = options && options->output ? process_read_file(options->output) : strdup("");
        fail("%s ended with status %d\n%s", argv[0], status, said);
    }
}

unsigned process_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || getsockname(fd, (struct sockaddr *)&at, &len))
        fail("no free port: %s", strerror(errno));
    close(fd);
    return ntohs(at.sin_port);
}

char *process_read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    struct stat st;
    char *text = NULL;
    size_t got = 0;

    if (file && fstat(fileno(file), &st) == 0 && (text = malloc((size_t)st.st_size + 1)))
        got = fread(text, 1, (size_t)st.st_size, file);
    if (file)
        fclose(file);
    if (!text)
        return strdup("");
    text[got] = 0;
    return text;
}
