/*
 * sysbench's OLTP tables as a proof: each transaction of oltp_read_write updates two rows, deletes a third and inserts it again, in
 * eight tables, with keys that collide often. Every change that the binlogs hold must be one event, in the same order, with the same
 * content, and nothing else; in the end every state must be its row.
 */
#ifndef TESTS_LIB_OLTP_H
#define TESTS_LIB_OLTP_H

#include <sys/types.h>

#include "lib/server_mariadb.h"
#include "lib/server_redis.h"

enum { OLTP_CLIENTS = 4, OLTP_CHANGES = 4 /* of rows, in a transaction */ };

/* Database of the tables. */
extern const char OLTP_DATABASE[];

/* The mapping of all tables, for the configuration's `tables:`. The caller frees it. */
char *oltp_mapping(void);
/* The tables, empty, for an agent that starts before they are filled: it refuses to without them. */
void oltp_create(struct server_mariadb *server);
/* Creates and fills the tables, anew if they are there; the database must exist. `output`: the file that sysbench writes to. */
void oltp_fill(struct server_mariadb *server, const char *output);
/* Starts `transactions` transactions of OLTP_CLIENTS clients with random numbers from `seed`, and returns at once. */
pid_t oltp_load(struct server_mariadb *server, unsigned transactions, unsigned seed, const char *output);
/* The same load at a steady pace, until it is ended or loses the server. */
pid_t oltp_load_steady(struct server_mariadb *server, unsigned per_second, unsigned seed, const char *output);
/*
 * Reads binlogs and tables and compares everything; the load must have ended and its last change be in Redis. How many row changes
 * the load has made.
 */
size_t oltp_audit(struct server_mariadb *server, struct server_redis *redis);

#endif
