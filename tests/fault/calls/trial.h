/*
 * Trials of an agent whose calls can be made to fail (plan.h), against real servers. In each trial one call fails once while the agent
 * starts, loads a table, streams changes, answers HTTP, reads its configuration again and ends. It must go on and deliver, or end with
 * an error that it states, and deliver after another start; each change once, in order, with nothing that the sanitizers find.
 */
#ifndef TESTS_CALLS_TRIAL_H
#define TESTS_CALLS_TRIAL_H

#include "fault/calls/plan.h"
#include "lib/agent.h"
#include "lib/server_redis.h"

struct trial {
    /* The test's: */
    const char *name;
    struct agent *agent;
    struct server_redis *redis;
    unsigned http_port;
    const char *table; /* is loaded at each start */
    /* Inserts row number n of the table that feeds `inventory`; its key is n. */
    void (*insert)(unsigned n);
    const char *where; /* only calls from there: "connectors/mysql/" */
    /* Its own: */
    struct plan *plan;
    uint64_t *tried; /* keys */
    size_t ntried;
    unsigned rows, trials, fired, ended, bad;
};

/* Before the agent's first start: its program becomes the one with the calls. */
void trial_init(struct trial *trial);
/* Runs it undisturbed, then fails each call that was seen then, in each of its ways. `trial` may be given another configuration in between. */
void trial_each(struct trial *trial);
/* Compares all that came with all that was inserted, and tells how many trials there were. */
void trial_end(struct trial *trial);

#endif
