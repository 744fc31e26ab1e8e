/* Who runs: "host/pid/start time", so that others on this host can tell whether the holder of a lease still lives. */
#ifndef OWNER_H
#define OWNER_H

#include <stddef.h>

/* Of this process. Returns `out`. */
char *owner_name(char *out, size_t size);

#endif
