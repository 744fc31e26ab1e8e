/* Recently touched keys by open addressing (touched.h). No allocation but for growth; a judgement goes once over all that is held. */
#include "snapshot/touched.h"

#include <stdlib.h>

#define FIRST_SIZE 1024
#define TEXT_MAX   (4 * 1024 * 1024) /* of the ids of transactions */

void touched_init(struct touched *t, size_t most_keys)
{
    *t = (struct touched){.most = most_keys};
    cdc_buf_init(&t->text, TEXT_MAX);
}

void touched_fini(struct touched *t)
{
    free(t->keys);
    free(t->txs);
    cdc_buf_fini(&t->text);
    *t = (struct touched){.most = t->most};
    cdc_buf_init(&t->text, TEXT_MAX);
}

void touched_clear(struct touched *t)
{
    touched_fini(t);
}

void touched_begin(struct touched *t)
{
    t->open = false;
}

static struct touched_key *find(struct touched_key *keys, size_t size, uint64_t hash)
{
    size_t at = hash & (size - 1);

    while (keys[at].hash && keys[at].hash != hash)
        at = (at + 1) & (size - 1);
    return &keys[at];
}

/* Into a table of this size, those that are left of the transactions renumbered by `renumbered`, or all as they are. */
static int rebuild(struct touched *t, size_t size, const uint32_t *renumbered)
{
    struct touched_key *keys = calloc(size, sizeof *keys), *to;
    size_t n = 0;

    if (!keys)
        return -1;
    for (size_t i = 0; i < t->size; i++) {
        struct touched_key key = t->keys[i];
        if (!key.hash || (renumbered && t->txs[key.tx].seen))
            continue;
        if (renumbered)
            key.tx = renumbered[key.tx];
        to = find(keys, size, key.hash);
        *to = key;
        n++;
    }
    free(t->keys);
    t->keys = keys;
    t->size = size;
    t->nkeys = n;
    return 0;
}

static int open_tx(struct touched *t, const struct cdc_tx *tx)
{
    size_t cap = t->txs_cap ? t->txs_cap * 2 : 256;
    struct touched_tx *txs = t->txs;

    if (t->ntxs == t->txs_cap) {
        txs = realloc(t->txs, cap * sizeof *txs);
        if (!txs)
            return -1;
        t->txs = txs;
        t->txs_cap = cap;
    }
    txs[t->ntxs] = (struct touched_tx){t->text.len, tx->id.len,    t->text.len + tx->id.len,
                                       tx->xid.len, tx->commit_us, false};
    cdc_buf_put_slice(&t->text, tx->id);
    cdc_buf_put_slice(&t->text, tx->xid);
    if (t->text.failed)
        return -1;
    t->ntxs++;
    t->open = true;
    return 0;
}

static int make_room(struct touched *t)
{
    if (t->nkeys >= t->most)
        return -1;
    if (t->nkeys < t->size / 2)
        return 0;
    return rebuild(t, t->size ? t->size * 2 : FIRST_SIZE, NULL);
}

void touched_add(struct touched *t, const struct cdc_tx *tx, uint64_t hash, uint64_t fields)
{
    struct touched_key *key;

    if (t->overflow)
        return;
    if ((!t->open && open_tx(t, tx)) || make_room(t)) {
        t->overflow = true;
        return;
    }
    key = find(t->keys, t->size, hash);
    t->nkeys += key->hash == 0;
    key->hash = hash;
    key->fields |= fields;
    key->tx = (uint32_t)(t->ntxs - 1);
}

static struct cdc_tx tx_of(const struct touched *t, const struct touched_tx *tx)
{
    return (struct cdc_tx){cdc_slice(t->text.data + tx->id, tx->id_len),
                           cdc_slice(t->text.data + tx->xid, tx->xid_len), tx->commit_us};
}

/* Moves the transactions that are not seen to the front, with their texts. */
static void compact(struct touched *t, uint32_t *renumbered)
{
    size_t n = 0, len = 0;

    for (size_t i = 0; i < t->ntxs; i++) {
        struct touched_tx tx = t->txs[i];
        size_t tx_len = tx.id_len + tx.xid_len;
        if (tx.seen)
            continue;
        memmove(t->text.data + len, t->text.data + tx.id, tx_len);
        tx.id = len;
        tx.xid = len + tx.id_len;
        len += tx_len;
        renumbered[i] = (uint32_t)n;
        t->txs[n++] = tx;
    }
    t->text.len = len;
    t->ntxs = n;
    t->open = false;
}

int touched_judge(struct touched *t, struct cdc_slice visibility,
                  bool (*sees)(struct cdc_slice visibility, const struct cdc_tx *tx))
{
    uint32_t *renumbered, n = 0;
    size_t seen = 0;
    int rc;

    for (size_t i = 0; i < t->ntxs; i++) {
        struct cdc_tx tx = tx_of(t, &t->txs[i]);
        t->txs[i].seen = sees(visibility, &tx);
        seen += t->txs[i].seen;
    }
    if (!seen)
        return 0;
    renumbered = malloc(t->ntxs * sizeof *renumbered);
    if (!renumbered)
        return -1;
    for (size_t i = 0; i < t->ntxs; i++)
        renumbered[i] = t->txs[i].seen ? 0 : n++;
    rc = rebuild(t, t->size, renumbered);
    if (rc == 0)
        compact(t, renumbered);
    free(renumbered);
    return rc;
}

uint64_t touched_fields(const struct touched *t, uint64_t hash)
{
    return t->size ? find(t->keys, t->size, hash)->fields : 0;
}

int touched_each(const struct touched *t, int (*each)(void *ctx, uint64_t hash), void *ctx)
{
    int rc = 0;

    for (size_t i = 0; i < t->size && rc == 0; i++)
        if (t->keys[i].hash)
            rc = each(ctx, t->keys[i].hash);
    return rc;
}

/* Whether it writes a state, whatever is there. */
static bool writes(const struct cdc_event *event)
{
    return event->op == CDC_EVENT_PUT || (event->op == CDC_EVENT_MERGE && !event->existing_only);
}

bool touched_is_partial(const struct cdc_event *event)
{
    bool partial = false;

    if (writes(event))
        for (uint32_t i = 0; i < event->shape->nfields; i++)
            partial = partial || event->fields[i].after_state == CDC_VALUE_UNAVAILABLE;
    return partial;
}

uint64_t touched_of(const struct cdc_event *event)
{
    uint64_t fields = 0;

    if (!writes(event))
        return TOUCHED_ALL;
    for (uint32_t i = 0; i < event->shape->nfields; i++)
        if (event->fields[i].after_state != CDC_VALUE_UNAVAILABLE)
            fields |= UINT64_C(1) << (i < TOUCHED_FIELDS ? i : TOUCHED_FIELDS);
    return fields;
}
