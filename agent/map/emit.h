/* Events from fields: operation, verb, customer. */
#ifndef EMIT_H
#define EMIT_H

#include "map/run.h"

/* The entity is new to the store, or is to look as if it were. */
void emit_created(struct run *run, struct cdc_slice key);
/* The entity changed; all fields know what was before. No event if none of them changed. */
void emit_changed(struct run *run, struct cdc_slice key);
/* The entity may have changed: the store has to compare. `existing_only`: do nothing if it holds no state. */
void emit_merged(struct run *run, struct cdc_slice key, bool existing_only);
/* The entity is no more; `op` DELETE or DROP; of program->gone. */
void emit_gone(struct run *run, enum cdc_event_op op, struct cdc_slice key, bool before_known);

#endif
