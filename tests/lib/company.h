/*
 * A company for one test: systems with a database each, as the shipped examples describe them, and their agents on one Redis.
 *
 *     static struct company company;
 *     company_open(&company, NULL, (const char *const[]){"cinema-bookings", "mailer", NULL});
 *     company_sql(&company, "cinema-bookings", "INSERT INTO reservation …");
 *     company_await(&company, "HGET cdc:state:{booking}:cinema-42 reservation_status", "confirmed");
 *     company_say(&company, "conf/examples/marketing-guard.sh booking-site:991 screening-12");
 *     company_close(&company);
 *
 * A system is conf/NAME.yaml or conf/examples/NAME.yaml, with the tables of the .sql beside it, in a database of its own on a
 * private PostgreSQL or MariaDB (one of each at most). Of the shipped configuration only addresses and secrets are changed.
 * Agents use the Redis user that `tributary setup` gives them, and consumers the one that it gives to readers. Agents see every
 * table and column, mapped or not. Everything that goes wrong fails the test. Use it from the test's main thread.
 */
#ifndef TESTS_LIB_COMPANY_H
#define TESTS_LIB_COMPANY_H

#include <stdint.h>

#include "lib/agent.h"
#include "lib/server_mariadb.h"
#include "lib/server_postgresql.h"
#include "lib/server_redis.h"

enum { COMPANY_SYSTEMS = 8, COMPANY_SOON_MS = 30000 };

struct company_system {
    const char *name; /* of the example */
    char *database, *connector;
    char *config; /* what the agent got */
    bool mysql;
    struct agent agent;
};

struct company {
    struct server_redis *redis;
    struct server_postgresql *pg;
    struct server_mariadb *maria;
    struct company_system systems[COMPANY_SYSTEMS];
    size_t n;
    char *consumer; /* REDIS=… of the example scripts: redis-cli as a reader */
    char *url;
    struct tempdir dir;
    char *said;
    int status; /* of the last company_say() */
};

/*
 * Starts the servers, makes the databases of these examples (NULL-ended), and one agent each; returns when all of them stream.
 * `top`: one-line settings of the top level that take the place of the examples' own, as "log: {level: debug}\n"; may be NULL.
 */
void company_open(struct company *company, const char *top, const char *const *names);
/* Ends the agents, each of which must end with 0, and the servers. */
void company_close(struct company *company);
/* For a suite's .fini: kills and removes what a failed test has left, with the agents' logs. */
void company_clean(struct company *company);

struct company_system *company_system(struct company *company, const char *name);
/* Starts the agent of a system again, and waits until it streams. */
void company_run(struct company *company, const char *name);
/* One more agent for the same system, which waits for the lease. Give it to agent_stop() and agent_fini(). */
void company_standby(struct company *company, const char *name, struct agent *standby);

/* Runs SQL as an administrator. The wall clock just before the statement, in microseconds: measured from there, the commit counts. */
int64_t company_sql(struct company *company, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The first value of a query. */
const char *company_query(struct company *company, const char *name, const char *sql);

/* What a shell command of a consumer prints, without the last line end; REDIS is set and the folder is the tree's. The
 * company's, until the next. */
const char *company_say(struct company *company, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The Redis, as the program's commands want it: with the rights of a reader. The company's. */
const char *company_url(const struct company *company);
/* Compares what it prints. */
void company_expect(struct company *company, const char *command, const char *output);
/* Waits until a Redis command (words split at blanks) answers this. */
void company_await(struct company *company, const char *command, const char *answer);

#endif
