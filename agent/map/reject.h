/* What is said about a row that cannot be mapped: reason, table, key, column; never a value. */
#ifndef REJECT_H
#define REJECT_H

#include "map/run.h"

/* From what the run and its `work` say. The detail lies in the program, until its next reject. */
void reject_make(const struct run *run, struct cdc_reject *out);

#endif
