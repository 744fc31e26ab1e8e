/*
 * What a test and an agent that is built with calls that fail (wrap/) have in common: a file that both map. The agent notes each place
 * that makes such a call; the test says which of them is to fail, how, and the how manieth time.
 */
#ifndef TESTS_CALLS_PLAN_H
#define TESTS_CALLS_PLAN_H

#include <stdatomic.h>
#include <stdint.h>

/* Names the file to the agent. */
#define PLAN_VARIABLE "TRIBUTARY_CALLS"

enum { PLAN_SITES = 4096, PLAN_ERRORS = 8 };

/* What a call gives instead of an errno. */
enum { CALL_SHORT = 10001, CALL_END, CALL_FAILED };

/* A place in the program; `key` is where the call returns to, and where its caller does (0: any), as offsets in the program. */
struct plan_site {
    _Atomic uint64_t key; /* 0: none */
    char function[32];
    int errors[PLAN_ERRORS]; /* what it can be made to give; ended by 0 */
    _Atomic unsigned calls;
};

struct plan {
    uint64_t key; /* what is to fail; 0: nothing */
    int error;
    unsigned nth;          /* from 1 */
    _Atomic unsigned seen; /* calls there so far */
    _Atomic unsigned fired;
    struct plan_site sites[PLAN_SITES];
};

static inline uint32_t plan_at(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

static inline uint32_t plan_from(uint64_t key)
{
    return (uint32_t)key;
}

#endif
