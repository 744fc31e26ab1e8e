/* Entities with rules (redis_story.h). Failures end the test. */
#include "integration/redis_story.h"

#include "lib/fail.h"

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cdc_slice open_values[] = {{"open", 4}, {"checkout", 8}}, price_fields[] = {{"price", 5}};
static const bool price_decimal[] = {true}, price_across[] = {false, true, true, false, false};

static const struct cdc_rules link_rules = {.role = CDC_ROLE_LINK},
                              erasure_rules = {.role = CDC_ROLE_ERASURE},
                              price_rules = {.agreement = {.nfields = 1,
                                                           .fields = price_fields,
                                                           .decimal = price_decimal,
                                                           .nparts = 5,
                                                           .across = price_across,
                                                           .diverged = {"price.diverged", 14},
                                                           .converged = {"price.converged", 15}}},
                              basket_rules = {.due = {.type = {"basket.abandoned", 16},
                                                      .field = {"status", 6},
                                                      .nvalues = 2,
                                                      .values = open_values,
                                                      .since = {"updated_at", 10},
                                                      .after_ms = STORY_HOUR_MS}};

static const struct entity {
    const char *name;
    uint32_t nkeys, nfields;
    struct cdc_slice fields[STORY_FIELDS];
    const struct cdc_rules *rules;
} entities[STORY_ENTITIES] = {
    {"booking", 1, 4, {{"id", 2}, {"status", 6}, {"note", 4}, {"customer_id", 11}}, NULL},
    {"identity",
     2,
     4,
     {{"system", 6}, {"source_id", 9}, {"customer_id", 11}, {"link_status", 11}},
     &link_rules},
    {"price",
     5,
     6,
     {{"sku", 3}, {"channel", 7}, {"location", 8}, {"price_currency", 14}, {"tier", 4}, {"price", 5}},
     &price_rules},
    {"basket",
     1,
     5,
     {{"basket_id", 9}, {"customer_id", 11}, {"status", 6}, {"updated_at", 10}, {"value", 5}},
     &basket_rules},
    {"erasure", 1, 3, {{"request_id", 10}, {"customer_id", 11}, {"status", 6}}, &erasure_rules},
    {"consent",
     3,
     5,
     {{"customer_id", 11}, {"purpose", 7}, {"channel", 7}, {"status", 6}, {"collected_at", 12}},
     NULL},
    {"customer", 1, 2, {{"customer_id", 11}, {"email", 5}}, NULL},
};

static void must(int rc, const struct cdc_err *err)
{
    if (rc)
        fail("%s (%s): %s", err->message, cdc_err_class_name(err->class), err->hint);
}

static size_t index_of(const char *entity)
{
    for (size_t i = 0; i < STORY_ENTITIES; i++) {
        if (strcmp(entities[i].name, entity) == 0)
            return i;
    }
    fail("no such entity: %s", entity);
}

struct story *story_new_with(uint64_t timeline_max_len, const char *const *settings)
{
    struct story *story = calloc(1, sizeof *story);
    struct cdc_err err;

    if (!story)
        fail("out of memory");
    story->store = store_new(settings);
    story->redis = story->store->redis;
    story->store->config.timeline_max_len = timeline_max_len;
    for (size_t i = 0; i < STORY_ENTITIES; i++) {
        story->shapes[i] = (struct cdc_shape){.entity = cdc_slice_str(entities[i].name),
                                              .nfields = entities[i].nfields,
                                              .names = entities[i].fields,
                                              .table = cdc_slice_str(entities[i].name),
                                              .rules = entities[i].rules};
        must(redis_sink_ops.prepare(story->store->sink, &story->shapes[i], &err), &err);
    }
    return story;
}

struct story *story_new(void)
{
    return story_new_with(1000, NULL);
}

void story_free(struct story *story)
{
    for (size_t i = 0; i < STORY_ENTITIES; i++)
        redis_sink_ops.unprepare(&story->shapes[i]);
    store_free(story->store);
    free(story);
}

void story_begin(struct story *story, const char *tx_id)
{
    store_begin(story->store, tx_id);
}

