/* How far the work on tables has come, and what states there are, as Redis tells it. Everything that goes wrong fails the test. */
#ifndef SNAPSHOT_WATCH_H
#define SNAPSHOT_WATCH_H

#include "lib/agent.h"
#include "lib/server_redis.h"
#include "snapshot/progress.h"

struct snapshot_watch {
    struct server_redis *redis;
    struct agent *agent;
    const char *checkpoint; /* key */
};

/* $SNAPSHOT_ROWS or else so many. */
unsigned snapshot_rows(unsigned otherwise);
/* Another variable of the environment. */
unsigned snapshot_number(const char *variable, unsigned otherwise);
/* To be freed. Fails the test when there is none. */
struct progress snapshot_watch_progress(const struct snapshot_watch *watch, const char *table);
void snapshot_watch_state(const struct snapshot_watch *watch, const char *table, enum progress_state state);
/* Until so many rows are loaded, or the job is done. */
void snapshot_watch_rows(const struct snapshot_watch *watch, const char *table, unsigned rows);
/* Until a job that had failed is tried again. */
void snapshot_watch_again(const struct snapshot_watch *watch, const char *table);
/* How many states of an entity there are. */
unsigned snapshot_watch_count(const struct snapshot_watch *watch, const char *entity);
/* All that is in Redis is what a verification reads; then all states go, and come back by being loaded anew. The agent runs. */
void snapshot_watch_load_anew(const struct snapshot_watch *watch, const char *prefix);
/* Runs `tributary WORD CONFIG WORD…` (NULL-ended), which must end with this status. */
void snapshot_watch_command(const struct snapshot_watch *watch, int status, const char *const *words);

#endif
