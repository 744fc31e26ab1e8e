/*
 * Owners of leases (owner.h). A crashed agent that is started again on the same host need not wait for its own lease to run
 * out. A wrong answer costs no data: the epoch fences whoever lost the lease. Sink thread; reads /proc.
 */
#include "redis/owner.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Splits the last '/' and the number behind it off `text`. */
static bool split_number(struct cdc_slice *text, unsigned long long *number)
{
    size_t at = text->len;
    char digits[24];
    char *end;

    while (at > 0 && text->ptr[at - 1] != '/')
        at--;
    if (at == 0 || at == text->len || text->len - at >= sizeof digits ||
        !isdigit((unsigned char)text->ptr[at]))
        return false;
    memcpy(digits, text->ptr + at, text->len - at);
    digits[text->len - at] = '\0';
    *number = strtoull(digits, &end, 10);
    text->len = at - 1;
    return *end == '\0';
}

bool redis_owner_parse(struct redis_owner *owner, struct cdc_slice text)
{
    unsigned long long pid;

    if (!split_number(&text, &owner->start) || !split_number(&text, &pid) || !text.len || pid < 1 ||
        pid > INT_MAX)
        return false;
    owner->pid = (long)pid;
    owner->host = text;
    return true;
}

/* When the process started, in clock ticks since boot; 0 if that cannot be read. */
static unsigned long long started(long pid)
{
    char path[64], stat[1024], *at;
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    n = fread(stat, 1, sizeof stat - 1, file);
    fclose(file);
    stat[n] = '\0';
    at = strrchr(stat, ')'); /* ends field 2, the name, which may hold anything */
    for (int field = 3; at && field <= 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

bool redis_owner_is_dead(struct cdc_slice holder, struct cdc_slice mine)
{
    struct redis_owner other, own;
    unsigned long long start;

    if (!redis_owner_parse(&other, holder) || !redis_owner_parse(&own, mine) ||
        !cdc_slice_eq(other.host, own.host))
        return false;
    /* /proc may hide other users' processes; kill() does not */
    if (kill((pid_t)other.pid, 0) != 0 && errno == ESRCH)
        return true;
    start = started(other.pid);
    return start != 0 && start != other.start;
}
