/*
 * The Redis protocol: commands out, replies in. The one module that knows hiredis (its parser; any version from 0.14.1 to
 * 1.2). Owned by one thread at a time.
 */
#ifndef REDIS_RESP_H
#define REDIS_RESP_H

#include <stdint.h>

#include "cdc/buf.h"

/* Commands: a head with the number of arguments, then each argument. */
void redis_resp_command(struct cdc_buf *out, size_t argc);
void redis_resp_arg(struct cdc_buf *out, struct cdc_slice arg);
void redis_resp_str(struct cdc_buf *out, const char *arg);
void redis_resp_number(struct cdc_buf *out, uint64_t arg);
/* The head of an argument of `len` bytes that goes another way; "\r\n" must follow the bytes. */
void redis_resp_arg_head(struct cdc_buf *out, size_t len);

enum redis_reply_type {
    REDIS_REPLY_IS_NIL,
    REDIS_REPLY_IS_TEXT, /* strings and statuses */
    REDIS_REPLY_IS_INTEGER,
    REDIS_REPLY_IS_ARRAY,
    REDIS_REPLY_IS_ERROR,
};

/* Read-only; lives until the reader's next reply. Every accessor accepts every reply, NULL too: what is not there is empty. */
struct redis_reply;

enum redis_reply_type redis_reply_type(const struct redis_reply *reply);
/* Bytes of a text or an error; empty for anything else. */
struct cdc_slice redis_reply_text(const struct redis_reply *reply);
/* An integer, or a text that is one; 0 for anything else. */
int64_t redis_reply_integer(const struct redis_reply *reply);
uint64_t redis_reply_unsigned(const struct redis_reply *reply);
size_t redis_reply_count(const struct redis_reply *reply);
const struct redis_reply *redis_reply_at(const struct redis_reply *reply, size_t i);
/* The value that follows `name` in an array of names and values; NULL if there is none. */
const struct redis_reply *redis_reply_field(const struct redis_reply *reply, const char *name);

struct redis_resp;

/* `limit`: bytes and elements of one reply. -1: CDC_ERR_RETRY (memory). */
int redis_resp_new(struct redis_resp **resp, size_t limit, struct cdc_err *err) CDC_MUST_CHECK;
void redis_resp_free(struct redis_resp *resp);
/* Received bytes. -1: CDC_ERR_RETRY, what came is not the protocol, a reply is too large, or memory ran out. */
int redis_resp_feed(struct redis_resp *resp, const char *data, size_t len,
                    struct cdc_err *err) CDC_MUST_CHECK;
/* 1: `reply` is the next one; 0: none is complete; -1 as above. Frees the reply before. */
int redis_resp_next(struct redis_resp *resp, const struct redis_reply **reply,
                    struct cdc_err *err) CDC_MUST_CHECK;

#endif
