/* Findings (findings.h), told by the replies to batches. Cannot fail. */
#include "redis/findings.h"

static atomic_uint_fast64_t *count_of(struct redis_findings *findings, struct cdc_slice name)
{
    if (cdc_slice_is(name, ":checked"))
        return &findings->checked;
    if (cdc_slice_is(name, ":missing"))
        return &findings->missing;
    if (cdc_slice_is(name, ":different"))
        return &findings->different;
    return cdc_slice_is(name, ":extra") ? &findings->extra : NULL;
}

void redis_findings_take(struct redis_findings *findings, const struct redis_reply *reply)
{
    for (size_t i = 1; i + 1 < redis_reply_count(reply); i += 2) {
        atomic_uint_fast64_t *count = count_of(findings, redis_reply_text(redis_reply_at(reply, i)));
        if (count)
            atomic_fetch_add_explicit(count, redis_reply_unsigned(redis_reply_at(reply, i + 1)),
                                      memory_order_relaxed);
    }
}

void redis_findings_read(const struct redis_findings *findings, struct cdc_findings *out)
{
    out->checked = atomic_load_explicit(&findings->checked, memory_order_relaxed);
    out->missing = atomic_load_explicit(&findings->missing, memory_order_relaxed);
    out->different = atomic_load_explicit(&findings->different, memory_order_relaxed);
    out->extra = atomic_load_explicit(&findings->extra, memory_order_relaxed);
}
