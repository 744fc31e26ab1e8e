/* The Redis sink on a private Redis (redis_store.h). Failures end the test. */
#include "integration/redis_store.h"

#include "lib/fail.h"

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITER "tributary-writer"

static const struct cdc_slice names[STORE_FIELDS] = {
    {"id", 2}, {"status", 6}, {"price", 5}, {"note", 4}, {"customer_id", 11}};

static void must(int rc, const struct cdc_err *err)
{
    if (rc)
        fail("%s (%s): %s", err->message, cdc_err_class_name(err->class), err->hint);
}

void store_grant(struct store *store, const char *user)
{
    char wanted[64];
    struct cdc_buf script = {.limit = 0};
    struct cdc_err err;
    char *line, *password, *words[128];
    const char *argv[128];
    int argc = 0;

    must(redis_sink_ops.setup(store->sink, &script, &err), &err);
    snprintf(wanted, sizeof wanted, "ACL SETUSER %s ", user);
    line = strstr((char *)(uintptr_t)cdc_buf_str(&script), wanted);
    if (!line)
        fail("no line for %s in: %s", user, cdc_buf_str(&script));
    *strchr(line, '\n') = '\0';
    for (char *word = strtok(line, " "); word && argc < 128; word = strtok(NULL, " "))
        words[argc++] = word;
    for (int i = 0; i < argc; i++) {
        password = strcmp(words[i], ">PASSWORD") == 0 ? (char *)(uintptr_t) ">" STORE_PASSWORD : words[i];
        argv[i] = password;
    }
    redisReply *reply = redisCommandArgv(store->redis->session, argc, argv, NULL);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail("ACL SETUSER: %s", reply ? reply->str : "connection lost");
    freeReplyObject(reply);
    cdc_buf_fini(&script);
}

struct store *store_open(const char *const *settings)
{
    struct store *store = calloc(1, sizeof *store);
    struct cdc_err err;

    if (!store)
        fail("out of memory");
    store->redis = server_redis_start(settings);
    store->config = (struct cdc_redis_config){.socket = store->redis->socket,
                                              .user = WRITER,
                                              .password = STORE_PASSWORD,
                                              .prefix = STORE_PREFIX,
                                              .batch_events = 256,
                                              .timeline_max_len = 1000};
    store->params = (struct cdc_sink_params){
        .connector = STORE_CONNECTOR, .config = &store->config, .lease_ms = 30000, .owner = "here/1/1"};
    store->shape = (struct cdc_shape){
        .entity = {"booking", 7}, .nfields = STORE_FIELDS, .names = names, .table = {"public.r", 8}};
    must(redis_sink_ops.open(&store->sink, &store->params, &err), &err);
    must(redis_sink_ops.prepare(store->sink, &store->shape, &err), &err);
    store_grant(store, WRITER);
    return store;
}

void store_connect(struct store *store)
{
    enum cdc_lease lease;
    struct cdc_err err;

    must(redis_sink_ops.connect(store->sink, &err), &err);
    must(redis_sink_ops.acquire(store->sink, &lease, &store->checkpoint, &store->holder, &err), &err);
    if (lease != CDC_LEASE_OURS)
        fail("the lease belongs to %s", cdc_buf_str(&store->holder));
    store->applied = store->checkpoint.batch;
}

struct store *store_new(const char *const *settings)
{
    struct store *store = store_open(settings);
    struct cdc_err err;

    store_connect(store);
    must(redis_sink_ops.begin(store->sink, cdc_slice_str("system=1"), cdc_slice_str("0/1"), &err), &err);
    return store;
}

struct cdc_sink *store_second(struct store *store, struct cdc_sink_params *params)
{
    struct cdc_sink *sink;
    struct cdc_err err;

    *params = store->params;
    params->owner = "elsewhere/2/2";
    must(redis_sink_ops.open(&sink, params, &err), &err);
    must(redis_sink_ops.connect(sink, &err), &err);
    return sink;
}

void store_free(struct store *store)
{
    redis_sink_ops.unprepare(&store->shape);
    redis_sink_ops.close(store->sink);
    server_redis_stop(store->redis);
    cdc_checkpoint_fini(&store->checkpoint);
    cdc_buf_fini(&store->holder);
    cdc_buf_fini(&store->batch.body);
    cdc_buf_fini(&store->batch.position);
    cdc_buf_fini(&store->batch.open_tx);
    cdc_buf_fini(&store->batch.progress);
    free(store);
}

void store_begin(struct store *store, const char *tx_id)
{
    snprintf(store->tx_id, sizeof store->tx_id, "%s", tx_id);
    store->tx = (struct cdc_tx){
        .id = cdc_slice_str(store->tx_id), .xid = cdc_slice_str("77"), .commit_us = 1795285800000000};
    store->ordinal = 0;
    store->last = 0;
}

static void set_value(struct cdc_slice *value, enum cdc_value_state *state, struct cdc_slice text)
{
    *value = text;
    *state = cdc_slice_is(text, "~")   ? CDC_VALUE_NULL
             : cdc_slice_is(text, "?") ? CDC_VALUE_UNAVAILABLE
                                       : CDC_VALUE_PRESENT;
}

static void read_row(struct cdc_field fields[STORE_FIELDS], const char *words, bool before)
{
    while (words && *words) {
        const char *equals = strchr(words, '='), *end = strchr(words, ' ');
        size_t f = 0;
        if (!end)
            end = words + strlen(words);
        if (!equals || equals > end)
            fail("not a row: %s", words);
        struct cdc_slice name = {words, (size_t)(equals - words)},
                         value = {equals + 1, (size_t)(end - equals - 1)};
        while (f < STORE_FIELDS && !cdc_slice_eq(name, names[f]))
            f++;
        if (f == STORE_FIELDS)
            fail("no such field: %s", words);
        if (before)
            set_value(&fields[f].before, &fields[f].before_state, value);
        else
            set_value(&fields[f].after, &fields[f].after_state, value);
        words = *end ? end + 1 : end;
    }
}

