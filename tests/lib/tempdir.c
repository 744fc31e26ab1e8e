/*
 * Temporary folders. A keeper, a shell that reads a pipe of which the test holds the other end, removes the folder when
 * the pipe closes: by tempdir_fini() or because the test is dead. Failures end the test.
 */
#include "lib/tempdir.h"

#include "lib/process.h"

#include "lib/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A server that was just killed may still write: hence several tries. */
static const char KEEPER[] =
    "read x; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- \"$1\" 2>&- && exit 0; sleep .1; done";

static void tempdir_keep(struct tempdir *dir)
{
    int ends[2];

    if (pipe(ends) || fcntl(ends[1], F_SETFD, FD_CLOEXEC))
        fail("pipe for %s: %s", dir->path, strerror(errno));
    dir->keeper_pid = fork();
    if (dir->keeper_pid < 0)
        fail("fork for %s: %s", dir->path, strerror(errno));
    if (dir->keeper_pid == 0) {
        /* away from the terminal's signals and from every descriptor of the test, or someone waits for them for ever */
        setsid();
        dup2(ends[0], 0);
        process_close_from(1);
        (void)!open("/dev/null", O_WRONLY);
        (void)!open("/dev/null", O_WRONLY);
        execl("/bin/sh", "sh", "-c", KEEPER, "keeper", dir->path, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    dir->keeper_fd = ends[1];
}

void tempdir_init(struct tempdir *dir)
{
    const char *base = getenv("TMPDIR");

    memset(dir, 0, sizeof *dir);
    if (!base || !*base || strlen(base) > 40)
        base = "/tmp";
    snprintf(dir->path, sizeof dir->path, "%s/tributary.XXXXXX", base);
    if (!mkdtemp(dir->path))
        fail("cannot make %s: %s", dir->path, strerror(errno));
    if (process_ordinary_own(dir->path))
        fail("cannot give %s away: %s", dir->path, strerror(errno));
    tempdir_keep(dir);
}

void tempdir_fini(struct tempdir *dir)
{
    if (!dir->keeper_pid)
        return;
    close(dir->keeper_fd);
    while (waitpid(dir->keeper_pid, NULL, 0) < 0 && errno == EINTR)
        ;
    memset(dir, 0, sizeof *dir);
}

char *tempdir_path(const struct tempdir *dir, const char *name)
{
    return text_print("%s/%s", dir->path, name);
}

char *tempdir_write(const struct tempdir *dir, const char *name, const char *text)
{
    char *path = tempdir_path(dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);

    if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd))
        fail("cannot write %s: %s", path, strerror(errno));
    return path;
}