static void read_word(const struct entity *entity, const char *word, size_t len, struct cdc_field *fields,
                      bool before)
{
    const char *equals = memchr(word, '=', len);
    uint32_t f = 0;
    struct cdc_slice name, value;
    enum cdc_value_state state;

    if (!equals)
        fail("not a row: %s", word);
    name = cdc_slice(word, (size_t)(equals - word));
    value = cdc_slice(equals + 1, len - name.len - 1);
    while (f < entity->nfields && !cdc_slice_eq(name, entity->fields[f]))
        f++;
    if (f == entity->nfields)
        fail("%s has no such field: %s", entity->name, word);
    state = cdc_slice_is(value, "?")   ? CDC_VALUE_UNAVAILABLE
            : cdc_slice_is(value, "~") ? CDC_VALUE_NULL
                                       : CDC_VALUE_PRESENT;
    if (before) {
        fields[f].before = value;
        fields[f].before_state = state;
    } else {
        fields[f].after = value;
        fields[f].after_state = state;
    }
}

static void read_words(const struct entity *entity, const char *words, struct cdc_field *fields, bool before)
{
    while (words && *words) {
        size_t len = strcspn(words, " ");
        read_word(entity, words, len, fields, before);
        words += len + (words[len] == ' ');
    }
}

static void make_key(const struct entity *entity, const struct cdc_field *fields, bool before,
                     struct cdc_buf *key)
{
    for (uint32_t i = 0; i < entity->nkeys; i++) {
        struct cdc_slice part = before ? fields[i].before : fields[i].after;
        if (i)
            cdc_buf_putc(key, ':');
        cdc_buf_put_slice(key, part.len ? part : cdc_slice_str("-"));
    }
}

/* As agent/map decides it. */
static struct cdc_slice customer_of(const struct entity *entity, const struct cdc_field *fields,
                                    struct cdc_slice key, bool before)
{
    if (strcmp(entity->name, "customer") == 0)
        return key;
    for (uint32_t i = 0; i < entity->nfields; i++) {
        if (cdc_slice_is(entity->fields[i], "customer_id") &&
            (before ? fields[i].before_state : fields[i].after_state) == CDC_VALUE_PRESENT)
            return before ? fields[i].before : fields[i].after;
    }
    return cdc_slice(NULL, 0);
}

void story_event(struct story *story, enum cdc_event_op op, const char *name, const char *type,
                 const char *after, const char *before)
{
    const struct entity *entity = &entities[index_of(name)];
    bool gone = op == CDC_EVENT_DELETE || op == CDC_EVENT_DROP || op == CDC_EVENT_ABSENT;
    struct cdc_field fields[STORY_FIELDS];
    struct cdc_buf key = {.limit = 0};
    struct store *store = story->store;
    struct cdc_err err;
    char full[64];
    struct cdc_event event = {.op = op,
                              .shape = &story->shapes[index_of(name)],
                              .fields = fields,
                              .before_known = before != NULL,
                              .existing_only = store->existing_only,
                              .note = store->note,
                              .repair = store->repair,
                              .tx = &store->tx,
                              .ordinal = ++store->ordinal};

    memset(fields, 0, sizeof fields); /* all NULL */
    read_words(entity, after, fields, false);
    read_words(entity, before, fields, true);
    make_key(entity, fields, !after, &key);
    snprintf(full, sizeof full, "%s.%s", name, type ? type : "");
    if (type)
        event.type = cdc_slice_str(full);
    event.key = cdc_buf_slice(&key);
    event.customer = customer_of(entity, fields, event.key, gone && before);
    if (before && !gone)
        event.customer_before = customer_of(entity, fields, event.key, true);
    if (cdc_slice_eq(event.customer_before, event.customer))
        event.customer_before = cdc_slice(NULL, 0);
    if (gone && !before)
        event.customer = cdc_slice(NULL, 0);
    must(redis_sink_ops.encode(store->sink, &event, &store->batch.body, &store->last, &err), &err);
    store->batch.records++;
    cdc_buf_fini(&key);
}

void story_put(struct story *story, const char *entity, const char *type, const char *after,
               const char *before)
{
    story_event(story, CDC_EVENT_PUT, entity, type, after, before);
}

void story_finish(struct story *story)
{
    store_finish(story->store);
}

void story_write(struct story *story, const char *tx_id, const char *entity, const char *type,
                 const char *row)
{
    story_begin(story, tx_id);
    story_put(story, entity, type, row, NULL);
    story_finish(story);
}

void story_sweep(struct story *story, const char *entity)
{
    struct cdc_err err;
    uint64_t cursor = 0;
    int done;

    do {
        done = redis_sink_ops.sweep(story->store->sink, &story->shapes[index_of(entity)], &cursor, &err);
        must(done < 0 ? -1 : 0, &err);
    } while (!done);
}

