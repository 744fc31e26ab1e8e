/* A folder for one test, gone when the test ends, also when it crashes. */
#ifndef TESTS_LIB_TEMPDIR_H
#define TESTS_LIB_TEMPDIR_H

#include <stddef.h>

struct tempdir {
    char path[64]; /* short: sockets live in it, and their paths are bounded by 107 bytes */
    int keeper_fd;
    int keeper_pid;
};

/*
 * Makes a folder under $TMPDIR or /tmp that belongs to the user whom test servers run as (see process.h). Fails the
 * test when it cannot.
 */
void tempdir_init(struct tempdir *dir);
/* Removes it with everything in it. Zeroed is fine. */
void tempdir_fini(struct tempdir *dir);
/* "<path>/<name>"; the caller frees it. */
char *tempdir_path(const struct tempdir *dir, const char *name);
/* Writes a file that only its owner may read; returns its path, which the caller frees. */
char *tempdir_write(const struct tempdir *dir, const char *name, const char *text);

#endif
