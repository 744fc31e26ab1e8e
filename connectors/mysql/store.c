/*
 * Kept events (store.h): XA transactions between prepare and decision, and those that may yet be rolled back. Owned by the decoder,
 * source thread; fails at its limit.
 */
#include "store.h"

int my_store_add(struct my_store *store, const struct my_event *event)
{
    struct cdc_buf *bytes = &store->bytes;
    size_t before = bytes->len;
    uint32_t size = (uint32_t)event->bytes.len;

    cdc_buf_put(bytes, &size, sizeof size);
    cdc_buf_put_slice(bytes, event->bytes);
    if (!bytes->failed)
        return 0;
    bytes->failed = false;
    bytes->len = before;
    return -1;
}

bool my_store_next(const struct my_store *store, size_t *at, struct cdc_slice *event)
{
    uint32_t size;

    if (*at >= store->bytes.len)
        return false;
    memcpy(&size, store->bytes.data + *at, sizeof size);
    *event = cdc_slice(store->bytes.data + *at + sizeof size, size);
    *at += sizeof size + size;
    return true;
}