int story_try_tend(struct story *story, int64_t as_of_ms, struct cdc_err *err)
{
    struct store *store = story->store;

    if (redis_sink_ops.tend(store->sink, as_of_ms, err))
        return -1;
    return redis_sink_ops.collect(store->sink, 10000, &store->applied, err);
}

unsigned story_tend(struct story *story, int64_t as_of_ms)
{
    struct cdc_err err;
    unsigned calls = 0;

    do {
        must(story_try_tend(story, as_of_ms, &err), &err);
        if (++calls > 100000)
            fail("tending never ends");
    } while (redis_sink_ops.tending(story->store->sink));
    return calls;
}

const char *story_customer(struct story *story, const char *ref)
{
    return server_redis_text(story->redis, "FCALL_RO tributary_customer 1 cdc:links:{customer}:%s", ref);
}

const char *story_states(struct story *story, const char *ref)
{
    return server_redis_text(story->redis, "FCALL_RO tributary_customer 1 cdc:links:{customer}:%s 0", ref);
}

const char *story_consent(struct story *story, const char *ref, const char *purpose, const char *channel)
{
    if (!channel)
        return server_redis_text(story->redis, "FCALL_RO tributary_consent 1 cdc:links:{customer}:%s %s", ref,
                                 purpose);
    return server_redis_text(story->redis, "FCALL_RO tributary_consent 1 cdc:links:{customer}:%s %s %s", ref,
                             purpose, channel);
}

size_t story_entries(struct story *story, const char *entity)
{
    return (size_t)server_redis_integer(story->redis, "XLEN cdc:events:{%s}", entity);
}

const char *story_entry(struct story *story, const char *entity, size_t i, const char *field)
{
    redisReply *entries = server_redis_reply(story->redis, "XRANGE cdc:events:{%s} - +", entity), *fields;
    const char *answer = NULL;

    if (i >= entries->elements)
        fail("the stream of %s has %zu entries, none with number %zu", entity, entries->elements, i);
    fields = entries->element[i]->element[1];
    for (size_t f = 0; f + 1 < fields->elements; f += 2) {
        if (strcmp(fields->element[f]->str, field) == 0) {
            snprintf(story->store->answer, sizeof story->store->answer, "%s", fields->element[f + 1]->str);
            answer = story->store->answer;
        }
    }
    freeReplyObject(entries);
    return answer;
}

static const char dump[] =
    "local out, keys = {}, redis.call('KEYS', 'cdc:*') table.sort(keys) "
    "for _, key in ipairs(keys) do local kind, lines = redis.call('TYPE', key).ok, {} "
    "if string.find(key, '^cdc:checkpoint') or string.find(key, '^cdc:lease') or string.find(key, '^cdc:streams') or "
    "ARGV[1] == '0' and (string.find(key, '^cdc:state') or string.find(key, '^cdc:entities')) then kind = 'none' end "
    "if kind == 'string' then lines[1] = redis.call('GET', key) end "
    "if kind == 'set' then lines = redis.call('SMEMBERS', key) table.sort(lines) end "
    "if kind == 'zset' then lines = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end "
    "if kind == 'hash' then local flat = redis.call('HGETALL', key) "
    "if string.find(key, '^cdc:eras') then lines[1] = tostring(#flat) else "
    "for i = 1, #flat, 2 do if flat[i] ~= '_erased' and flat[i] ~= '_marks' then "
    "lines[#lines + 1] = flat[i] .. '=' .. flat[i + 1] end end table.sort(lines) end end "
    "if kind == 'stream' then for _, e in ipairs(redis.call('XRANGE', key, '-', '+')) do "
    "for i = 1, #e[2], 2 do if e[2][i] == 'event' then e[2][i + 1] = '' end end "
    "lines[#lines + 1] = (string.gsub(table.concat(e[2], ' '), 'completed_at.*', '')) end end "
    "if lines[1] then out[#out + 1] = key .. '\\n  ' .. table.concat(lines, '\\n  ') end end "
    "return table.concat(out, '\\n')";

char *story_everything(struct story *story, bool states)
{
    char *text = strdup(server_redis_text(story->redis, "EVAL %s 0 %d", dump, states ? 1 : 0));

    if (!text)
        fail("out of memory");
    return text;
}
