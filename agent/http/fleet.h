/* All agents of a Redis, as they say of themselves there; and the page of them, `/fleet`. */
#ifndef HTTP_FLEET_H
#define HTTP_FLEET_H

#include "cdc/arena.h"
#include "cdc/buf.h"

enum { FLEET_AGENTS = 256 };

/* Text as it is in Redis, in the fleet's arena; NULL: absent. */
struct fleet_agent {
    const char *name;
    const char *state; /* NULL: nothing was heard of it lately */
    const char *failure, *reason, *remedy, *trouble;
    const char *gap; /* what its checkpoint says is missing from Redis */
    const char *lag_ms, *events, *rejected, *position, *source, *host, *version, *seen, *http;
};

struct fleet {
    struct cdc_arena arena;
    size_t n;
    bool more; /* than fit */
    struct fleet_agent agents[FLEET_AGENTS];
};

/* Sorts by name. */
void fleet_sort(struct fleet *fleet);
/* `here`: this agent's name, or NULL; `trouble`: why there is no fleet, or NULL. */
void fleet_print(const struct fleet *fleet, const char *here, const char *trouble, const char *nonce,
                 int64_t now_us, struct cdc_buf *out);

#endif
