/* Forgetting how far a connector has come: `checkpoint reset`, and `run` after a gap. */
#ifndef FORGET_H
#define FORGET_H

#include "command/wiring.h"

/*
 * Connects to the store, which forgets the checkpoint: the next start is a first run. States and events stay. `reload`: it then compares
 * all tables with the states, since what lies between the old position and the new one may be lost. *was: whether there was a position.
 * CDC_ERR_FENCED when another agent runs the connector.
 */
int forget_checkpoint(struct wiring *wiring, bool reload, bool *was, struct cdc_err *err) CDC_MUST_CHECK;

#endif
