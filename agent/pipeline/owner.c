/* The name under which this process holds a lease (owner.h); the start time tells a reused pid apart (proc(5), stat, field 22). */
#include "pipeline/owner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define START_FIELD 22

static void start_time(char *out, size_t size)
{
    char stat[1024], *at;
    FILE *file = fopen("/proc/self/stat", "r");
    size_t n = file ? fread(stat, 1, sizeof stat - 1, file) : 0;

    if (file)
        fclose(file);
    stat[n] = '\0';
    at = strrchr(stat, ')'); /* field 2 may hold spaces */
    for (int field = 2; at && field < START_FIELD; field++)
        at = strchr(at + 1, ' ');
    snprintf(out, size, "%.*s", at ? (int)strcspn(at + 1, " ") : 1, at ? at + 1 : "0");
}

char *owner_name(char *out, size_t size)
{
    char host[256] = "?", start[32];

    gethostname(host, sizeof host - 1);
    start_time(start, sizeof start);
    snprintf(out, size, "%s/%ld/%s", host, (long)getpid(), start);
    return out;
}
