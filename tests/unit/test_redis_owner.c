/* Owners of leases. */
#include "redis/owner.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(redis_owner);

static unsigned long long start_of_self(void)
{
    char stat[1024], *at;
    FILE *file = fopen("/proc/self/stat", "r");
    size_t n = fread(stat, 1, sizeof stat - 1, file);

    fclose(file);
    stat[n] = '\0';
    at = strrchr(stat, ')') + 2;
    for (int i = 3; i < 22; i++)
        at = strchr(at, ' ') + 1;
    return strtoull(at, NULL, 10);
}

static bool dead(const char *host, long pid, unsigned long long start)
{
    char holder[128];

    snprintf(holder, sizeof holder, "%s/%ld/%llu", host, pid, start);
    return redis_owner_is_dead(cdc_slice_str(holder), cdc_slice_str("host/1/1"));
}

Test(redis_owner, has_three_parts)
{
    static const char *const wrong[] = {"",         "host",    "host/1",   "/1/2",      "host/x/2",
                                        "host/1/",  "host//2", "host/0/2", "host/1/2x", "host/99999999999/2",
                                        "host/1/-2"};
    struct redis_owner owner;

    cr_assert(redis_owner_parse(&owner, cdc_slice_str("a/host/12/345")));
    cr_assert(cdc_slice_is(owner.host, "a/host"));
    cr_assert_eq(owner.pid, 12);
    cr_assert_eq(owner.start, 345);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(redis_owner_parse(&owner, cdc_slice_str(wrong[i])), "%s", wrong[i]);
}

Test(redis_owner, a_running_process_is_not_dead)
{
    cr_assert_not(dead("host", getpid(), start_of_self()));
}

Test(redis_owner, a_number_that_another_process_has_now_is_dead)
{
    cr_assert(dead("host", getpid(), start_of_self() - 1));
}

Test(redis_owner, a_process_that_ended_is_dead)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    cr_assert(dead("host", pid, 1));
    cr_assert_not(dead("other-host", pid, 1));
}

Test(redis_owner, in_doubt_it_lives)
{
    cr_assert_not(redis_owner_is_dead(cdc_slice_str("nonsense"), cdc_slice_str("host/1/1")));
    cr_assert_not(redis_owner_is_dead(cdc_slice_str("host/1/1"), cdc_slice_str("nonsense")));
}
