/* What an agent says of itself in Redis, printed for people. Only for status.c. */
#ifndef STATUS_TABLE_H
#define STATUS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "redis/client.h"

#define STATUS_NO_RATE (-1.0)

/* A number as it stands in Redis; 0 for what is none. */
int64_t status_number(struct cdc_slice text);

/* Whether something was heard of it lately, and that was not its end. */
bool status_runs(const struct redis_reply *agent);

/* One agent, a fact on each line. `rate`: events a second since the last look, or STATUS_NO_RATE. */
void status_print_agent(const char *name, const struct redis_reply *agent, double rate);
/* The fleet's heading, and a line for each agent; what is wrong with it stands below. */
void status_print_heading(void);
void status_print_line(const char *name, const struct redis_reply *agent, double rate);

#endif
