/* Reading the configuration again while the agent runs (SIGHUP). Main thread. */
#ifndef RELOAD_H
#define RELOAD_H

#include "command/wiring.h"

/*
 * Reads the file that `now` was made from into `next`, which is zeroed, and makes sure that it can take the place: every setting that
 * changed may change at run time, and `check` finds no error in the database and in Redis. What is wrong goes to the log. -1: `next` is
 * zeroed, and `now` stays. Takes as long as a check, seconds at most.
 */
int reload_prepare(struct wiring *next, const struct wiring *now, struct cdc_err *err) CDC_MUST_CHECK;

#endif
