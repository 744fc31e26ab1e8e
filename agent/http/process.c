/* Reading /proc/self (process.h), proc(5). */
#include "http/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FIELD_UTIME = 14, FIELD_STIME = 15, FIELD_VSIZE = 23, FIELD_RSS = 24, FIELDS = 25 };

/* The numbers of /proc/self/stat by their place, from 1. */
static int read_stat(double fields[FIELDS])
{
    char text[1024], *at;
    FILE *file = fopen("/proc/self/stat", "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;

    if (file)
        fclose(file);
    text[n] = '\0';
    at = strrchr(text, ')'); /* the name before it may hold anything */
    if (!at)
        return -1;
    at += 2;
    for (int i = 3; i < FIELDS; i++) {
        if (sscanf(at, "%lf", &fields[i]) != 1)
            fields[i] = 0; /* the state is a letter */
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return *at ? 0 : -1;
}

static double count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    double n = -1; /* the folder's own */

    if (!dir)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            n++;
    closedir(dir);
    return n;
}

void process_print(struct exposition *to, int64_t started_us)
{
    double fields[FIELDS] = {0}, ticks = (double)sysconf(_SC_CLK_TCK), fds = count_fds();
    struct rlimit limit;

    if (read_stat(fields) == 0) {
        exposition_bare(to, "process_cpu_seconds_total", "counter", "User and system time of the process.",
                        (fields[FIELD_UTIME] + fields[FIELD_STIME]) / ticks);
        exposition_bare(to, "process_resident_memory_bytes", "gauge", "Memory that is resident.",
                        fields[FIELD_RSS] * (double)sysconf(_SC_PAGESIZE));
        exposition_bare(to, "process_virtual_memory_bytes", "gauge", "Address space.", fields[FIELD_VSIZE]);
        exposition_bare(to, "process_start_time_seconds", "gauge", "When the process started, since 1970.",
                        (double)(started_us / 1000000));
    }
    if (fds >= 0)
        exposition_bare(to, "process_open_fds", "gauge", "Open file descriptors.", fds);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        exposition_bare(to, "process_max_fds", "gauge", "Most file descriptors that may be open.",
                        (double)limit.rlim_cur);
}
