/* Events by type (counts.h): a list, since a connector emits a few dozen types at most. Cannot fail. */
#include "redis/counts.h"

static struct redis_count *find(struct redis_counts *counts, struct cdc_slice type)
{
    unsigned n = atomic_load_explicit(&counts->n, memory_order_relaxed);

    for (unsigned i = 0; i < n; i++)
        if (cdc_slice_is(type, counts->types[i].type))
            return &counts->types[i];
    if (n == REDIS_COUNTS_TYPES || type.len >= REDIS_COUNTS_NAME)
        return NULL;
    memcpy(counts->types[n].type, type.ptr, type.len);
    atomic_store_explicit(&counts->n, n + 1, memory_order_release);
    return &counts->types[n];
}

const struct redis_reply *redis_counts_take(struct redis_counts *counts, const struct redis_reply *reply)
{
    if (redis_reply_type(reply) != REDIS_REPLY_IS_ARRAY)
        return reply;
    for (size_t i = 1; i + 1 < redis_reply_count(reply); i += 2) {
        struct cdc_slice type = redis_reply_text(redis_reply_at(reply, i));
        struct redis_count *count = type.len && type.ptr[0] != ':' ? find(counts, type) : NULL;
        if (count)
            atomic_fetch_add_explicit(&count->events, redis_reply_unsigned(redis_reply_at(reply, i + 1)),
                                      memory_order_relaxed);
    }
    return redis_reply_at(reply, 0);
}

void redis_counts_each(const struct redis_counts *counts,
                       void (*each)(void *ctx, struct cdc_slice type, uint64_t n), void *ctx)
{
    unsigned n = atomic_load_explicit(&counts->n, memory_order_acquire);

    for (unsigned i = 0; i < n; i++)
        each(ctx, cdc_slice_str(counts->types[i].type),
             atomic_load_explicit(&counts->types[i].events, memory_order_relaxed));
}
