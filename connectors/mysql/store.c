/*
 * Kept events (store.h): XA transactions between prepare and decision, and those that may yet be rolled back. Owned by the decoder,
 * source thread; fails at its limit.
 */
#include "store.h"

struct head {
    struct my_relation *relation;
    size_t size;
};

int my_store_add(struct my_store *store, const struct my_event *event, struct my_relation *relation)
{
    struct cdc_buf *bytes = &store->bytes;
    struct head head = {relation, event->bytes.len};
    char *at = cdc_buf_reserve(bytes, sizeof head + head.size);

    if (!at) {
        bytes->failed = false;
        return -1;
    }
    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, event->bytes.ptr, head.size);
    bytes->len += sizeof head + head.size;
    return 0;
}

bool my_store_next(const struct my_store *store, size_t *at, struct my_kept *kept)
{
    struct head head;

    if (*at >= store->bytes.len)
        return false;
    memcpy(&head, store->bytes.data + *at, sizeof head);
    kept->relation = head.relation;
    kept->event = cdc_slice(store->bytes.data + *at + sizeof head, head.size);
    *at += sizeof head + head.size;
    return true;
}
