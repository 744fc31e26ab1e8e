/* What one row change is to one mapping: which events, or none, or a reject. */
#ifndef ROW_H
#define ROW_H

#include "map/run.h"

enum row_outcome {
    ROW_MAPPED,   /* events were added, or the row changes nothing that is mapped */
    ROW_FILTERED, /* the mapping is not for this row */
    ROW_REJECTED, /* no event was added; the run and its `work` say why */
    ROW_FAILED,   /* no memory */
};

enum row_outcome row_apply(struct run *run);

#endif
