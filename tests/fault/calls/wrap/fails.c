/* Decides which call fails (fails.h, plan.h). Any thread. Without a plan in the environment nothing fails. */
#include "fault/calls/wrap/fails.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern const char __executable_start[], etext[];

static struct plan *plan;

/* Before main(), when there is one thread. */
__attribute__((constructor)) static void find_plan(void)
{
    const char *path = getenv(PLAN_VARIABLE);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    if (path && mapped == MAP_FAILED)
        _exit(126);
    plan = path ? mapped : NULL;
}

/* In the program; 0: elsewhere. */
static uint32_t offset_of(const void *address)
{
    uintptr_t at = (uintptr_t)address, from = (uintptr_t)__executable_start;

    return at > from && at < (uintptr_t)etext ? (uint32_t)(at - from) : 0;
}

static void fill(struct plan_site *site, const char *function, const int *errors)
{
    strncpy(site->function, function, sizeof site->function - 1);
    for (unsigned i = 0; i < PLAN_ERRORS - 1 && errors[i]; i++)
        site->errors[i] = errors[i];
}

/* A table with open places that only fills up. */
static void note(uint64_t key, const char *function, const int *errors)
{
    uint64_t place = key * 0x9e3779b97f4a7c15u >> 40;

    for (unsigned tries = 0; tries < PLAN_SITES; tries++, place++) {
        struct plan_site *site = &plan->sites[place % PLAN_SITES];
        uint64_t none = 0;

        if (atomic_compare_exchange_strong(&site->key, &none, key))
            fill(site, function, errors);
        else if (none != key)
            continue;
        atomic_fetch_add(&site->calls, 1);
        return;
    }
}

int call_fails(const char *function, const int *errors, const void *at, const void *from)
{
    uint64_t key;

    if (!plan)
        return 0;
    key = (uint64_t)offset_of(at) << 32 | offset_of(from);
    note(key, function, errors);
    if (key != plan->key || atomic_fetch_add(&plan->seen, 1) + 1 != plan->nth)
        return 0;
    atomic_store(&plan->fired, 1);
    return plan->error;
}
