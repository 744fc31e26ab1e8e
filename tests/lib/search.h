/* Whether something stands anywhere in a Redis. */
#ifndef TESTS_LIB_SEARCH_H
#define TESTS_LIB_SEARCH_H

#include "lib/server_redis.h"

/*
 * Looks for texts, joined by blanks, in the names and values of all keys: strings, hashes, sets, sorted sets, lists, and all
 * entries of all streams. Lines "TEXT KEY" for what was found, "" for nothing; the server's, until the next call.
 */
const char *search_redis(struct server_redis *redis, const char *texts);
/* Fails the test when one of them is found; or, the second, when one of them is not. */
void search_expect_none(struct server_redis *redis, const char *texts);
void search_expect_all(struct server_redis *redis, const char *texts);

#endif
