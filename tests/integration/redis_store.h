/*
 * The Redis sink alone, on a private Redis, under the very rights that `tributary setup` prints. Rows are written as words
 * "field=value"; `~` stands for NULL, `?` for a value that the source did not send; fields that are not named are NULL.
 *
 *     struct store *store = store_new(NULL);
 *     store_begin(store, "0/10");
 *     store_put(store, "booking.created", "id=1 status=hold", NULL);
 *     store_apply(store);
 *     cr_assert_str_eq(store_state(store, "1", "status"), "hold");
 *     store_free(store);
 */
#ifndef TESTS_INTEGRATION_REDIS_STORE_H
#define TESTS_INTEGRATION_REDIS_STORE_H

#include "cdc/sink.h"
#include "lib/server_redis.h"

#define STORE_PREFIX    "cdc"
#define STORE_STREAM    "cdc:events:{booking}"
#define STORE_CONNECTOR "cinema"
#define STORE_PASSWORD  "a-password"

enum { STORE_FIELDS = 5 };

struct store {
    struct server_redis *redis;
    struct cdc_redis_config config;
    struct cdc_sink_params params;
    struct cdc_sink *sink;
    struct cdc_shape shape; /* id, status, price, note, customer_id of "booking" */
    struct cdc_checkpoint checkpoint;
    struct cdc_buf holder;
    struct cdc_batch batch;
    struct cdc_tx tx;
    char tx_id[32];
    uint64_t ordinal;
    size_t last;
    uint64_t applied;
    const char *customer;
    bool existing_only, note, repair;
    size_t ncandidates;
    const struct cdc_candidate *candidates;
    char answer[4096];
};

/* A server with these settings (may be NULL), a sink that is connected and has the lease and a begun checkpoint. */
struct store *store_new(const char *const *settings);
/* The same up to a sink that is opened, not connected. */
struct store *store_open(const char *const *settings);
void store_free(struct store *store);
/* Connects and acquires; fails the test when that does not succeed. Also after an error. */
void store_connect(struct store *store);
/* Runs the line for this user from the set-up script, with STORE_PASSWORD. */
void store_grant(struct store *store, const char *user);
/* Another sink for the same connector (or another one) and server; sinks are freed by redis_sink_ops.close(). */
struct cdc_sink *store_second(struct store *store, struct cdc_sink_params *params);

/* The batch: a transaction, its events, its end; `before` NULL: not known. */
void store_begin(struct store *store, const char *tx_id);
void store_event(struct store *store, enum cdc_event_op op, const char *type, const char *after,
                 const char *before);
void store_put(struct store *store, const char *type, const char *after, const char *before);
void store_merge(struct store *store, const char *type, const char *after);
void store_delete(struct store *store, const char *type, const char *key, const char *before);
void store_drop(struct store *store, const char *type, const char *key);
void store_reject(struct store *store, const char *reason, const char *key);
void store_commit(struct store *store);
/* Adds a pair to the batch's progress. */
void store_progress(struct store *store, const char *name, const char *value);

/* Submits the batch as the next one and waits until it is applied; then the batch is empty again. Fails the test on errors. */
void store_apply(struct store *store);
/* The same, but returns 0 or -1 with err; the batch stays as it is after an error. */
int store_try(struct store *store, struct cdc_err *err);
/* Commits and applies. */
void store_finish(struct store *store);

/* What Redis has. NULL if there is none; the store's until the next call. Entries count from 0, the oldest. */
const char *store_state(struct store *store, const char *key, const char *field);
bool store_has_state(struct store *store, const char *key);
const char *store_entry(struct store *store, size_t i, const char *field);
size_t store_entries(struct store *store);
/* What acquire() found under the name; NULL if it did not. */
const char *store_acquired(struct store *store, const char *name);
const char *store_checkpoint(struct store *store, const char *field);

#endif
