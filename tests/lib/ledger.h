/*
 * pgbench's tables as a ledger: accounts that are mapped to `loyalty`, history that is mapped to `message`. Audits that
 * Redis holds exactly what the tables say, and that the streams tell how it came about: every change once, in order.
 * Everything that goes wrong fails the test.
 */
#ifndef TESTS_LIB_LEDGER_H
#define TESTS_LIB_LEDGER_H

#include <sys/types.h>

#include "lib/scene.h"

/* For scene_options.tables. */
extern const char LEDGER_MAPPING[];

/* Makes the tables, empty. */
void ledger_create(struct scene *scene, unsigned scale);
/* Fills them and makes their keys: scale * 100,000 accounts. */
void ledger_fill(struct scene *scene, unsigned scale);
/* Starts the standard load: four clients, `transactions` in all. The process, for process_wait(). */
pid_t ledger_load(struct scene *scene, unsigned transactions);
/* The same load at a steady pace, until it is ended or loses the server. */
pid_t ledger_load_steady(struct scene *scene, unsigned per_second);
/* The same load; returns when it has made so many transactions. */
pid_t ledger_load_more(struct scene *scene, unsigned per_second, unsigned transactions);
/* Ends the load, and waits until the server has noticed. */
void ledger_load_end(struct scene *scene, pid_t load);
/* Once everything is in Redis: compares states, events, sums and chains. */
void ledger_audit(struct scene *scene);

#endif
