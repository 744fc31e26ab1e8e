/* Small disks (disk.h): a tmpfs in a mount namespace of the test's process. Runs on the test's main thread. */
#define _GNU_SOURCE /* unshare() */
#include "lib/disk.h"

#include "lib/fail.h"
#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Once for a process: what it mounts is its own. */
static bool apart(void)
{
    static bool done;

    if (!done && unshare(CLONE_NEWNS) == 0)
        done = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    return done;
}

bool disk_possible(void)
{
    return geteuid() == 0 && apart();
}

void disk_init(struct disk *disk, unsigned megabytes)
{
    char *size = text_print("size=%um,mode=0777", megabytes);

    tempdir_init(&disk->dir);
    if (!apart() || mount("tmpfs", disk->dir.path, "tmpfs", 0, size))
        fail("cannot mount a disk: %s", strerror(errno));
    disk->ballast = tempdir_path(&disk->dir, "ballast");
    free(size);
}

void disk_fini(struct disk *disk)
{
    if (!disk->ballast)
        return;
    umount2(disk->dir.path, MNT_DETACH);
    free(disk->ballast);
    disk->ballast = NULL;
    tempdir_fini(&disk->dir);
}

void disk_use(const struct disk *disk)
{
    static bool used;
    static char *before;
    const char *now = getenv("TMPDIR");

    if (disk && !used) {
        free(before);
        before = now ? text_print("%s", now) : NULL;
    }
    if (disk)
        setenv("TMPDIR", disk->dir.path, 1);
    else if (used && before)
        setenv("TMPDIR", before, 1);
    else if (used)
        unsetenv("TMPDIR");
    used = disk != NULL;
}

void disk_fill(struct disk *disk)
{
    static const char block[1 << 16];
    int fd = open(disk->ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size_t piece = sizeof block;

    if (fd < 0)
        fail("cannot write %s: %s", disk->ballast, strerror(errno));
    while (piece)
        if (write(fd, block, piece) <= 0)
            piece /= 2;
    close(fd);
}

void disk_relieve(struct disk *disk)
{
    unlink(disk->ballast);
}
