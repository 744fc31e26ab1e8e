/* "Did you mean …?": the most similar of some names. Pure; any thread. */
#ifndef NEAREST_H
#define NEAREST_H

#include "cdc/slice.h"

#define NEAREST_LEN_MAX 64 /* longer names are compared by this many bytes */

/* How many letters differ, are missing or too many (Levenshtein); case does not count. */
size_t nearest_distance(struct cdc_slice a, struct cdc_slice b);
/* Whether `b` is close enough to `a` to be offered as what was meant. */
bool nearest_is_close(struct cdc_slice a, size_t distance);

#endif
