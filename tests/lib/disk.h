/*
 * A small disk of a test's own, in memory, that can be full. It is mounted for the test's process and its children alone, and is
 * gone with them. Needs root; failures end the test.
 */
#ifndef TESTS_LIB_DISK_H
#define TESTS_LIB_DISK_H

#include <stdbool.h>

#include "lib/tempdir.h"

struct disk {
    struct tempdir dir; /* where it is mounted */
    char *ballast;
};

/* Whether this machine lets us. */
bool disk_possible(void);
void disk_init(struct disk *disk, unsigned megabytes);
void disk_fini(struct disk *disk);
/* Temporary folders, and so the data of servers, are on it from now on; NULL: where they were. */
void disk_use(const struct disk *disk);
/* Takes all the room that is left, and gives it back. */
void disk_fill(struct disk *disk);
void disk_relieve(struct disk *disk);

#endif