void store_event(struct store *store, enum cdc_event_op op, const char *type, const char *after,
                 const char *before)
{
    struct cdc_field fields[STORE_FIELDS];
    struct cdc_err err;
    struct cdc_event event = {.op = op,
                              .shape = &store->shape,
                              .type = cdc_slice_str(type),
                              .fields = fields,
                              .before_known = before != NULL,
                              .existing_only = store->existing_only,
                              .note = store->note,
                              .repair = store->repair,
                              .customer = cdc_slice_str(store->customer),
                              .ncandidates = (uint32_t)store->ncandidates,
                              .candidates = store->candidates,
                              .tx = &store->tx,
                              .ordinal = ++store->ordinal};

    memset(fields, 0, sizeof fields); /* all NULL */
    read_row(fields, after, false);
    read_row(fields, before, true);
    event.key = fields[0].after_state == CDC_VALUE_PRESENT ? fields[0].after : fields[0].before;
    must(redis_sink_ops.encode(store->sink, &event, &store->batch.body, &store->last, &err), &err);
    store->batch.records++;
}

void store_put(struct store *store, const char *type, const char *after, const char *before)
{
    store_event(store, CDC_EVENT_PUT, type, after, before);
}

void store_merge(struct store *store, const char *type, const char *after)
{
    store_event(store, CDC_EVENT_MERGE, type, after, NULL);
}

void store_delete(struct store *store, const char *type, const char *key, const char *before)
{
    store_event(store, CDC_EVENT_DELETE, type, key, before);
}

void store_drop(struct store *store, const char *type, const char *key)
{
    store_event(store, CDC_EVENT_DROP, type, key, NULL);
}

void store_reject(struct store *store, const char *reason, const char *key)
{
    struct cdc_reject reject = {.reason = cdc_slice_str(reason),
                                .detail = cdc_slice_str("not a number"),
                                .table = cdc_slice_str("public.r"),
                                .column = cdc_slice_str("price"),
                                .key = cdc_slice_str(key),
                                .entity = cdc_slice_str("booking"),
                                .tx = &store->tx,
                                .ordinal = ++store->ordinal};
    struct cdc_err err;

    must(redis_sink_ops.reject(store->sink, &reject, &store->batch.body, &err), &err);
    store->batch.records++;
}

void store_commit(struct store *store)
{
    if (store->last)
        redis_sink_ops.mark_last(&store->batch.body, store->last);
    store->batch.commit_us = store->tx.commit_us;
    cdc_buf_reset(&store->batch.position);
    cdc_buf_puts(&store->batch.position, store->tx_id);
}

static void put_text(struct cdc_buf *out, const char *text)
{
    cdc_buf_put(out, text, strlen(text) + 1);
}

void store_progress(struct store *store, const char *name, const char *value)
{
    put_text(&store->batch.progress, name);
    put_text(&store->batch.progress, value);
}

int store_try(struct store *store, struct cdc_err *err)
{
    store->batch.number = store->applied + 1;
    if (redis_sink_ops.submit(store->sink, &store->batch, err))
        return -1;
    while (store->applied < store->batch.number) {
        if (redis_sink_ops.collect(store->sink, 10000, &store->applied, err))
            return -1;
    }
    cdc_buf_reset(&store->batch.body);
    cdc_buf_reset(&store->batch.progress);
    store->batch.records = 0;
    return 0;
}

void store_apply(struct store *store)
{
    struct cdc_err err;

    must(store_try(store, &err), &err);
}

void store_finish(struct store *store)
{
    store_commit(store);
    store_apply(store);
}

static const char *remember(struct store *store, const redisReply *value)
{
    if (!value || value->type == REDIS_REPLY_NIL)
        return NULL;
    snprintf(store->answer, sizeof store->answer, "%.*s", (int)value->len, value->str);
    return store->answer;
}

static const char *ask(struct store *store, redisReply *reply)
{
    const char *answer = remember(store, reply);

    freeReplyObject(reply);
    return answer;
}

const char *store_state(struct store *store, const char *key, const char *field)
{
    return ask(store, server_redis_reply(store->redis, "HGET cdc:state:{booking}:%s %s", key, field));
}

bool store_has_state(struct store *store, const char *key)
{
    return server_redis_integer(store->redis, "EXISTS cdc:state:{booking}:%s", key) == 1;
}

const char *store_acquired(struct store *store, const char *name)
{
    const char *at = store->checkpoint.progress.data, *end = at + store->checkpoint.progress.len;

    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

const char *store_checkpoint(struct store *store, const char *field)
{
    return ask(store, server_redis_reply(store->redis, "HGET cdc:checkpoint:" STORE_CONNECTOR " %s", field));
}

size_t store_entries(struct store *store)
{
    return (size_t)server_redis_integer(store->redis, "XLEN " STORE_STREAM);
}

const char *store_entry(struct store *store, size_t i, const char *field)
{
    redisReply *entries = server_redis_reply(store->redis, "XRANGE " STORE_STREAM " - +"), *fields;
    const char *answer = NULL;

    if (i >= entries->elements)
        fail("the stream has %zu entries, none with number %zu", entries->elements, i);
    fields = entries->element[i]->element[1];
    for (size_t f = 0; f + 1 < fields->elements; f += 2) {
        if (strcmp(fields->element[f]->str, field) == 0)
            answer = remember(store, fields->element[f + 1]);
    }
    freeReplyObject(entries);
    return answer;
}
