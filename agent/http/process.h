/* The process_* metrics that every dashboard knows. */
#ifndef HTTP_PROCESS_H
#define HTTP_PROCESS_H

#include "http/exposition.h"

/* What the kernel does not tell is left out. `started_us`: wall clock; the same at every call. */
void process_print(struct exposition *to, int64_t started_us);

#endif
