/*
 * Entities with rules on the store of redis_store.h: bookings, links between customers, prices that must agree, baskets that are
 * abandoned, requests to erase, consents, customers. Rows are words as there; the key is the first fields of the entity, joined.
 *
 *     struct story *story = story_new();
 *     story_begin(story, "0/10");
 *     story_put(story, "identity", "linked", "system=loyalty source_id=M-1 customer_id=crm:C-1", NULL);
 *     story_finish(story);
 *     cr_assert(strstr(story_customer(story, "crm:C-1"), "loyalty:M-1"));
 *     story_free(story);
 */
#ifndef TESTS_INTEGRATION_REDIS_STORY_H
#define TESTS_INTEGRATION_REDIS_STORY_H

#include "integration/redis_store.h"

/* Commit time of all transactions that story_begin() begins: 2026-11-21T18:30:00Z. */
#define STORY_TIME_MS INT64_C(1795285800000)
#define STORY_HOUR_MS INT64_C(3600000)

enum { STORY_ENTITIES = 7, STORY_FIELDS = 8 };

struct story {
    struct store *store;
    struct cdc_shape shapes[STORY_ENTITIES];
    struct server_redis *redis; /* the store's */
};

struct story *story_new(void);
/* With this length of timelines, and settings of the server (may be NULL). */
struct story *story_new_with(uint64_t timeline_max_len, const char *const *settings);
void story_free(struct story *story);

void story_begin(struct story *story, const char *tx_id);
/* `type` is without the entity: "created"; NULL: none. `before` NULL: not known. */
void story_event(struct story *story, enum cdc_event_op op, const char *entity, const char *type,
                 const char *after, const char *before);
void story_put(struct story *story, const char *entity, const char *type, const char *after,
               const char *before);
void story_finish(struct story *story);
/* All of it at once. */
void story_write(struct story *story, const char *tx_id, const char *entity, const char *type,
                 const char *row);

/* One batch that sweeps an entity. */
void story_sweep(struct story *story, const char *entity);
/* tend() until there is nothing more to do; the number of calls. Fails the test on errors. */
unsigned story_tend(struct story *story, int64_t as_of_ms);
int story_try_tend(struct story *story, int64_t as_of_ms, struct cdc_err *err);

/* The answers of the functions for programs; the server's, until the next call. */
const char *story_customer(struct story *story, const char *ref);
/* Without the timeline. */
const char *story_states(struct story *story, const char *ref);
const char *story_consent(struct story *story, const char *ref, const char *purpose, const char *channel);
/* Field of an entry of an entity's stream, counted from 0; the store's, until the next call. NULL: no such field. */
const char *story_entry(struct story *story, const char *entity, size_t i, const char *field);
size_t story_entries(struct story *story, const char *entity);
/* Everything in the store as text, without what differs from run to run (stream ids, salt, epoch). Free it. */
char *story_everything(struct story *story, bool states);

#endif
