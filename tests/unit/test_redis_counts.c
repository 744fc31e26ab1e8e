/* What replies tell about emitted events. */
#include "redis/counts.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static struct redis_counts counts;
static struct redis_resp *resp;
static char said[1024];

static void given(void)
{
    struct cdc_err err;

    memset(&counts, 0, sizeof counts);
    cr_assert_eq(redis_resp_new(&resp, 64 * 1024, &err), 0);
}

static void done(void)
{
    redis_resp_free(resp);
}

TestSuite(redis_counts, .init = given, .fini = done);

static uint64_t take(const char *wire)
{
    const struct redis_reply *reply;
    struct cdc_err err;

    cr_assert_eq(redis_resp_feed(resp, wire, strlen(wire), &err), 0);
    cr_assert_eq(redis_resp_next(resp, &reply, &err), 1);
    return redis_reply_unsigned(redis_counts_take(&counts, reply));
}

static void say(void *ctx, struct cdc_slice type, uint64_t n)
{
    char *text = ctx;
    size_t used = strlen(text);

    snprintf(text + used, sizeof said - used, "%.*s=%llu ", CDC_ARG(type), (unsigned long long)n);
}

static void expect(const char *text)
{
    said[0] = '\0';
    redis_counts_each(&counts, say, said);
    cr_assert_str_eq(said, text);
}

Test(redis_counts, a_plain_answer_tells_nothing)
{
    cr_assert_eq(take(":7\r\n"), 7);
    expect("");
}

Test(redis_counts, types_add_up)
{
    cr_assert_eq(take("*3\r\n:7\r\n$15\r\nbooking.created\r\n:2\r\n"), 7);
    cr_assert_eq(take("*5\r\n:8\r\n$17\r\nbooking.cancelled\r\n:1\r\n$15\r\nbooking.created\r\n:40\r\n"), 8);
    cr_assert_eq(take("*1\r\n:9\r\n"), 9);
    expect("booking.created=42 booking.cancelled=1 ");
}

Test(redis_counts, what_is_malformed_is_passed_over)
{
    cr_assert_eq(take("*0\r\n"), 0);
    cr_assert_eq(take("*2\r\n:7\r\n$1\r\nx\r\n"), 7);
    cr_assert_eq(take("*3\r\n:7\r\n$0\r\n\r\n:2\r\n"), 7);
    expect("");
}

Test(redis_counts, room_ends)
{
    char wire[64], type[16];

    for (int i = 0; i < REDIS_COUNTS_TYPES + 10; i++) {
        snprintf(type, sizeof type, "t%05d", i);
        snprintf(wire, sizeof wire, "*3\r\n:1\r\n$6\r\n%s\r\n:1\r\n", type);
        take(wire);
    }
    cr_assert_eq(counts.n, REDIS_COUNTS_TYPES);
}
