/* Waiting for a condition: tests never sleep for luck. */
#ifndef TESTS_LIB_WAIT_H
#define TESTS_LIB_WAIT_H

#include <stdbool.h>

/* Asks every 5 ms until `condition` holds; fails the test, naming `what`, when it does not within `timeout_ms`. */
void wait_until(const char *what, bool (*condition)(void *ctx), void *ctx, int timeout_ms);
/* The same, but false instead of failing. */
bool wait_for(bool (*condition)(void *ctx), void *ctx, int timeout_ms);
/* One step of waiting, for loops of one's own. */
void wait_step(void);

#endif
