/*
 * Comparing what is in Redis with what a server shows of typed tables. Differences are expectations that fail (cr_expect), each with
 * table, row and column.
 */
#ifndef TESTS_INTEGRATION_TYPED_CHECK_H
#define TESTS_INTEGRATION_TYPED_CHECK_H

#include "lib/server_redis.h"

#include "typed_table.h"

/* The states of all rows. `when` is for messages. */
void typed_check_states(struct server_redis *redis, const struct typed_table *table,
                        const struct typed_rows *rows, const char *when);
/* The events of each row: its insert, its update where that changed a column, the update of `touched`, its delete. */
void typed_check_events(struct server_redis *redis, const struct typed_table *table,
                        const struct typed_rows *inserted, const struct typed_rows *updated, const char *how);

#endif
