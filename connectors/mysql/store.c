/*
 * Kept events (store.h): XA transactions between prepare and decision, and those that may yet be rolled back. Owned by the decoder,
 * source thread; fails at its limit.
 */
#include "store.h"

struct head {
    struct my_relation *relation;
    size_t size, cut; /* of the event, and of what is behind it */
};

/* Room for the event and what is behind it, once the head has been put. NULL: there is none. */
static char *add(struct my_store *store, struct my_relation *relation, size_t size, size_t cut)
{
    struct head head = {relation, size, cut};
    char *at = cdc_buf_reserve(&store->bytes, sizeof head + size + cut);

    if (!at) {
        store->bytes.failed = false;
        return NULL;
    }
    memcpy(at, &head, sizeof head);
    store->bytes.len += sizeof head + size + cut;
    return at + sizeof head;
}

int my_store_add(struct my_store *store, const struct my_event *event, struct my_relation *relation)
{
    char *at = add(store, relation, event->bytes.len, 0);

    if (!at)
        return -1;
    memcpy(at, event->bytes.ptr, event->bytes.len);
    return 0;
}

int my_store_add_cut(struct my_store *store, const struct my_large *large, struct my_relation *relation)
{
    size_t fixed = large->fixed, row = large->row.len, cut = my_rows_cut_bytes(&large->rows);
    char *at = add(store, relation, fixed + row, cut);

    if (!at)
        return -1;
    memcpy(at, large->head.data, fixed);
    at[MY_EVENT_TYPE_AT] = (char)large->type; /* it may have been compressed */
    memcpy(at + fixed, large->row.data, row);
    my_rows_get_cut(&large->rows, at + fixed + row);
    return 0;
}

bool my_store_next(const struct my_store *store, size_t *at, struct my_kept *kept)
{
    const char *bytes;
    struct head head;

    if (*at >= store->bytes.len)
        return false;
    memcpy(&head, store->bytes.data + *at, sizeof head);
    bytes = store->bytes.data + *at + sizeof head;
    kept->relation = head.relation;
    kept->event = cdc_slice(bytes, head.size);
    kept->cut = cdc_slice(bytes + head.size, head.cut);
    *at += sizeof head + head.size + head.cut;
    return true;
}
