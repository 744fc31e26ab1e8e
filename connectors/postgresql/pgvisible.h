/* What a snapshot of the server sees, from its text: "xmin:xmax:xip,…" as pg_current_snapshot() prints it. */
#ifndef PGVISIBLE_H
#define PGVISIBLE_H

#include "cdc/event.h"

/* The operation sees() of cdc/source.h. */
bool pgvisible_sees(struct cdc_slice snapshot, const struct cdc_tx *tx);

#endif
