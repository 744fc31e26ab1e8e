/*
 * Reading back what the agent made: hashes and streams through hiredis, in pages, so that millions of them fit. Runs on
 * the test's main thread; failures end the test.
 */
#include "lib/stored.h"

#include "lib/fail.h"

#include <hiredis/hiredis.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 2000 };

const char *stored_record_get(const struct stored_record *record, const char *name)
{
    for (size_t i = 0; i < record->n; i++) {
        if (strcmp(record->names[i], name) == 0)
            return record->values[i];
    }
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *stored_record_print(const struct stored_record *record)
{
    const char *names[STORED_FIELDS];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    memcpy(names, record->names, sizeof names);
    qsort(names, record->n, sizeof *names, by_name);
    for (size_t i = 0; out && i < record->n; i++) {
        if (names[i][0] != '_')
            fprintf(out, "%s%s=%s", ftell(out) ? " " : "", names[i], stored_record_get(record, names[i]));
    }
    if (!out || fclose(out))
        fail("out of memory");
    return text;
}

/* A record that borrows from an array reply: name, value, name, value. */
static void record_from(struct stored_record *record, const char *id, const redisReply *pairs)
{
    if (pairs->type != REDIS_REPLY_ARRAY || pairs->elements % 2 || pairs->elements / 2 > STORED_FIELDS)
        fail("Redis does not answer pairs%s%s", pairs->type == REDIS_REPLY_ERROR ? ": " : "",
             pairs->type == REDIS_REPLY_ERROR ? pairs->str : "");
    record->id = id;
    record->n = pairs->elements / 2;
    for (size_t i = 0; i < record->n; i++) {
        record->names[i] = pairs->element[2 * i]->str;
        record->values[i] = pairs->element[2 * i + 1]->str;
        record->lens[i] = (size_t)pairs->element[2 * i + 1]->len;
    }
}

static char *copy(const char *from, size_t len)
{
    char *to = malloc(len + 1);

    if (!to)
        fail("out of memory");
    memcpy(to, from, len);
    to[len] = 0;
    return to;
}

static void record_copy(struct stored_record *to, const struct stored_record *from)
{
    *to = *from;
    if (from->id)
        to->id = copy(from->id, strlen(from->id));
    for (size_t i = 0; i < from->n; i++) {
        to->names[i] = copy(from->names[i], strlen(from->names[i]));
        to->values[i] = copy(from->values[i], from->lens[i]);
    }
}

static void record_fini(struct stored_record *record)
{
    free((char *)(uintptr_t)record->id);
    for (size_t i = 0; i < record->n; i++) {
        free((char *)(uintptr_t)record->names[i]);
        free((char *)(uintptr_t)record->values[i]);
    }
}

struct stored_position stored_event_position(const char *id, const char *connector)
{
    struct stored_position at = {0};
    size_t len = strlen(connector);
    uint32_t high, low;
    int used = 0;

    if (strncmp(id, connector, len) == 0 && id[len] == ':' &&
        sscanf(id + len + 1, "%" SCNx32 "/%" SCNx32 ":%" SCNu64 "%n", &high, &low, &at.ordinal, &used) == 3) {
        const char *rest = id + len + 1 + used;
        at.lsn = (uint64_t)high << 32 | low;
        if (*rest == 0 || sscanf(rest, ".%" SCNu64 "%n", &at.part, &used) == 1)
            return at;
    }
    fail("\"%s\" is no event id of %s", id, connector);
}

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

int stored_position_compare(const struct stored_position *a, const struct stored_position *b)
{
    int by_lsn = order(a->lsn, b->lsn), by_ordinal = order(a->ordinal, b->ordinal);

    return by_lsn ? by_lsn : by_ordinal ? by_ordinal : order(a->part, b->part);
}

size_t stored_stream_each(struct server_redis *redis, const char *key,
                          void (*each)(void *ctx, const struct stored_record *entry), void *ctx)
{
    char from[64] = "-";
    size_t seen = 0, page;

    do {
        redisReply *reply = server_redis_reply(redis, "XRANGE %s %s + COUNT %d", key, from, PAGE);
        struct stored_record record;

        if (reply->type != REDIS_REPLY_ARRAY)
            fail("XRANGE %s: %s", key, reply->type == REDIS_REPLY_ERROR ? reply->str : "no array");
        page = reply->elements;
        for (size_t i = 0; i < page; i++) {
            record_from(&record, reply->element[i]->element[0]->str, reply->element[i]->element[1]);
            each(ctx, &record);
            snprintf(from, sizeof from, "(%s", record.id);
        }
        seen += page;
        freeReplyObject(reply);
    } while (page == PAGE);
    return seen;
}

void stored_hash_each(struct server_redis *redis, size_t n, void (*key)(size_t i, char *out, size_t cap),
                      void (*each)(void *ctx, size_t i, const struct stored_record *hash), void *ctx)
{
    server_redis_do(redis, "PING"); /* connects again if need be */
    for (size_t start = 0; start < n; start += PAGE) {
        size_t end = n - start < PAGE ? n : start + PAGE;
        char name[256];

        for (size_t i = start; i < end; i++) {
            key(i, name, sizeof name);
            redisAppendCommand(redis->session, "HGETALL %s", name);
        }
        for (size_t i = start; i < end; i++) {
            struct stored_record record;
            void *reply = NULL;

            if (redisGetReply(redis->session, &reply))
                fail("HGETALL: %s", redis->session->errstr);
            record_from(&record, NULL, reply);
            each(ctx, i, &record);
            freeReplyObject(reply);
        }
    }
}

static void stream_add(void *ctx, const struct stored_record *entry)
{
    struct stored_stream *stream = ctx;

    if (stream->n == stream->cap) {
        stream->cap = stream->cap ? 2 * stream->cap : 16;
        stream->entries = realloc(stream->entries, stream->cap * sizeof *stream->entries);
        if (!stream->entries)
            fail("out of memory");
    }
    record_copy(&stream->entries[stream->n++], entry);
}

void stored_stream_read(struct stored_stream *stream, struct server_redis *redis, const char *key)
{
    memset(stream, 0, sizeof *stream);
    stored_stream_each(redis, key, stream_add, stream);
}

void stored_stream_fini(struct stored_stream *stream)
{
    for (size_t i = 0; i < stream->n; i++)
        record_fini(&stream->entries[i]);
    free(stream->entries);
    memset(stream, 0, sizeof *stream);
}

static bool is_about(const struct stored_record *entry, const char *subject)
{
    const char *value = stored_record_get(entry, "subject");

    return value && strcmp(value, subject) == 0;
}

size_t stored_stream_count(const struct stored_stream *stream, const char *subject)
{
    size_t n = 0;

    for (size_t i = 0; i < stream->n; i++)
        n += is_about(&stream->entries[i], subject);
    return n;
}

const struct stored_record *stored_stream_about(const struct stored_stream *stream, const char *subject,
                                                int i)
{
    int at = i < 0 ? i + (int)stored_stream_count(stream, subject) : i;

    for (size_t e = 0; at >= 0 && e < stream->n; e++) {
        if (is_about(&stream->entries[e], subject) && at-- == 0)
            return &stream->entries[e];
    }
    return NULL;
}

void stored_stream_check(const struct stored_stream *stream, const char *connector)
{
    struct stored_position last = {0}, at;

    for (size_t i = 0; i < stream->n; i++) {
        const char *id = stored_record_get(&stream->entries[i], "id");

        if (!id)
            fail("entry %s has no id", stream->entries[i].id);
        at = stored_event_position(id, connector);
        if (stored_position_compare(&last, &at) >= 0)
            fail("event %s comes again, or after a later one", id);
        last = at;
    }
}

struct stored_record *stored_hash_read(struct server_redis *redis, const char *key)
{
    redisReply *reply = server_redis_reply(redis, "HGETALL %s", key);
    struct stored_record *record = calloc(1, sizeof *record), borrowed = {0};

    if (!record)
        fail("out of memory");
    record_from(&borrowed, NULL, reply);
    record_copy(record, &borrowed);
    freeReplyObject(reply);
    return record;
}

void stored_record_free(struct stored_record *record)
{
    if (record)
        record_fini(record);
    free(record);
}
