/* What `snapshot` and `verify` share: asking the agent for work on tables, and watching how far it has come, as the checkpoint says. */
#ifndef JOBS_H
#define JOBS_H

#include "command/errand.h"
#include "command/view.h"
#include "snapshot/progress.h"

struct job {
    char name[256]; /* "schema.table" */
    bool known;     /* there is or was a job */
    struct progress progress;
    uint64_t found[3]; /* missing, different, extra: what this run found */
};

struct jobs {
    struct view view;
    size_t n;
    struct job *all;      /* of the tables that were chosen */
    struct errand errand; /* without a pipeline: another process is the agent */
};

/* Indexes of `found`, and their names. */
enum { JOBS_MISSING, JOBS_DIFFERENT, JOBS_EXTRA, JOBS_FOUND };
extern const char *const jobs_found_names[JOBS_FOUND];

/* Connects; of all tables of the configuration, or the one of `--table`. Must be zeroed before. */
int jobs_open(struct jobs *jobs, const struct options *options, struct cdc_err *err) CDC_MUST_CHECK;
void jobs_close(struct jobs *jobs);
/* Reads anew what the checkpoint says. */
int jobs_read(struct jobs *jobs, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether an agent holds the connector's lease. */
int jobs_have_agent(struct jobs *jobs, bool *have, struct cdc_err *err) CDC_MUST_CHECK;
/* This process becomes the agent, until jobs_close(). Fails also when the connector has never run: there is nothing to work on. */
int jobs_be_agent(struct jobs *jobs, const struct options *options, struct cdc_err *err) CDC_MUST_CHECK;
/* "start", …: for the tables that were chosen. */
int jobs_ask(struct jobs *jobs, const char *verb, const char *job, const char *run,
             struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Watches until no table of this run is being worked on: a bar on a terminal, a line every ten seconds elsewhere, on stderr. `run` NULL:
 * whatever runs now. -1 also when the agent does not take the request up.
 */
int jobs_watch(struct jobs *jobs, const char *run, struct cdc_err *err) CDC_MUST_CHECK;

#endif
