/* How long to wait before the next try: doubles up to a cap, with jitter, so that many agents do not return together. */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t next_ms; /* 0: the first try has not failed yet */
    uint64_t seed;   /* of the jitter; any value */
};

/* Milliseconds to wait after one more failure: 10 at first, 1,000 at most, three quarters to five quarters of that. */
int64_t backoff_next(struct backoff *backoff);
/* After a success: something was done, not only reached. */
void backoff_reset(struct backoff *backoff);

#endif
