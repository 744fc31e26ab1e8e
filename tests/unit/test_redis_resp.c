/* Commands and replies. */
#include "redis/resp.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

TestSuite(redis_resp);

enum { LIMIT = 4096 };

static struct redis_resp *reader(void)
{
    struct redis_resp *resp;
    struct cdc_err err;

    cr_assert_eq(redis_resp_new(&resp, LIMIT, &err), 0);
    return resp;
}

static void feed(struct redis_resp *resp, const char *text)
{
    struct cdc_err err;

    cr_assert_eq(redis_resp_feed(resp, text, strlen(text), &err), 0, "%s", err.message);
}

static const struct redis_reply *next(struct redis_resp *resp)
{
    const struct redis_reply *reply;
    struct cdc_err err;

    cr_assert_eq(redis_resp_next(resp, &reply, &err), 1);
    return reply;
}

Test(redis_resp, a_command_is_an_array_of_strings)
{
    struct cdc_buf out = {.limit = 0};

    redis_resp_command(&out, 4);
    redis_resp_str(&out, "SET");
    redis_resp_arg(&out, cdc_slice("a\0b", 3));
    redis_resp_number(&out, UINT64_MAX);
    redis_resp_arg_head(&out, 7);
    cr_assert_eq(out.len, strlen("*4\r\n$3\r\nSET\r\n$3\r\na_b\r\n$20\r\n18446744073709551615\r\n$7\r\n"));
    cr_assert_eq(
        memcmp(out.data, "*4\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$20\r\n18446744073709551615\r\n$7\r\n", out.len),
        0);
    cdc_buf_fini(&out);
}

Test(redis_resp, replies_of_every_type)
{
    struct redis_resp *resp = reader();
    const struct redis_reply *r;

    feed(resp, "+OK\r\n:-12\r\n$5\r\nhello\r\n$-1\r\n-ERR no\r\n*2\r\n$1\r\na\r\n*1\r\n:7\r\n*-1\r\n");
    r = next(resp);
    cr_assert_eq(redis_reply_type(r), REDIS_REPLY_IS_TEXT);
    cr_assert(cdc_slice_is(redis_reply_text(r), "OK"));
    r = next(resp);
    cr_assert_eq(redis_reply_type(r), REDIS_REPLY_IS_INTEGER);
    cr_assert_eq(redis_reply_integer(r), -12);
    cr_assert_eq(redis_reply_unsigned(r), 0);
    cr_assert(cdc_slice_is(redis_reply_text(next(resp)), "hello"));
    cr_assert_eq(redis_reply_type(next(resp)), REDIS_REPLY_IS_NIL);
    r = next(resp);
    cr_assert_eq(redis_reply_type(r), REDIS_REPLY_IS_ERROR);
    cr_assert(cdc_slice_is(redis_reply_text(r), "ERR no"));
    r = next(resp);
    cr_assert_eq(redis_reply_count(r), 2);
    cr_assert_eq(redis_reply_integer(redis_reply_at(redis_reply_at(r, 1), 0)), 7);
    cr_assert_null(redis_reply_at(r, 2));
    cr_assert_eq(redis_reply_type(next(resp)), REDIS_REPLY_IS_NIL);
    redis_resp_free(resp);
}

Test(redis_resp, a_reply_in_pieces_waits_for_the_last_one)
{
    const char *text = "*3\r\n$2\r\nab\r\n:5\r\n$0\r\n\r\n";
    struct redis_resp *resp = reader();
    const struct redis_reply *reply;
    struct cdc_err err;

    for (size_t i = 0; text[i]; i++) {
        cr_assert_eq(redis_resp_next(resp, &reply, &err), 0);
        cr_assert_eq(redis_resp_feed(resp, text + i, 1, &err), 0);
    }
    cr_assert_eq(redis_reply_count(next(resp)), 3);
    redis_resp_free(resp);
}

Test(redis_resp, accessors_accept_anything)
{
    struct redis_resp *resp = reader();
    const struct redis_reply *r;

    cr_assert_eq(redis_reply_type(NULL), REDIS_REPLY_IS_NIL);
    cr_assert_eq(redis_reply_text(NULL).len, 0);
    cr_assert_eq(redis_reply_integer(NULL), 0);
    cr_assert_eq(redis_reply_count(NULL), 0);
    cr_assert_null(redis_reply_at(NULL, 0));
    feed(resp, "*4\r\n$4\r\nname\r\n$20\r\n18446744073709551615\r\n$1\r\nx\r\n:1\r\n");
    r = next(resp);
    cr_assert_eq(redis_reply_unsigned(redis_reply_field(r, "name")), UINT64_MAX);
    cr_assert_eq(redis_reply_integer(redis_reply_field(r, "x")), 1);
    cr_assert_null(redis_reply_field(r, "18446744073709551615"));
    redis_resp_free(resp);
}

Test(redis_resp, what_is_not_redis_is_an_error)
{
    struct redis_resp *resp = reader();
    const struct redis_reply *reply;
    struct cdc_err err;

    feed(resp, "HTTP/1.1 400 Bad Request\r\n");
    cr_assert_eq(redis_resp_next(resp, &reply, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.hint, "really a Redis"), "%s", err.hint);
    redis_resp_free(resp);
}

Test(redis_resp, a_reply_is_bounded_in_bytes)
{
    struct redis_resp *resp = reader();
    static char text[LIMIT];
    struct cdc_err err;

    memset(text, 'x', sizeof text);
    feed(resp, "$100000\r\n");
    cr_assert_eq(redis_resp_feed(resp, text, sizeof text, &err), -1);
    cr_assert(strstr(err.message, "larger than"), "%s", err.message);
    redis_resp_free(resp);
}

/* Only one reply is bounded, not their sum. */
Test(redis_resp, many_replies_in_a_row_are_not_one)
{
    struct redis_resp *resp = reader();

    for (int i = 0; i < LIMIT; i++) {
        feed(resp, "+OK\r\n");
        next(resp);
    }
    redis_resp_free(resp);
}

Test(redis_resp, a_reply_is_bounded_in_elements_and_depth)
{
    static const char *const replies[] = {
        "*100000\r\n", "*2147483647\r\n", "*-2\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"};

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct redis_resp *resp = reader();
        const struct redis_reply *reply;
        struct cdc_err err;
        feed(resp, replies[i]);
        cr_assert_eq(redis_resp_next(resp, &reply, &err), -1, "%s", replies[i]);
        cr_assert_eq(err.class, CDC_ERR_RETRY);
        redis_resp_free(resp);
    }
}
