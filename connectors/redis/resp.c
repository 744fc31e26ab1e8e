/*
 * The Redis protocol (resp.h). Stands between the transport's bytes and everybody who talks to Redis. The size and the depth of
 * a reply are bounded. Fails when the other side is not a Redis.
 */
#include "redis/resp.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#if HIREDIS_MAJOR < 1
typedef int element_count;
#else
typedef size_t element_count;
#endif

enum { DEPTH = 7 }; /* of nested arrays; what Redis answers to us has four */

struct redis_resp {
    redisReader *reader;
    redisReplyObjectFunctions functions; /* hiredis' own, but for createArray */
    void *(*create_array)(const redisReadTask *, element_count);
    void *reply; /* the last one that was given out */
    size_t limit;
    size_t pending; /* bytes fed since the last complete reply */
};

void redis_resp_command(struct cdc_buf *out, size_t argc)
{
    cdc_buf_printf(out, "*%zu\r\n", argc);
}

void redis_resp_arg_head(struct cdc_buf *out, size_t len)
{
    cdc_buf_printf(out, "$%zu\r\n", len);
}

void redis_resp_arg(struct cdc_buf *out, struct cdc_slice arg)
{
    redis_resp_arg_head(out, arg.len);
    cdc_buf_put_slice(out, arg);
    cdc_buf_put(out, "\r\n", 2);
}

void redis_resp_str(struct cdc_buf *out, const char *arg)
{
    redis_resp_arg(out, cdc_slice_str(arg));
}

void redis_resp_number(struct cdc_buf *out, uint64_t arg)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)arg);

    redis_resp_arg(out, cdc_slice(digits, (size_t)n));
}

static const redisReply *as_hiredis(const struct redis_reply *reply)
{
    return (const redisReply *)(const void *)reply;
}

enum redis_reply_type redis_reply_type(const struct redis_reply *reply)
{
    if (!reply)
        return REDIS_REPLY_IS_NIL;
    switch (as_hiredis(reply)->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return REDIS_REPLY_IS_TEXT;
    case REDIS_REPLY_INTEGER:
        return REDIS_REPLY_IS_INTEGER;
    case REDIS_REPLY_ARRAY:
        return REDIS_REPLY_IS_ARRAY;
    case REDIS_REPLY_ERROR:
        return REDIS_REPLY_IS_ERROR;
    default:
        return REDIS_REPLY_IS_NIL;
    }
}

struct cdc_slice redis_reply_text(const struct redis_reply *reply)
{
    enum redis_reply_type type = redis_reply_type(reply);

    if (type != REDIS_REPLY_IS_TEXT && type != REDIS_REPLY_IS_ERROR)
        return cdc_slice(NULL, 0);
    return cdc_slice(as_hiredis(reply)->str, as_hiredis(reply)->len);
}

int64_t redis_reply_integer(const struct redis_reply *reply)
{
    if (redis_reply_type(reply) == REDIS_REPLY_IS_INTEGER)
        return as_hiredis(reply)->integer;
    if (redis_reply_type(reply) == REDIS_REPLY_IS_TEXT)
        return strtoll(as_hiredis(reply)->str, NULL, 10); /* hiredis ends strings by a NUL */
    return 0;
}

uint64_t redis_reply_unsigned(const struct redis_reply *reply)
{
    int64_t value;

    if (redis_reply_type(reply) == REDIS_REPLY_IS_TEXT)
        return strtoull(as_hiredis(reply)->str, NULL, 10);
    value = redis_reply_integer(reply);
    return value > 0 ? (uint64_t)value : 0;
}

size_t redis_reply_count(const struct redis_reply *reply)
{
    return redis_reply_type(reply) == REDIS_REPLY_IS_ARRAY ? as_hiredis(reply)->elements : 0;
}

const struct redis_reply *redis_reply_at(const struct redis_reply *reply, size_t i)
{
    if (i >= redis_reply_count(reply))
        return NULL;
    return (const struct redis_reply *)(const void *)as_hiredis(reply)->element[i];
}

const struct redis_reply *redis_reply_field(const struct redis_reply *reply, const char *name)
{
    size_t n = redis_reply_count(reply);

    for (size_t i = 0; i + 1 < n; i += 2) {
        if (cdc_slice_is(redis_reply_text(redis_reply_at(reply, i)), name))
            return redis_reply_at(reply, i + 1);
    }
    return NULL;
}

/*
 * An array's elements are allocated before they arrive: bound them by what a reply of `limit` bytes can hold. hiredis 1.x
 * lets arrays nest without end.
 */
static void *create_array(const redisReadTask *task, element_count elements)
{
    const struct redis_resp *resp = task->privdata;
    int depth = 0;

    for (const redisReadTask *t = task; t; t = t->parent)
        depth++;
    if (depth > DEPTH || (size_t)elements > resp->limit / 4) /* also if they are below 0 */
        return NULL;
    return resp->create_array(task, elements);
}

int redis_resp_new(struct redis_resp **result, size_t limit, struct cdc_err *err)
{
    struct redis_resp *resp = calloc(1, sizeof *resp);

    if (!resp)
        return cdc_err_memory(err);
    resp->limit = limit;
    resp->reader = redisReaderCreate();
    if (!resp->reader) {
        free(resp);
        return cdc_err_memory(err);
    }
    resp->functions = *resp->reader->fn;
    resp->create_array = resp->functions.createArray;
    resp->functions.createArray = create_array;
    resp->reader->fn = &resp->functions;
    resp->reader->privdata = resp;
    *result = resp;
    return 0;
}

void redis_resp_free(struct redis_resp *resp)
{
    if (!resp)
        return;
    freeReplyObject(resp->reply);
    redisReaderFree(resp->reader);
    free(resp);
}

static int not_redis(const struct redis_resp *resp, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_RETRY, "cannot understand the reply: %s", resp->reader->errstr);
    return cdc_err_hint(err, "is this port really a Redis (and with TLS, rediss://)?");
}

int redis_resp_feed(struct redis_resp *resp, const char *data, size_t len, struct cdc_err *err)
{
    resp->pending += len;
    if (resp->pending > resp->limit)
        return cdc_err_set(err, CDC_ERR_RETRY, "a reply is larger than %zu bytes", resp->limit);
    if (redisReaderFeed(resp->reader, data, len) != REDIS_OK)
        return not_redis(resp, err);
    return 0;
}

int redis_resp_next(struct redis_resp *resp, const struct redis_reply **reply, struct cdc_err *err)
{
    freeReplyObject(resp->reply);
    resp->reply = NULL;
    if (redisReaderGetReply(resp->reader, &resp->reply) != REDIS_OK) {
        resp->reply = NULL;
        return not_redis(resp, err);
    }
    if (!resp->reply)
        return 0;
    resp->pending = resp->reader->len - resp->reader->pos;
    *reply = resp->reply;
    return 1;
}
