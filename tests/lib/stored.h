/*
 * What the agent made in Redis, in memory: states and whole streams, to compare with what should be there.
 * Everything that goes wrong fails the test.
 */
#ifndef TESTS_LIB_STORED_H
#define TESTS_LIB_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/server_redis.h"

enum { STORED_FIELDS = 64 };

/* A hash, or an entry of a stream: pairs in the order in which Redis gave them. */
struct stored_record {
    const char *id; /* of the entry in the stream; NULL for a hash */
    size_t n;       /* 0: there is no such hash */
    const char *names[STORED_FIELDS], *values[STORED_FIELDS];
    size_t lens[STORED_FIELDS]; /* bytes of the values */
};

/* NULL if there is no such field. */
const char *stored_record_get(const struct stored_record *record, const char *name);
/* "a=1 b=2" without the fields whose names begin with `_`, in order of name; the caller frees it. */
char *stored_record_print(const struct stored_record *record);

/* Where in the source's log an event stands, from its id: "cinema:0/16B3740:3". Fails the test when it is none. */
struct stored_position {
    uint64_t lsn;
    uint64_t ordinal, part;
};
struct stored_position stored_event_position(const char *id, const char *connector);
/* <0, 0, >0 */
int stored_position_compare(const struct stored_position *a, const struct stored_position *b);

/* Calls `each` for every entry of a stream, oldest first. The record lives until `each` returns. The number of entries. */
size_t stored_stream_each(struct server_redis *redis, const char *key,
                          void (*each)(void *ctx, const struct stored_record *entry), void *ctx);
/* Reads hashes, many at a time: `key` prints the i-th key into `out`; then `each` gets what is there, in order. */
void stored_hash_each(struct server_redis *redis, size_t n, void (*key)(size_t i, char *out, size_t cap),
                      void (*each)(void *ctx, size_t i, const struct stored_record *hash), void *ctx);

/* A whole stream in memory; for small ones. */
struct stored_stream {
    size_t n, cap;
    struct stored_record *entries;
};
void stored_stream_read(struct stored_stream *stream, struct server_redis *redis, const char *key);
void stored_stream_fini(struct stored_stream *stream);
/* The i-th event about `subject`, counted from 0; from the end with -1, -2, …. NULL if there is none. */
const struct stored_record *stored_stream_about(const struct stored_stream *stream, const char *subject,
                                                int i);
/* How many events there are about `subject`. */
size_t stored_stream_count(const struct stored_stream *stream, const char *subject);
/* Fails the test unless ids are of this connector and rise strictly: no event twice, all in commit order. */
void stored_stream_check(const struct stored_stream *stream, const char *connector);

/* One hash in memory; free it with stored_record_free(). n is 0 when the key does not exist. */
struct stored_record *stored_hash_read(struct server_redis *redis, const char *key);
void stored_record_free(struct stored_record *record);

#endif
