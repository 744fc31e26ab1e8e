/*
 * What the agent made in Redis, in memory: states and whole streams, to compare with what should be there.
 * Everything that goes wrong fails the test.
 */
#ifndef TESTS_LIB_REDIS_MODEL_H
#define TESTS_LIB_REDIS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/server_redis.h"

enum { REDIS_FIELDS = 64 };

/* A hash, or an entry of a stream: pairs in the order in which Redis gave them. */
struct redis_record {
    const char *id; /* of the entry in the stream; NULL for a hash */
    size_t n;       /* 0: there is no such hash */
    const char *names[REDIS_FIELDS], *values[REDIS_FIELDS];
    size_t lens[REDIS_FIELDS]; /* bytes of the values */
};

/* NULL if there is no such field. */
const char *redis_record_get(const struct redis_record *record, const char *name);
/* "a=1 b=2" without the fields whose names begin with `_`, in order of name; the caller frees it. */
char *redis_record_print(const struct redis_record *record);

/* Where in the source's log an event stands, from its id: "cinema:0/16B3740:3". Fails the test when it is none. */
struct redis_position {
    uint64_t lsn;
    uint64_t ordinal, part;
};
struct redis_position redis_event_position(const char *id, const char *connector);
/* <0, 0, >0 */
int redis_position_compare(const struct redis_position *a, const struct redis_position *b);

/* Calls `each` for every entry of a stream, oldest first. The record lives until `each` returns. The number of entries. */
size_t redis_stream_each(struct server_redis *redis, const char *key,
                         void (*each)(void *ctx, const struct redis_record *entry), void *ctx);
/* Reads hashes, many at a time: `key` prints the i-th key into `out`; then `each` gets what is there, in order. */
void redis_hash_each(struct server_redis *redis, size_t n, void (*key)(size_t i, char *out, size_t cap),
                     void (*each)(void *ctx, size_t i, const struct redis_record *hash), void *ctx);

/* A whole stream in memory; for small ones. */
struct redis_stream {
    size_t n;
    struct redis_record *entries;
};
void redis_stream_read(struct redis_stream *stream, struct server_redis *redis, const char *key);
void redis_stream_fini(struct redis_stream *stream);
/* The i-th event about `subject`, counted from 0; from the end with -1, -2, …. NULL if there is none. */
const struct redis_record *redis_stream_about(const struct redis_stream *stream, const char *subject, int i);
/* How many events there are about `subject`. */
size_t redis_stream_count(const struct redis_stream *stream, const char *subject);
/* Fails the test unless ids are of this connector and rise strictly: no event twice, all in commit order. */
void redis_stream_check(const struct redis_stream *stream, const char *connector);

/* One hash in memory; free it with redis_record_free(). n is 0 when the key does not exist. */
struct redis_record *redis_hash_read(struct server_redis *redis, const char *key);
void redis_record_free(struct redis_record *record);

#endif
