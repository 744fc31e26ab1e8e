/*
 * Mistakes of operators, each with what `tributary check` and `tributary run` then say, as rows of a table of conf/operations.md.
 * The table is the test's: where it says something else, the test fails and prints the section as it must be.
 */
#ifndef TESTS_INTEGRATION_MISTAKES_H
#define TESTS_INTEGRATION_MISTAKES_H

#include <stdbool.h>

#include "cdc/buf.h"
#include "lib/agent.h"

enum { MISTAKES_NAMES = 12 };

struct mistakes {
    struct agent agent; /* who makes them */
    struct cdc_buf rows, fine;
    struct {
        char *actual, *shown;
    } names[MISTAKES_NAMES];
    unsigned nnames;
};

void mistakes_init(struct mistakes *mistakes);
/* Zeroed is fine. */
void mistakes_fini(struct mistakes *mistakes);
/* Whether the servers are those that the document speaks of: others choose other words. */
bool mistakes_documented(void);

/* What is different in each run, and the word that stands for it. Longer texts before those that are part of them. */
void mistakes_name(struct mistakes *mistakes, const char *actual, const char *shown);
/* Remembers what check finds while nothing is wrong. */
void mistakes_none(struct mistakes *mistakes, const char *config);
/* Adds the rows of one: every finding of check that was not there before, and the first complaint of run. */
void mistakes_add(struct mistakes *mistakes, const char *what, const char *config);
/* The rows must be all that stands in the table below this heading. */
void mistakes_expect(struct mistakes *mistakes, const char *heading);

#endif
